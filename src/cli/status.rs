//! `stackgen status`: what runs of an environment, joined with its tiers, ports and URLs.

use clap::ValueEnum;
use serde::Serialize;

use super::disk::Disk;
use super::docker::{Compose, Container, Verdict, is_job};
use super::error::CliError;
use super::stack::{InstanceArgs, StackArgs};
use super::table::table;
use super::{Outcome, print, stack, tell};
use crate::plan::{HostPorts, Plan, PlannedPort, PortRange};

const EXAMPLES: &str = "\
Examples:
  stackgen status dev-fast
  stackgen status production --stack stacks/shop
  stackgen status dev-fast --format json | jq -r '.services[] | select(.good | not) | .service'

It asks `docker compose ps`; STACKGEN_DOCKER_COMPOSE names another command than `docker compose`.

Exit codes: 0 all of it runs or is done, 1 something does not, 2 nothing can be asked.";

/// Show what runs of an environment
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The environment
    environment: String,

    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    instance: InstanceArgs,

    #[command(flatten)]
    stack: StackArgs,
}

/// How a table is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Table,
    /// For programs
    Json,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let opened = args.stack.open(disk)?;
    let planned = opened.or_report(opened.plan(args.instance.number))?;
    let mut rows = Vec::new();
    for plan in stack::chosen(&planned.plans, std::slice::from_ref(&args.environment))? {
        rows.extend(self::rows(plan, &Compose::new(&opened, plan)?.containers()?));
    }
    match args.format {
        Format::Table => {
            let cells: Vec<[String; 5]> = rows.iter().map(cells).collect();
            tell(&table(["tier", "service", "state", "host", "url"], &cells))
        }
        Format::Json => {
            let value = serde_json::json!({
                "version": 1, "environment": args.environment, "services": rows,
            });
            print(&format!("{value:#}\n"))
        }
    }?;
    Ok(if rows.iter().all(|row| row.good) { Outcome::Clean } else { Outcome::Findings })
}

/// A service with what runs of it.
#[derive(Serialize)]
struct Row {
    tier: String,
    service: String,
    state: String,
    good: bool,
    containers: Vec<String>,
    ports: Vec<Port>,
}

#[derive(PartialEq, Serialize)]
struct Port {
    container_port: u16,
    host_address: String,
    host_port: u16,
    url: Option<String>,
}

fn cells(row: &Row) -> [String; 5] {
    let host = row.ports.iter().map(|port| match &*port.host_address {
        "0.0.0.0" | "::" => format!("*:{}", port.host_port),
        address => format!("{address}:{}", port.host_port),
    });
    let host: Vec<String> = host.collect();
    let urls: Vec<&str> = row.ports.iter().filter_map(|port| port.url.as_deref()).collect();
    [row.tier.clone(), row.service.clone(), row.state.clone(), host.join(" "), urls.join(" ")]
}

/// The services of a plan in its order, processes on the host, and containers that it does not know.
fn rows(plan: &Plan, containers: &[Container]) -> Vec<Row> {
    let mut rows = Vec::new();
    let of = |name: &str| containers.iter().filter(|it| it.service == name).collect::<Vec<_>>();
    for tier in &plan.tiers {
        for service in &tier.services {
            rows.push(row(plan, &tier.name, &service.name, &of(&service.name), is_job(service)));
        }
    }
    for port in plan.ports.iter().filter(|port| port.hosted) {
        let known = port.ports.known().map(|ports| Port {
            container_port: port.target,
            host_address: port.address.to_string(),
            host_port: ports.first,
            url: PlannedPort { ports: HostPorts::Range(ports), ..port.clone() }.url(),
        });
        rows.push(Row {
            tier: port.tier.clone(),
            service: port.service.clone(),
            state: "on the host".to_owned(),
            good: true,
            containers: Vec::new(),
            ports: known.into_iter().collect(),
        });
    }
    let unknown = |name: &str| !rows.iter().any(|row: &Row| row.service == name);
    let mut strangers: Vec<&str> =
        containers.iter().map(|it| &*it.service).filter(|name| unknown(name)).collect();
    strangers.dedup();
    let stranger = |name: &str| row(plan, "not in the stack", name, &of(name), false);
    rows.extend(strangers.into_iter().map(stranger).collect::<Vec<_>>());
    rows
}

fn row(plan: &Plan, tier: &str, name: &str, containers: &[&Container], is_job: bool) -> Row {
    let verdicts: Vec<Verdict> = containers.iter().map(|it| it.verdict(is_job)).collect();
    let mut ports: Vec<Port> = Vec::new();
    for publisher in containers.iter().flat_map(|container| container.published()) {
        let known = plan.ports.iter().find(|it| it.service == name && it.target == publisher.target_port);
        let only = PortRange { first: publisher.published_port, last: publisher.published_port };
        let only = HostPorts::Range(only);
        let port = Port {
            container_port: publisher.target_port,
            host_address: publisher.address.clone(),
            host_port: publisher.published_port,
            url: known.and_then(|known| PlannedPort { ports: only.clone(), ..known.clone() }.url()),
        };
        if !ports.contains(&port) {
            ports.push(port);
        }
    }
    Row {
        tier: tier.to_owned(),
        service: name.to_owned(),
        state: state(&verdicts),
        good: !verdicts.is_empty() && verdicts.iter().all(|verdict| verdict.good),
        containers: containers.iter().map(|container| container.name.clone()).collect(),
        ports,
    }
}

/// The state of all containers of a service: `healthy`, or `2 healthy, 1 starting`.
fn state(verdicts: &[Verdict]) -> String {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for verdict in verdicts {
        match counted.iter_mut().find(|(word, _)| *word == verdict.word) {
            Some((_, count)) => *count += 1,
            None => counted.push((&verdict.word, 1)),
        }
    }
    match &counted[..] {
        [] => "missing".to_owned(),
        [(word, 1)] => (*word).to_owned(),
        counted => {
            let parts: Vec<String> = counted.iter().map(|(word, count)| format!("{count} {word}")).collect();
            parts.join(", ")
        }
    }
}
