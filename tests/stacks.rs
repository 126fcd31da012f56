//! Every stack in `stacks/`: what is committed is what is rendered, our linter has nothing to say, and the real Docker
//! Compose sees in it what DESIGN promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{Rendered, canonical, children, docker_compose, name_of, render};
use compose_reader::interpolation::variables;
use serde_json::{Map, Value};
use stackgen::definition::{ENVIRONMENTS, Mode, Publish, Service, Wait};
use stackgen::render::compose_path;

/// What `.env.example` holds in place of a value that somebody has to fill in.
const PLACEHOLDER: &str = "change-me";
/// Variables that tell clients outside of the containers where to connect, so that 127.0.0.1 is right.
const FOR_THE_HOST: [&str; 1] = ["KAFKA_ADVERTISED_LISTENERS"];

/// A stack's folder with what it renders to.
struct Shipped {
    name: String,
    folder: PathBuf,
    rendered: Rendered,
}

fn stacks() -> Vec<Shipped> {
    let folders = children(Path::new("stacks")).into_iter().filter(|path| path.join("stack.yaml").is_file());
    let shipped = folders.map(|folder| {
        let text = fs::read_to_string(folder.join("stack.yaml")).expect("text");
        let rendered = render(&text, Some(&folder)).unwrap_or_else(|message| panic!("{message}"));
        Shipped { name: name_of(&folder), folder, rendered }
    });
    let shipped: Vec<Shipped> = shipped.collect();
    assert!(!shipped.is_empty(), "there is no stack in stacks/");
    shipped
}

/// What is wrong, a line each, so that one run shows all of it.
#[derive(Default)]
struct Complaints(Vec<String>);

impl Complaints {
    fn unless(&mut self, holds: bool, complaint: impl FnOnce() -> String) {
        if !holds {
            self.0.push(complaint());
        }
    }
}

impl Drop for Complaints {
    fn drop(&mut self) {
        if !self.0.is_empty() && !std::thread::panicking() {
            panic!("{} broken promises:\n  {}", self.0.len(), self.0.join("\n  "));
        }
    }
}

fn stackgen(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackgen")).args(arguments).env_clear().output().expect("runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_is_committed_is_what_is_rendered() {
    for stack in stacks() {
        let folder = stack.folder.to_string_lossy();
        let output = stackgen(&["render", "--check", "--stack", &folder]);
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "run `stackgen render --stack {folder}`:\n{shown}");
    }
}

#[test]
fn the_linter_has_nothing_to_say() {
    for stack in stacks() {
        let folder = stack.folder.to_string_lossy();
        for arguments in [vec!["lint", "--stack", &folder], vec!["lint", &folder]] {
            let output = stackgen(&[&arguments[..], &["--format", "json"]].concat());
            let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let quiet = output.status.success() && report["findings"].as_array().is_some_and(Vec::is_empty);
            let shown = stackgen(&arguments);
            assert!(
                quiet,
                "stackgen {}:\n{}{}",
                arguments.join(" "),
                text(&shown.stdout),
                text(&shown.stderr)
            );
            assert_eq!(report["files"], stack.rendered.plans.len(), "stackgen {}", arguments.join(" "));
        }
    }
}

#[test]
fn production_is_what_strict_asks_for() {
    for stack in stacks() {
        let file = stack.folder.join("docker-compose.production.yml");
        let output = stackgen(&["lint", "--strict", &file.to_string_lossy()]);
        assert!(output.status.success(), "{}", text(&output.stdout));
    }
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for stack in stacks() {
        let text = fs::read_to_string(stack.folder.join("stack.yaml")).expect("text");
        let again = render(&text, Some(&stack.folder)).expect("renders");
        assert!(stack.rendered.text() == again.text(), "{} differs from one run to the next", stack.name);
    }
}

/// A compose file of a stack as the real Compose sees it.
struct Seen<'s> {
    stack: &'s Shipped,
    environment: &'s str,
    mode: Mode,
    services: Map<String, Value>,
}

impl Seen<'_> {
    fn name(&self, service: &str) -> String {
        format!("{}, {}, {service}", self.stack.name, self.environment)
    }

    fn definition(&self, service: &str) -> Option<&Service> {
        self.stack.rendered.stack.services.get(service)
    }

    /// What a service waits for, by the names of the others.
    fn dependencies(&self, service: &str) -> BTreeMap<String, String> {
        let depends_on = self.services[service]["depends_on"].as_object().into_iter().flatten();
        let condition = |value: &Value| value["condition"].as_str().unwrap_or_default().to_owned();
        depends_on.map(|(name, value)| (name.clone(), condition(value))).collect()
    }

    fn networks(&self, service: &str) -> BTreeSet<&str> {
        self.services[service]["networks"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| &**name)
            .collect()
    }

    fn environment_of(&self, service: &str) -> BTreeMap<&str, &str> {
        let variables = self.services[service]["environment"].as_object().into_iter().flatten();
        variables.map(|(name, value)| (&**name, value.as_str().unwrap_or_default())).collect()
    }

    /// Its published ports: address and port of the host, port and protocol of the container.
    fn ports(&self, service: &str) -> Vec<String> {
        let ports = self.services[service]["ports"].as_array().into_iter().flatten();
        let word = |port: &Value, key: &str| match &port[key] {
            Value::String(text) => text.clone(),
            Value::Null => "*".to_owned(),
            other => other.to_string(),
        };
        let line = |port: &Value| {
            let protocol = word(port, "protocol").replace("tcp", "").replace("udp", "/udp");
            let [address, published, target] = ["host_ip", "published", "target"].map(|key| word(port, key));
            format!("{address}:{published} -> {target}{protocol}")
        };
        ports.map(line).collect()
    }

    fn is_job(&self, service: &str) -> bool {
        self.services[service]["restart"] == "no"
    }
}

/// A temporary copy of what a stack renders to, with `.env.example` as its `.env`.
fn copy(stack: &Shipped) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for file in &stack.rendered.files {
        let path = folder.path().join(&file.path);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, &file.content).expect("file");
    }
    fs::write(folder.path().join(".env"), stack.rendered.file(".env.example")).expect("file");
    folder
}

/// Calls a test with every compose file of every stack, as the real Compose sees it.
fn each_file(mut test: impl FnMut(&Seen, &mut Complaints)) {
    let command = docker_compose();
    let mut complaints = Complaints::default();
    for stack in stacks() {
        let folder = copy(&stack);
        for plan in &stack.rendered.plans {
            let project = canonical(&command, folder.path(), &compose_path(plan));
            let expected = format!("{}-{}", plan.stack, plan.environment);
            complaints
                .unless(project["name"] == expected, || format!("{} is no {expected}", project["name"]));
            let services = project["services"].as_object().expect("services").clone();
            let seen = Seen { stack: &stack, environment: &plan.environment, mode: plan.mode, services };
            test(&seen, &mut complaints);
        }
    }
}

#[test]
fn who_waits_waits_for_the_right_thing() {
    each_file(|seen, complaints| {
        let mut awaited: BTreeSet<String> = BTreeSet::new();
        for service in seen.services.keys() {
            let definition = seen.definition(service);
            let weakened = |target: &str| {
                let over = definition.and_then(|it| it.overrides.get(seen.environment));
                let layers = over.map(|over| &over.layer).into_iter().chain(definition.map(|it| &it.layer));
                let need = layers.into_iter().find_map(|layer| layer.needs.get(target));
                need.is_some_and(|need| need.wait == Some(Wait::Started))
            };
            for (target, condition) in seen.dependencies(service) {
                let here = format!("{}: waits for {target}: {condition}", seen.name(service));
                let probe = &seen.services[&target]["healthcheck"];
                match &*condition {
                    "service_healthy" => complaints.unless(
                        probe["test"].is_array() && probe["disable"] != true && probe["test"][0] != "NONE",
                        || format!("{here}, which has no probe"),
                    ),
                    "service_completed_successfully" => {
                        complaints.unless(seen.is_job(&target), || format!("{here}, which is no job"));
                        awaited.insert(target.clone());
                    }
                    "service_started" => {
                        let asks = *service == format!("{target}-probe");
                        complaints
                            .unless(asks || weakened(&target), || format!("{here}, and no `needs` says so"));
                    }
                    _ => complaints.unless(false, || here),
                }
                if seen.services[service]["network_mode"].is_null() {
                    let (own, other) = (seen.networks(service), seen.networks(&target));
                    complaints.unless(!own.is_disjoint(&other), || {
                        format!("{}: shares no network with {target}", seen.name(service))
                    });
                }
            }
        }
        for service in seen.services.keys().filter(|service| seen.is_job(service)) {
            complaints.unless(awaited.contains(service), || {
                format!("{}: nobody awaits this job, so `up --wait` fails", seen.name(service))
            });
        }
    });
}

#[test]
fn nobody_is_reached_through_localhost() {
    each_file(|seen, complaints| {
        for service in seen.services.keys() {
            for (variable, value) in seen.environment_of(service) {
                let allowed = FOR_THE_HOST.contains(&variable) && !value.contains("localhost");
                let local = ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| value.contains(local));
                complaints
                    .unless(allowed || !local, || format!("{}: {variable}={value}", seen.name(service)));
            }
            complaints.unless(seen.services[service]["container_name"].is_null(), || {
                format!("{}: has a container_name", seen.name(service))
            });
        }
    });
}

/// Whether something that is published is under the name of an environment.
fn names(publish: &Publish, environment: &str) -> bool {
    match publish {
        Publish::By(by) => {
            by.iter().any(|(name, inside)| name == environment || names(&inside.publish, environment))
        }
        _ => false,
    }
}

#[test]
fn host_ports_are_those_that_are_published() {
    let mut tables: BTreeMap<String, String> = BTreeMap::new();
    each_file(|seen, complaints| {
        let table = tables.entry(seen.stack.name.clone()).or_default();
        let stack = &seen.stack.rendered.stack;
        let default = ENVIRONMENTS.iter().find(|default| default.name == seen.environment);
        let own = stack.environments.get(seen.environment);
        let bound = own.is_some_and(|own| own.bind.is_some())
            || default.map_or(seen.mode == Mode::Development, |default| default.local);
        for service in seen.services.keys() {
            let publish = seen.definition(service).and_then(|definition| {
                let over = definition.overrides.get(seen.environment);
                over.and_then(|over| over.layer.publish.as_ref()).or(definition.layer.publish.as_ref())
            });
            let ports = seen.ports(service);
            for port in &ports {
                table.push_str(&format!("{:<14} {service:<24} {port}\n", seen.environment));
                let said = publish.is_some_and(|publish| bound || names(publish, seen.environment));
                complaints
                    .unless(said, || format!("{}: {port}, which `publish` does not say", seen.name(service)));
                let local = port.starts_with("127.0.0.1:") || port.starts_with("::1:");
                complaints.unless(local || seen.mode == Mode::Production, || {
                    format!("{}: {port} is open to the whole network in development", seen.name(service))
                });
            }
            let single = matches!(publish, Some(Publish::Port(_)));
            complaints.unless(!(single && bound) || ports.len() == 1, || {
                format!("{}: `publish` says one port, and there are {}", seen.name(service), ports.len())
            });
        }
    });
    for (stack, table) in tables {
        insta::assert_snapshot!(format!("ports_of_{stack}"), table);
    }
}

#[test]
fn production_is_hardened_and_holds_no_secret() {
    each_file(|seen, complaints| {
        if seen.mode != Mode::Production {
            return;
        }
        for (service, keys) in &seen.services {
            let log = &keys["logging"]["options"];
            let mut options = keys["security_opt"].as_array().into_iter().flatten();
            let hardened = [
                ("restart", keys["restart"].is_string()),
                ("limit of its log", log["max-size"].is_string() && log["max-file"].is_string()),
                ("no-new-privileges", options.any(|option| option == "no-new-privileges:true")),
            ];
            for (what, holds) in hardened {
                complaints.unless(holds, || format!("{}: no {what}", seen.name(service)));
            }
            for (variable, value) in seen.environment_of(service) {
                let secret = is_secret(variable) && !variable.ends_with("_FILE") && !value.is_empty();
                let filled_in = !secret || value.contains(PLACEHOLDER);
                let password = password_of(value).is_none_or(|password| password == PLACEHOLDER);
                complaints.unless(filled_in && password, || {
                    format!("{}: {variable}={value} is written into the file", seen.name(service))
                });
            }
        }
    });
}

/// Whether a variable's name says that its value is one to keep.
fn is_secret(variable: &str) -> bool {
    let words: Vec<&str> = variable.split('_').collect();
    ["PASSWORD", "PASS", "SECRET", "TOKEN"].iter().any(|word| words.contains(word))
        || variable.ends_with("_KEY")
}

/// The password in a URL.
fn password_of(url: &str) -> Option<&str> {
    let (authority, _) = url.split_once("://")?.1.split_once('@')?;
    authority.split_once(':').map(|(_, password)| password)
}

#[test]
fn harmless_values_of_development_stay_there() {
    let mut complaints = Complaints::default();
    for stack in stacks() {
        let declared = stack.rendered.stack.secrets.values().filter_map(|it| it.development.as_ref());
        let harmless: Vec<&str> = declared.map(|it| it.value.as_str()).chain(["development-"]).collect();
        for plan in stack.rendered.plans.iter().filter(|plan| plan.mode == Mode::Production) {
            let path = compose_path(plan);
            for (number, line) in stack.rendered.file(&path).lines().enumerate() {
                for value in harmless.iter().filter(|value| line.contains(**value)) {
                    complaints.unless(false, || format!("{}/{path}:{}: {value}", stack.name, number + 1));
                }
            }
        }
    }
}

#[test]
fn env_example_has_every_variable_and_no_other() {
    let mut complaints = Complaints::default();
    for stack in stacks() {
        let mut asked: BTreeSet<String> = BTreeSet::new();
        for plan in &stack.rendered.plans {
            let text = stack.rendered.file(&compose_path(plan));
            for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
                let found = variables(line).unwrap_or_else(|invalid| panic!("{line}: {invalid:?}"));
                asked.extend(found.iter().map(|variable| variable.name.to_owned()));
            }
        }
        let example = stack.rendered.file(".env.example").lines().filter(|line| !line.starts_with('#'));
        let given: BTreeSet<String> =
            example.filter_map(|line| line.split_once('=')).map(|(name, _)| name.to_owned()).collect();
        for missing in asked.difference(&given) {
            complaints.unless(false, || format!("{}: .env.example lacks {missing}", stack.name));
        }
        for unused in given.difference(&asked) {
            complaints.unless(false, || {
                format!("{}: .env.example has {unused}, which nothing asks for", stack.name)
            });
        }
    }
}

#[test]
fn the_gateway_of_experimento_uno_cannot_reach_the_database_and_is_all_that_production_publishes() {
    each_file(|seen, complaints| {
        if seen.stack.name != "experimento-uno" {
            return;
        }
        if seen.services.contains_key("nginx") {
            let (gateway, database) = (seen.networks("nginx"), seen.networks("postgres"));
            complaints.unless(gateway.is_disjoint(&database), || {
                format!("{}: shares a network with postgres", seen.name("nginx"))
            });
        }
        if seen.environment == "production" {
            let published: Vec<(&String, Vec<String>)> = seen
                .services
                .keys()
                .map(|service| (service, seen.ports(service)))
                .filter(|(_, ports)| !ports.is_empty())
                .collect();
            let expected = [(&"nginx".to_owned(), vec!["*:80 -> 80".to_owned()])];
            complaints.unless(published == expected, || format!("production publishes {published:?}"));
        }
    });
}
