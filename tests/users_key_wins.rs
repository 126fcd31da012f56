//! A key of a service wins over what its template and the mode say, by its effect and not only by its name.

use std::fmt::Write;

use serde_json::Value;

use crate::common::{Rendered, canonical, docker_compose, folder, render};

/// A stack of services, each in a line, rendered and accepted by Docker Compose.
struct Shop {
    rendered: Rendered,
    development: Value,
    production: Value,
}

const HEAD: &str = "\
name: shop
tiers:
  data: { kind: infrastructure }
  web: {}
";

fn shop(above: &str, services: &[&str]) -> Shop {
    let mut text = format!("{HEAD}{above}services:\n");
    for service in services {
        writeln!(text, "  {service}").expect("text");
    }
    let rendered = render(&text, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let files = rendered.files.iter().map(|file| (file.path.as_str(), file.content.as_str()));
    let mut files: Vec<(&str, &str)> = files.collect();
    let env = rendered.file(".env.example").to_owned();
    files.push((".env", &env));
    let folder = folder(&files);
    let compose = docker_compose();
    let read = |environment: &str| {
        let file = format!("docker-compose.{environment}.yml");
        // Refused by Docker Compose, it would be no JSON.
        canonical(&compose, folder.path(), &file);
        serde_yaml::from_str(rendered.file(&file)).expect("YAML")
    };
    let (development, production) = (read("dev-fast"), read("production"));
    Shop { rendered, development, production }
}

impl Shop {
    /// What stands at a path below the services of production, as JSON; `-` where nothing does.
    fn production(&self, path: &str) -> String {
        at(&self.production, path)
    }

    /// The same for development.
    fn development(&self, path: &str) -> String {
        at(&self.development, path)
    }
}

fn at(file: &Value, path: &str) -> String {
    let found = path.split('/').try_fold(&file["services"], |node, key| node.get(key));
    found.map_or("-".to_owned(), Value::to_string)
}

/// What is wrong with a stack of one service.
fn wrong(service: &str) -> String {
    let text = format!("{HEAD}services:\n  {service}\n");
    match render(&text, None) {
        Ok(rendered) => panic!("rendered:\n{}", rendered.text()),
        Err(wrong) => wrong,
    }
}

#[test]
fn a1_reset_and_override_act_on_the_template_and_the_mode() {
    let shop = shop(
        "",
        &[
            "j: { tier: web, use: job, image: 'a/j:1', cap_drop: !override [NET_RAW] }",
            "k: { tier: web, use: job, image: 'a/j:1', overrides: { production: { cap_drop: !reset [], deploy: !reset null } } }",
            "db: { tier: data, use: postgres@17, volumes: !override ['./pg:/other'], healthcheck: !reset null }",
            "cache: { tier: data, use: valkey, logging: !reset null, security_opt: !override [], healthcheck: { retries: !reset null } }",
            "mq: { tier: data, use: rabbitmq, environment: !override { A: b }, restart: !reset null }",
            "prom: { tier: data, use: prometheus, configs: !reset [] }",
        ],
    );
    assert_eq!(shop.production("j/cap_drop"), "[\"NET_RAW\"]");
    assert_eq!(shop.production("k/cap_drop"), "-");
    assert_eq!(shop.production("k/deploy"), "-");
    assert_eq!(shop.production("k/read_only"), "true");
    assert_eq!(shop.production("db/volumes"), "[\"./pg:/other\"]");
    assert_eq!(shop.production("db/healthcheck"), "-");
    assert_eq!(shop.production("cache/logging"), "-");
    assert_eq!(shop.production("cache/security_opt"), "[]");
    assert_eq!(shop.production("cache/healthcheck/retries"), "-");
    assert_eq!(shop.production("cache/healthcheck/interval"), "\"5s\"");
    assert_eq!(shop.production("mq/environment"), "{\"A\":\"b\"}");
    assert_eq!(shop.production("mq/restart"), "-");
    assert_eq!(shop.production("prom/configs"), "-");
    assert!(!shop.rendered.text().contains("config/prom/"), "{}", shop.rendered.text());
}

#[test]
fn a1_reset_and_override_of_a_weaker_layer_hold_with_what_is_laid_over_it() {
    let shop = shop(
        "defaults: { cap_drop: !override [MKNOD], tmpfs: !reset [] }\n",
        &[
            "a: { tier: web, use: job, image: 'a/j:1', cap_drop: [NET_RAW] }",
            "b: { tier: web, use: job, image: 'a/j:1', tmpfs: [/cache] }",
            "c: { tier: web, use: job, image: 'a/j:1', cap_drop: !override [SETUID] }",
            "d: { tier: web, use: job, image: 'a/j:1', cap_drop: !reset [] }",
        ],
    );
    assert_eq!(shop.production("a/cap_drop"), "[\"MKNOD\",\"NET_RAW\"]");
    assert_eq!(shop.production("a/tmpfs"), "-");
    assert_eq!(shop.production("b/tmpfs"), "[\"/cache\"]");
    assert_eq!(shop.production("c/cap_drop"), "[\"SETUID\"]");
    assert_eq!(shop.production("d/cap_drop"), "-");
}

#[test]
fn a1_reset_and_override_act_on_keys_of_stackgen() {
    let above = "\
defaults: { secrets: [shared] }
environments: { production: { defaults: { health: none } } }
";
    let above = above.replace("defaults: { secrets", "defaults: { needs: [init], secrets");
    let shop = shop(
        &above,
        &[
            "init: { tier: web, use: job, image: 'a/j:1', needs: !override [] }",
            "a: { tier: web, image: 'a/b:1', listen: 80 }",
            "b: { tier: web, image: 'a/b:1', needs: !reset null, secrets: !override [own] }",
            "db: { tier: data, use: postgres@17, needs: !override [], secrets: !reset [], overrides: { production: { health: !reset null } } }",
        ],
    );
    assert_eq!(shop.production("init/depends_on"), "-");
    assert_eq!(
        shop.production("a/depends_on"),
        "{\"init\":{\"condition\":\"service_completed_successfully\"}}"
    );
    assert_eq!(shop.production("b/depends_on"), "-");
    assert_eq!(shop.production("b/secrets"), "[\"own\"]");
    assert_eq!(shop.production("db/secrets"), "-");
}

#[test]
fn a1_no_parameter_takes_them() {
    for service in [
        "db: { tier: data, use: postgres@17, with: { memory: !reset null } }",
        "db: { tier: data, use: postgres@17, with: !override { memory: 1G } }",
        "db: { tier: data, use: postgres@17, with: { databases: [!reset a] } }",
    ] {
        let message = wrong(service);
        assert!(message.contains("has no meaning for the parameters of a template"), "{message}");
        assert!(!message.contains("takes text"), "{message}");
    }
    assert!(
        wrong("a: { tier: web, image: 'a/b:1', enabled: !reset null }").contains("`!reset` has no meaning")
    );
}

#[test]
fn a2_keys_that_say_one_thing_take_each_others_place() {
    let shop = shop(
        "environments: { production: { defaults: { networks: { edge: } } } }\n",
        &[
            "a: { tier: data, use: postgres@17, mem_limit: 1g, cpus: 0.5, pids_limit: 100, mem_reservation: 64m }",
            "b: { tier: web, use: python, image: 'a/b:1', cpu_quota: 50000, deploy: { restart_policy: { condition: any } } }",
            "c: { tier: web, image: 'a/b:1', mem_limit: 1g, network_mode: host, overrides: { production: { deploy: { resources: { limits: { memory: 2G } } } } } }",
            "d: { tier: web, image: 'a/b:1', logging: { driver: syslog }, healthcheck: { test: [CMD, 'true'] }, health: none }",
            "e: { tier: data, use: ollama, with: { gpu: true }, gpus: all }",
            "f: { tier: web, use: python, image: 'a/b:1', cpus: 0.5, mem_reservation: 67108864, deploy: { resources: { reservations: { cpus: '0.1' } } } }",
        ],
    );
    assert_eq!(shop.production("a/mem_limit"), "\"1g\"");
    assert_eq!(shop.production("a/deploy"), "-");
    assert_eq!(
        shop.production("f/deploy/resources"),
        "{\"limits\":{\"memory\":\"512M\",\"cpus\":0.5},\"reservations\":{\"cpus\":\"0.1\",\"memory\":\"67108864\"}}"
    );
    assert_eq!(shop.production("b/deploy/resources/limits"), "{\"memory\":\"512M\"}");
    assert_eq!(shop.production("b/restart"), "-");
    assert_eq!(shop.production("c/mem_limit"), "-");
    assert_eq!(shop.production("c/networks"), "-");
    assert_eq!(shop.development("c/mem_limit"), "\"1g\"");
    assert_eq!(shop.production("d/logging"), "{\"driver\":\"syslog\"}");
    assert_eq!(shop.production("d/healthcheck"), "{\"test\":[\"CMD\",\"true\"]}");
    assert_eq!(shop.production("e/deploy/resources/reservations"), "-");
}

#[test]
fn a2_a_variable_and_the_one_with_its_file_take_each_others_place() {
    let shop = shop(
        "",
        &[
            "a: { tier: data, use: postgres@17, environment: { POSTGRES_PASSWORD: x } }",
            "b: { tier: data, use: mysql, environment: [MYSQL_ROOT_PASSWORD_FILE=/etc/password] }",
            "c: { tier: data, use: grafana, environment: { GF_SECURITY_ADMIN_PASSWORD: x } }",
            "d: { tier: web, image: 'a/b:1', secrets: [jwt], environment: { JWT: x, LOG: a, LOG_FILE: /b } }",
        ],
    );
    assert_eq!(shop.production("a/environment/POSTGRES_PASSWORD_FILE"), "-");
    assert_eq!(shop.production("a/secrets"), "-");
    assert_eq!(shop.development("a/environment/POSTGRES_PASSWORD"), "\"x\"");
    assert_eq!(shop.production("b/environment/MYSQL_ROOT_PASSWORD_FILE"), "\"/etc/password\"");
    assert_eq!(shop.development("b/environment/MYSQL_ROOT_PASSWORD"), "-");
    assert_eq!(shop.production("c/environment/GF_SECURITY_ADMIN_PASSWORD__FILE"), "-");
    assert_ne!(shop.production("c/environment/GF_SECURITY_SECRET_KEY__FILE"), "-");
    assert_eq!(shop.production("d/environment/JWT_FILE"), "-");
    assert_eq!(shop.production("d/secrets"), "[\"jwt\"]");
    assert_eq!(shop.production("d/environment/LOG_FILE"), "\"/b\"");
}

#[test]
fn a2_what_is_mounted_at_one_path_takes_the_place_of_what_the_template_mounts_there() {
    let shop = shop(
        "",
        &[
            "a: { tier: data, use: prometheus, volumes: ['./p.yml:/etc/prometheus/prometheus.yml'] }",
            "b: { tier: web, use: python, image: 'a/b:1', tmpfs: ['/tmp:size=64M'] }",
            "c: { tier: web, use: python, image: 'a/b:1', volumes: ['scratch:/tmp/'] }",
            "d: { tier: data, use: grafana, with: { prometheus: a }, volumes: ['./own:/etc/grafana/provisioning'] }",
            "e: { tier: data, use: postgres@17, tmpfs: [/var/lib/postgresql/data] }",
        ],
    );
    let mounted = |service: &str| shop.production(&format!("{service}/configs"));
    assert!(!mounted("a").contains("\"/etc/prometheus/prometheus.yml\""), "{}", mounted("a"));
    assert!(!shop.rendered.text().contains("config/a/prometheus.yml"), "{}", shop.rendered.text());
    assert_eq!(shop.production("b/tmpfs"), "[\"/tmp:size=64M\"]");
    assert_eq!(shop.production("c/tmpfs"), "-");
    assert!(!mounted("d").contains("/etc/grafana/provisioning"), "{}", mounted("d"));
    assert_eq!(shop.production("e/volumes"), "-");
}

#[test]
fn a2_lists_do_not_gain_an_item_twice() {
    let shop = shop(
        "",
        &[
            "a: { tier: web, image: 'a/b:1', security_opt: ['no-new-privileges:true'], group_add: [a, a] }",
            "b: { tier: web, image: 'a/b:1', security_opt: ['no-new-privileges:false', 'apparmor:unconfined'] }",
            "c: { tier: data, use: postgres@17, cap_drop: [SETUID], cap_add: [NET_RAW, CHOWN] }",
        ],
    );
    assert_eq!(shop.production("a/security_opt"), "[\"no-new-privileges:true\"]");
    assert_eq!(shop.production("a/group_add"), "[\"a\"]");
    assert_eq!(shop.production("b/security_opt"), "[\"no-new-privileges:false\",\"apparmor:unconfined\"]");
    assert!(!shop.production("c/cap_add").contains("SETUID"));
    assert_eq!(shop.production("c/cap_add").matches("CHOWN").count(), 1);
}

#[test]
fn a2_a_build_takes_the_place_of_an_image_unless_the_template_builds_too() {
    let own = "\
summary: Ours
kind: runtime
service:
  build: ./theirs
  image: registry.example.org/{{ service }}:1
";
    let folder = folder(&[("templates/ours.yaml", own)]);
    let text = format!(
        "{HEAD}services:\n  a: {{ tier: web, use: ours, build: ./a }}\n  b: {{ tier: data, use: postgres@17, build: ./b }}\n"
    );
    let rendered = render(&text, Some(folder.path())).unwrap_or_else(|wrong| panic!("{wrong}"));
    let file: Value = serde_yaml::from_str(rendered.file("docker-compose.production.yml")).expect("YAML");
    assert_eq!(at(&file, "a/build"), "\"./a\"");
    assert_eq!(at(&file, "a/image"), "\"registry.example.org/a:1\"");
    assert_eq!(at(&file, "b/image"), "-");
}

#[test]
fn a3_no_start_interval_is_shorter_than_an_interval_that_is_written() {
    let shop = shop(
        "",
        &[
            "a: { tier: data, use: postgres@17, healthcheck: { interval: 30s } }",
            "b: { tier: web, use: python, image: 'a/b:1', listen: 80, health: { http: /h, interval: 30s } }",
            "c: { tier: web, image: 'a/b:1', health: { command: [check], interval: 45s } }",
            "d: { tier: data, use: postgres@17, healthcheck: { interval: 30s, start_interval: 3s } }",
            "e: { tier: data, use: postgres@17, healthcheck: { interval: '${PROBE:-20s}' } }",
            "f: { tier: data, use: postgres@17, healthcheck: { interval: 500ms } }",
        ],
    );
    let start = |service: &str| shop.production(&format!("{service}/healthcheck/start_interval"));
    assert_eq!(start("a"), "\"30s\"");
    assert_eq!(start("b"), "\"30s\"");
    assert_eq!(start("c"), "\"45s\"");
    assert_eq!(start("d"), "\"3s\"");
    assert_eq!(start("e"), "\"${PROBE:-20s}\"");
    assert_eq!(start("f"), "\"1s\"");
}

#[test]
fn a4_what_a_template_computes_from_the_memory_limit_follows_the_one_that_is_written() {
    let shop = shop(
        "",
        &[
            "a: { tier: data, use: valkey, mem_limit: 20M }",
            "b: { tier: data, use: redis, deploy: { resources: { limits: { memory: '${CACHE:-40m}' } } } }",
            "c: { tier: data, use: memcached, with: { memory: 64M } }",
            "d: { tier: data, use: elasticsearch, mem_limit: 768m }",
            "e: { tier: data, use: rabbitmq, mem_limit: 512M }",
            "f: { tier: data, use: valkey, mem_limit: 4G }",
            "g: { tier: data, use: valkey, mem_limit: 4G, overrides: { production: { with: { memory: 100M } } } }",
        ],
    );
    assert!(shop.production("a/command").contains("--maxmemory 15mb"), "{}", shop.production("a/command"));
    let limits = shop.production("a/deploy/resources/limits");
    assert_eq!(limits, "{\"cpus\":\"1.0\",\"memory\":\"20M\"}");
    assert_eq!(shop.production("a/mem_limit"), "-");
    assert!(shop.development("b/command").contains("\"30mb\""), "{}", shop.development("b/command"));
    assert!(shop.production("c/command").contains("\"32\""), "{}", shop.production("c/command"));
    assert!(shop.production("d/environment/ES_JAVA_OPTS").contains("-Xmx384m"));
    assert!(shop.rendered.text().contains("total_memory_available_override_value = 512M"));
    assert!(shop.production("f/command").contains("--maxmemory 192mb"));
    assert!(shop.production("g/command").contains("--maxmemory 75mb"), "{}", shop.production("g/command"));
    assert_eq!(shop.production("g/deploy/resources/limits/memory"), "\"100M\"");
    assert_eq!(shop.production("g/mem_limit"), "-");
}

#[test]
fn b6_root_is_not_held_to_what_is_right_for_another_user() {
    let shop = shop(
        "",
        &[
            "a: { tier: web, use: job, image: 'a/b:1', user: '0:0' }",
            "b: { tier: web, use: node, image: 'a/b:1', user: root, read_only: true }",
            "c: { tier: data, use: postgres@17, user: root }",
            "d: { tier: web, use: node, image: 'a/b:1', user: '1000' }",
        ],
    );
    assert_eq!(shop.production("a/cap_drop"), "-");
    assert_eq!(shop.production("a/read_only"), "-");
    assert_eq!(shop.production("b/cap_drop"), "-");
    assert_eq!(shop.production("b/read_only"), "true");
    assert_eq!(shop.production("c/cap_drop"), "[\"ALL\"]");
    assert_eq!(shop.production("d/cap_drop"), "[\"ALL\"]");
}

#[test]
fn b7_an_image_that_brings_an_init_process_gets_no_second_one() {
    let shop = shop(
        "",
        &[
            "a: { tier: web, use: job, image: 'apache/airflow:3.0.2' }",
            "b: { tier: web, use: node, image: 'a/b:1', entrypoint: [/usr/bin/tini, --, node] }",
            "c: { tier: web, use: python, image: 'a/b:1', entrypoint: dumb-init python }",
            "d: { tier: web, use: job, image: 'apache/airflow:3.0.2', entrypoint: [bash, -c] }",
            "e: { tier: web, use: job, image: 'apache/airflow:3.0.2', init: true }",
        ],
    );
    for (service, expected) in [("a", "-"), ("b", "-"), ("c", "-"), ("d", "true"), ("e", "true")] {
        assert_eq!(shop.production(&format!("{service}/init")), expected, "{service}");
    }
}

#[test]
fn one_layer_that_says_a_thing_in_two_ways_is_an_error_at_its_place() {
    for (service, message) in [
        (
            "a: { tier: web, image: 'a/b:1', mem_limit: 1g, deploy: { resources: { limits: { memory: 2g } } } }",
            "`mem_limit` and `deploy.resources.limits.memory` both say how much memory it may take",
        ),
        (
            "a: { tier: web, image: 'a/b:1', cpus: 1, cpu_quota: 5000 }",
            "`cpus` and `cpu_quota` both say how many CPUs it may use",
        ),
        (
            "a: { tier: web, image: 'a/b:1', overrides: { production: { networks: { x: }, network_mode: host } } }",
            "`networks` and `network_mode` both say which networks it is on",
        ),
        (
            "a: { tier: web, image: 'a/b:1', tmpfs: [/tmp], volumes: ['xs:/tmp'] }",
            "`volumes` and `tmpfs` both mount something at `/tmp`",
        ),
        (
            "a: { tier: data, use: postgres@17, environment: { POSTGRES_PASSWORD: x, POSTGRES_PASSWORD_FILE: /y } }",
            "`POSTGRES_PASSWORD` and `POSTGRES_PASSWORD_FILE` both set one variable",
        ),
        (
            "a: { tier: data, use: valkey, with: { memory: 1G }, mem_limit: 2G }",
            "the parameter `memory` and this key both say how much memory it may take",
        ),
    ] {
        let shown = wrong(service);
        let words = shown.split(|next: char| next.is_whitespace() || "|│".contains(next));
        let shown = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        assert!(shown.contains(message), "{shown}");
        assert!(shown.contains("ST013"), "{shown}");
    }
}
