//! `${{ postgres.url }}` in a string of a service: which services it names, and what it becomes.

use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::facts::{Facts, Member, View};
use super::managed;
use crate::catalog::value_to_node;
use crate::definition::Wait;
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Mapping, Node, Style};

/// Words of the expression language that are no services.
const WORDS: [&str; 11] = ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "defined"];

/// What a browser opens.
const PUBLIC: [&str; 2] = ["public_address", "public_url"];

/// A service that another one names, and where.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) target: String,
    pub(super) span: Span,
    /// What is waited for, unless what the target is decides.
    pub(super) wait: Option<Wait>,
    /// Whether whoever waits is restarted with it.
    pub(super) restart: bool,
    /// Whether nothing is waited for where the target is not started.
    pub(super) optional: bool,
    /// Whether it is reached over a network, and not only waited for.
    pub(super) reached: bool,
}

/// A node of `owner` with every reference in it resolved; the services they name join `dependencies`, and the places of
/// texts in which that failed `unresolved`: what is wrong there is said, here or where it began.
pub(super) fn resolve(
    facts: &Facts,
    owner: &Member,
    node: &Node,
    dependencies: &mut Vec<Dependency>,
    unresolved: &mut Vec<Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Node {
    changed(facts, owner, node, dependencies, unresolved, diagnostics).unwrap_or_else(|| node.clone())
}

/// The same, if there is a reference in it.
fn changed(
    facts: &Facts,
    owner: &Member<'_>,
    node: &Node,
    dependencies: &mut Vec<Dependency>,
    unresolved: &mut Vec<Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let has_reference = |text: &str| text.contains('$') && text.contains("${{");
    let kind = match &node.kind {
        Kind::Scalar(scalar) => {
            return has_reference(&scalar.text).then(|| {
                resolve_text(facts, owner, node, &scalar.text, dependencies, unresolved, diagnostics)
            });
        }
        Kind::Sequence(items) => {
            let mut resolved: Option<Vec<Node>> = None;
            for (at, item) in items.iter().enumerate() {
                if let Some(item) = changed(facts, owner, item, dependencies, unresolved, diagnostics)
                    && let Some(place) = resolved.get_or_insert_with(|| items.to_vec()).get_mut(at)
                {
                    *place = item;
                }
            }
            Kind::Sequence(Arc::new(resolved?))
        }
        Kind::Mapping(mapping) => {
            let mut resolved: Option<Mapping> = None;
            for (at, (key, entry)) in mapping.iter().enumerate() {
                if has_reference(key) {
                    let message = "a reference stands in a value, not in a key".to_owned();
                    let help = "write the name out";
                    let span = entry.key.span;
                    diagnostics.push(Fault::InvalidReference.at(span, message).help(help));
                }
                if let Some(value) =
                    changed(facts, owner, &entry.value, dependencies, unresolved, diagnostics)
                    && let Some((_, entry)) =
                        resolved.get_or_insert_with(|| Mapping::clone(mapping)).get_index_mut(at)
                {
                    entry.value = value;
                }
            }
            Kind::Mapping(Arc::new(resolved?))
        }
    };
    Some(Node { kind, ..node.clone() })
}

fn resolve_text(
    facts: &Facts,
    owner: &Member,
    node: &Node,
    text: &str,
    dependencies: &mut Vec<Dependency>,
    unresolved: &mut Vec<Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Node {
    let place = |range: Range<usize>| node.part(range);
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some(start) = text[rest..].find("${{").map(|at| rest + at) {
        out.push_str(&text[rest..start]);
        let Some(length) = expression_length(&text[start + 3..]) else {
            let message = "the reference is not closed".to_owned();
            let span = place(start..text.len());
            diagnostics.push(Fault::InvalidReference.at(span, message).help("write `}}` behind it"));
            unresolved.push(node.span);
            return node.clone();
        };
        let inside = start + 3..start + 3 + length;
        let end = inside.end + 2;
        let expression = &text[inside.clone()];
        let value = evaluate(facts, owner, expression, inside.start, &place, dependencies);
        match value {
            Ok(value) if start == 0 && end == text.len() => {
                return value_to_node(&value, node.span).unwrap_or_else(|| Node::null(node.span));
            }
            Ok(value) => out.push_str(&value.to_string()),
            Err(diagnostic) => {
                diagnostics.extend(diagnostic.map(|diagnostic| *diagnostic));
                unresolved.push(node.span);
                out.push_str(&text[start..end]);
            }
        }
        rest = end;
    }
    out.push_str(&text[rest..]);
    let style = node.as_scalar().map_or(Style::DoubleQuoted, |scalar| scalar.style);
    Node { kind: Kind::Scalar(compose_reader::yaml::Scalar { text: out.into(), style }), ..node.clone() }
}

/// The length of an expression up to its `}}`, quotes heeded.
fn expression_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'}') if text[at..].starts_with("}}") => return Some(at),
            _ => {}
        }
    }
    None
}

/// The value of an expression that begins at `offset` of its text; an error without words where the cause is said
/// elsewhere.
fn evaluate(
    facts: &Facts,
    owner: &Member,
    expression: &str,
    offset: usize,
    place: &dyn Fn(Range<usize>) -> Span,
    dependencies: &mut Vec<Dependency>,
) -> Result<Value, Option<Box<Diagnostic>>> {
    let trimmed = expression.trim();
    let begin = offset + expression.find(trimmed).unwrap_or_default();
    let span = match trimmed {
        "" => place(offset - 3..offset + expression.len() + 2),
        trimmed => place(begin..begin + trimmed.len()),
    };
    let invalid =
        |message: String, help: &str| Some(Box::new(Fault::InvalidReference.at(span, message).help(help)));
    if trimmed.is_empty() {
        let help = "name a service and what it offers: `${{ postgres.url }}`";
        return Err(invalid("the reference is empty".to_owned(), help));
    }
    let mut rewritten = String::with_capacity(expression.len());
    let mut values = Vec::new();
    let mut rest = 0;
    for path in paths(expression) {
        let spot = |range: &Range<usize>| place(range.start + offset..range.end + offset);
        let member = facts
            .named(&expression[path.name.clone()], spot(&path.name), owner)
            .map_err(|diagnostic| diagnostic.map(Box::new))?;
        // What a browser opens is nothing that the service itself needs.
        let is_public = path.fields.last().is_some_and(|field| PUBLIC.contains(&&expression[field.clone()]));
        if member.name != owner.name && !is_public {
            let target = member.name.to_owned();
            dependencies.push(Dependency {
                target,
                span: spot(&path.name),
                wait: None,
                restart: false,
                optional: false,
                reached: true,
            });
        }
        let mut value = member.offers.clone();
        let mut whole = path.name.clone();
        for field in &path.fields {
            let name = &expression[field.clone()];
            let Some(next) = value.get_attr(name).ok().filter(|value| !value.is_undefined()) else {
                let mut known: Vec<String> =
                    value.try_iter().into_iter().flatten().map(|key| key.to_string()).collect();
                if member.broken {
                    // What the template would offer, had it been filled in.
                    let template = member.template.map(|template| &template.references);
                    let is_first = whole.end == path.name.end;
                    match template.filter(|offered| is_first && !offered.contains_key(name)) {
                        Some(offered) => known.extend(offered.keys().cloned()),
                        None => return Err(None),
                    }
                }
                if let Some(diagnostic) = unreachable(facts, owner.name, member, name, spot(field)) {
                    return Err(Some(Box::new(diagnostic)));
                }
                let message = format!("`{}` offers no `{name}`", &expression[whole]);
                let help = did_you_mean(name, known.iter().map(String::as_str));
                return Err(Some(Box::new(Fault::UnknownField.at(spot(field), message).help(help))));
            };
            value = next;
            whole.end = field.end;
        }
        rewritten.push_str(&expression[rest..whole.start]);
        rewritten.push_str(&format!("reference_{}", values.len()));
        values.push((format!("reference_{}", values.len()), value));
        rest = whole.end;
    }
    rewritten.push_str(&expression[rest..]);
    let context = Value::from_pairs(values);
    let value = facts.engine.expression(&rewritten, &context).map_err(|message| {
        let help = "a reference names a service and what it offers: `${{ postgres.url }}`";
        invalid(format!("`{trimmed}` cannot be evaluated: {message}"), help)
    })?;
    if matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::None | ValueKind::Undefined) {
        let known: Vec<String> = value.try_iter().into_iter().flatten().map(|key| key.to_string()).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = format!("`{trimmed}` stands for several values, and one is needed here");
        let help = match (value.kind(), &known[..]) {
            (ValueKind::Map, [_, ..]) => {
                let usual = known.iter().find(|key| **key == "url").unwrap_or(&known[0]);
                let all = compose_reader::diagnostic::enumerate(&known);
                format!("write `${{{{ {trimmed}.{usual} }}}}`; it offers {all}")
            }
            _ => "a reference stands for text or a number".to_owned(),
        };
        return Err(invalid(message, &help));
    }
    Ok(value)
}

/// Why a template cannot find the service that a parameter names, if it cannot.
pub(super) fn without_address(facts: &Facts, owner: &str, target: &Member, span: Span) -> Option<Diagnostic> {
    let known = |name: &str| target.offers.get_attr(name).is_ok_and(|value| !value.is_undefined());
    if target.broken || known("address") {
        return None;
    }
    unreachable(facts, owner, target, "address", span).or_else(|| {
        let name = target.name;
        let message = format!("`{owner}` is to reach `{name}`, which listens on no port");
        let help = format!("write the port that it listens on in its container: `listen: 8080` in `{name}`");
        Some(
            Fault::MissingEndpoint
                .at(span, message)
                .related(target.definition.span, format!("`{name}`"))
                .help(help),
        )
    })
}

/// Why an address cannot be had that the service would have if it were published.
fn unreachable(facts: &Facts, owner: &str, target: &Member, field: &str, span: Span) -> Option<Diagnostic> {
    let (name, environment) = (target.name, &facts.environment.name);
    let is_address = ["host", "port", "address", "url"].contains(&field)
        || target.template.is_some_and(|template| template.references.contains_key(field));
    if let Some(external) = target.external {
        let is_asked = is_address || field.starts_with("public_");
        return is_asked.then(|| managed::incomplete(owner, target, external, environment, field, span));
    }
    let help = format!("publish it: `publish: {{ {environment}: PORT }}` in `{name}`");
    let (message, help) = match field {
        "public_url" | "public_address" if target.endpoints.is_empty() => return None,
        "public_url" | "public_address" if target.published.is_empty() => {
            (format!("`{name}` has no public address, as it publishes no port"), help)
        }
        "public_url" | "public_address" => (
            "nothing says by which host name browsers reach this stack".to_owned(),
            format!(
                "write `environments: {{ {environment}: {{ public_host: shop.example.org }} }}`, or the whole address, \
                 `public_url: https://shop.example.org` in `{name}`"
            ),
        ),
        _ if is_address && target.hosted => {
            (format!("`{owner}` reaches `{name}` through the host, and it publishes no port"), help)
        }
        _ if is_address && facts.view == View::Host => {
            (format!("`{owner}` runs on the host, and `{name}` publishes no port"), help)
        }
        _ => return None,
    };
    Some(
        Fault::UnpublishedEndpoint
            .at(span, message)
            .about(&[&owner, &name])
            .in_environment(environment)
            .related(target.definition.span, format!("`{name}`"))
            .help(help),
    )
}

/// A name with the fields behind it, as bytes of the expression.
struct Path {
    name: Range<usize>,
    fields: Vec<Range<usize>>,
}

/// The services that an expression names, each with its fields. A name may hold `-`, as services' names do.
fn paths(expression: &str) -> Vec<Path> {
    let bytes = expression.as_bytes();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let name_end = |from: usize| (from..bytes.len()).find(|at| !is_name(bytes[*at])).unwrap_or(bytes.len());
    let mut paths = Vec::new();
    let mut at = 0;
    // What stands before a name: behind `|` or `.` it is no service.
    let mut before = b' ';
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                let close = expression[at + 1..].find(char::from(quote));
                at = close.map_or(bytes.len(), |close| at + close + 2);
                before = quote;
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let name = at..name_end(at);
                let mut fields = Vec::new();
                at = name.end;
                while bytes.get(at) == Some(&b'.') && bytes.get(at + 1).copied().is_some_and(is_name) {
                    fields.push(at + 1..name_end(at + 1));
                    at = name_end(at + 1);
                }
                let is_word = fields.is_empty() && WORDS.contains(&&expression[name.clone()]);
                if !is_word && before != b'|' {
                    paths.push(Path { name, fields });
                }
                before = b'a';
            }
            byte if byte.is_ascii_digit() => {
                at = name_end(at);
                before = byte;
            }
            byte => {
                if !byte.is_ascii_whitespace() {
                    before = byte;
                }
                at += 1;
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::{expression_length, paths};

    fn named(expression: &str) -> Vec<String> {
        let joined = |path: super::Path| {
            let parts = std::iter::once(path.name).chain(path.fields);
            let parts: Vec<&str> = parts.map(|part| &expression[part]).collect();
            parts.join(" ")
        };
        paths(expression).into_iter().map(joined).collect()
    }

    #[test]
    fn names_are_found_before_anything_is_evaluated() {
        assert_eq!(named(" postgres.url | scheme(\"a.b+c\") "), ["postgres url"]);
        assert_eq!(named("orders-service.http.port"), ["orders-service http port"]);
        assert_eq!(named("a.host if b.port > 10 else 'c.d'"), ["a host", "b port"]);
        assert_eq!(
            named("postgres.databases.iam-db.url ~ \"?x=\" ~ redis.port"),
            ["postgres databases iam-db url", "redis port"]
        );
    }

    #[test]
    fn braces_in_quotes_do_not_close() {
        assert_eq!(expression_length(" a | f('}}') }} x"), Some(13));
        assert_eq!(expression_length(" a }"), None);
    }
}
