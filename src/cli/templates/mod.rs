//! `stackgen templates`: what the catalogue knows.

mod images;

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use super::disk::Disk;
use super::error::CliError;
use super::{Outcome, stack, tell};
use crate::catalog::{Catalog, Engine, Parameter, Template, Type};
use crate::plan::{Example, example};
use compose_reader::diagnostic::did_you_mean;
use compose_reader::source::Sources;
use compose_reader::yaml::{Node, Writer};

const EXAMPLES: &str = "\
Examples:
  stackgen templates             every template, by kind
  stackgen templates postgres    its parameters, references, probe and pitfalls
  stackgen templates --check-images
                                 whether the registries have the image of every version

Templates of your own, templates/NAME.yaml beside the stack, are listed as well and stand in
front of those that come with the program.

Exit codes: 0 done, 1 an image cannot be pulled (--check-images), 2 there is no such template, one
is wrong, or a registry cannot be asked.";

/// List the templates of the catalogue, or explain one
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The template to explain
    name: Option<String>,

    /// The folder of the stack whose own templates are looked at
    #[arg(long, value_name = "DIR", default_value = ".")]
    stack: PathBuf,

    /// Ask the registries, by curl, whether the image of every version is published
    #[arg(long)]
    check_images: bool,

    /// How long a registry may take to answer for one image, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, requires = "check_images")]
    timeout: u16,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let files = disk.of_files(std::slice::from_ref(&args.stack));
    let folder = match args.stack.parent() {
        Some(parent) if files.is_file(&args.stack) => parent,
        _ => &args.stack,
    };
    let mut catalog = Catalog::new(stack::own_templates(folder, &disk.of_folder(folder))?);
    let mut sources = Sources::new();
    let names: Vec<String> = match &args.name {
        Some(name) if !catalog.contains(name) => {
            let help = did_you_mean(name, catalog.names());
            return Err(CliError::new(format!("there is no template `{name}`")).help(help));
        }
        Some(name) => vec![name.clone()],
        None => catalog.names().map(str::to_owned).collect(),
    };
    let mut diagnostics = Vec::new();
    for name in &names {
        diagnostics.extend(catalog.load(name, &mut sources));
    }
    let templates: Vec<&Template> = names.iter().filter_map(|name| catalog.get(name)).collect();
    if args.check_images && diagnostics.is_empty() {
        return images::check(&catalog, &templates, Duration::from_secs(args.timeout.into()));
    }
    let text = match (&args.name, &templates[..]) {
        (Some(_), [template]) => explain(template, &example(&catalog, &Engine::new(), template)),
        _ => list(&templates),
    };
    let printed = tell(&text)?;
    if diagnostics.is_empty() {
        Ok(printed)
    } else {
        Err(CliError::of_findings(&diagnostics, &sources, disk))
    }
}

/// All templates, by kind.
fn list(templates: &[&Template]) -> String {
    let mut kinds: Vec<&str> = templates.iter().map(|template| template.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let width = templates.iter().map(|template| template.name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for kind in kinds {
        let _ = writeln!(out, "{kind}");
        for template in templates.iter().filter(|template| template.kind == kind) {
            let _ = writeln!(out, "  {:width$}  {}", template.name, template.summary);
        }
        out.push('\n');
    }
    out.push_str("`stackgen templates NAME` explains one.\n");
    out
}

/// Everything about one template.
fn explain(template: &Template, example: &Example) -> String {
    let mut out = format!("{}: {}\n", template.name, template.summary);
    if let Some(first) = template.versions.first() {
        let _ = writeln!(
            out,
            "\nuse: {}@{first}\n  known versions: {}",
            template.name,
            template.versions.join(", ")
        );
        if !template.flavours.is_empty() {
            let usual = template.flavour.as_deref().unwrap_or("none");
            let first_flavour =
                template.flavours.iter().find(|flavour| Some(*flavour) != template.flavour.as_ref());
            let example = first_flavour.map(|flavour| format!(", as in {}@{first}-{flavour}", template.name));
            let _ = writeln!(
                out,
                "  flavours: {}; {usual} unless it is said{}",
                template.flavours.join(", "),
                example.unwrap_or_default()
            );
        }
    } else {
        let _ = writeln!(out, "\nuse: {}", template.name);
    }
    let rows = parameter_rows(&template.parameters, "");
    section(&mut out, "with: (parameters)", &table(&rows));
    let endpoints: Vec<[String; 3]> = template
        .endpoints
        .iter()
        .map(|(name, endpoint)| {
            let note = match (example.endpoints.get(name), endpoint.adjustable) {
                (None, _) => "where it is asked for",
                (_, true) => "`listen` may move it",
                (_, false) => "",
            };
            let port = example.endpoints.get(name).map(|port| format!("{port} ")).unwrap_or_default();
            [name.clone(), format!("{port}{}", endpoint.scheme), note.to_owned()]
        })
        .collect();
    section(&mut out, "listens on", &table(&endpoints));
    let value = |name: &str| example.offers.get(name).cloned();
    let mut references: Vec<[String; 3]> = Vec::new();
    if !template.job {
        let fields = ["host", "port", "address", "url"];
        let shown = if template.endpoints.is_empty() { &fields[..1] } else { &fields[..] };
        for field in shown.iter().filter(|field| !template.references.contains_key(**field)) {
            let value = value(field).unwrap_or_default();
            references.push([format!("${{{{ NAME.{field} }}}}"), value, String::new()]);
        }
    }
    for (name, node) in &template.references {
        match (
            node.as_mapping().filter(|_| node.get("for").is_some()),
            node.get("for").and_then(Node::as_text),
        ) {
            (Some(fields), Some(list)) => {
                for field in fields.keys().filter(|field| &***field != "for") {
                    let reference = format!("${{{{ NAME.{name}.ITEM.{field} }}}}");
                    references.push([reference, format!("for each of `{list}`"), String::new()]);
                }
            }
            _ => {
                let value = value(name).unwrap_or_else(|| written(node));
                references.push([format!("${{{{ NAME.{name} }}}}"), value, String::new()]);
            }
        }
    }
    section(&mut out, "offers (references)", &table(&references));
    let secrets: Vec<[String; 3]> = template
        .secrets
        .iter()
        .map(|(name, secret)| {
            let value = format!("`{}` in development", secret.development);
            let each = secret.each.as_ref().map_or(String::new(), |list| format!("{list}_"));
            [format!("NAME_{each}{name}"), value, secret.description.clone()]
        })
        .collect();
    section(&mut out, "secrets", &table(&secrets));
    let probes: Vec<[String; 3]> = [
        ("", example.test.as_ref()),
        ("`health: /health` at port 8080:", example.http.as_ref()),
        ("`health: { tcp: ... }` at port 8080:", example.tcp.as_ref()),
    ]
    .into_iter()
    .filter_map(|(kind, test)| Some([kind.to_owned(), written(test?), String::new()]))
    .collect();
    section(&mut out, "probe", &table(&probes));
    for (mode, added) in [("development", &example.development), ("production", &example.production)] {
        section(&mut out, &format!("adds in {mode}"), &added.as_ref().map(lines).unwrap_or_default());
    }
    section(&mut out, "exports (metrics)", &bullets(&template.metrics.exports));
    let alerts = template.metrics.alerts.as_ref().and_then(Node::as_mapping).into_iter().flatten();
    let alerts: Vec<[String; 3]> = alerts
        .map(|(name, entry)| {
            let text =
                |key: &str| entry.value.get(key).and_then(Node::as_text).unwrap_or_default().to_owned();
            [name.to_string(), text("severity"), text("summary")]
        })
        .collect();
    section(&mut out, "brings along (base alerts)", &table(&alerts));
    let checks =
        template.smoke.as_ref().and_then(Node::as_mapping).into_iter().flat_map(|checks| checks.keys());
    section(&mut out, "asked by smoke", &bullets(&checks.map(|name| name.to_string()).collect::<Vec<_>>()));
    section(&mut out, "takes care of", &bullets(&template.pitfalls));
    section(&mut out, "sources", &bullets(&template.sources));
    out
}

fn parameter_rows(parameters: &indexmap::IndexMap<String, Parameter>, indent: &str) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for (name, parameter) in parameters {
        let kind = format!("{} ({})", parameter.kind.name(), parameter);
        rows.push([format!("{indent}{name}"), kind, parameter.description.clone()]);
        let inner = match &parameter.kind {
            Type::List(items) | Type::Map { items, .. } | Type::Routes(items) => items,
            other => other,
        };
        if let Type::Record { fields, .. } = inner {
            rows.extend(parameter_rows(fields, &format!("{indent}  ")));
        }
    }
    rows
}

fn section(out: &mut String, title: &str, body: &str) {
    if !body.is_empty() {
        let _ = write!(out, "\n{title}\n{body}");
    }
}

/// Columns that are as wide as they have to be; the last one runs free.
fn table(rows: &[[String; 3]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count()).filter(|width| *width <= 32);
        widths.max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    let mut out = String::new();
    for [name, middle, last] in rows {
        let line = format!("  {name:first$}  {middle:second$}  {last}");
        let _ = writeln!(
            out,
            "{}",
            if name.is_empty() { line.replacen("    ", "  ", 1) } else { line }.trim_end()
        );
    }
    out
}

/// Keys of a service, as a compose file has them.
fn lines(keys: &Node) -> String {
    let mut writer = Writer::new(&["cap_add", "cap_drop", "command", "security_opt", "test", "tmpfs"]);
    for (key, entry) in keys.as_mapping().into_iter().flatten() {
        writer.entry(1, key, &entry.value);
    }
    writer.finish()
}

fn bullets(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  - {line}\n")).collect()
}

/// A part of a template as it is written there, on one line.
fn written(node: &Node) -> String {
    if let Some(text) = node.as_text() {
        return text.to_owned();
    }
    if let Some(items) = node.as_sequence() {
        let words: Vec<String> = items.iter().map(written).collect();
        return words.join(" ");
    }
    let keys = node.as_mapping().into_iter().flatten();
    let pairs: Vec<String> = keys.map(|(key, entry)| format!("{key}: {}", written(&entry.value))).collect();
    format!("{{ {} }}", pairs.join(", "))
}
