//! A project's values as Docker Compose prints them, each by its type in the table of the compose file.

use super::port_range;
use super::problem::{Fault, Problem};
use super::scalar::printed;
use crate::spec::{self, Fields, NEGATIVE_SIZES, Print, Type, Version};
use crate::values::{Boolean, ByteSize, Duration, Pair};
use crate::yaml::{Kind, Node, Resolved};

/// A value as it is printed.
#[derive(Clone, Debug, PartialEq)]
pub enum Printed {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Printed>),
    /// Keys and values in the order in which they are printed.
    Mapping(Vec<PrintedEntry>),
}

/// A key, its value, and the formats that print it.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedEntry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Printed,
    /// The format that it is printed in; `None` for both.
    pub only_in: Option<Format>,
}

/// A format of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Says what is wrong with a value.
type Complain<'c> = &'c mut dyn FnMut(&Node, Problem);

/// Prints values as a version of Docker Compose does.
struct Printer<'c> {
    version: Version,
    complain: Complain<'c>,
}

impl Printer<'_> {
    fn complain(&mut self, node: &Node, problem: Problem) {
        (self.complain)(node, problem);
    }
}

/// A project that is canonical, as it is printed under a name; reports every value that its key does not take.
pub(super) fn project(model: &Node, name: &str, version: Version, complain: Complain<'_>) -> Printed {
    let printer = &mut Printer { version, complain };
    let mut entries = vec![both("name", Printed::Text(name.to_owned()))];
    for section in spec::PROJECT.fields().into_iter().flat_map(|fields| fields.keys_in(version)) {
        let value = model.get(section.name).filter(|node| !node.is_null() && section.name != "name");
        let value = value.and_then(|node| print(section.takes, node, printer));
        let only_in = (section.name == "models").then_some(Format::Yaml);
        match value {
            Some(value) => entries.push(PrintedEntry { key: section.name.to_owned(), value, only_in }),
            None if section.name == "services" => {
                entries.push(both(section.name, Printed::Mapping(Vec::new())));
            }
            None => {}
        }
    }
    entries.extend(extensions(model, None));
    Printed::Mapping(entries)
}

/// A project whose variables stand as they are, as it is printed: every key as it is written.
pub fn as_model(model: &Node, name: &str) -> Printed {
    let mut named = port_range::with_single_ports(model);
    named.set("name", Node::text(model.span, name));
    as_written(&named)
}

fn both(key: &str, value: Printed) -> PrintedEntry {
    PrintedEntry { key: key.to_owned(), value, only_in: None }
}

/// The keys that begin with `x-`, by name.
fn extensions(node: &Node, only_in: Option<Format>) -> Vec<PrintedEntry> {
    let entries = node.as_mapping().into_iter().flatten().filter(|(key, _)| key.starts_with("x-"));
    let mut found: Vec<PrintedEntry> = entries
        .map(|(key, entry)| PrintedEntry { key: key.to_string(), value: as_written(&entry.value), only_in })
        .collect();
    found.sort_by(|left, right| left.key.cmp(&right.key));
    found
}

/// A value that nothing is known of.
pub(super) fn as_written(node: &Node) -> Printed {
    match &node.kind {
        Kind::Sequence(items) => Printed::List(items.iter().map(as_written).collect()),
        Kind::Mapping(mapping) => {
            let mut entries: Vec<PrintedEntry> =
                mapping.iter().map(|(key, entry)| both(key, as_written(&entry.value))).collect();
            entries.sort_by(|left, right| left.key.cmp(&right.key));
            Printed::Mapping(entries)
        }
        Kind::Scalar(scalar) => match node.resolved() {
            Some(Resolved::Null) => Printed::Null,
            Some(Resolved::Bool(value)) => Printed::Bool(value),
            Some(Resolved::Integer(value)) => Printed::Integer(value),
            Some(Resolved::Unsigned(value)) => Printed::Float(value as f64),
            Some(Resolved::Float(value)) => Printed::Float(value),
            _ => Printed::Text(scalar.text.to_string()),
        },
    }
}

/// A value as it is printed; `None` where it is left out.
fn print(of: &'static Type, node: &Node, printer: &mut Printer<'_>) -> Option<Printed> {
    let text = || node.as_text().map(str::to_owned);
    match of.print {
        Print::Nothing => None,
        Print::Text => Some(Printed::Text(match node.resolved()? {
            Resolved::Null => return None,
            Resolved::Text => text()?,
            _ => printed(node),
        }))
        .filter(|value| *value != Printed::Text(String::new())),
        Print::Boolean { keeps_false } => {
            let value = Boolean::of(node);
            if value.is_none() && !node.is_null() {
                printer.complain(node, invalid(node, "`true` or `false`"));
            }
            value.filter(|value| *value || keeps_false).map(Printed::Bool)
        }
        Print::False => {
            let value = Boolean::of(node);
            if value.is_none() && !node.is_null() {
                printer.complain(node, invalid(node, "`true` or `false`"));
            }
            value.filter(|value| !value).map(Printed::Bool)
        }
        Print::Count { keeps_zero } => {
            let value = whole(node);
            if value.is_none() && !node.is_null() {
                printer.complain(node, invalid(node, "a whole number"));
            }
            value.filter(|value| *value != 0 || keeps_zero).map(Printed::Integer)
        }
        Print::Share => {
            let value = match node.resolved()? {
                Resolved::Null => return None,
                Resolved::Integer(value) => Some(value as f32),
                Resolved::Unsigned(value) => Some(value as f32),
                Resolved::Float(value) => Some(value as f32),
                _ => text()?.parse::<f32>().ok(),
            };
            if value.is_none() {
                printer.complain(node, invalid(node, "a number"));
            }
            // Through its text, 0.1 stays 0.1.
            let value = value?.to_string().parse::<f64>().ok()?;
            (value != 0.0).then_some(Printed::Float(value))
        }
        Print::Bytes => {
            let value = match node.resolved()? {
                // A fraction counts as nothing.
                Resolved::Null | Resolved::Float(_) | Resolved::Unsigned(_) => return None,
                Resolved::Integer(value) => Some(ByteSize(value)),
                _ => {
                    let text = text()?;
                    let negative = text.parse().ok().filter(|size| *size < 0);
                    let negative = negative.filter(|_| printer.version.has(&NEGATIVE_SIZES));
                    negative.map(ByteSize).or_else(|| text.parse().ok())
                }
            };
            if value.is_none() {
                printer.complain(node, invalid(node, "a size: `512m`, `1g`, or a number of bytes"));
            }
            value.filter(|value| value.0 != 0).map(|value| Printed::Text(value.to_string()))
        }
        Print::Duration { keeps_zero } => {
            if node.is_null() {
                return None;
            }
            let value: Option<Duration> = printed(node).parse().ok();
            if value.is_none() {
                printer.complain(node, invalid(node, "a duration: `500ms`, `10s`, `1m30s`"));
            }
            let value = value.filter(|value| value.0 != 0 || keeps_zero)?;
            Some(Printed::Text(value.to_string()))
        }
        Print::Command => command(node, printer),
        Print::Test => match &node.kind {
            Kind::Scalar(_) if node.is_null() => None,
            Kind::Scalar(_) => Some(texts(["CMD-SHELL".to_owned(), text()?])),
            _ => some_texts(node),
        },
        Print::Texts => match &node.kind {
            Kind::Scalar(_) if node.is_null() => None,
            Kind::Scalar(_) => Some(texts([text()?])),
            _ => some_texts(node),
        },
        Print::Pairs => pairs(node, false),
        Print::Variables => pairs(node, true),
        Print::Options => {
            let entries = node.as_mapping()?.iter().map(|(key, entry)| {
                let values = some_texts(&entry.value).unwrap_or_else(|| texts([printed(&entry.value)]));
                both(key, values)
            });
            sorted(entries.collect())
        }
        Print::Hosts => hosts(node, printer),
        Print::Limit => match &node.kind {
            Kind::Mapping(_) => Some(fields_of(of.fields()?, node, printer)),
            _ => {
                let value = whole(node).filter(|_| node.resolved() != Some(Resolved::Text));
                if value.is_none() && !node.is_null() {
                    printer.complain(node, invalid(node, "a whole number"));
                }
                value.map(Printed::Integer)
            }
        },
        Print::Mode => {
            let value = node.as_integer().or_else(|| i64::from_str_radix(&text()?, 8).ok());
            if value.is_none() && !node.is_null() {
                printer.complain(node, invalid(node, "a mode in octal digits: `0440`"));
            }
            value.map(|value| Printed::Text(format!("0{value:o}")))
        }
        Print::Devices => {
            let value = node.as_integer().or_else(|| match &*text()? {
                all if all.eq_ignore_ascii_case("all") => Some(-1),
                number => number.parse().ok(),
            });
            if value.is_none() && !node.is_null() {
                printer.complain(node, invalid(node, "`all` or a number"));
            }
            value.filter(|value| *value != 0).map(Printed::Integer)
        }
        Print::Keys => {
            let entries = node.as_mapping().filter(|entries| !entries.is_empty())?.iter();
            let shown = entries.map(|(id, entry)| match entry.value.as_text().unwrap_or_default() {
                "" => Printed::Text(id.to_string()),
                path => Printed::Text(format!("{id}={path}")),
            });
            Some(Printed::List(shown.collect()))
        }
        Print::Disk => Some(disk(of.fields()?, node, printer)),
        Print::List => list(of, node, printer),
        Print::Ports => {
            let item = of.item()?;
            let ports = port_range::one_by_one(node);
            let shown: Vec<Printed> =
                ports.map(|port| print(item, &port, printer).unwrap_or(Printed::Null)).collect();
            (!shown.is_empty()).then_some(Printed::List(shown))
        }
        Print::Named => {
            let named = of.fields().and_then(|fields| fields.any_in(printer.version))?.takes;
            let entries = node
                .as_mapping()?
                .iter()
                .map(|(key, entry)| both(key, print(named, &entry.value, printer).unwrap_or(Printed::Null)));
            sorted(entries.collect())
        }
        Print::Fields | Print::AlwaysFields => {
            node.as_mapping()?;
            Some(fields_of(of.fields()?, node, printer))
        }
    }
}

fn list(of: &'static Type, node: &Node, printer: &mut Printer<'_>) -> Option<Printed> {
    let items = node.as_sequence().filter(|items| !items.is_empty())?;
    let item = of.item()?;
    let shown = items.iter().map(|node| print(item, node, printer).unwrap_or(Printed::Null));
    Some(Printed::List(shown.collect()))
}

/// Words of a shell, or a list; an empty one stays, since it clears the image's own.
fn command(node: &Node, printer: &mut Printer<'_>) -> Option<Printed> {
    if node.is_null() {
        return None;
    }
    if let Some(items) = node.as_sequence() {
        return Some(texts(items.iter().map(printed)));
    }
    let words = super::words::split(node.as_text()?);
    if words.is_none() {
        let problem =
            Problem::new(Fault::InvalidValue, node.place(), "a quote of this command is never closed");
        printer.complain(
            node,
            problem.help("close the quote, or write the command as a list: `[PROGRAM, ARGUMENT]`"),
        );
    }
    Some(texts(words.unwrap_or_default()))
}

/// A device of the disk: what is not written is printed as well.
fn disk(fields: &'static Fields, node: &Node, printer: &mut Printer<'_>) -> Printed {
    let mut entries = Vec::new();
    for key in fields.keys_in(printer.version) {
        let none = || match key.takes.print {
            Print::Text => Printed::Text(String::new()),
            Print::Bytes => Printed::Text("0".to_owned()),
            _ => Printed::Integer(0),
        };
        let value = node.get(key.name).and_then(|value| print(key.takes, value, printer));
        let value = value.unwrap_or_else(none);
        let mut capital = key.name.to_owned();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        for (key, format) in [(capital, Format::Json), (key.name.to_owned(), Format::Yaml)] {
            entries.push(PrintedEntry { key, value: value.clone(), only_in: Some(format) });
        }
    }
    Printed::Mapping(entries)
}

fn fields_of(fields: &'static Fields, node: &Node, printer: &mut Printer<'_>) -> Printed {
    let mut entries = Vec::new();
    for key in fields.keys_in(printer.version) {
        let value = node.get(key.name).and_then(|value| print(key.takes, value, printer));
        let (value, only_in) = match (value, key.takes.print) {
            // Go leaves an empty structure out of YAML, and an unset command.
            (Some(value), Print::AlwaysFields) if is_empty(&value) => (value, Some(Format::Json)),
            (Some(value), _) => (value, None),
            (None, Print::AlwaysFields) => {
                let nothing = Node::mapping(node.span, crate::yaml::Mapping::default());
                let Some(inside) = key.takes.fields() else { continue };
                (fields_of(inside, &nothing, printer), Some(Format::Json))
            }
            (None, Print::Command) => (Printed::Null, Some(Format::Json)),
            (None, _) => continue,
        };
        entries.push(PrintedEntry { key: key.name.to_owned(), value, only_in });
    }
    entries.extend(extensions(node, Some(Format::Yaml)));
    Printed::Mapping(entries)
}

fn is_empty(value: &Printed) -> bool {
    matches!(value, Printed::Mapping(entries) if entries.iter().all(|entry| entry.only_in == Some(Format::Json)))
}

fn invalid(node: &Node, expected: &str) -> Problem {
    let written = node.as_text().unwrap_or_default();
    Problem::new(Fault::InvalidValue, node.place(), format!("`{written}` is not {expected}"))
        .help(format!("write {expected}"))
}

fn whole(node: &Node) -> Option<i64> {
    match node.resolved()? {
        Resolved::Integer(value) => Some(value),
        Resolved::Unsigned(value) => i64::try_from(value).ok(),
        Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
        Resolved::Text => node.as_text()?.parse().ok(),
        _ => None,
    }
}

fn texts(items: impl IntoIterator<Item = String>) -> Printed {
    Printed::List(items.into_iter().map(Printed::Text).collect())
}

fn some_texts(node: &Node) -> Option<Printed> {
    let items = node.as_sequence().filter(|items| !items.is_empty())?;
    Some(texts(items.iter().map(printed)))
}

fn sorted(mut entries: Vec<PrintedEntry>) -> Option<Printed> {
    entries.sort_by(|left, right| left.key.cmp(&right.key));
    (!entries.is_empty()).then_some(Printed::Mapping(entries))
}

fn pairs(node: &Node, keeps_null: bool) -> Option<Printed> {
    let none = || if keeps_null { Printed::Null } else { Printed::Text(String::new()) };
    let mut entries: Vec<PrintedEntry> = Vec::new();
    match &node.kind {
        Kind::Mapping(mapping) => {
            // Compose takes a name that begins with `x-` for an extension, and prints all of them as one.
            let (extensions, own): (Vec<_>, Vec<_>) =
                mapping.iter().partition(|(key, _)| key.starts_with("x-"));
            for (key, entry) in own {
                let value = &entry.value;
                entries.push(both(key, if value.is_null() { none() } else { Printed::Text(printed(value)) }));
            }
            let mut extensions: Vec<String> = extensions
                .into_iter()
                .map(|(key, entry)| format!("{key}:{}", printed(&entry.value)))
                .collect();
            extensions.sort();
            if !extensions.is_empty() {
                entries.push(both("#extensions", Printed::Text(format!("map[{}]", extensions.join(" ")))));
            }
        }
        Kind::Sequence(items) => {
            for item in items.iter() {
                let text = printed(item);
                let Pair { key, value } = Pair::of(&text);
                let value = value.map_or_else(none, |value| Printed::Text(value.to_owned()));
                entries.retain(|known| known.key != key);
                entries.push(both(key, value));
            }
        }
        Kind::Scalar(_) => {}
    }
    sorted(entries)
}

fn hosts(node: &Node, printer: &mut Printer<'_>) -> Option<Printed> {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |at: &Node, host: &str, addresses: &str, printer: &mut Printer<'_>| {
        if host.is_empty() || host.contains([':', '=']) {
            let problem =
                Problem::new(Fault::InvalidValue, at.place(), format!("`{host}` is no host's name"));
            printer.complain(at, problem.help("write `HOST=ADDRESS`"));
        }
        for address in addresses.split(',') {
            let bare = address
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .filter(|bare| !bare.is_empty());
            lines.push(format!("{host}={}", bare.unwrap_or(address)));
        }
    };
    match &node.kind {
        Kind::Mapping(mapping) => {
            for (host, entry) in mapping.iter() {
                match entry.value.as_sequence() {
                    Some(addresses) => {
                        for address in addresses {
                            add(address, host, &printed(address), printer);
                        }
                    }
                    None => add(&entry.value, host, &printed(&entry.value), printer),
                }
            }
        }
        Kind::Sequence(items) => {
            for item in items.iter() {
                let text = printed(item);
                match text.split_once('=').or_else(|| text.split_once(':')) {
                    Some((host, addresses)) => add(item, host, addresses, printer),
                    None => {
                        let problem = Problem::new(
                            Fault::InvalidValue,
                            item.place(),
                            format!("`{text}` has no address"),
                        );
                        printer.complain(item, problem.help("write `HOST=ADDRESS`"));
                    }
                }
            }
        }
        Kind::Scalar(_) => {}
    }
    lines.sort();
    (!lines.is_empty()).then(|| texts(lines))
}
