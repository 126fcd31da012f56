//! Variables replaced, in every value of a file.
//!
//! Where a number or a boolean is expected, the text that comes out is read as one.
//!
//! Source: the compose specification, "Interpolation".

use std::sync::Arc;

use super::{Resolver, Scope};
use crate::compose::problem::{Fault, Problem};
use crate::interpolation;
use crate::spec::{self, Key, Print, Type};
use crate::values::Boolean;
use crate::yaml::{Kind, Mapping, Node, Resolved, Scalar, Step, Style};

/// What a text is turned into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cast {
    Integer,
    Number,
    Boolean,
}

impl Cast {
    /// What the texts under a key are turned into, by how the value is printed.
    fn of(key: &Key) -> Option<Self> {
        key.is_cast.then_some(match key.takes.print {
            Print::Boolean { .. } => Self::Boolean,
            Print::Share => Self::Number,
            _ => Self::Integer,
        })
    }
}

/// A whole document with its variables replaced.
pub(super) fn interpolated(resolver: &mut Resolver<'_>, document: Node, scope: &Scope) -> Node {
    value(resolver, &document, Some(spec::PROJECT), None, scope).unwrap_or(document)
}

/// A mapping in which some values have become others; `None` where none has, so that it need not be copied.
fn entries(mapping: &Mapping, mut change: impl FnMut(&str, &Node) -> Option<Node>) -> Option<Kind> {
    let mut changed: Option<Mapping> = None;
    for (at, (key, entry)) in mapping.iter().enumerate() {
        if let Some(value) = change(key, &entry.value) {
            let copy = changed.get_or_insert_with(|| mapping.clone());
            if let Some((_, entry)) = copy.get_index_mut(at) {
                entry.value = value;
            }
        }
    }
    changed.map(|mapping| Kind::Mapping(Arc::new(mapping)))
}

/// What a value becomes; `None` where it stays.
fn value(
    resolver: &mut Resolver<'_>,
    node: &Node,
    of: Option<&'static Type>,
    cast: Option<Cast>,
    scope: &Scope,
) -> Option<Node> {
    let kind = match &node.kind {
        Kind::Scalar(_) if node.resolved() == Some(Resolved::Text) => {
            return text(resolver, node, cast, scope);
        }
        Kind::Scalar(_) => None,
        Kind::Mapping(mapping) => {
            let (fields, version) = (of.and_then(Type::fields), resolver.version());
            entries(mapping, |name, node| {
                let key = fields.and_then(|fields| fields.key_in(name, version));
                let (of, cast) = (key.map(|key| key.takes), key.and_then(Cast::of));
                value(resolver, node, of, cast, scope)
            })
        }
        Kind::Sequence(items) => {
            let of = of.and_then(Type::item);
            let mut changed: Option<Vec<Node>> = None;
            for (at, item) in items.iter().enumerate() {
                if let Some(item) = value(resolver, item, of, None, scope) {
                    let copy = changed.get_or_insert_with(|| Vec::clone(items));
                    copy.splice(at..=at, [item]);
                }
            }
            changed.map(|items| Kind::Sequence(Arc::new(items)))
        }
    };
    Some(Node { kind: kind?, ..node.clone() })
}

/// What a text becomes: its variables are replaced, and where a number or a boolean is expected, it is read as one.
fn text(resolver: &mut Resolver<'_>, node: &Node, cast: Option<Cast>, scope: &Scope) -> Option<Node> {
    let raw = &node.as_scalar()?.text;
    let expanded = if raw.contains('$') { Some(expanded(resolver, node, raw, scope)?) } else { None };
    let is_known = expanded.as_ref().is_none_or(|(_, is_known)| *is_known);
    let expanded = expanded.map(|(node, _)| node);
    let Some(cast) = cast.filter(|_| is_known) else { return expanded };
    converted(resolver, expanded.as_ref().unwrap_or(node), cast).or(expanded)
}

/// The text with its variables replaced, and whether they could be; `None` where it is none that Compose reads.
fn expanded(resolver: &mut Resolver<'_>, node: &Node, raw: &Arc<str>, scope: &Scope) -> Option<(Node, bool)> {
    let lookup = |name: &str| scope.environment.get(name);
    let mut node = node.clone();
    let words = resolver.words();
    let unset = match interpolation::substitute(raw, &lookup, words, &mut resolver.budget) {
        Ok(expansion) => {
            if let Kind::Scalar(scalar) = &mut node.kind {
                scalar.text = Arc::from(expansion.text);
                scalar.style = Style::DoubleQuoted;
            }
            node.tag = node.tag.take().filter(|tag| matches!(&**tag, "!reset" | "!override"));
            if interpolation::holds_hash(raw) {
                hash(resolver, &node, raw);
            } else {
                for name in &expansion.unset {
                    resolver.unset(&node, name);
                }
            }
            node.note(Step::Expanded { raw: Arc::clone(raw), unset: expansion.unset });
            return Some((node, true));
        }
        Err(interpolation::Fault::Spent(spent)) => {
            resolver.spent(spent, node.place());
            Vec::new()
        }
        Err(interpolation::Fault::Syntax(invalid)) => {
            let written = raw.get(invalid.range.clone()).unwrap_or_default();
            let message = format!("`{written}` is no variable that Docker Compose knows");
            resolver.report(
                Problem::new(Fault::InterpolationSyntax, node.part(invalid.range), message).help(
                    "write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; a `$` that is text is `$$`",
                ),
            );
            return None;
        }
        Err(interpolation::Fault::Missing { name, message }) => {
            if resolver.is_missed(&name) {
                let said = if message.is_empty() { String::new() } else { format!(": {message}") };
                let message = format!("the variable `{name}` must be set, and is not{said}");
                resolver.report(
                    Problem::new(Fault::MissingVariable, node.place(), message)
                        .help(format!("set it in `.env` beside the compose file: `{name}=…`")),
                );
            }
            vec![name]
        }
    };
    node.note(Step::Expanded { raw: Arc::clone(raw), unset });
    Some((node, false))
}

/// A hash whose `$` Compose takes for the beginning of variables.
fn hash(resolver: &mut Resolver<'_>, node: &Node, raw: &str) {
    let doubled = raw.replace('$', "$$");
    let message = "the `$` of this hash begins variables: what comes out is another text";
    let problem = Problem::new(Fault::UnsetVariable, node.place(), message);
    resolver.report(problem.help(format!("double each `$` that is text: `{doubled}`")));
}

/// A text read as a number or a boolean; `None` where it is none.
fn converted(resolver: &mut Resolver<'_>, node: &Node, cast: Cast) -> Option<Node> {
    let text = node.as_text()?;
    let read = match cast {
        Cast::Boolean => text.parse::<Boolean>().ok().map(|value| value.to_string()),
        Cast::Integer => text.parse::<i64>().ok().map(|value| value.to_string()),
        Cast::Number => text.parse::<f64>().ok().filter(|_| !text.is_empty()).map(|_| text.to_owned()),
    };
    let Some(read) = read else {
        let expected = match cast {
            Cast::Boolean => "`true` or `false`",
            Cast::Integer => "a whole number",
            Cast::Number => "a number",
        };
        let problem = Problem::new(Fault::InvalidValue, node.place(), format!("`{text}` is not {expected}"))
            .help(format!("write {expected}"));
        resolver.report_on(node, problem);
        return None;
    };
    if cast == Cast::Boolean && Boolean::is_of_yaml_1_1(text) {
        resolver.report(
            Problem::new(
                Fault::Yaml11Boolean,
                node.place(),
                format!("`{text}` is read as `{read}` here, which YAML 1.2 does not do"),
            )
            .help(format!("write `{read}`")),
        );
    }
    let kind = Kind::Scalar(Scalar { text: Arc::from(read), style: Style::Plain });
    let tag = node.tag.clone().filter(|tag| &**tag != "!!str");
    Some(Node { kind, tag, ..node.clone() })
}
