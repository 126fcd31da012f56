//! What `with` may say to a template, and whether it does.

use crate::fault::Fault;
use indexmap::IndexMap;
use minijinja::Value;

use super::form::{DURATION, FILE, FOLDER, Form, form};
use super::routes;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::interpolation::variables;
use compose_reader::source::Span;
use compose_reader::values::Sketch;
use compose_reader::yaml::{Kind, Node, Resolved, Style};

/// A parameter of a template.
#[derive(Debug)]
pub struct Parameter {
    /// Where it is declared.
    pub span: Span,
    /// What it takes.
    pub kind: Type,
    /// What it is for.
    pub description: String,
    /// What it is unless given; without one it has to be given.
    pub default: Option<Node>,
}

/// The values that a parameter takes.
#[derive(Debug)]
pub enum Type {
    /// Text; a number or a boolean counts as its text.
    Text,
    /// Text of a form: a path, a duration, a rate, a size.
    Form(&'static Form),
    /// What another type takes, or a variable of Compose, for what is written nowhere but into a compose file.
    OrVariable(Box<Type>),
    /// One of a few words.
    Choice(Vec<String>),
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// The name of a service; expressions see what it offers as references.
    Service,
    /// A list of values of one type.
    List(Box<Type>),
    /// Values of one type by name. A list of names stands for names with nothing given.
    Map {
        /// The form of the names, where they have one.
        keys: Option<&'static Form>,
        /// The type of the values.
        items: Box<Type>,
    },
    /// The routes of a gateway: details of this type, by path.
    Routes(Box<Type>),
    /// Named fields; a value that is no mapping stands for the field `short`.
    Record {
        /// The fields.
        fields: IndexMap<String, Parameter>,
        /// The field that a single value stands for.
        short: Option<String>,
    },
}

impl Type {
    /// The type in words, as documentation shows it.
    pub fn name(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Form(form) => form.name.to_owned(),
            Self::OrVariable(kind) => kind.name(),
            Self::Choice(words) => words.join(" | "),
            Self::Integer => "number".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Service => "service".to_owned(),
            Self::List(items) => format!("list of {}", items.name()),
            Self::Map { items, .. } => format!("map of {}", items.name()),
            Self::Routes(route) => format!("{} by path", route.name()),
            Self::Record { fields, short } => match short.as_ref().and_then(|short| fields.get(short)) {
                Some(field) => format!("{} or details", field.kind.name()),
                None => "details".to_owned(),
            },
        }
    }
}

/// Looks a service up that a parameter names: what it offers as references, or what is wrong with the name, if that is not
/// said elsewhere.
pub type Resolve<'r> = dyn FnMut(&Node) -> Result<Value, Option<Diagnostic>> + 'r;

impl Parameter {
    /// The parameter that names a file of one's own in the place of a rendered one.
    pub(super) fn own_file(span: Span, name: &str) -> Self {
        Self {
            span,
            kind: Type::Form(&FILE),
            description: format!(
                "A file of one's own in the place of the rendered {name}, as a path from the stack"
            ),
            default: Some(Node::null(span)),
        }
    }

    /// The value of an argument, or of the default if there is none.
    ///
    /// # Errors
    ///
    /// Everything in the argument that does not fit.
    pub fn value(
        &self,
        name: &str,
        argument: Option<&Node>,
        place: Span,
        resolve: &mut Resolve,
    ) -> Result<Value, Vec<Diagnostic>> {
        match argument.or(self.default.as_ref()) {
            Some(node) if argument.is_none() && node.is_null() => Ok(Value::from(())),
            Some(node) => self.kind.value(name, node, resolve),
            None => {
                let message = format!("the parameter `{name}` is missing");
                let help =
                    format!("write `{name}:` below `with`, {}: {}", one(&self.kind.name()), self.description);
                Err(vec![Fault::MissingParameter.at(place, message).help(help)])
            }
        }
    }
}

impl Type {
    /// The type of each item of a list or map.
    pub fn item(&self) -> Option<&Self> {
        match self {
            Self::List(items) | Self::Map { items, .. } => Some(items),
            _ => None,
        }
    }

    /// Whether a text is one variable, with a default that fits where it has one.
    fn takes_variable(&self, text: &str) -> bool {
        let found = variables(text).unwrap_or_default();
        let [variable] = &found[..] else { return false };
        let is_whole = variable.range == (0..text.len());
        match self {
            Self::Form(form) => is_whole && Sketch::of(text).known().is_none_or(|known| form.fits(known)),
            _ => is_whole,
        }
    }

    /// The texts in an argument that name files of the machine, each with whether it is a folder.
    pub fn files<'n>(&self, argument: &'n Node) -> Vec<(&'n Node, bool)> {
        let entries = argument.as_mapping().into_iter().flatten();
        match self {
            Self::Form(form) if form.name == FILE.name => vec![(argument, false)],
            Self::Form(form) if form.name == FOLDER.name => vec![(argument, true)],
            Self::List(items) => {
                argument.as_sequence().into_iter().flatten().flat_map(|item| items.files(item)).collect()
            }
            Self::Map { items, .. } | Self::Routes(items) => {
                entries.flat_map(|(_, entry)| items.files(&entry.value)).collect()
            }
            Self::Record { fields, .. } => {
                let given = entries.filter_map(|(key, entry)| Some((fields.get(&**key)?, &entry.value)));
                given.flat_map(|(field, value)| field.kind.files(value)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The value of a node of this type; `name` is what messages call it by.
    ///
    /// # Errors
    ///
    /// Everything in it that does not fit.
    pub fn value(&self, name: &str, node: &Node, resolve: &mut Resolve) -> Result<Value, Vec<Diagnostic>> {
        let wrong_with = |expected: &str, help: &str| {
            let message = format!("`{name}` takes {expected}, and this is {}", node.describe());
            Err(vec![Fault::WrongParameter.at(node.span, message).help(help)])
        };
        let wrong = |expected: &str| wrong_with(expected, &format!("write {expected}"));
        match self {
            Self::Text => match (&node.kind, node.is_null()) {
                (Kind::Scalar(scalar), false) if scalar.text.contains(is_refused) => {
                    let message = format!("`{name}` holds a control character");
                    Err(vec![Fault::WrongParameter.at(node.span, message).help("take it out")])
                }
                (Kind::Scalar(scalar), false) => Ok(Value::from(&*scalar.text)),
                _ => wrong("text"),
            },
            Self::Form(form) => match node.as_text() {
                Some(text) if form.fits(text) => Ok(Value::from(text)),
                Some(text) if !node.is_null() => {
                    let message = format!("`{name}` takes {}, and `{text}` is none", one(form.name));
                    Err(vec![Fault::WrongParameter.at(node.span, message).help(form.help)])
                }
                _ => wrong_with(&one(form.name), form.help),
            },
            Self::OrVariable(kind) => match node.as_text().filter(|text| text.contains('$')) {
                Some(text) if kind.takes_variable(text) => Ok(Value::from(text)),
                _ => kind.value(name, node, resolve),
            },
            Self::Choice(words) => match node.as_text() {
                Some(text) if words.iter().any(|word| word == text) => Ok(Value::from(text)),
                Some(text) => {
                    let message = format!("`{name}` cannot be `{text}`");
                    let help = did_you_mean(text, words.iter().map(String::as_str));
                    Err(vec![Fault::WrongParameter.at(node.span, message).help(help)])
                }
                None => wrong("one word"),
            },
            Self::Integer => match node.resolved() {
                Some(Resolved::Integer(number)) => Ok(Value::from(number)),
                _ => wrong_with("a whole number", &format!("write it in digits: `{name}: 3`")),
            },
            Self::Boolean => node.as_bool().map(Value::from).map_or_else(|| wrong("`true` or `false`"), Ok),
            Self::Service => match node.as_text() {
                Some(_) if !node.is_null() => resolve(node).map_err(Vec::from_iter),
                _ => wrong("the name of a service"),
            },
            Self::List(items) => match node.as_sequence() {
                Some(nodes) => {
                    let values = nodes.iter().map(|node| items.value(name, node, resolve));
                    collect(values).map(Value::from)
                }
                None => match node.as_text().filter(|_| !node.is_null()) {
                    Some(text) => wrong_with("a list", &format!("write `{name}: [{text}]`")),
                    None => wrong("a list"),
                },
            },
            Self::Map { keys: form, items } => {
                let pairs: Vec<(String, Node)> = match &node.kind {
                    Kind::Mapping(mapping) => {
                        mapping.iter().map(|(key, entry)| (key.to_string(), entry.value.clone())).collect()
                    }
                    Kind::Sequence(names) if names.iter().all(|name| name.as_text().is_some()) => names
                        .iter()
                        .map(|name| (name.as_text().unwrap_or_default().to_owned(), Node::null(name.span)))
                        .collect(),
                    _ => return wrong("a mapping, or a list of names"),
                };
                let unfit = pairs.iter().filter_map(|(key, value)| {
                    let form = form.filter(|form| !form.fits(key))?;
                    let message = format!("`{name}` is by {}, and `{key}` is none", form.name);
                    let span = node.entry(key).map_or(value.span, |entry| entry.key.span);
                    Some(Fault::WrongParameter.at(span, message).help(form.help))
                });
                let unfit: Vec<Diagnostic> = unfit.collect();
                if !unfit.is_empty() {
                    return Err(unfit);
                }
                let (keys, nodes): (Vec<String>, Vec<Node>) = pairs.into_iter().unzip();
                let values = keys.iter().zip(&nodes).map(|(key, node)| items.value(key, node, resolve));
                Ok(Value::from_pairs(keys.iter().cloned().zip(collect(values)?)))
            }
            Self::Routes(route) => {
                routes::value(name, node, &mut |path, node| route.value(path, node, resolve))
            }
            Self::Record { fields, short } => {
                let mut given: IndexMap<&str, &Node> = IndexMap::new();
                let mut diagnostics = Vec::new();
                match (&node.kind, short) {
                    (Kind::Mapping(mapping), _) => {
                        for (key, entry) in mapping.iter() {
                            if fields.contains_key(&**key) {
                                given.insert(key, &entry.value);
                            } else {
                                let message = format!("`{name}` has no field `{key}`");
                                let help = did_you_mean(key, fields.keys().map(String::as_str));
                                let span = entry.key.span;
                                diagnostics.push(Fault::UnknownParameter.at(span, message).help(help));
                            }
                        }
                    }
                    (Kind::Scalar(_), _) if node.is_null() => {}
                    (_, Some(short)) => {
                        given.insert(short, node);
                    }
                    (_, None) => return wrong("a mapping"),
                }
                let values = fields
                    .iter()
                    .map(|(key, field)| field.value(key, given.get(&**key).copied(), node.span, resolve));
                match collect(values) {
                    Ok(values) if diagnostics.is_empty() => {
                        Ok(Value::from_pairs(fields.keys().cloned().zip(values)))
                    }
                    Ok(_) => Err(diagnostics),
                    Err(more) => {
                        diagnostics.extend(more);
                        Err(diagnostics)
                    }
                }
            }
        }
    }
}

/// A noun with its article.
fn one(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// What no text holds that is written into a file or a command.
fn is_refused(next: char) -> bool {
    next.is_control() && !matches!(next, '\n' | '\t')
}

/// All values, or everything that is wrong with any of them.
fn collect(
    values: impl Iterator<Item = Result<Value, Vec<Diagnostic>>>,
) -> Result<Vec<Value>, Vec<Diagnostic>> {
    let (mut good, mut bad) = (Vec::new(), None);
    for value in values {
        match value {
            Ok(value) => good.push(value),
            Err(diagnostics) => bad.get_or_insert_with(Vec::new).extend(diagnostics),
        }
    }
    bad.map_or(Ok(good), Err)
}

/// Reads the declarations of parameters.
pub(super) fn read(node: &Node) -> (IndexMap<String, Parameter>, Vec<Diagnostic>) {
    let mut parameters = IndexMap::new();
    let mut diagnostics = Vec::new();
    let Some(mapping) = node.as_mapping() else {
        let message = format!("`parameters` is {}", node.describe());
        return (parameters, vec![Fault::InvalidTemplate.at(node.span, message)]);
    };
    for (name, entry) in mapping {
        let before = diagnostics.len();
        for (key, entry) in entry.value.as_mapping().into_iter().flatten() {
            if !KEYS.contains(&&**key) {
                let message = format!("the parameter `{name}` has no key `{key}`");
                let help = did_you_mean(key, KEYS);
                diagnostics.push(Fault::InvalidTemplate.at(entry.key.span, message).help(help));
            }
        }
        match read_type(&entry.value, &mut diagnostics) {
            Some(kind) => {
                let field = |key: &str| entry.value.get(key);
                let parameter = Parameter {
                    span: entry.key.span,
                    kind,
                    description: field("description").and_then(Node::as_text).unwrap_or_default().to_owned(),
                    default: field("default").cloned(),
                };
                parameters.insert(name.to_string(), parameter);
            }
            None if diagnostics.len() > before => {}
            None => {
                let message = format!("the type of the parameter `{name}` is not complete");
                let help = "write `type: text`; a `choice` has `choices`, a `list` and a `map` have `items`, a \
                            `record` has `fields`";
                diagnostics.push(Fault::InvalidTemplate.at(entry.key.span, message).help(help));
            }
        }
    }
    (parameters, diagnostics)
}

/// What a declaration may say.
const KEYS: [&str; 9] =
    ["type", "description", "default", "choices", "keys", "items", "fields", "short", "variable"];
const TYPES: [&str; 20] = [
    "text", "name", "label", "domain", "email", "amount", "path", "duration", "rate", "size", "file",
    "folder", "integer", "boolean", "choice", "service", "list", "map", "routes", "record",
];

fn read_type(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Type> {
    let kind = read_plain_type(node, diagnostics)?;
    let may_be_variable = node.get("variable").and_then(Node::as_bool) == Some(true);
    Some(if may_be_variable { Type::OrVariable(Box::new(kind)) } else { kind })
}

fn read_plain_type(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Type> {
    let word = node.as_text().or_else(|| node.get("type")?.as_text())?;
    if let Some(form) = form(word) {
        return Some(Type::Form(form));
    }
    Some(match word {
        "text" => Type::Text,
        "integer" => Type::Integer,
        "boolean" => Type::Boolean,
        "service" => Type::Service,
        "choice" => {
            let words = node.get("choices")?.as_sequence()?;
            Type::Choice(words.iter().filter_map(Node::as_text).map(str::to_owned).collect())
        }
        "list" => Type::List(Box::new(read_type(node.get("items")?, diagnostics)?)),
        "map" => Type::Map {
            keys: node.get("keys").and_then(Node::as_text).and_then(form),
            items: Box::new(read_type(node.get("items")?, diagnostics)?),
        },
        "routes" => {
            let more = node.get("fields").map(read);
            let (fields, wrong) = more.unwrap_or_default();
            diagnostics.extend(wrong);
            Type::Routes(Box::new(route(node.span, fields)))
        }
        "record" => {
            let (fields, more) = read(node.get("fields")?);
            diagnostics.extend(more);
            Type::Record { fields, short: node.get("short").and_then(Node::as_text).map(str::to_owned) }
        }
        unknown => {
            let place = node.get("type").unwrap_or(node);
            let message = format!("there is no type `{unknown}`");
            let help = did_you_mean(unknown, TYPES);
            diagnostics.push(Fault::InvalidTemplate.at(place.span, message).help(help));
            return None;
        }
    })
}

/// What a route of every gateway may say, and `more`, what one of this gateway may; `span` is where that is declared.
fn route(span: Span, more: IndexMap<String, Parameter>) -> Type {
    let field = |name: &str, kind, default, description: &str| {
        (name.to_owned(), Parameter { span, kind, description: description.to_owned(), default })
    };
    let yes = Node::scalar(span, "true", Style::Plain);
    let minute = Node::text(span, "60s");
    let mut fields = IndexMap::from([
        field("service", Type::Service, None, "The service that answers"),
        field("endpoint", Type::Text, Some(Node::null(span)), "Its endpoint, the first unless given"),
        field("strip", Type::Boolean, Some(yes), "Whether the prefix is taken off the path"),
        field("timeout", Type::Form(&DURATION), Some(minute), "How long nothing may come of an answer"),
    ]);
    fields.extend(more);
    Type::Record { fields, short: Some("service".to_owned()) }
}

/// A default as documentation shows it.
impl std::fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.default {
            None => formatter.write_str("required"),
            Some(node) if node.is_null() => formatter.write_str("none"),
            Some(node) => match (node.as_text(), &node.kind) {
                (Some(text), _) => formatter.write_str(text),
                (None, Kind::Sequence(_)) => formatter.write_str("[]"),
                (None, _) => formatter.write_str("{}"),
            },
        }
    }
}
