//! `stackgen config`: a project as Docker Compose reads it, and where each value comes from.

use clap::ValueEnum;

use super::disk::Disk;
use super::error::{CliError, drawn};
use super::project::{self, ProjectArgs};
use super::{Outcome, complain_in_colour, print, tell};
use crate::lint;
use crate::report::escape::visible_line;
use compose_reader::compose::{self, Resolution};
use compose_reader::diagnostic::did_you_mean;
use compose_reader::source::Sources;
use compose_reader::yaml::{Kind, Node};

const EXAMPLES: &str = "\
Examples:
  stackgen config                                    the project of this folder, as Docker Compose reads it
  stackgen config -q -f compose.yaml -f prod.yaml    whether Docker Compose would accept it
  stackgen config --format json | jq '.services | keys'
  stackgen config --why services.api.environment.LOG_LEVEL

Exit codes: 0 Docker Compose accepts the project, 2 it refuses it.";

/// Print a project as Docker Compose reads it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    project: ProjectArgs,

    /// How the project is written
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,

    /// Only say what is wrong
    #[arg(short, long)]
    quiet: bool,

    /// Leave variables as they stand
    #[arg(long)]
    no_interpolate: bool,

    /// Say where a value comes from, step by step: `services.api.ports.0`
    #[arg(long, value_name = "PATH", conflicts_with_all = ["quiet", "no_interpolate"])]
    why: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let (mut sources, files, mut request) = project::open(&args.project, disk)?;
    request.interpolates = !args.no_interpolate;
    let resolution = compose::resolve(&mut sources, &files, &request);
    let findings = lint::refusals(&resolution.problems, &resolution.duplicates);
    complain_in_colour(&drawn(&findings, &sources, disk));
    if resolution.is_refused() {
        return Ok(Outcome::Unusable);
    }
    if let Some(path) = &args.why {
        return tell(&why(&resolution, &sources, path)?);
    }
    if args.quiet {
        return Ok(Outcome::Clean);
    }
    let printed = if args.no_interpolate {
        compose::as_model(&resolution.model, &resolution.name)
    } else {
        resolution.printed()
    };
    let escapes = request.interpolates;
    print(&match args.format {
        Format::Json => compose::json(&printed, escapes),
        Format::Yaml => compose::yaml(&printed, escapes),
    })
}

/// Where the value at a path comes from: the value, and below it each step with its place.
fn why(resolution: &Resolution, sources: &Sources, path: &str) -> Result<String, CliError> {
    let model = compose::with_single_ports(&resolution.model);
    let mut node = &model;
    let mut rest = path;
    while !rest.is_empty() {
        let Some((next, behind)) = step_into(node, rest) else {
            let key = rest.split('.').next().unwrap_or_default();
            let known: Vec<&str> = node.as_mapping().into_iter().flatten().map(|(key, _)| &**key).collect();
            let help = match &node.kind {
                Kind::Sequence(items) => format!("it is a list of {}: write a number from 0", items.len()),
                _ => did_you_mean(key, known),
            };
            return Err(CliError::new(format!("nothing in the project is called `{key}` there")).help(help));
        };
        node = next;
        rest = behind;
    }
    let mut out = format!("{}\n", visible_line(&format!("{path}{}", one_line(node))));
    for line in compose::steps(resolution, sources, node) {
        out.push_str(&format!("  {}\n", visible_line(&line)));
    }
    Ok(out)
}

/// The value under the longest key that a path begins with: keys may have dots in them.
fn step_into<'n, 'p>(node: &'n Node, path: &'p str) -> Option<(&'n Node, &'p str)> {
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
    let mut ends: Vec<usize> = ends.collect();
    ends.reverse();
    ends.into_iter().find_map(|end| {
        let behind = path.get(end + 1..).unwrap_or_default();
        let found = match &node.kind {
            Kind::Sequence(items) => items.get(path[..end].parse::<usize>().ok()?),
            _ => node.get(&path[..end]),
        };
        found.map(|found| (found, behind))
    })
}

fn one_line(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(_) if node.is_null() => ": nothing".to_owned(),
        Kind::Scalar(scalar) => format!(" = {}", scalar.text),
        Kind::Sequence(items) => format!(": a list of {}", items.len()),
        Kind::Mapping(entries) => {
            let keys: Vec<&str> = entries.keys().map(|key| &**key).collect();
            format!(": {}", keys.join(", "))
        }
    }
}
