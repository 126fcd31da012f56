//! Variables replaced, in every value of a file.
//!
//! Where a number or a boolean is expected, the text that comes out is read as one.
//!
//! Source: the compose specification, "Interpolation"; which keys are read as numbers and booleans is what Docker
//! Compose 2.40.3 does.

use std::sync::Arc;

use super::path::Path;
use super::{Resolver, Scope};
use crate::compose::problem::{Fault, Problem};
use crate::interpolation;
use crate::values::Boolean;
use crate::yaml::{Kind, Node, Resolved, Step, Style};

/// What a text is turned into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cast {
    Integer,
    Number,
    Boolean,
}

/// Replaces the variables of a whole document.
pub(super) fn interpolate(resolver: &mut Resolver<'_>, document: &mut Node, scope: &Scope) {
    let Some(mapping) = document.as_mapping_mut() else { return };
    for (key, entry) in mapping {
        value(resolver, &mut entry.value, &Path::root(key), scope);
    }
}

fn value(resolver: &mut Resolver<'_>, node: &mut Node, path: &Path<'_>, scope: &Scope) {
    if node.resolved() == Some(Resolved::Text) {
        return text(resolver, node, path, scope);
    }
    match &mut node.kind {
        Kind::Mapping(mapping) => {
            for (key, entry) in Arc::make_mut(mapping) {
                value(resolver, &mut entry.value, &path.child(key), scope);
            }
        }
        Kind::Sequence(items) => {
            for item in Arc::make_mut(items) {
                value(resolver, item, &path.child(Path::ITEM), scope);
            }
        }
        Kind::Scalar(_) => {}
    }
}

fn text(resolver: &mut Resolver<'_>, node: &mut Node, path: &Path<'_>, scope: &Scope) {
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
    if let Some(cast) = path.with_keys(cast_at) {
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

fn cast_at(keys: &[&str]) -> Option<Cast> {
    use Cast::{Boolean, Integer, Number};
    match keys {
        ["services", _, rest @ ..] => match rest {
            ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"]
            | ["healthcheck", "disable"]
            | ["volumes", "[]", "read_only"]
            | ["volumes", "[]", "volume", "nocopy"] => Some(Boolean),
            [
                "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares",
            ]
            | ["oom_score_adj" | "pids_limit" | "scale"]
            | ["configs" | "secrets", "[]", "mode"]
            | ["deploy", "replicas"]
            | ["deploy", "update_config" | "rollback_config", "parallelism"]
            | ["deploy", "restart_policy", "max_attempts"]
            | ["deploy", "placement", "max_replicas_per_node"]
            | ["healthcheck", "retries"]
            | ["ports", "[]", "target"]
            | ["ulimits", _]
            | ["ulimits", _, "hard" | "soft"] => Some(Integer),
            ["cpus" | "cpu_percent"]
            | ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => Some(Number),
            _ => None,
        },
        ["networks", _, "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6"]
        | ["volumes" | "secrets" | "configs", _, "external"] => Some(Boolean),
        _ => None,
    }
}
