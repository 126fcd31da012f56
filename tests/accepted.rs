//! What renders is accepted: stacks of every template, its parameters, and every key of Compose in its forms, judged in each
//! environment by the reader, and a sample of them by Docker Compose.

use std::collections::BTreeMap;
use std::process::Command;

use compose_reader::compose::Project;
use compose_reader::source::Sources;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stackgen::catalog::{Catalog, Template};
use stackgen::lint;
use stackgen::render::{ENV_EXAMPLE, compose_path};

use crate::common::{docker_compose, folder, render};
use crate::templates::Alone;

/// Stacks that are made.
const STACKS: u32 = 220;
/// Of how many of them Docker Compose is asked about one file.
const SAMPLE: usize = 110;

/// Keys of Compose that a stack takes, each with forms that Compose takes.
const FORMS: &[(&str, &[&str])] = &[
    ("annotations", &["{ a: b }", "[a=b]"]),
    ("attach", &["false"]),
    ("blkio_config", &["{ weight: 300 }"]),
    ("cap_add", &["[NET_ADMIN]", "[CAP_SYS_NICE, CHOWN]"]),
    ("cap_drop", &["[MKNOD]", "[ALL]", "!override [SETUID]", "!reset []"]),
    ("cgroup", &["private"]),
    ("cgroup_parent", &["m-executor"]),
    ("command", &["run it", "[run, it]", "!reset null"]),
    ("configs", &["[own]", "[{ source: own, target: /own.conf, mode: 0440 }]", "!reset []"]),
    ("cpu_count", &["2"]),
    ("cpu_percent", &["50"]),
    ("cpu_period", &["100000"]),
    ("cpu_quota", &["50000"]),
    ("cpu_shares", &["73"]),
    ("cpus", &["0.5", "'1.5'"]),
    ("cpuset", &["0-1"]),
    (
        "deploy",
        &[
            "{ replicas: 2 }",
            "{ labels: { a: b } }",
            "{ resources: { limits: { pids: 90 } } }",
            "{ resources: { reservations: { cpus: '0.1' } } }",
            "{ restart_policy: { condition: on-failure } }",
            "!reset null",
        ],
    ),
    ("develop", &["{ watch: [{ action: rebuild, path: . }] }"]),
    ("device_cgroup_rules", &["['c 1:3 mr']"]),
    ("devices", &["['/dev/fuse:/dev/fuse']", "[{ source: /dev/fuse, target: /dev/fuse }]"]),
    ("dns", &["8.8.8.8", "[8.8.8.8, 9.9.9.9]"]),
    ("dns_opt", &["[use-vc]"]),
    ("dns_search", &["example.com", "[example.com]"]),
    ("domainname", &["example.com"]),
    ("entrypoint", &["[tini, --, run]", "run it"]),
    ("env_file", &["[{ path: none.env, required: false }]"]),
    ("environment", &["{ A: b, C: 1, D: true }", "[A=b, C=]", "{ POSTGRES_PASSWORD: x }"]),
    ("extra_hosts", &["{ a: 10.0.0.1 }", "['a=10.0.0.1']"]),
    ("gpus", &["all"]),
    ("group_add", &["[audio, '100']"]),
    ("healthcheck", &["{ interval: 30s }", "{ test: [CMD, 'true'], timeout: 1s }", "{ retries: 3 }"]),
    ("hostname", &["own"]),
    ("init", &["true", "false"]),
    ("ipc", &["shareable"]),
    ("labels", &["{ a: b }", "[a=b]", "!override { c: d }"]),
    ("logging", &["{ driver: local }", "{ options: { max-size: 1m } }", "!reset null"]),
    ("mac_address", &["02:42:ac:11:65:43"]),
    ("mem_limit", &["640m", "671088640"]),
    ("mem_reservation", &["32m"]),
    ("mem_swappiness", &["10"]),
    ("memswap_limit", &["8g"]),
    ("network_mode", &["bridge", "host"]),
    ("networks", &["[edge]", "{ edge: { aliases: [x] } }"]),
    ("oom_kill_disable", &["true"]),
    ("oom_score_adj", &["100"]),
    ("pid", &["host"]),
    ("pids_limit", &["100", "-1"]),
    ("platform", &["linux/amd64"]),
    ("post_start", &["[{ command: [run] }]"]),
    ("pre_stop", &["[{ command: run, user: root }]"]),
    ("privileged", &["false"]),
    ("profiles", &["[extra]"]),
    ("pull_policy", &["missing", "always"]),
    ("read_only", &["false", "true"]),
    ("restart", &["always", "'no'", "on-failure:3"]),
    ("runtime", &["runc"]),
    ("security_opt", &["['no-new-privileges:true']", "['seccomp:unconfined']", "!override []"]),
    ("shm_size", &["64m"]),
    ("stdin_open", &["true"]),
    ("stop_grace_period", &["10s", "1m30s"]),
    ("stop_signal", &["SIGINT"]),
    ("storage_opt", &["{ size: 1G }"]),
    ("sysctls", &["{ net.core.somaxconn: 1024 }", "[net.core.somaxconn=1024]"]),
    ("tmpfs", &["/tmp", "['/tmp:size=64M']", "[/own/run]"]),
    ("tty", &["true"]),
    ("ulimits", &["{ nproc: 65535 }", "{ nofile: { soft: 1024, hard: 2048 } }"]),
    ("user", &["'1000:1000'", "root"]),
    ("userns_mode", &["host"]),
    ("uts", &["host"]),
    ("volumes", &["['own_data:/own']", "['./own:/own:ro']", "[{ type: tmpfs, target: /tmp }]"]),
    ("working_dir", &["/srv"]),
    ("x-own", &["{ a: [b] }"]),
];

/// What a stack is made from.
#[derive(Clone, Debug)]
struct Made {
    template: Index,
    parameter: Option<Index>,
    keys: Vec<(Index, Index)>,
    overridden: Vec<(Index, Index)>,
    kind: Index,
    environment: Index,
}

fn made() -> impl Strategy<Value = Made> {
    let keys = |most| prop::collection::vec((any::<Index>(), any::<Index>()), 0..most);
    (any::<Index>(), any::<Option<Index>>(), keys(6), keys(4), any::<Index>(), any::<Index>()).prop_map(
        |(template, parameter, keys, overridden, kind, environment)| Made {
            template,
            parameter,
            keys,
            overridden,
            kind,
            environment,
        },
    )
}

impl Made {
    fn stack(&self, catalog: &Catalog, names: &[String]) -> String {
        let template: &Template = catalog.get(&names[self.template.index(names.len())]).expect("loaded");
        let parameters: Vec<&String> = template.parameters.keys().collect();
        let parameter = self.parameter.filter(|_| !parameters.is_empty());
        let mut alone = match parameter {
            Some(parameter) => Alone::given(template, parameters[parameter.index(parameters.len())]),
            None => Alone::new(template),
        };
        let keys = |chosen: &[(Index, Index)]| -> BTreeMap<&str, &str> {
            let pair = |(key, form): &(Index, Index)| {
                let (key, forms) = key.get(FORMS);
                (*key, *form.get(forms))
            };
            chosen.iter().map(pair).collect()
        };
        // Both sides of a rivalry in one layer are refused.
        let has_deploy = |keys: &BTreeMap<&str, &str>| keys.contains_key("deploy");
        let mut own = keys(&self.keys);
        let mut over = keys(&self.overridden);
        for keys in [&mut own, &mut over] {
            for (one, others) in [
                ("tmpfs", &["volumes"][..]),
                ("network_mode", &["networks"]),
                ("cpus", &["cpu_period", "cpu_quota"]),
            ] {
                if keys.contains_key(one) {
                    keys.retain(|key, _| !others.contains(key));
                }
            }
            if has_deploy(keys) {
                keys.remove("pids_limit");
            }
            if alone.arguments.contains_key("memory") {
                keys.remove("mem_limit");
            }
        }
        alone.more.extend(own.into_iter().map(|(key, form)| format!("{key}: {form}")));
        let over: Vec<String> = over.into_iter().map(|(key, form)| format!("{key}: {form}")).collect();
        let environment = *self.environment.get(&["dev-fast", "infra", "observability", "production"]);
        alone.more.push(format!("overrides: {{ {environment}: {{ {} }} }}", over.join(", ")));
        let kind = self.kind.get(&["application", "infrastructure", "observability", "tools"]);
        let tiers = format!("tiers: {{ all: {{ kind: {kind} }}, partners: {{ kind: {kind} }} }}");
        let text = alone.text(template).replace("tiers: { all: {}, partners: {} }", &tiers);
        let text: String = text
            .lines()
            .filter(|line| !line.starts_with("environments:"))
            .flat_map(|line| [line, "\n"])
            .collect();
        format!("{text}networks: {{ edge: }}\nconfigs: {{ own: {{ file: ./own.conf }} }}\n")
    }
}

/// What the reader refuses in a file.
fn refused(name: &str, text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add(name, text);
    let project = Project::load(&mut sources, &[id]);
    let errors = lint::refusals(&project.problems, &project.duplicates);
    let errors =
        errors.into_iter().filter(|error| error.severity == compose_reader::diagnostic::Severity::Error);
    errors.map(|error| format!("{}: {}", error.code, error.message)).collect()
}

#[test]
fn what_renders_is_accepted() {
    let mut catalog = Catalog::new([]);
    let mut sources = Sources::new();
    let names: Vec<String> = catalog.names().map(str::to_owned).collect();
    for name in &names {
        assert!(catalog.load(name, &mut sources).is_empty());
    }
    let config = Config { cases: STACKS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let sample = std::cell::RefCell::new(Vec::new());
    let judged = runner.run(&made(), |made| {
        let stack = made.stack(&catalog, &names);
        let rendered =
            render(&stack, None).map_err(|wrong| TestCaseError::fail(format!("{stack}\n{wrong}")))?;
        for plan in &rendered.plans {
            let path = compose_path(plan);
            let refused = refused(&path, rendered.file(&path));
            prop_assert!(refused.is_empty(), "{stack}\n{path}: {refused:?}\n{}", rendered.file(&path));
        }
        let mut sample = sample.borrow_mut();
        if sample.len() < SAMPLE
            && let Some(plan) = rendered.plans.get(made.environment.index(rendered.plans.len().max(1)))
        {
            sample.push((stack, compose_path(plan), rendered));
        }
        Ok(())
    });
    judged.unwrap_or_else(|failed| panic!("{failed}"));
    let command = docker_compose();
    let sample = sample.into_inner();
    assert_eq!(sample.len(), SAMPLE);
    for (stack, path, rendered) in &sample {
        let files = rendered.files.iter().map(|file| (file.path.as_str(), file.content.as_str()));
        let mut files: Vec<(&str, &str)> = files.collect();
        files.push((".env", rendered.file(ENV_EXAMPLE)));
        let folder = folder(&files);
        let mut compose = Command::new(&command[0]);
        compose.args(&command[1..]).args(["-f", path, "--profile", "*", "config", "-q"]);
        let output = compose.current_dir(folder.path()).env_clear().env("HOME", folder.path()).output();
        let output = output.expect("Docker Compose runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stack}\n{path}: {said}\n{}", rendered.file(path));
    }
}
