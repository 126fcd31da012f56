//! What went wrong in the five systems before, each made impossible or an error: a test by the name of each.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::render;

const STACKS: [&str; 5] =
    ["experimento-uno", "saas-mt", "microservicios", "inventario-retail", "qwen-valencia"];

/// A file of a stack, as committed.
fn file(stack: &str, path: &str) -> String {
    fs::read_to_string(Path::new("stacks").join(stack).join(path)).expect("a rendered file")
}

/// The compose files of a stack, with their names.
fn compose_files(stack: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(Path::new("stacks").join(stack)).expect("folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    let is_compose = |path: &&PathBuf| name(path).starts_with("docker-compose.");
    paths
        .iter()
        .filter(is_compose)
        .map(|path| (name(path), fs::read_to_string(path).expect("text")))
        .collect()
}

/// A part of a compose file: from a service's name to the next one.
fn service(text: &str, name: &str) -> String {
    let start = text.find(&format!("\n  {name}:\n")).unwrap_or_else(|| panic!("no service {name}")) + 1;
    let rest = &text[start..];
    let end = rest.find("\n\n").unwrap_or(rest.len());
    rest[..end].to_owned()
}

/// What is said of a stack with these services, which has to be refused.
fn refusal(tiers: &str, services: &str) -> String {
    let text = format!("name: test\ntiers: {{ {tiers} }}\nservices:\n{services}");
    match render(&text, None) {
        Ok(_) => panic!("is rendered:\n{text}"),
        Err(message) => message,
    }
}

fn refused(tiers: &str, services: &str, fault: &str) {
    let message = refusal(tiers, services);
    assert!(
        message.lines().next().is_some_and(|first| first.starts_with("error[ST") && first.ends_with(fault)),
        "{message}"
    );
}

mod experimento_uno {
    use super::*;

    #[test]
    fn sleep_where_a_gate_belongs() {
        for stack in STACKS {
            for (name, text) in compose_files(stack) {
                assert!(!text.contains("sleep"), "{stack}/{name}");
            }
        }
    }

    #[test]
    fn topics_made_by_a_script_after_the_start() {
        let text = file("experimento-uno", "docker-compose.dev-fast.yml");
        let topics = service(&text, "topics");
        for topic in ["order-created", "order-processed", "stock-update"] {
            assert!(
                topics.contains(&format!("--topic {topic} --partitions 3 --replication-factor 1")),
                "{topic}"
            );
        }
        assert!(topics.contains("--topic health-check --partitions 1"));
        for name in ["inventory-service", "orders-service"] {
            assert!(
                service(&text, name).contains("topics:\n        condition: service_completed_successfully")
            );
        }
    }

    #[test]
    fn databases_and_topics_are_those_that_the_programs_open() {
        let text = file("experimento-uno", "docker-compose.dev-fast.yml");
        let made = file("experimento-uno", "config/postgres/00-databases.sql");
        assert!(
            service(&text, "postgres").contains("POSTGRES_DB: inventory_db")
                && made.contains("\"orders_db\"")
        );
        assert!(service(&text, "topics").contains("--topic system-error --partitions 3"));
        let monitor = service(&text, "monitor-service");
        assert!(monitor.contains("KAFKA_BOOTSTRAP_SERVERS: kafka:29092"), "{monitor}");
    }

    #[test]
    fn short_depends_on_beside_health_checks() {
        for stack in STACKS {
            for (name, text) in compose_files(stack) {
                assert!(
                    !text.contains("depends_on:\n      -") && !text.contains("depends_on: ["),
                    "{stack}/{name}"
                );
            }
        }
    }

    #[test]
    fn curl_in_an_image_without_curl() {
        let text = file("experimento-uno", "docker-compose.production.yml");
        for name in ["inventory-service", "orders-service", "monitor-service"] {
            let service = service(&text, name);
            assert!(service.contains("- python\n") && !service.contains("curl"), "{service}");
        }
        refused(
            "all: {}",
            "  a: { tier: all, image: 'example/a:1', listen: 80, health: /health }\n",
            "unknown-probe",
        );
    }

    #[test]
    fn every_port_on_every_address() {
        for stack in STACKS {
            for environment in ["dev-fast", "infra"] {
                let text = file(stack, &format!("docker-compose.{environment}.yml"));
                let ports = text.lines().skip_while(|line| !line.contains("services:")).collect::<Vec<_>>();
                for pair in ports.windows(2).filter(|pair| pair[0].trim() == "ports:") {
                    assert!(pair[1].contains("\"127.0.0.1:"), "{stack}/{environment}: {}", pair[1]);
                }
            }
        }
    }

    #[test]
    fn container_names_everywhere() {
        for stack in STACKS {
            for (name, text) in compose_files(stack) {
                assert!(!text.contains("container_name:"), "{stack}/{name}");
            }
        }
        // One that a person writes is there once.
        let several =
            "  a: { tier: all, image: 'example/a:1', container_name: a1, deploy: { replicas: 2 } }\n";
        refused("all: {}", several, "container-name-with-replicas");
    }

    #[test]
    fn passwords_in_the_file() {
        for stack in STACKS {
            let text = file(stack, "docker-compose.production.yml");
            for line in text.lines().filter(|line| line.contains("PASSWORD: ") || line.contains("SECRET: ")) {
                assert!(line.contains("${"), "{stack}: {line}");
            }
        }
    }

    #[test]
    fn the_host_listener_of_kafka() {
        let text = file("experimento-uno", "docker-compose.dev-fast.yml");
        let kafka = service(&text, "kafka");
        assert!(kafka.contains("KAFKA_ADVERTISED_LISTENERS: INSIDE://kafka:29092,HOST://127.0.0.1:9092"));
        assert!(kafka.contains("- \"127.0.0.1:9092:19092\""));
        let production = file("experimento-uno", "docker-compose.production.yml");
        assert!(service(&production, "kafka").contains("KAFKA_ADVERTISED_LISTENERS: INSIDE://kafka:29092\n"));
    }

    #[test]
    fn a_port_that_nobody_listens_on() {
        refused(
            "edge: {}",
            "  nginx: { tier: edge, use: nginx, publish: { https: 443 } }\n",
            "unknown-endpoint",
        );
    }
}

mod saas_mt {
    use super::*;

    const TWO: &str = "  a: { tier: backend, image: 'example/a:1', listen: 80, publish: 8010 }\n";

    #[test]
    fn one_port_for_two_services() {
        let services =
            format!("{TWO}  b: {{ tier: backend, image: 'example/b:1', listen: 80, publish: 8010 }}\n");
        refused("backend: { host_ports: 8000-8199 }", &services, "port-collision");
    }

    #[test]
    fn ports_outside_every_range() {
        refused("backend: { host_ports: 8100-8199 }", TWO, "port-out-of-range");
    }

    #[test]
    fn a_port_that_is_planned_for_another() {
        let text = format!(
            "name: test\nreserved_ports: {{ 8010: The chat of the lab }}\ntiers: {{ backend: {{}} }}\nservices:\n{TWO}"
        );
        let message = render(&text, None).err().expect("is refused");
        assert!(message.contains("host port 8010 is reserved: The chat of the lab"), "{message}");
    }

    #[test]
    fn monitoring_that_is_off_and_nobody_sees() {
        refused(
            "all: {}",
            "  a: { tier: all, image: 'example/a:1', needs: [b] }\n  b: { tier: all, image: 'example/b:1', enabled: false }\n",
            "disabled-service",
        );
        let text = file("saas-mt", "docker-compose.infra.yml");
        for name in ["prometheus", "grafana", "loki", "alloy", "postgres-exporter", "cadvisor"] {
            assert!(service(&text, name).contains("healthcheck:"), "{name}");
        }
    }

    #[test]
    fn metrics_that_cannot_be_reached() {
        let config = file("saas-mt", "config/prometheus/observability/prometheus.yml");
        for target in [
            "iam-service:2112",
            "pim-service:2113",
            "stock-service:2114",
            "chat-service:8002",
            "ai-gateway:2115",
        ] {
            assert!(config.contains(&format!("[\"{target}\"]")), "{target}");
        }
        let text = file("saas-mt", "docker-compose.observability.yml");
        assert!(service(&text, "prometheus").contains("networks: [backend, gateway, monitoring]"));
    }

    #[test]
    fn a_health_check_by_hand() {
        for stack in STACKS {
            for (name, text) in compose_files(stack) {
                let services = text.lines().filter(|line| {
                    line.starts_with("  ")
                        && !line.starts_with("   ")
                        && line.ends_with(':')
                        && !line.contains('#')
                });
                let text_of_services = text.split("\nnetworks:").next().expect("services");
                for line in services.filter(|line| text_of_services.contains(&format!("\n{line}\n"))) {
                    let service = service(&text, line.trim().trim_end_matches(':'));
                    let ends = service.contains("restart: \"no\"") || service.contains("network_mode: none");
                    let is_asked =
                        text.contains(&format!("\n  {}-probe:\n", line.trim().trim_end_matches(':')));
                    assert!(
                        ends || is_asked || service.contains("healthcheck:"),
                        "{stack}/{name}: {service}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_browser_that_is_given_a_service_name() {
        let text = file("saas-mt", "docker-compose.production.yml");
        let frontend = service(&text, "marketplace-frontend");
        assert!(frontend.contains("NEXT_PUBLIC_API_URL: http://app.saas-mt.example:8001\n"), "{frontend}");
        assert!(frontend.contains("API_GATEWAY_URL: http://kong:8000\n"), "{frontend}");
        // Next.js writes the address into the pages when it builds them.
        let built = frontend.split("    environment:").next().expect("what it is built with");
        assert!(built.contains("target: production") && built.contains("NEXT_PUBLIC_API_URL"), "{frontend}");
    }

    #[test]
    fn paths_that_the_gateway_does_not_know() {
        for environment in ["dev-fast", "production"] {
            let routes = file("saas-mt", &format!("config/kong/{environment}/kong.yml"));
            assert!(routes.contains("paths: ['/pim/', '~/pim$']"), "{routes}");
            assert!(routes.contains("- name: cors"), "{routes}");
        }
    }

    #[test]
    fn metrics_that_nobody_switches_on() {
        let text = file("saas-mt", "docker-compose.production.yml");
        let pim = service(&text, "pim-service");
        assert!(
            pim.contains("PROMETHEUS_ENABLED: \"true\"") && pim.contains("PROMETHEUS_PORT: 2113"),
            "{pim}"
        );
        for name in ["chat-service", "ai-gateway"] {
            assert!(service(&text, name).contains("--workers, \"1\""), "{name} has one port for its metrics");
        }
    }
}

mod microservicios {
    use super::*;

    #[test]
    fn localhost_in_an_env_file() {
        let folder = tempfile::tempdir().expect("folder");
        let stack = "name: test\ntiers: { all: {} }\nservices:\n  redis: { tier: all, use: redis }\n  \
                     reports: { tier: all, image: 'example/r:1', env_file: ./reports.env, needs: [redis] }\n";
        fs::write(folder.path().join("stack.yaml"), stack).expect("write");
        fs::write(folder.path().join("reports.env"), "A=1\nCELERY_BROKER_URL=redis://localhost:6379/0\n")
            .expect("write");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_stackgen"))
            .args(["lint", "--stack", "."])
            .current_dir(folder.path())
            .output()
            .expect("runs");
        let message = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1));
        assert!(message.contains("reports.env:2:"), "{message}");
        assert!(message.contains("is the container itself, not `redis`"), "{message}");
    }

    #[test]
    fn a_host_that_is_no_service() {
        let services = "  a: { tier: all, image: 'example/a:1', environment: { DB_HOST: '${{ db.host }}' } }\n  \
                        mysql: { tier: all, use: mysql }\n";
        refused("all: {}", services, "unknown-service");
    }

    #[test]
    fn a_probe_with_a_client_that_is_gone() {
        let text = file("microservicios", "docker-compose.dev-fast.yml");
        assert!(service(&text, "mongo").contains("mongosh "));
        assert!(service(&text, "mysql").contains("[CMD, mysqladmin, ping, -h, \"127.0.0.1\""));
    }

    #[test]
    fn env_files_that_a_clone_lacks() {
        for stack in STACKS {
            for (name, text) in compose_files(stack) {
                assert!(!text.contains("env_file:"), "{stack}/{name}");
            }
            assert!(!Path::new("stacks").join(stack).join(".env").exists(), "{stack}");
        }
    }

    #[test]
    fn a_key_that_laravel_does_not_take() {
        let text = file("microservicios", "docker-compose.dev-fast.yml");
        let laravel = service(&text, "ms-seguridad");
        let key = laravel.split("APP_KEY: ").nth(1).and_then(|rest| rest.split('\n').next());
        assert_eq!(key.map(str::len), Some(32), "{laravel}");
        assert!(laravel.contains("LOG_CHANNEL: stderr"), "{laravel}");
    }

    #[test]
    fn a_runner_that_no_requirements_name() {
        let text = file("microservicios", "docker-compose.production.yml");
        for name in ["ms-auditoria", "ms-notificaciones", "ms-reportes"] {
            assert!(!service(&text, name).contains("command:"), "{name} runs what its image says");
        }
        assert!(service(&text, "ms-consulta").contains("Smash_Proyect.wsgi:application"));
    }

    #[test]
    fn underscores_in_host_names() {
        for (name, text) in compose_files("microservicios") {
            let file: serde_yaml::Value = serde_yaml::from_str(&text).expect("YAML");
            let services = file["services"].as_mapping().expect("services");
            assert!(
                !services.keys().any(|name| name.as_str().is_some_and(|name| name.contains('_'))),
                "{name}"
            );
        }
        // Those that people have keep their names, unless two would share their secrets.
        let alike = "  ms_db: { tier: all, use: postgres }\n  ms-db: { tier: all, use: postgres }\n";
        refused("all: {}", alike, "defined-twice");
    }

    #[test]
    fn databases_with_a_host_port() {
        for name in ["docker-compose.dev-fast.yml", "docker-compose.production.yml"] {
            let text = file("microservicios", name);
            for database in ["mysql", "mongo", "redis"] {
                assert!(!service(&text, database).contains("ports:"), "{name}: {database}");
            }
        }
    }
}

mod inventario_retail {
    use super::*;

    #[test]
    fn databases_and_agents_published_beside_the_gateway() {
        let text = file("inventario-retail", "docker-compose.production.yml");
        assert_eq!(text.matches("ports:").count(), 1);
        assert!(service(&text, "nginx").contains("- \"80:80\""));
    }

    #[test]
    fn a_fixed_port_on_a_service_to_be_scaled() {
        refused(
            "all: {}",
            "  a: { tier: all, image: 'example/a:1', listen: 80, publish: 8001, deploy: { replicas: 3 } }\n",
            "replicas-with-fixed-port",
        );
        let text = file("inventario-retail", "docker-compose.production.yml");
        assert!(service(&text, "agente-deposito").contains("replicas: 3"));
    }

    #[test]
    fn secrets_that_are_blank_when_unset() {
        let text = file("inventario-retail", "docker-compose.production.yml");
        for name in ["JWT_SECRET_DEPOSITO", "POSTGRES_RETAIL_USER_PASSWORD", "CORS_ORIGINS"] {
            assert!(text.contains(&format!("${{{name}:?")), "{name}");
        }
    }

    #[test]
    fn an_external_network_that_nobody_creates() {
        let text = file("inventario-retail", "docker-compose.observability.yml");
        let production = file("inventario-retail", "docker-compose.production.yml");
        for network in ["agents", "data"] {
            let name = format!(
                "name: ${{ATTACH_PROJECT:-inventario-retail-production}}_{network}\n    external: true"
            );
            assert!(text.contains(&name), "{network}");
            assert!(production.contains(&format!("\n  {network}:\n")), "{network}");
        }
        assert!(production.contains("\nname: inventario-retail-production\n"));
    }

    #[test]
    fn exporters_that_depend_on_another_file() {
        let text = file("inventario-retail", "docker-compose.observability.yml");
        for name in ["postgres-exporter", "redis-exporter"] {
            assert!(!service(&text, name).contains("depends_on"), "{name}");
        }
    }

    #[test]
    fn grafana_with_admin_as_its_password() {
        let text = file("inventario-retail", "docker-compose.observability.yml");
        let grafana = service(&text, "grafana");
        assert!(grafana.contains("GF_SECURITY_ADMIN_PASSWORD__FILE: /run/secrets/grafana_admin_password"));
        assert!(!grafana.contains("GF_SECURITY_ADMIN_PASSWORD:"));
    }

    #[test]
    fn a_variable_in_a_config_that_is_not_expanded() {
        let config = file("inventario-retail", "config/alertmanager/alertmanager.yml");
        assert!(
            !config.contains("${")
                && config.contains("api_url_file: /run/secrets/alertmanager_team_slack_webhook"),
            "{config}"
        );
    }

    #[test]
    fn metrics_behind_a_key() {
        let config = file("inventario-retail", "config/prometheus/prometheus.yml");
        let asked = "  - job_name: dashboard\n    http_headers:\n      X-API-Key: { files: [/run/secrets/dashboard_api_key] }\n";
        assert!(config.contains(asked), "{config}");
        let text = file("inventario-retail", "docker-compose.observability.yml");
        assert!(service(&text, "prometheus").contains("- dashboard_api_key"));
    }

    #[test]
    fn gauges_that_count_once_for_each_replica() {
        for path in ["config/prometheus/rules.yml", "config/grafana/dashboards/minimarket-business-kpis.json"]
        {
            let text = file("inventario-retail", path);
            assert!(text.contains("max(negocio_stock_critico_productos)"), "{path}");
            assert!(!text.contains("sum(negocio_stock") && !text.contains("sum(negocio_revenue"), "{path}");
        }
    }

    #[test]
    fn a_log_file_on_a_read_only_root() {
        let text = file("inventario-retail", "docker-compose.production.yml");
        for name in ["dashboard", "agente-deposito", "agente-negocio", "ml-service"] {
            assert!(service(&text, name).contains(":/app/logs\n"), "{name}");
        }
    }

    #[test]
    fn origins_that_default_to_localhost_in_production() {
        let text = file("inventario-retail", "docker-compose.production.yml");
        assert!(!text.contains("localhost"));
    }
}

mod qwen_valencia {
    use super::*;

    /// The pools as they once were, 100 apart.
    fn formula(first: u16, max: u16) -> String {
        format!(
            "name: test\ninstances: {{ stride: 100, max: {max} }}\ntiers: {{ all: {{}} }}\nservices:\n  \
             mcp-universal: {{ tier: all, image: 'example/a:1', listen: {{ tcp: 6000 }}, publish: {{ pool: {first}-{} }} }}\n  \
             conversational: {{ tier: all, image: 'example/b:1', listen: {{ tcp: 7000 }}, publish: {{ pool: 7000-7004 }} }}\n",
            first + 2
        )
    }

    #[test]
    fn instances_that_meet_from_the_eleventh_on() {
        let message = render(&formula(6000, 100), None).err().expect("is refused").replace("\n  | ", " ");
        let found =
            "`mcp-universal` of instance 11 and `conversational` of instance 1 meet on host ports 7000-7004";
        assert!(message.contains(found), "{message}");
        assert!(render(&formula(6000, 10), None).is_ok(), "ten do not meet");
        assert!(render(&formula(6010, 10), None).is_ok());
    }

    #[test]
    fn a_hundred_instances_that_never_meet() {
        let text = file("qwen-valencia", "stack.yaml");
        assert!(text.contains("instances: { stride: 100, max: 10 }"));
        assert!(render(&text, None).is_ok());
        let more = text.replace("max: 10 }", "max: 100 }");
        assert!(render(&more, None).is_err(), "the eleventh meets the first");
        // The pools that its README has for a hundred, and what else has a port apart from them.
        let readme = file("qwen-valencia", "README.md");
        let mut moved = more.replace("host_ports: 9000-9099", "host_ports: 20050-20099");
        moved = moved.replace("host_ports: 6001-6099", "host_ports: 20000-20049");
        for (old, new) in [
            ("6001-6003", "20000-20002"),
            ("6010-6012", "20010-20012"),
            ("6020-6022", "20020-20022"),
            ("6030-6033", "20030-20033"),
            ("9000-9002", "20050-20052"),
        ] {
            assert!(readme.contains(old) && readme.contains(new), "{old}, {new}");
            moved = moved.replace(old, new);
        }
        moved = moved
            .replace("publish: 11434", "publish: { infra: 20098 }")
            .replace("host_ports: 11434", "host_ports: 20098");
        moved = moved.replace("publish: 9090", "publish: 20096").replace("publish: 3000", "publish: 20097");
        moved = moved.replace("host_ports: [3000, 9090]", "host_ports: 20096-20097");
        assert!(render(&moved, None).is_ok(), "{}", render(&moved, None).err().unwrap_or_default());
    }

    #[test]
    fn a_desktop_program_in_a_container() {
        for (name, text) in compose_files("qwen-valencia") {
            assert!(!text.contains("\n  api-server:\n"), "{name}: Electron needs a screen");
        }
        let recipes = file("qwen-valencia", "Makefile");
        assert!(recipes.contains("run-api-server:"), "{recipes}");
    }

    #[test]
    fn a_port_that_browsers_refuse() {
        let services = "  a: { tier: all, image: 'example/a:1', listen: 80, publish: 6000 }\n";
        refused("all: {}", services, "blocked-port");
    }

    #[test]
    fn a_pool_that_is_used_up() {
        let services = "  a: { tier: all, image: 'example/a:1', listen: 80, publish: { pool: 6010-6012 }, \
                        deploy: { replicas: 4 } }\n";
        let message = refusal("all: {}", services);
        assert!(message.contains("the pool 6010-6012 has 3 ports, and `a` has 4 replicas"), "{message}");
    }

    #[test]
    fn ports_outside_the_pool() {
        let text = file("qwen-valencia", "docker-compose.dev-fast.yml");
        assert!(service(&text, "mcp-universal").contains("- \"127.0.0.1:6001-6003:6000\""));
        assert_eq!(text.matches("\"127.0.0.1:60").count(), 4);
    }
}
