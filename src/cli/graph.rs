//! `stackgen graph`: in which order the services of a project start, and what keeps the last of them waiting.

use std::fmt::Write;

use clap::ValueEnum;
use indexmap::IndexSet;

use super::disk::Disk;
use super::error::{CliError, drawn};
use super::project::{self, ProjectArgs};
use super::table::table;
use super::{Outcome, complain_in_colour, print, tell};
use crate::lint;
use crate::report::escape::{dot, mermaid, visible_line};
use compose_reader::compose::{Condition, Project, Reference, Service};

const EXAMPLES: &str = "\
Examples:
  stackgen graph                                     the project of this folder: its order, and the longest chain of waits
  stackgen graph -f compose.yaml -f prod.yaml        files merged as `docker compose` merges them
  stackgen graph --format mermaid >> README.md       a picture for a page in Markdown
  stackgen graph --format dot | dot -Tsvg > graph.svg

Counted are depends_on, links, volumes_from, and network_mode, ipc and pid with `service:NAME`.

Exit codes: 0 printed, 2 Docker Compose would refuse the project.";

/// Show who waits for whom, the order of the start, and the longest chain of waits
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// How the graph is shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Mermaid,
    Dot,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let (mut sources, files, mut request) = project::open(&args.project, disk)?;
    // Who waits for whom is known before every variable is.
    request.is_lenient = true;
    let mut project = Project::read(&mut sources, &files, &request);
    let findings = lint::refusals(&project.problems, &project.duplicates);
    complain_in_colour(&drawn(&findings, project.sources, disk));
    if project.is_refused() {
        return Ok(Outcome::Unusable);
    }
    let inactive = std::mem::take(&mut project.inactive);
    project.services.retain(|name, _| !inactive.contains(name));
    match args.format {
        Format::Text => tell(&text(&project)),
        Format::Mermaid => print(&in_mermaid(&project)),
        Format::Dot => print(&in_dot(&project)),
    }
}

fn text(project: &Project<'_>) -> String {
    let graph = project.graph();
    // Services in a circle were refused above.
    let (rounds, chain) = (graph.rounds().unwrap_or_default(), graph.longest_chain().unwrap_or_default());
    let mut out = "Order of the start, each line after the one above it:\n".to_owned();
    for (number, round) in (1..).zip(&rounds) {
        let _ = writeln!(out, "  {number}  {}", visible_line(&round.join(", ")));
    }
    let waits = chain.windows(2).filter_map(|pair| {
        let service = project.services.get(pair[0])?;
        let reference = service.references.iter().find(|reference| &*reference.name == pair[1])?;
        let until = format!("{} {}", pair[1], awaited(service, reference));
        Some([pair[0].to_owned(), until, project.sources.place(reference.span)])
    });
    let waits: Vec<[String; 3]> = waits.collect();
    out.push_str(&match waits.len() {
        0 => "\nNo service waits for another.\n".to_owned(),
        1 => "\nThe longest chain is one wait:\n".to_owned(),
        count => format!("\nThe longest chain is {count} waits:\n"),
    });
    if !waits.is_empty() {
        out.push_str(&table(["SERVICE", "WAITS UNTIL", "BECAUSE OF"], &waits));
    }
    out
}

/// What a service waits for another one to do.
fn awaited(service: &Service, reference: &Reference) -> &'static str {
    let named = |name: &str| service.depends_on.iter().find(|dependency| &*dependency.name == name);
    match named(&reference.name).and_then(|dependency| dependency.condition) {
        Some(Condition::Healthy) => "is healthy",
        Some(Condition::Completed) => "has succeeded",
        _ => "runs",
    }
}

/// The arrows of the graph, each once: who waits, for whom, until what.
fn arrows<'p>(project: &'p Project<'_>) -> IndexSet<(&'p str, &'p str, &'static str)> {
    let arrows = project.services.values().flat_map(|service| {
        let known = |reference: &&Reference| project.services.contains_key(&reference.name);
        let arrow =
            |reference: &'p Reference| (&*service.name, &*reference.name, awaited(service, reference));
        service.references.iter().filter(known).map(arrow)
    });
    arrows.collect()
}

fn in_mermaid(project: &Project<'_>) -> String {
    let mut out = "```mermaid\ngraph LR\n".to_owned();
    // Mermaid has words that cannot be a name, such as `end`.
    let id = |name: &str| project.services.get_index_of(name).unwrap_or_default();
    for name in project.services.keys() {
        let _ = writeln!(out, "  s{}[\"{}\"]", id(name), mermaid(name));
    }
    for (from, to, until) in arrows(project) {
        let _ = writeln!(out, "  s{} -->|until it {until}| s{}", id(from), id(to));
    }
    out + "```\n"
}

fn in_dot(project: &Project<'_>) -> String {
    let mut out = "digraph services {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for name in project.services.keys() {
        let _ = writeln!(out, "  \"{}\";", dot(name));
    }
    for (from, to, until) in arrows(project) {
        let (from, to) = (dot(from), dot(to));
        let _ = writeln!(out, "  \"{from}\" -> \"{to}\" [label=\"until it {until}\"];");
    }
    out + "}\n"
}
