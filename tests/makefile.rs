//! The Makefile of a stack: every target of every stack can be run, and the recipes do what they say.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::common::{children, code, folder, page, render, write};
use stackgen::catalog::Catalog;
use stackgen::plan::PlannedBackup;
use tempfile::TempDir;

/// A front end on the machine itself, and databases of two kinds.
const STACK: &str = "\
name: shop
tiers: { web: { host_ports: 3000-3009 }, data: { kind: infrastructure } }
environments: { dev-fast: { on_host: [web] } }
services:
  shop-front:
    tier: web
    use: node
    build: ./front
    listen: 3000
    publish: { dev-fast: 3001 }
    health: /
    environment: { CACHE_URL: \"${{ cache.url }}\" }
  admin: { tier: web, build: ./admin, command: ./run 'all of it', listen: 3002, publish: { dev-fast: 3002 }, health: none }
  db: { tier: data, use: postgres, with: { databases: [orders, audit] } }
  cache: { tier: data, use: redis, publish: { dev-fast: 6379 }, with: { appendonly: true } }
";

/// Writes down what it is asked, with what it gets on standard input, and answers `saved`.
const DOCKER: &str = "#!/bin/sh
printf '%s\\n' \"$*\" >> \"$(dirname \"$0\")/asked\"
case \"$*\" in
*' exec '*pg_dump*) echo 'what was saved'; exit \"$(cat \"$(dirname \"$0\")/code\")\" ;;
*' exec '*rdb*) echo 'a snapshot' ;;
*psql* | *dump.rdb*) echo \"given: $(cat)\" >> \"$(dirname \"$0\")/asked\" ;;
esac
";
/// Writes down where and with what it is started.
const NPM: &str = "#!/bin/sh\necho \"$(basename \"$PWD\") $* PORT=$PORT $CACHE_URL\"\n";

fn make(folder: &Path, arguments: &[&str]) -> Output {
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    let mut command = Command::new("make");
    command.args(arguments).current_dir(folder).env_clear().env("PATH", path).stdin(Stdio::null());
    command.env("STACKGEN", env!("CARGO_BIN_EXE_stackgen")).output().expect("make runs")
}

fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let output = make(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "make {}:\n{said}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("text")
}

/// A rendered stack with stand-ins for the programs that its recipes call.
fn shop() -> TempDir {
    let folder = folder(&[
        ("stack.yaml", STACK),
        ("bin/docker", DOCKER),
        ("bin/npm", NPM),
        ("bin/code", "0"),
        ("front/package.json", "{}"),
        ("admin/run", "#!/bin/sh\necho \"admin: $1\"\n"),
    ]);
    for program in ["bin/docker", "bin/npm", "admin/run"] {
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path().join(program), permissions).expect("executable");
    }
    assert_eq!(code(&folder, &["render"]), Some(0));
    folder
}

fn asked(folder: &TempDir) -> String {
    let asked = fs::read_to_string(folder.path().join("bin/asked")).expect("docker was asked");
    fs::remove_file(folder.path().join("bin/asked")).expect("remove");
    asked
}

/// The one file below `backups/dev-fast`.
fn backup(folder: &TempDir, service: &str) -> Vec<String> {
    let files = children(&folder.path().join("backups/dev-fast"))
        .into_iter()
        .map(|path| crate::common::name_of(&path));
    files.filter(|name| name.starts_with(service)).collect()
}

#[test]
fn every_target_of_every_stack_is_a_script() {
    for stack in children(Path::new("stacks")).into_iter().filter(|path| path.join("stack.yaml").is_file()) {
        let text = fs::read_to_string(stack.join("Makefile")).expect("a Makefile");
        let targets = text.lines().find_map(|line| line.strip_prefix(".PHONY: ")).expect("targets");
        let help = succeeds(&stack, &[]);
        for target in targets.split(' ') {
            let recipe = succeeds(&stack, &["-n", target, "FILE=stack.yaml", "ENVIRONMENT=dev-fast"]);
            let here = format!("{}, {target}:\n{recipe}", stack.display());
            assert!(!recipe.trim().is_empty() && !recipe.contains("Nothing to be done"), "{here}");
            let script = Command::new("sh").args(["-n", "-c", &recipe]).output().expect("sh runs");
            assert!(script.status.success(), "{here}\n{}", String::from_utf8_lossy(&script.stderr));
            let files = recipe.split("docker-compose.").skip(1).filter_map(|rest| rest.split(".yml").next());
            for environment in files {
                assert!(stack.join(format!("docker-compose.{environment}.yml")).is_file(), "{here}");
            }
            let is_part = ["backup-", "run-"].iter().any(|part| target.starts_with(part));
            let is_listed = help.lines().any(|line| line.split_whitespace().next() == Some(target));
            assert_eq!(is_listed, !is_part, "{here}\n{help}");
        }
    }
}

#[test]
fn the_projects_own_makefile_hands_on_to_the_stacks() {
    for stack in ["stacks/saas-mt", "stacks/experimento-uno"] {
        let stack = format!("STACK={stack}");
        let recipe = succeeds(Path::new("."), &["-n", "dev-start", &stack]);
        assert!(recipe.contains("docker-compose.dev-fast.yml up --detach --wait"), "{recipe}");
        assert!(recipe.contains(" render --stack ") && recipe.contains(" lint --stack "), "{recipe}");
        let help = succeeds(Path::new("."), &["help", &stack]);
        assert!(help.contains("dev-logs") && help.contains("e2e-quick"), "{help}");
    }
}

#[test]
fn targets_are_those_that_make_sense() {
    let folder = shop();
    let listed = succeeds(folder.path(), &[]);
    insta::assert_snapshot!("shop", listed);
    let small = "name: a\ntiers: { a: {} }\nservices: { web: { tier: a, image: 'example/web:1' } }\n";
    insta::assert_snapshot!("small", render(small, None).expect("renders").file("Makefile"));
    // Names of one's own, one of which is the short word of another.
    let own = "environments: { staging: { mode: production }, dev: { mode: development } }\n";
    let stack = small.replace("tiers:", &format!("{own}tiers:"));
    let rendered = render(&stack, None).expect("renders");
    let makefile = rendered.file("Makefile");
    for target in ["dev-fast-start:", "dev-up:", "staging-up:", "staging-logs:", "prod-down:"] {
        assert!(makefile.contains(&format!("\n{target}")), "{target}\n{makefile}");
    }
    assert!(
        !makefile.contains("backup") && !makefile.contains("secrets") && !makefile.contains("-build:"),
        "{makefile}"
    );
}

#[test]
fn what_runs_on_the_machine_is_started_with_its_variables() {
    let folder = shop();
    let mut printed: Vec<String> =
        succeeds(folder.path(), &["-s", "web-all"]).lines().map(str::to_owned).collect();
    printed.sort();
    let cache = "redis://:redis@127.0.0.1:6379/0";
    assert_eq!(printed, ["admin: all of it", &format!("front run dev PORT=3001 {cache}")]);
}

#[test]
fn a_backup_is_whole_and_can_be_loaded() {
    let folder = shop();
    succeeds(folder.path(), &["backup", "ENVIRONMENT=dev-fast"]);
    insta::assert_snapshot!("saving", asked(&folder));
    let [saved] = &backup(&folder, "db")[..] else { panic!("one backup of the database") };
    assert!(saved.starts_with("db-2") && saved.ends_with(".sql"), "{saved}");
    let path = format!("backups/dev-fast/{saved}");
    assert_eq!(fs::read_to_string(folder.path().join(&path)).expect("text"), "what was saved\n");
    let mode = fs::metadata(folder.path().join(&path)).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let given = format!("FILE={path}");
    succeeds(folder.path(), &["restore-db", &given, "ENVIRONMENT=dev-fast"]);
    insta::assert_snapshot!("loading_a_database", asked(&folder));
    succeeds(folder.path(), &["restore-cache", &given, "ENVIRONMENT=dev-fast"]);
    insta::assert_snapshot!("loading_a_cache", asked(&folder));
    let output = make(folder.path(), &["restore-db", "ENVIRONMENT=dev-fast"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("FILE=backups/... says which backup"));
    assert!(!folder.path().join("bin/asked").exists(), "nothing is touched without a file");
}

#[test]
fn a_backup_that_fails_leaves_nothing() {
    let folder = shop();
    write(&folder, "bin/code", "1");
    assert!(!make(folder.path(), &["backup-db", "ENVIRONMENT=dev-fast"]).status.success());
    assert_eq!(backup(&folder, "db"), Vec::<String>::new());
}

#[test]
fn the_environment_of_the_shell_chooses_no_database() {
    let folder = shop();
    let makefile = fs::read_to_string(folder.path().join("Makefile")).expect("text");
    assert!(makefile.contains("\nENVIRONMENT = dev-fast\n"), "a variable of the shell would win over `?=`");
    for target in ["backup", "backup-db", "restore-db"] {
        let output = make(folder.path(), &[target, "FILE=stack.yaml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(" ENVIRONMENT=production"), "{said}");
    }
    let output = make(folder.path(), &["backup", "ENVIRONMENT=staging"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing of staging is saved"));
    assert!(!folder.path().join("bin/asked").exists());
    succeeds(folder.path(), &["restore-db", "FILE=stack.yaml", "ENVIRONMENT=production"]);
    assert!(
        asked(&folder).starts_with("compose -f docker-compose.production.yml exec -T db sh -c exec psql ")
    );
}

#[test]
fn as_many_backups_are_kept_as_are_wanted() {
    let folder = shop();
    write(&folder, "stack.yaml", &format!("backups: {{ keep: 2 }}\n{STACK}"));
    assert_eq!(code(&folder, &["render"]), Some(0));
    for name in ["db-20200101-000000.sql", "db-20210101-000000.sql", "db-20220101-000000.sql", "db-notes.sql"]
    {
        write(&folder, &format!("backups/dev-fast/{name}"), "");
    }
    write(&folder, "backups/dev-fast/db-2-20200101-000000.sql", "of another service");
    write(&folder, "backups/production/db-20200101-000000.sql", "");
    succeeds(folder.path(), &["backup-db", "ENVIRONMENT=dev-fast"]);
    let mut left = backup(&folder, "db");
    left.sort();
    let newest = left.remove(2);
    assert!(*newest > *"db-2023", "{newest}");
    assert_eq!(left, ["db-2-20200101-000000.sql", "db-20220101-000000.sql", "db-notes.sql"]);
    assert!(folder.path().join("backups/production/db-20200101-000000.sql").is_file());
}

#[test]
fn a_volume_is_saved_and_loaded_whole() {
    let folder = shop();
    let stack = STACK.replace("listen: 3002,", "listen: 3002, volumes: ['uploads:/srv/uploads'],");
    let stack = stack.replace("on_host: [web]", "bind: 127.0.0.1");
    write(&folder, "stack.yaml", &format!("backups: {{ volumes: [uploads] }}\n{stack}"));
    assert_eq!(code(&folder, &["render"]), Some(0));
    succeeds(folder.path(), &["backup", "ENVIRONMENT=production"]);
    let saved = asked(&folder);
    assert!(
        saved.contains("compose -f docker-compose.production.yml cp admin:/srv/uploads/. -\n"),
        "{saved}"
    );
    let files = children(&folder.path().join("backups/production"));
    let name = files
        .iter()
        .map(|path| crate::common::name_of(path))
        .find(|name| name.starts_with("volume-uploads-2"));
    let given = format!("FILE=backups/production/{}", name.expect("a backup of the volume"));
    succeeds(folder.path(), &["restore-volume-uploads", &given, "ENVIRONMENT=production"]);
    insta::assert_snapshot!("loading_a_volume", asked(&folder));
}

#[test]
fn a_release_goes_out_stays_and_is_taken_back() {
    let folder = shop();
    write(&folder, "stack.yaml", &format!("images: {{ registry: registry.example.org/shop }}\n{STACK}"));
    assert_eq!(code(&folder, &["render"]), Some(0));
    let compose = fs::read_to_string(folder.path().join("docker-compose.production.yml")).expect("text");
    assert!(compose.contains("    image: registry.example.org/shop/admin:${TAG:-local}\n"), "{compose}");
    let development = fs::read_to_string(folder.path().join("docker-compose.dev-fast.yml")).expect("text");
    assert!(!development.contains("registry.example.org"), "{development}");
    write(&folder, "bin/docker", "#!/bin/sh\necho \"${TAG:-none}: $*\" >> \"$(dirname \"$0\")/asked\"\n");
    let tags = |folder: &TempDir| -> Vec<String> {
        asked(folder)
            .lines()
            .map(|line| line.replace("compose -f docker-compose.production.yml ", ""))
            .collect()
    };
    succeeds(folder.path(), &["prod-up"]);
    assert_eq!(tags(&folder), ["none: up --detach --wait"]);
    for arguments in [&["prod-push"][..], &["prod-rollback"], &["prod-update", "TAG=1.0"]] {
        assert!(!make(folder.path(), arguments).status.success(), "{arguments:?} is not told enough");
    }
    succeeds(folder.path(), &["prod-push", "TAG=1.0"]);
    assert_eq!(tags(&folder), ["1.0: build", "1.0: push"]);
    succeeds(folder.path(), &["prod-up", "TAG=1.0"]);
    succeeds(folder.path(), &["prod-update", "TAG=1.1", "SERVICE=admin"]);
    succeeds(folder.path(), &["prod-restart", "SERVICE=admin"]);
    succeeds(folder.path(), &["prod-rollback"]);
    succeeds(folder.path(), &["prod-logs"]);
    assert_eq!(
        tags(&folder),
        [
            "1.0: up --detach --wait",
            "1.1: pull admin",
            "1.1: up --detach --wait --no-deps admin",
            "1.1: restart admin",
            "1.0: up --detach --wait",
            "1.0: logs --follow --tail 100",
        ]
    );
}

#[test]
fn make_is_told_which_instance() {
    let folder = shop();
    let stack = STACK.replace("tiers:", "instances: { stride: 10, max: 3 }\ntiers:");
    write(&folder, "stack.yaml", &stack);
    assert_eq!(code(&folder, &["render"]), Some(0));
    succeeds(folder.path(), &["dev-up", "INSTANCE=2"]);
    succeeds(folder.path(), &["dev-down"]);
    succeeds(folder.path(), &["backup", "ENVIRONMENT=dev-fast", "INSTANCE=2"]);
    let asked = asked(&folder);
    let mut lines = asked.lines();
    assert_eq!(lines.next(), Some("compose -f docker-compose.dev-fast-2.yml up --detach --wait"));
    assert_eq!(lines.next(), Some("compose -f docker-compose.dev-fast.yml down"));
    assert!(lines.all(
        |line| !line.contains("-f") || line.starts_with("compose -f docker-compose.dev-fast-2.yml exec")
    ));
    assert!(folder.path().join("docker-compose.dev-fast-2.yml").is_file());
    assert!(folder.path().join("backups/dev-fast-2").is_dir());
}

#[test]
fn a_makefile_of_ones_own_stays() {
    let folder = folder(&[("stack.yaml", STACK), ("Makefile", "all:\n\techo mine\n")]);
    insta::assert_snapshot!("foreign", page(&folder, &["render"]));
    write(&folder, "stack.yaml", &format!("makefile: false\n{STACK}"));
    assert_eq!(code(&folder, &["render"]), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("Makefile")).expect("text"), "all:\n\techo mine\n");
    let ours = shop();
    write(&ours, "stack.yaml", &format!("makefile: false\n{STACK}"));
    assert_eq!(code(&ours, &["render"]), Some(0));
    assert!(!ours.path().join("Makefile").exists(), "one that is rendered no longer goes");
}

#[test]
fn a_backup_is_the_same_in_development_and_production() {
    let mut found = Vec::new();
    for name in Catalog::new([]).names() {
        let stack = format!(
            "name: a\ntiers: {{ data: {{ kind: infrastructure }} }}\nservices:\n  it: {{ tier: data, use: {name} }}\n"
        );
        // What needs a partner stores nothing itself.
        let Ok(rendered) = render(&stack, None) else { continue };
        let backups: Vec<&PlannedBackup> = rendered.plans.iter().flat_map(|plan| &plan.backups).collect();
        assert!(backups.windows(2).all(|pair| pair[0] == pair[1]), "{name}: {backups:?}");
        for word in backups.iter().flat_map(|backup| backup.save.iter().chain(&backup.load)) {
            assert!(!word.contains('\n'), "{name}: a recipe is one line: {word:?}");
        }
        found.extend(backups.first().map(|_| name.to_owned()));
    }
    assert_eq!(found, ["mariadb", "mongo", "mysql", "postgres", "redis", "valkey"]);
}
