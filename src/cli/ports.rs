//! `stackgen ports`: the table of host ports that a wiki would have, from what is rendered.

use std::fmt::Write;

use clap::ValueEnum;
use serde::Serialize;

use super::disk::Disk;
use super::error::CliError;
use super::stack::{InstanceArgs, StackArgs};
use super::{Outcome, print, stack, tell};
use crate::definition::Stack;
use crate::plan::{Plan, PlannedPort, PortRange};
use crate::report::escape::{markdown, visible_line};

const EXAMPLES: &str = "\
Examples:
  stackgen ports                               every environment
  stackgen ports dev-fast                      one environment
  stackgen ports --format markdown > PORTS.md  for a repository
  stackgen ports dev-fast --format json | jq -r '.environments[].ports[].url'";

/// Print the table of host ports
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The environment [default: all]
    environment: Option<String>,

    /// How the table is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    instance: InstanceArgs,

    #[command(flatten)]
    stack: StackArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For a terminal
    Table,
    /// For a repository or a wiki
    Markdown,
    /// For programs
    Json,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let opened = args.stack.open(disk)?;
    let planned = opened.or_report(opened.plan(args.instance.number))?;
    let Some(definition) = &opened.stack else { return Ok(Outcome::Unusable) };
    let plans = stack::chosen(&planned.plans, args.environment.as_slice())?;
    let tables: Vec<Table> = plans.into_iter().map(|plan| table(definition, plan)).collect();
    match args.format {
        Format::Table => tell(&tables.iter().map(plain).collect::<Vec<_>>().join("\n")),
        Format::Markdown => print(&tables.iter().map(in_markdown).collect::<Vec<_>>().join("\n")),
        Format::Json => print(&json(&tables)),
    }
}

/// The ports of one environment.
#[derive(Serialize)]
struct Table {
    environment: String,
    ports: Vec<Row>,
    reserved: Vec<Reserved>,
    free: Vec<Free>,
}

#[derive(Serialize)]
struct Row {
    tier: String,
    service: String,
    endpoint: String,
    container_port: u16,
    host_address: String,
    host_port: String,
    url: Option<String>,
    on_host: bool,
}

#[derive(Serialize)]
struct Reserved {
    port: u16,
    reason: String,
}

#[derive(Serialize)]
struct Free {
    tier: String,
    range: String,
    free: Vec<String>,
}

fn table(stack: &Stack, plan: &Plan) -> Table {
    let row = |port: &PlannedPort| Row {
        tier: port.tier.clone(),
        service: port.service.clone(),
        endpoint: port.endpoint.clone(),
        container_port: port.target,
        host_address: port.address.to_string(),
        host_port: port.ports.to_string(),
        url: port.url(),
        on_host: port.hosted,
    };
    let is_taken = |port: u16| {
        plan.ports.iter().filter_map(|taken| taken.ports.known()).any(|taken| taken.contains(port))
            || stack.reserved_ports.iter().any(|reserved| reserved.port.value == port)
    };
    let has_ports = |tier: &str| plan.ports.iter().any(|port| port.tier == tier);
    let shift = stack.shift(plan.instance);
    let shifted = |range: PortRange| PortRange {
        first: range.first.saturating_add(shift),
        last: range.last.saturating_add(shift),
    };
    let ranges = stack.tiers.iter().filter(|(name, _)| has_ports(name)).flat_map(|(name, tier)| {
        tier.host_ports
            .iter()
            .filter(|range| range.first < range.last)
            .map(move |range| (name, shifted(range.value)))
    });
    Table {
        environment: plan.place(),
        ports: plan.ports.iter().map(row).collect(),
        reserved: stack
            .reserved_ports
            .iter()
            .map(|reserved| Reserved { port: reserved.port.value, reason: reserved.reason.clone() })
            .collect(),
        free: ranges
            .map(|(tier, range)| Free {
                tier: tier.clone(),
                range: range.to_string(),
                free: gaps(range, &is_taken).iter().map(ToString::to_string).collect(),
            })
            .collect(),
    }
}

/// The parts of a range that nobody has.
fn gaps(range: PortRange, is_taken: &dyn Fn(u16) -> bool) -> Vec<PortRange> {
    let mut gaps: Vec<PortRange> = Vec::new();
    for port in (range.first..=range.last).filter(|port| !is_taken(*port)) {
        match gaps.last_mut() {
            Some(gap) if gap.last + 1 == port => gap.last = port,
            _ => gaps.push(PortRange { first: port, last: port }),
        }
    }
    gaps
}

const HEADINGS: [&str; 6] = ["tier", "service", "endpoint", "container", "host", "url"];

fn cells(row: &Row) -> [String; 6] {
    let container = if row.on_host { "on the host".to_owned() } else { row.container_port.to_string() };
    let host = match row.host_address.as_str() {
        "0.0.0.0" => format!("*:{}", row.host_port),
        address => format!("{address}:{}", row.host_port),
    };
    let url = row.url.clone().unwrap_or_default();
    [row.tier.clone(), row.service.clone(), row.endpoint.clone(), container, host, url]
}

fn plain(table: &Table) -> String {
    let rows: Vec<[String; 6]> = table.ports.iter().map(cells).collect();
    let mut out = format!("{}\n", table.environment);
    if rows.is_empty() {
        let environment = &table.environment;
        let _ = writeln!(
            out,
            "  publishes nothing; `publish: {{ {environment}: PORT }}` in a service publishes it here"
        );
        return out;
    }
    out.push_str(&super::table::table(HEADINGS, &rows));
    for reserved in &table.reserved {
        let _ = writeln!(out, "  reserved {}: {}", reserved.port, visible_line(&reserved.reason));
    }
    for free in &table.free {
        let _ = writeln!(out, "  free in {} ({}): {}", free.tier, free.range, listed(&free.free));
    }
    out
}

fn in_markdown(table: &Table) -> String {
    let mut out = format!("## {}\n\n", markdown(&table.environment));
    if table.ports.is_empty() {
        out.push_str("Publishes nothing.\n");
        return out;
    }
    let _ = writeln!(out, "| {} |\n|{}", HEADINGS.join(" | "), " --- |".repeat(6));
    for row in &table.ports {
        let _ = writeln!(out, "| {} |", cells(row).map(|cell| markdown(&cell)).join(" | "));
    }
    if !table.reserved.is_empty() || !table.free.is_empty() {
        out.push('\n');
    }
    for reserved in &table.reserved {
        let _ = writeln!(out, "- reserved {}: {}", reserved.port, markdown(&reserved.reason));
    }
    for free in &table.free {
        let _ = writeln!(out, "- free in {} ({}): {}", markdown(&free.tier), free.range, listed(&free.free));
    }
    out
}

fn listed(free: &[String]) -> String {
    if free.is_empty() { "none".to_owned() } else { free.join(", ") }
}

fn json(tables: &[Table]) -> String {
    let value = serde_json::json!({ "version": 1, "environments": tables });
    format!("{value:#}\n")
}
