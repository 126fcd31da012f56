//! Expressions of templates and references, evaluated strictly: a name that is not there is an error.

use crate::fault::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::refusal::{Refusal, refusal, refuse};
use super::value::value_to_node;
use super::{filter, query};
use compose_reader::diagnostic::{Diagnostic, did_you_mean, nearest};
use compose_reader::source::Span;
use compose_reader::yaml::{Entry, Kind, Mapping, Node};

/// Why a part of a template has no value.
#[derive(Debug)]
pub enum Failure {
    /// Something is wrong in the template.
    Template(Box<Diagnostic>),
    /// The template cannot do what it is asked for.
    Refusal {
        /// Why not, in one sentence.
        message: String,
        /// What to do about it.
        help: Option<String>,
        /// What asks for it, as keys below `with`.
        path: Vec<String>,
        /// Where the template refuses.
        span: Span,
    },
}

/// Evaluates expressions. One engine serves a whole run; it compiles each text once.
#[derive(Debug)]
pub struct Engine {
    /// Its templates are called by their own texts, those of expressions by [`EXPRESSION`] with the expression behind it.
    environment: Environment<'static>,
    /// How many texts were compiled.
    compiled: Arc<AtomicUsize>,
    /// How many texts were evaluated.
    evaluated: AtomicUsize,
}

/// What the names of expressions begin with among the templates; no YAML holds it.
const EXPRESSION: char = '\0';
/// The variable that holds the value of an expression.
const VALUE: &str = "value";

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// An engine with the filters and functions that templates and references share.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_fuel(Some(FUEL));
        let syntax =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        if let Ok(syntax) = syntax {
            environment.set_syntax(syntax);
        }
        let compiled = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&compiled);
        environment.set_loader(move |name| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(Some(match name.strip_prefix(EXPRESSION) {
                Some(expression) => format!("{{% set {VALUE} = {expression} %}}"),
                None => {
                    are_bounded(name)?;
                    name.to_owned()
                }
            }))
        });
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        filter::add(&mut environment);
        query::add(&mut environment);
        environment.add_function("error", refuse);
        Self { environment, compiled, evaluated: AtomicUsize::new(0) }
    }

    /// The value of one expression, without braces.
    ///
    /// # Errors
    ///
    /// A syntax error, a name that is not there, a filter that does not apply; in words.
    pub fn expression(&self, expression: &str, context: &Value) -> Result<Value, String> {
        self.evaluate(expression, context).map_err(|error| self.describe(&error))
    }

    /// How many texts have been compiled.
    pub fn compiled(&self) -> usize {
        self.compiled.load(Ordering::Relaxed)
    }

    /// How many texts have been evaluated.
    pub fn evaluated(&self) -> usize {
        self.evaluated.load(Ordering::Relaxed)
    }

    fn evaluate(&self, expression: &str, context: &Value) -> Result<Value, Error> {
        self.evaluated.fetch_add(1, Ordering::Relaxed);
        bounded(expression.len(), 0)?;
        // What could end the block around it is compiled by itself, and so is what is wrong: that is said of the expression.
        let alone = || self.environment.compile_expression(expression)?.eval(context.clone());
        let name = (!expression.contains("%}")).then(|| format!("{EXPRESSION}{expression}"));
        let Some(template) = name.and_then(|name| self.environment.get_template(&name).ok()) else {
            return alone().and_then(defined);
        };
        defined(template.render_captured(context.clone())?.state().lookup(VALUE).unwrap_or_default())
    }

    fn render(&self, text: &str, context: &Value) -> Result<String, Error> {
        self.evaluated.fetch_add(1, Ordering::Relaxed);
        self.environment.get_template(text)?.render(context.clone())
    }

    /// A part of a template with everything in it evaluated. An entry or item that comes out as `none` is left out, and so
    /// is what that leaves empty; a list that comes out for an item of a list takes its place.
    ///
    /// # Errors
    ///
    /// The first expression that fails, at its place in the template.
    pub fn fragment(&self, node: &Node, context: &Value) -> Result<Option<Node>, Failure> {
        Ok(self.part(node, context)?.of(node))
    }

    fn part(&self, node: &Node, context: &Value) -> Result<Part, Failure> {
        match &node.kind {
            Kind::Scalar(scalar) if has_tag(&scalar.text) => {
                Ok(self.scalar(node, &scalar.text, context)?.map_or(Part::Nothing, Part::Value))
            }
            Kind::Scalar(_) => Ok(Part::Same),
            Kind::Sequence(items) => {
                // What has no expression in it stays shared.
                let mut changed: Option<Vec<Node>> = None;
                for (at, item) in items.iter().enumerate() {
                    let part = self.part(item, context)?;
                    if changed.is_none() && matches!(part, Part::Same) {
                        continue;
                    }
                    let evaluated = changed.get_or_insert_with(|| items.iter().take(at).cloned().collect());
                    match (part, &item.kind) {
                        (Part::Value(Node { kind: Kind::Sequence(spliced), .. }), Kind::Scalar(_)) => {
                            evaluated.extend(spliced.iter().cloned());
                        }
                        (part, _) => evaluated.extend(part.of(item)),
                    }
                }
                Ok(changed.map_or(Part::Same, |items| match items.is_empty() {
                    true => Part::Nothing,
                    false => Part::Value(Node { kind: Kind::Sequence(Arc::new(items)), ..node.clone() }),
                }))
            }
            Kind::Mapping(mapping) => {
                let mut changed: Option<Mapping> = None;
                for (at, (key, entry)) in mapping.iter().enumerate() {
                    let part = self.part(&entry.value, context)?;
                    if changed.is_none() && matches!(part, Part::Same) && !has_tag(key) {
                        continue;
                    }
                    let before = mapping.iter().take(at).map(|(key, entry)| (Arc::clone(key), entry.clone()));
                    let evaluated = changed.get_or_insert_with(|| before.collect());
                    let Some(value) = part.of(&entry.value) else { continue };
                    if has_tag(key) {
                        let text = self.render(key, context);
                        let text = text.map_err(|error| self.failure(&entry.key, key, context, &error))?;
                        let key: Arc<str> = Arc::from(text);
                        let written = Node::text(entry.key.span, Arc::clone(&key));
                        evaluated.insert(key, Entry { key: written, value });
                    } else {
                        evaluated.insert(Arc::clone(key), Entry { key: entry.key.clone(), value });
                    }
                }
                Ok(changed.map_or(Part::Same, |mapping| match mapping.is_empty() {
                    true => Part::Nothing,
                    false => Part::Value(Node { kind: Kind::Mapping(Arc::new(mapping)), ..node.clone() }),
                }))
            }
        }
    }

    fn scalar(&self, node: &Node, text: &str, context: &Value) -> Result<Option<Node>, Failure> {
        let failure = |error: Error| self.failure(node, text, context, &error);
        if let Some(expression) = whole_expression(text) {
            let value = self.evaluate(expression, context).map_err(failure)?;
            return Ok(value_to_node(&value, node.span));
        }
        let text = self.render(text, context).map_err(failure)?;
        Ok(Some(Node::text(node.span, text)))
    }

    /// What to say of an expression in `node` that fails.
    fn failure(&self, node: &Node, text: &str, context: &Value, error: &Error) -> Failure {
        if let Some(Refusal { message, help, path }) = refusal(error) {
            let (message, help, path) = (message.clone(), help.clone(), path.clone());
            return Failure::Refusal { message, help, path, span: node.span };
        }
        let undefined = if is_undefined(error) { self.undefined(text, context) } else { None };
        let diagnostic = match undefined {
            Some((name, known)) => {
                let at = text.find(&name).unwrap_or_default();
                let message = format!("`{name}` is not defined in the template");
                let last = name.rsplit('.').next().unwrap_or(&name);
                let help = did_you_mean(last, known.iter().map(String::as_str));
                Fault::TemplateFailure.at(node.part(at..at + name.len()), message).help(help)
            }
            None => {
                let message = format!("the template cannot be filled in: {}", self.describe(error));
                let help = "see its parameters with `stackgen templates NAME`, or mend the template";
                Fault::TemplateFailure.at(node.span, message).help(help)
            }
        };
        Failure::Template(Box::new(diagnostic))
    }

    /// The first name in a text that is not there, with those that are in its place.
    fn undefined(&self, text: &str, context: &Value) -> Option<(String, Vec<String>)> {
        let template = self.environment.template_from_str(text).ok()?;
        let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
        names.sort_by_key(|name| text.find(name.as_str()));
        let is_global = |name: &str| self.environment.globals().any(|(global, _)| global == name);
        names.into_iter().find_map(|name| {
            let mut value = context.clone();
            let mut end = 0;
            for part in name.split('.') {
                end += part.len();
                let next = value.get_attr(part).ok().filter(|next| !next.is_undefined());
                let Some(next) = next else {
                    let keys = value.try_iter().into_iter().flatten().map(|key| key.to_string()).collect();
                    return (!is_global(&name)).then(|| (name[..end].to_owned(), keys));
                };
                value = next;
                end += 1;
            }
            None
        })
    }

    /// An error in words.
    fn describe(&self, error: &Error) -> String {
        let detail = error.detail().unwrap_or_default();
        let quoted = |before: &str, after: &str| {
            Some(detail.strip_prefix(before)?.strip_suffix(after)?.trim_matches('`').to_owned())
        };
        if let Some(refusal) = refusal(error) {
            return refusal.to_string();
        }
        if is_undefined(error) {
            return "a name in it is not defined".to_owned();
        }
        if error.kind() == ErrorKind::OutOfFuel {
            return "it takes too many steps, or becomes too long".to_owned();
        }
        if let (ErrorKind::UnknownFilter, Some(name)) = (error.kind(), quoted("filter ", " is unknown")) {
            let known = [
                "scheme", "each", "quoted", "shell", "regex", "yaml", "mount", "default", "join", "replace",
                "upper", "lower",
            ];
            return match nearest(&name, known) {
                Some(known) => format!("there is no filter `{name}`, did you mean `{known}`?"),
                None => format!("there is no filter `{name}`"),
            };
        }
        if let (ErrorKind::UnknownFunction, Some(name)) = (error.kind(), quoted("", " is unknown")) {
            return format!("there is no function `{name}`");
        }
        if detail.starts_with("unexpected end of input") {
            return "it ends too early".to_owned();
        }
        if detail == "unexpected input after expression" {
            return "it holds two values with nothing to join them, such as `~`".to_owned();
        }
        if detail.is_empty() { error.kind().to_string() } else { detail.to_owned() }
    }
}

fn defined(value: Value) -> Result<Value, Error> {
    if value.is_undefined() { Err(ErrorKind::UndefinedError.into()) } else { Ok(value) }
}

/// What one evaluation may take: so many instructions, or 64 times as many bytes.
const FUEL: u64 = 500_000;
/// Bytes of one expression or tag, and branches of one `if`, in which the parser and the compiler of expressions nest
/// without a limit of their own.
const LONGEST_TAG: usize = 1_000;
const MOST_BRANCHES: usize = 100;

/// What has become of a part of a template.
enum Part {
    /// There is no expression in it.
    Same,
    /// It is left out.
    Nothing,
    /// It is this now.
    Value(Node),
}

impl Part {
    /// The value that has come of a node.
    fn of(self, node: &Node) -> Option<Node> {
        match self {
            Self::Same => Some(node.clone()),
            Self::Nothing => None,
            Self::Value(value) => Some(value),
        }
    }
}

/// Whether a text has an expression or a statement in it.
fn has_tag(text: &str) -> bool {
    text.contains('{') && (text.contains("{{") || text.contains("{%"))
}

/// Whether the expressions of a text can be parsed on the stack that there is.
fn are_bounded(text: &str) -> Result<(), Error> {
    let tags = text.split("{{").flat_map(|part| part.split("{%")).skip(1);
    let lengths = tags.map(|tag| tag.find("}}").or_else(|| tag.find("%}")).unwrap_or(tag.len()));
    bounded(lengths.max().unwrap_or_default(), text.matches("elif").count())
}

/// Whether an expression can be parsed on the stack that there is.
fn bounded(length: usize, branches: usize) -> Result<(), Error> {
    let message = if length > LONGEST_TAG {
        format!("an expression is longer than {LONGEST_TAG} bytes")
    } else if branches > MOST_BRANCHES {
        format!("there are more than {MOST_BRANCHES} `elif`")
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::SyntaxError, message))
}

fn is_undefined(error: &Error) -> bool {
    error.kind() == ErrorKind::UndefinedError
}

/// The expression of a text that is one expression and nothing else.
fn whole_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inside.contains("{{") && !inside.contains("}}") && !text.contains("{%")).then_some(inside)
}

#[cfg(test)]
mod tests {
    use minijinja::Value;

    use super::{Engine, Failure};
    use compose_reader::source::Sources;
    use compose_reader::yaml::{Node, parse};

    fn context() -> Value {
        Value::from_pairs([
            ("name", Value::from("it's")),
            ("port", Value::from(5432)),
            ("nothing", Value::from(())),
            ("paths", Value::from(vec!["./a.sql", "b/c.sh"])),
            ("url", Value::from("postgresql://u@h/d")),
        ])
    }

    fn fragment(text: &str) -> Result<Node, String> {
        let mut sources = Sources::new();
        let id = sources.add("template", text);
        let node = parse(id, text).expect("valid YAML").documents.remove(0);
        let message = |failure| match failure {
            Failure::Template(diagnostic) => diagnostic.message,
            Failure::Refusal { message, .. } => message,
        };
        let evaluated = Engine::new().fragment(&node, &context()).map_err(message)?;
        evaluated.ok_or_else(|| "left out".to_owned())
    }

    fn same(template: &str, expected: &str) {
        let mut sources = Sources::new();
        let id = sources.add("expected", expected);
        let expected = parse(id, expected).expect("valid YAML").documents.remove(0);
        assert_eq!(fragment(template), Ok(expected), "{template}");
    }

    #[test]
    fn values_keep_their_type_and_nothing_is_left_out() {
        same("{a: '{{ port }}', b: 'x{{ port }}', c: '{{ nothing }}'}", "{a: 5432, b: \"x5432\"}");
        same("['{{ paths }}', z]", "[\"./a.sql\", \"b/c.sh\", z]");
        same("['{{ paths | each(\"{item}:/d/{name}\") }}']", "[\"./a.sql:/d/a.sql\", \"b/c.sh:/d/c.sh\"]");
        same("{'{{ name }}': 1}", "{\"it's\": 1}");
        same("a: '{{ url | scheme(\"x+y\") }}'", "a: \"x+y://u@h/d\"");
        same("a: '{{ name | quoted }} {{ name | shell }}'", "a: \"\\\"it's\\\" 'it'\\\\''s'\"");
    }

    #[test]
    fn a_text_cannot_break_out_of_its_value() {
        let mut sources = Sources::new();
        let id = sources.add("template", "a: '{{ evil }}'");
        let node = parse(id, "a: '{{ evil }}'").expect("valid YAML").documents.remove(0);
        let context = Value::from_pairs([("evil", Value::from("x\nb: {{ 1 }}"))]);
        let evaluated = Engine::new().fragment(&node, &context).expect("evaluates").expect("a value");
        assert_eq!(evaluated.get("a").and_then(Node::as_text), Some("x\nb: {{ 1 }}"));
        assert!(evaluated.get("b").is_none());
    }

    #[test]
    fn what_is_not_defined_is_an_error() {
        assert!(fragment("a: '{{ nmae }}'").is_err());
        assert!(fragment("a: 'x {{ nmae }}'").is_err());
        assert!(fragment("a: '{{ port + }}'").is_err());
        assert_eq!(fragment("a: '{{ error(\"no\") }}'"), Err("no".to_owned()));
    }

    #[test]
    fn no_expression_runs_for_ever_or_nests_without_end() {
        let grown = "| replace('a', 'aaaaaaaaaa') ".repeat(12);
        let loops = "{% for i in range(9999) %}".repeat(4) + "x" + &"{% endfor %}".repeat(4);
        for (text, why) in [
            (format!("{{{{ 'a' {grown}}}}}"), "too many steps"),
            (format!("x{{{{ 'a' {grown}}}}}"), "too many steps"),
            (loops, "too many steps"),
            ("{{ 'x' | indent(4000000000, true) }}".to_owned(), "too many steps"),
            (format!("{{{{ {}port }}}}", "not ".repeat(100_000)), "longer than"),
            (format!("x{{{{ {}port }}}}", "-".repeat(100_000)), "longer than"),
            (format!("{{{{ port{} }}}}", "+1".repeat(100_000)), "longer than"),
            (format!("{{% if port %}}{}{{% endif %}}", "{% elif port %}".repeat(9_999)), "`elif`"),
        ] {
            let refused = fragment(&format!("a: \"{text}\"")).expect_err("refused");
            assert!(refused.contains(why), "{refused}");
        }
        let deep = format!("a: '{{{{ {}port }}}}'", "not ".repeat(240));
        assert!(fragment(&deep).is_ok());
        same("a: 'x{% if port %}{% elif port %}{% endif %}'", "a: x");
    }
}
