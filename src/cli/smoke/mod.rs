//! `stackgen smoke`: an environment is started, unless it runs already, and everything in it is asked whether it works.

mod http;
mod own;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::disk::{Change, Disk, Transaction};
use super::docker::{Compose, Container, Verdict, is_job};
use super::env::Variables;
use super::error::CliError;
use super::stack::{InstanceArgs, StackArgs};
use super::status::Format;
use super::table::table;
use super::{Outcome, complain, display, print, stack, tell};
use crate::plan::{Plan, PlannedCheck, PlannedEndpoint, PlannedPort, PlannedQuestion, PlannedService};
use crate::report::count;

const EXAMPLES: &str = "\
Examples:
  stackgen smoke dev-fast
  stackgen smoke production --stack stacks/shop --build
  stackgen smoke production --running              start and stop nothing
  stackgen smoke dev-fast && docker compose -f docker-compose.dev-fast.yml down

The environment is started with `docker compose up --wait`, and stays up. Then each published
port is asked from this machine, each other endpoint inside its container with the probe that
its image has, and each job for its exit code; and the checks of `smoke` in stack.yaml and in
templates, until they pass or their deadline is over. A service that runs on this machine is
asked if it is there, and with --running has to be. What failed leaves its log in a folder.
STACKGEN_DOCKER_COMPOSE names another command than `docker compose`.

Exit codes: 0 all of it works, 1 something does not, 2 nothing can be asked.";

/// Start an environment, or take one that runs, and ask everything in it whether it works
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The environment
    environment: String,

    /// Build the images first
    #[arg(long, conflicts_with = "running")]
    build: bool,

    /// Start nothing: it runs already, the services on this machine included
    #[arg(long)]
    running: bool,

    /// How long the start may take, in seconds, once images are fetched and built
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    timeout: u32,

    /// The folder for the logs of what failed [default: smoke-logs/ENVIRONMENT in the stack's folder]
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,

    /// How the results are written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    instance: InstanceArgs,

    #[command(flatten)]
    stack: StackArgs,
}

/// How long fetching and building images may take.
const PATIENCE_WITH_IMAGES: Duration = Duration::from_secs(1800);

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let mut opened = args.stack.open(disk)?;
    let variables = Variables::open(&mut opened)?;
    let planned = opened.or_report(opened.plan(args.instance.number))?;
    let mut checks = Vec::new();
    for plan in stack::chosen(&planned.plans, std::slice::from_ref(&args.environment))? {
        let compose = Compose::new(&opened, plan)?;
        checks.extend(try_all(args, plan, &compose, &variables)?);
        let place = format!("smoke-logs/{}", plan.place());
        let folder = args.logs.clone().unwrap_or_else(|| stack::place(&opened.folder, &place));
        keep_logs(&compose, &checks, &folder, disk)?;
    }
    report(args, &checks)
}

/// What came of one question.
#[derive(Serialize)]
struct Check {
    service: String,
    /// What was asked: an address, a job, a state.
    asked: String,
    /// Whether nothing is wrong.
    good: bool,
    /// Whether it could not be asked here.
    skipped: bool,
    answer: String,
}

impl Check {
    fn new(service: &str, asked: impl Into<String>, answer: impl Into<Answer>) -> Self {
        let (good, skipped, answer) = match answer.into() {
            Answer::Good(answer) => (true, false, answer),
            Answer::Bad(reason) => (false, false, reason),
            Answer::Skipped(reason) => (true, true, reason),
        };
        Self { service: service.to_owned(), asked: asked.into(), good, skipped, answer }
    }
}

/// What there is to say of a question.
enum Answer {
    /// It is as it should be.
    Good(String),
    /// It is not.
    Bad(String),
    /// Why it was not asked.
    Skipped(String),
}

impl From<Result<String, String>> for Answer {
    fn from(answer: Result<String, String>) -> Self {
        answer.map_or_else(Self::Bad, Self::Good)
    }
}

fn report(args: &Args, checks: &[Check]) -> Result<Outcome, CliError> {
    let failed = checks.iter().filter(|check| !check.good).count();
    match args.format {
        Format::Table => {
            let row = |check: &Check| {
                let result = match (check.good, check.skipped) {
                    (_, true) => "skipped",
                    (true, _) => "ok",
                    (false, _) => "FAILED",
                };
                [&check.service, &check.asked, result, &check.answer].map(str::to_owned)
            };
            let rows: Vec<[String; 4]> = checks.iter().map(row).collect();
            tell(&table(["service", "asked", "result", "answer"], &rows))
        }
        Format::Json => {
            let value = serde_json::json!({
                "version": 1, "environment": args.environment, "checks": checks,
            });
            print(&format!("{value:#}\n"))
        }
    }?;
    let skipped = checks.iter().filter(|check| check.skipped).count();
    let asked = count(checks.len() - skipped, "check");
    let left_out = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    complain(&match failed {
        0 => format!("{asked} passed{left_out}\n"),
        failed => format!("{failed} of {asked} failed{left_out}\n"),
    });
    Ok(if failed == 0 { Outcome::Clean } else { Outcome::Findings })
}

/// Starts an environment, unless it runs, and asks everything in it.
fn try_all(
    args: &Args,
    plan: &Plan,
    compose: &Compose,
    variables: &Variables,
) -> Result<Vec<Check>, CliError> {
    let failure = if args.running { None } else { start(args, compose)? };
    let containers = compose.containers()?;
    let mut checks = Vec::new();
    for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
        let of_service: Vec<&Container> = containers.iter().filter(|it| it.service == service.name).collect();
        let state = state(service, &of_service);
        let (is_job, works) = (is_job(service), state.is_ok());
        // What does not run need not be asked.
        if works && !is_job {
            checks.extend(of(plan, compose, service, &of_service)?);
        }
        if checks.last().is_none_or(|check| check.service != service.name) {
            checks.push(Check::new(&service.name, if is_job { "job" } else { "container" }, state));
        }
        for check in plan.checks.iter().filter(|check| works && check.service == service.name) {
            checks.push(own::ask(plan, compose, &of_service, check, variables)?);
        }
    }
    for port in plan.ports.iter().filter(|port| port.hosted && port.scheme != "udp") {
        let asked = on_this_machine(args, plan, port);
        let works = asked.good && !asked.skipped;
        checks.push(asked);
        let is_about = |check: &&PlannedCheck| {
            let of_endpoint = matches!(&check.question, PlannedQuestion::Http { endpoint, .. } if *endpoint == port.endpoint);
            works && check.service == port.service && of_endpoint
        };
        for check in plan.checks.iter().filter(is_about) {
            checks.push(own::ask(plan, compose, &[], check, variables)?);
        }
    }
    if let Some(failure) = failure.filter(|_| checks.iter().all(|check| check.good)) {
        checks.push(Check::new(&args.environment, "up --wait", Err(failure)));
    }
    Ok(checks)
}

/// Starts an environment; says why that failed, if it did.
fn start(args: &Args, compose: &Compose) -> Result<Option<String>, CliError> {
    let timeout = args.timeout.to_string();
    let mut start = vec!["up", "--detach", "--wait", "--wait-timeout", &timeout];
    start.extend(args.build.then_some("--build"));
    let deadline = PATIENCE_WITH_IMAGES + Duration::from_secs(args.timeout.into());
    let started = compose.run(&start, deadline)?;
    Ok(match started.status {
        Some(_) if started.is_success() => None,
        Some(_) => Some("Docker Compose says above what it waited for in vain".to_owned()),
        None => Some(format!("it was ended, as it took {} seconds", deadline.as_secs())),
    })
}

/// How the containers of a service do: the word for those that are sick, or else for the first.
fn state(service: &PlannedService, containers: &[&Container]) -> Result<String, String> {
    let verdicts: Vec<Verdict> = containers.iter().map(|it| it.verdict(is_job(service))).collect();
    match (verdicts.iter().find(|verdict| !verdict.good), verdicts.first()) {
        (Some(sick), _) => Err(sick.word.clone()),
        (None, Some(first)) => Ok(first.word.clone()),
        (None, None) => Err("there is none".to_owned()),
    }
}

/// What is asked at each endpoint of a service that runs.
fn of(
    plan: &Plan,
    compose: &Compose,
    service: &PlannedService,
    containers: &[&Container],
) -> Result<Vec<Check>, CliError> {
    let mut checks = Vec::new();
    for endpoint in plan.endpoints.iter().filter(|it| it.service == service.name) {
        let published = plan
            .ports
            .iter()
            .find(|port| !port.hosted && port.service == service.name && port.endpoint == endpoint.endpoint);
        match published {
            Some(port) => checks.extend(from_here(port, endpoint, containers)),
            None => checks.extend(from_inside(compose, endpoint)?),
        }
    }
    Ok(checks)
}

/// Asks a process of the machine itself, which nothing here starts.
fn on_this_machine(args: &Args, plan: &Plan, port: &PlannedPort) -> Check {
    let is_asked = |it: &&PlannedEndpoint| it.service == port.service && it.endpoint == port.endpoint;
    let endpoint = plan.endpoints.iter().find(is_asked);
    let (Some(endpoint), Some(ports)) = (endpoint, port.ports.known()) else {
        let answer = Answer::Skipped("its port is not known".to_owned());
        return Check::new(&port.service, &port.endpoint, answer);
    };
    let address = port.address.to_string();
    // A process has taken the first port of its pool that was free.
    let taken = (ports.first..=ports.last).find(|port| http::listens(&address, *port).is_ok());
    match taken {
        None if !args.running => {
            let answer = Answer::Skipped("not started on this machine".to_owned());
            Check::new(&port.service, asked(&address, ports.first, endpoint), answer)
        }
        taken => answered(&address, taken.unwrap_or(ports.first), endpoint),
    }
}

/// Asks each port of the host that containers have for an endpoint.
fn from_here(port: &PlannedPort, endpoint: &PlannedEndpoint, containers: &[&Container]) -> Vec<Check> {
    let published = containers.iter().flat_map(|container| container.published());
    let of_endpoint = published.filter(|publisher| publisher.target_port == endpoint.port);
    let mut checks: Vec<Check> = Vec::new();
    for publisher in of_endpoint {
        if endpoint.scheme == "udp" {
            continue;
        }
        let check = answered(&publisher.address, publisher.published_port, endpoint);
        if !checks.iter().any(|known| known.asked == check.asked) {
            checks.push(check);
        }
    }
    if checks.is_empty() && endpoint.scheme != "udp" {
        let asked = format!("port {} of {}", port.ports, endpoint.endpoint);
        checks.push(Check::new(&port.service, asked, Err("no container has it".to_owned())));
    }
    checks
}

/// What is asked at a port: a path, or whether anything listens.
fn asked(address: &str, port: u16, endpoint: &PlannedEndpoint) -> String {
    match &*endpoint.scheme {
        "http" => format!("http://{address}:{port}{}", endpoint.path.as_deref().unwrap_or("/")),
        _ => format!("{address}:{port}"),
    }
}

/// Asks an endpoint at a port of the host.
fn answered(address: &str, port: u16, endpoint: &PlannedEndpoint) -> Check {
    let answer = match &*endpoint.scheme {
        "http" => http::get(address, port, endpoint.path.as_deref().unwrap_or("/"))
            .and_then(|answer| judged(answer.status, endpoint.status, endpoint.path.is_some())),
        _ => http::listens(address, port).map(|()| "listens".to_owned()),
    };
    Check::new(&endpoint.service, asked(address, port, endpoint), answer)
}

/// Whether a status is right: the one that is asked for, or any answer but a fault of the server where no path is known.
fn judged(status: u16, expected: Option<u16>, is_known: bool) -> Result<String, String> {
    let good = match expected {
        Some(expected) => status == expected,
        None if is_known => (200..400).contains(&status),
        None => status < 500,
    };
    if good { Ok(status.to_string()) } else { Err(status.to_string()) }
}

/// Asks an endpoint inside its container, if it is known how.
fn from_inside(compose: &Compose, endpoint: &PlannedEndpoint) -> Result<Option<Check>, CliError> {
    let Some(inside) = &endpoint.inside else { return Ok(None) };
    let mut arguments = vec!["exec", "-T", &inside.service];
    arguments.extend(inside.command.iter().map(String::as_str));
    let output = compose.output(&arguments)?;
    let answer = match output.is_success() {
        true => Ok("answers".to_owned()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("its probe fails");
            Err(last.trim().to_owned())
        }
    };
    let path = endpoint.path.as_deref().unwrap_or_default();
    let asked = format!("{}://127.0.0.1:{}{path} inside", endpoint.scheme, endpoint.port);
    Ok(Some(Check::new(&endpoint.service, asked, answer)))
}

/// Saves the logs of the services that failed.
fn keep_logs(compose: &Compose, checks: &[Check], folder: &Path, disk: &Disk) -> Result<(), CliError> {
    let mut services: Vec<&str> =
        checks.iter().filter(|check| !check.good).map(|check| check.service.as_str()).collect();
    services.dedup();
    let mut changes = Vec::new();
    let mut said = String::new();
    for service in services {
        let output = compose.output(&["logs", "--no-color", "--timestamps", service])?;
        let text = [output.stdout, output.stderr].concat();
        if text.is_empty() {
            continue;
        }
        let path = folder.join(format!("{service}.log"));
        said.push_str(&format!("  wrote    {}\n", display(&path)));
        changes.push(Change::write(path, text));
    }
    if !changes.is_empty() {
        Transaction::begin(disk, folder)?.commit(disk, &changes)?;
    }
    complain(&said);
    Ok(())
}
