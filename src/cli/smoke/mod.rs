//! `stackgen smoke`: an environment is started, and everything in it is asked whether it works.

mod http;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::disk::{Change, Disk, Transaction};
use super::docker::{Compose, Container, is_job};
use super::error::CliError;
use super::stack::{InstanceArgs, StackArgs};
use super::status::Format;
use super::table::table;
use super::{Outcome, complain, display, print, stack, tell};
use crate::plan::{Plan, PlannedEndpoint, PlannedPort, PlannedService};
use crate::report::count;

const EXAMPLES: &str = "\
Examples:
  stackgen smoke dev-fast
  stackgen smoke production --stack stacks/shop --build
  stackgen smoke dev-fast && docker compose -f docker-compose.dev-fast.yml down

The environment is started with `docker compose up --wait`, and stays up. Then each published
port is asked from this machine, each other endpoint inside its container with the probe that
its image has, and each job for its exit code. What failed leaves its log in a folder.
STACKGEN_DOCKER_COMPOSE names another command than `docker compose`.

Exit codes: 0 all of it works, 1 something does not, 2 nothing can be asked.";

/// Start an environment and ask everything in it whether it works
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The environment
    environment: String,

    /// Build the images first
    #[arg(long)]
    build: bool,

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
    let opened = args.stack.open(disk)?;
    let planned = opened.or_report(opened.plan(args.instance.number))?;
    let mut checks = Vec::new();
    for plan in stack::chosen(&planned.plans, std::slice::from_ref(&args.environment))? {
        let compose = Compose::new(&opened, plan)?;
        checks.extend(try_all(args, plan, &compose)?);
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
    good: bool,
    answer: String,
}

impl Check {
    fn new(service: &str, asked: impl Into<String>, answer: Result<String, String>) -> Self {
        let good = answer.is_ok();
        let answer = answer.unwrap_or_else(|reason| reason);
        Self { service: service.to_owned(), asked: asked.into(), good, answer }
    }
}

fn report(args: &Args, checks: &[Check]) -> Result<Outcome, CliError> {
    let failed = checks.iter().filter(|check| !check.good).count();
    match args.format {
        Format::Table => {
            let row = |check: &Check| {
                let result = if check.good { "ok" } else { "FAILED" };
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
    complain(&match failed {
        0 => format!("{} passed\n", count(checks.len(), "check")),
        failed => format!("{failed} of {} failed\n", count(checks.len(), "check")),
    });
    Ok(if failed == 0 { Outcome::Clean } else { Outcome::Findings })
}

/// Starts an environment and asks everything in it.
fn try_all(args: &Args, plan: &Plan, compose: &Compose) -> Result<Vec<Check>, CliError> {
    let timeout = args.timeout.to_string();
    let mut start = vec!["up", "--detach", "--wait", "--wait-timeout", &timeout];
    start.extend(args.build.then_some("--build"));
    let deadline = PATIENCE_WITH_IMAGES + Duration::from_secs(args.timeout.into());
    let started = compose.run(&start, deadline)?;
    let containers = compose.containers()?;
    let mut checks = Vec::new();
    for service in plan.tiers.iter().flat_map(|tier| &tier.services) {
        let of_service: Vec<&Container> = containers.iter().filter(|it| it.service == service.name).collect();
        checks.extend(of(plan, compose, service, &of_service)?);
    }
    if !started.is_success() && checks.iter().all(|check| check.good) {
        let answer = match started.status {
            Some(_) => "Docker Compose says above what it waited for in vain".to_owned(),
            None => format!("it was ended, as it took {} seconds", deadline.as_secs()),
        };
        checks.push(Check::new(&args.environment, "up --wait", Err(answer)));
    }
    Ok(checks)
}

/// Everything that can be asked of a service.
fn of(
    plan: &Plan,
    compose: &Compose,
    service: &PlannedService,
    containers: &[&Container],
) -> Result<Vec<Check>, CliError> {
    let is_job = is_job(service);
    let sick = containers.iter().map(|it| it.verdict(is_job)).find(|verdict| !verdict.good);
    let asked = if is_job { "job" } else { "container" };
    let state = match (sick, containers.first()) {
        (Some(verdict), _) => Err(verdict.word),
        (None, Some(container)) => Ok(container.verdict(is_job).word),
        (None, None) => Err("there is none".to_owned()),
    };
    // What does not run need not be asked.
    if is_job || state.is_err() {
        return Ok(vec![Check::new(&service.name, asked, state)]);
    }
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
    if checks.is_empty() {
        checks.push(Check::new(&service.name, asked, state));
    }
    Ok(checks)
}

/// Asks each port of the host that containers have for an endpoint.
fn from_here(port: &PlannedPort, endpoint: &PlannedEndpoint, containers: &[&Container]) -> Vec<Check> {
    let published = containers.iter().flat_map(|container| container.published());
    let of_endpoint = published.filter(|publisher| publisher.target_port == endpoint.port);
    let mut checks: Vec<Check> = Vec::new();
    for publisher in of_endpoint {
        let place = format!("{}:{}", publisher.address, publisher.published_port);
        let path = endpoint.path.as_deref().unwrap_or("/");
        let check = match &*endpoint.scheme {
            "udp" => continue,
            "http" => {
                let status = http::status(&publisher.address, publisher.published_port, path);
                let answer = status.and_then(|status| judged(status, endpoint));
                Check::new(&port.service, format!("http://{place}{path}"), answer)
            }
            _ => {
                let answer = http::listens(&publisher.address, publisher.published_port);
                Check::new(&port.service, place, answer.map(|()| "listens".to_owned()))
            }
        };
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

/// Whether a status is right: the one that is asked for, or any answer but a fault of the server where no path is known.
fn judged(status: u16, endpoint: &PlannedEndpoint) -> Result<String, String> {
    let good = match (endpoint.status, &endpoint.path) {
        (Some(expected), _) => status == expected,
        (None, Some(_)) => (200..400).contains(&status),
        (None, None) => status < 500,
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
