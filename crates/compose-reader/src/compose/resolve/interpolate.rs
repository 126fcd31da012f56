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
use crate::yaml::{Kind, Node, Resolved, Step, Style};

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

/// Replaces the variables of a whole document.
pub(super) fn interpolate(resolver: &mut Resolver<'_>, document: &mut Node, scope: &Scope) {
    value(resolver, document, Some(spec::PROJECT), None, scope);
}

fn value(
    resolver: &mut Resolver<'_>,
    node: &mut Node,
    of: Option<&'static Type>,
    cast: Option<Cast>,
    scope: &Scope,
) {
    if node.resolved() == Some(Resolved::Text) {
        return text(resolver, node, cast, scope);
    }
    match &mut node.kind {
        Kind::Mapping(mapping) => {
            let fields = of.and_then(Type::fields);
            for (name, entry) in Arc::make_mut(mapping) {
                let key = fields.and_then(|fields| fields.key(name));
                let (of, cast) = (key.map(|key| key.takes), key.and_then(Cast::of));
                value(resolver, &mut entry.value, of, cast, scope);
            }
        }
        Kind::Sequence(items) => {
            let item = of.and_then(Type::item);
            for node in Arc::make_mut(items) {
                value(resolver, node, item, None, scope);
            }
        }
        Kind::Scalar(_) => {}
    }
}

fn text(resolver: &mut Resolver<'_>, node: &mut Node, cast: Option<Cast>, scope: &Scope) {
    let Some(scalar) = node.as_scalar() else { return };
    let raw = Arc::clone(&scalar.text);
    if raw.contains('$') {
        let Some(mut left) = resolver.left else { return };
        let replaced = interpolation::substitute(&raw, &|name| scope.environment.get(name), &mut left);
        resolver.left = Some(left);
        match replaced {
            Ok(expansion) => {
                if let Kind::Scalar(scalar) = &mut node.kind {
                    scalar.text = Arc::from(expansion.text);
                    scalar.style = Style::DoubleQuoted;
                }
                node.tag = node.tag.take().filter(|tag| matches!(&**tag, "!reset" | "!override"));
                for name in &expansion.unset {
                    resolver.unset(node, name);
                }
                node.note(Step::Expanded { raw, unset: expansion.unset });
            }
            Err(interpolation::Fault::TooLong) => {
                resolver.left = None;
                let most = interpolation::MOST_BYTES >> 20;
                let message = format!("the values of variables come to more than {most} MiB");
                let problem = Problem::new(Fault::InvalidValue, node.place(), message);
                resolver.report(problem.help("make the values shorter, or use them less often"));
                node.note(Step::Expanded { raw, unset: Vec::new() });
                return;
            }
            Err(interpolation::Fault::Syntax(invalid)) => {
                let place = node.part(invalid.range.clone());
                let written = &raw[invalid.range];
                resolver.report(
                    Problem::new(
                        Fault::InterpolationSyntax,
                        place,
                        format!("`{written}` is no variable that Docker Compose knows"),
                    )
                    .help("write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`; a `$` that is text is `$$`"),
                );
                return;
            }
            Err(interpolation::Fault::Missing { name, message }) => {
                if !resolver.is_missed(&name) {
                    node.note(Step::Expanded { raw, unset: vec![name] });
                    return;
                }
                let said = if message.is_empty() { String::new() } else { format!(": {message}") };
                resolver.report(
                    Problem::new(
                        Fault::MissingVariable,
                        node.place(),
                        format!("the variable `{name}` must be set, and is not{said}"),
                    )
                    .help(format!("set it in `.env` beside the compose file: `{name}=…`")),
                );
                node.note(Step::Expanded { raw, unset: vec![name] });
                return;
            }
        }
    }
    if let Some(cast) = cast {
        convert(resolver, node, cast);
    }
}

/// Reads a text as a number or a boolean.
fn convert(resolver: &mut Resolver<'_>, node: &mut Node, cast: Cast) {
    let Some(text) = node.as_text().map(str::to_owned) else { return };
    let read = match cast {
        Cast::Boolean => text.parse::<Boolean>().ok().map(|value| value.to_string()),
        Cast::Integer => text.parse::<i64>().ok().map(|value| value.to_string()),
        Cast::Number => text.parse::<f64>().ok().filter(|_| !text.is_empty()).map(|_| text.clone()),
    };
    let Some(read) = read else {
        let expected = match cast {
            Cast::Boolean => "`true` or `false`",
            Cast::Integer => "a whole number",
            Cast::Number => "a number",
        };
        let problem = Problem::new(Fault::InvalidValue, node.place(), format!("`{text}` is not {expected}"))
            .help(format!("write {expected}"));
        return resolver.report_on(node, problem);
    };
    if cast == Cast::Boolean && Boolean::is_of_yaml_1_1(&text) {
        resolver.report(
            Problem::new(
                Fault::Yaml11Boolean,
                node.place(),
                format!("`{text}` is read as `{read}` here, which YAML 1.2 does not do"),
            )
            .help(format!("write `{read}`")),
        );
    }
    if let Kind::Scalar(scalar) = &mut node.kind {
        scalar.text = Arc::from(read);
        scalar.style = Style::Plain;
    }
    node.tag = node.tag.take().filter(|tag| &**tag != "!!str");
}
