//! Names, files and networks for those who have data and scripts already.

use super::{refused, services, stack};
use crate::common::{code, folder, page, render, write};
use stackgen::render::compose_path;

const NAMED: &str = "\
name: shop
tiers: { web: {}, data: { kind: infrastructure }, watch: { kind: observability } }
environments:
  production:
    project: immich
    file: compose.yaml
    volumes: { db_data: { name: pgdata }, cache_data: { external: true, name: old_cache } }
    networks: { data: { name: immich_back } }
volumes: { db_data: { labels: { keep: 'yes' } } }
services:
  web: { tier: web, image: 'example/web:1', needs: [db, cache] }
  db: { tier: data, use: postgres }
  cache: { tier: data, use: redis }
  prometheus: { tier: watch, use: prometheus }
  exporter: { tier: watch, use: postgres-exporter, with: { server: db } }
";

#[test]
fn project_file_volumes_and_networks_go_by_their_names() {
    let (rendered, environments) = stack(NAMED);
    let at = |name: &str| rendered.plans.iter().position(|plan| plan.environment == name).expect("a plan");
    let production = &environments[at("production")];
    assert_eq!(compose_path(&rendered.plans[at("production")]), "compose.yaml");
    assert_eq!(production["name"], "immich");
    assert_eq!(production["volumes"]["db_data"]["name"], "pgdata");
    assert_eq!(production["volumes"]["db_data"]["labels"]["keep"], "yes");
    assert_eq!(production["volumes"]["cache_data"]["external"], true);
    assert_eq!(production["networks"]["data"]["name"], "immich_back");
    assert_eq!(production["networks"]["web"]["name"], "immich_web");
    let development = &environments[at("dev-fast")];
    assert_eq!(development["name"], "shop-dev-fast");
    assert_eq!(development["volumes"]["db_data"]["name"], "shop-dev-fast_db_data");
    // Those that join the networks of production find them.
    let watching = &environments[at("observability")];
    assert_eq!(watching["networks"]["data"]["name"], "immich_back");
    let makefile = rendered.file("Makefile");
    assert!(
        makefile.contains("\nfile-production = compose.yaml\nproject-production = immich\n"),
        "{makefile}"
    );
}

#[test]
fn a_file_that_has_changed_its_name_is_removed() {
    let before = "name: a\ntiers: { a: {} }\nmakefile: false\nservices: { web: { tier: a, image: 'example/web:1' } }\n";
    let folder = folder(&[("stack.yaml", before)]);
    let named = |file: &str| format!("{before}environments: {{ production: {{ file: {file} }} }}\n");
    let mut old = "docker-compose.production.yml";
    for file in ["compose.yaml", "compose.prod.yml"] {
        assert_eq!(code(&folder, &["render"]), Some(0));
        write(&folder, "stack.yaml", &named(file));
        let page = page(&folder, &["render"]);
        assert!(
            page.contains(&format!("wrote    {file}")) && page.contains(&format!("removed  {old}")),
            "{page}"
        );
        old = file;
    }
    // Somebody else's stays.
    write(&folder, "other.yml", "services: {}\n");
    assert_eq!(code(&folder, &["render"]), Some(0));
    assert!(folder.path().join("other.yml").is_file());
}

#[test]
fn instances_of_named_environments_are_told_apart() {
    let text = format!("{NAMED}instances: {{ stride: 100, max: 3 }}\n");
    let folder = folder(&[("stack.yaml", &text)]);
    let page = page(&folder, &["render", "production", "--instance", "2", "--stdout"]);
    assert!(page.contains("\nname: immich-2\n") && page.contains("compose-2.yaml"), "{page}");
}

#[test]
fn a_container_name_that_a_person_writes_is_kept() {
    let (_, environments) = services("  db: { tier: all, use: postgres, container_name: immich_postgres }\n");
    for environment in &environments {
        assert_eq!(environment["services"]["db"]["container_name"], "immich_postgres");
    }
    for several in ["deploy: { replicas: 2 }", "listen: 80, publish: { pool: 8000-8003 }"] {
        let message =
            refused(&format!("  web: {{ tier: all, image: 'a:1', container_name: web, {several} }}\n"));
        assert!(message.contains("cannot all be called `web`"), "{message}");
    }
}

#[test]
fn names_may_hold_underscores() {
    let (_, environments) = services(
        "  my_db: { tier: all, use: postgres }\n  _worker: { tier: all, image: 'a:1', environment: { DB: '${{ my_db.url }}' } }\n  \
         front_end: { tier: all, use: nginx, with: { routes: { /: my_api } } }\n  my_api: { tier: all, use: python, build: ., listen: 80, health: /up }\n",
    );
    for environment in &environments {
        let url = environment["services"]["_worker"]["environment"]["DB"].as_str().expect("text");
        assert!(url.contains("@my_db:5432/"), "{url}");
        assert!(environment["volumes"].get("my_db_data").is_some());
    }
    let both = "  my_db: { tier: all, use: postgres }\n  my-db: { tier: all, use: postgres }\n";
    assert!(refused(both).contains("would have the same names"), "{}", refused(both));
}

#[test]
fn one_flat_network_holds_all() {
    let flat = "name: shop\nnetworks: flat\ntiers: { web: {}, data: { kind: infrastructure }, watch: { kind: observability } }\n\
                services:\n  web: { tier: web, image: 'a:1' }\n  registry: { tier: data, image: 'b:1', networks: [further] }\n  \
                prometheus: { tier: watch, use: prometheus }\n";
    let (rendered, environments) = stack(flat);
    for (plan, environment) in rendered.plans.iter().zip(&environments) {
        for (name, service) in environment["services"].as_object().expect("services") {
            let networks: Vec<&str> =
                service["networks"].as_object().expect("networks").keys().map(String::as_str).collect();
            let expected: &[&str] = if name == "registry" { &["default", "further"] } else { &["default"] };
            assert_eq!(networks, expected, "{name} in {}", plan.environment);
        }
        let default = environment["networks"]["default"]["name"].as_str();
        let project = if plan.environment == "observability" { "production" } else { &plan.environment };
        assert_eq!(default, Some(&*format!("shop-{project}_default")), "{}", plan.environment);
    }
    assert!(render(&flat.replace("flat", "flatt"), None).is_err());
}

#[test]
fn comments_stand_above_their_service() {
    let text = "name: shop\ntiers: { all: {} }\nservices:\n  # The gateway: everything\n  #   goes through it.\n  web: { tier: all, image: 'a:1' }\n\n  \
                # Not of the next one.\n\n  db: { tier: all, use: postgres } # nor this\n  # The cache.\n  cache:\n    # Not this.\n    tier: all\n    use: redis\n";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let (rendered, _) = stack(&text);
        let file = rendered.file("docker-compose.production.yml");
        assert!(file.contains("\n\n  # The gateway: everything\n  #   goes through it.\n  web:\n"), "{file}");
        assert!(file.contains("\n\n  # The cache.\n  cache:\n") && file.contains("\n\n  db:\n"), "{file}");
        assert!(!file.contains("Not ") && !file.contains("nor this"), "{file}");
    }
}

#[test]
fn extends_passes_through() {
    let stack = "name: a\nmakefile: false\ntiers: { a: {} }\nservices:\n  ml: { tier: a, image: 'a:1', extends: { file: hwaccel.yml, service: cuda } }\n  \
                 all: { tier: a, extends: { file: hwaccel.yml, service: cuda } }\n";
    let folder = folder(&[
        ("stack.yaml", stack),
        ("hwaccel.yml", "services: { cuda: { image: 'b:1', environment: { GPU: '1' } } }\n"),
    ]);
    assert_eq!(code(&folder, &["render"]), Some(0), "{}", page(&folder, &["render"]));
    let read = crate::common::canonical(
        &crate::common::docker_compose(),
        folder.path(),
        "docker-compose.dev-fast.yml",
    );
    assert_eq!(read["services"]["ml"]["environment"]["GPU"], "1");
    assert_eq!(
        (&read["services"]["ml"]["image"], &read["services"]["all"]["image"]),
        (&"a:1".into(), &"b:1".into())
    );
}
