//! A model held against the table of the compose file: keys that it lacks, and values that no key takes.
//!
//! Source: the verdicts of the JSON Schema that Docker Compose 2.40.3 has in it, `schema/compose-spec.json`.

use std::collections::HashSet;

use super::{Resolver, misplaced};
use crate::compose::problem::{Fault, Problem};
use crate::diagnostic::{did_you_mean, enumerate, nearest};
use crate::source::Span;
use crate::spec::{self, DATES, Fields, Form, List, Print, Texts, Type, Version};
use crate::yaml::{Kind, Mapping, Node, Resolved};

/// Reports every value that the table has no place for.
pub(super) fn check(resolver: &mut Resolver<'_>, model: &Node) {
    let has_service_in_margin = misplaced::service_in_margin(model).is_some();
    Checker { resolver, keys: Vec::new(), has_service_in_margin }.value(model, spec::PROJECT, None);
}

struct Checker<'r, 'f, 'm> {
    resolver: &'r mut Resolver<'f>,
    /// The way to the value that is looked at.
    keys: Vec<Step<'m>>,
    /// Whether a service stands beside `services`, which is empty.
    has_service_in_margin: bool,
}

#[derive(Clone, Copy)]
enum Step<'m> {
    Key(&'m str),
    Item(usize),
}

impl<'m> Checker<'_, '_, 'm> {
    fn value(&mut self, node: &'m Node, of: &'static Type, key: Option<Span>) {
        if let [.., Step::Key(list), Step::Item(_)] = self.keys[..]
            && let Some((key, entry)) = misplaced::split_pair(list, node)
        {
            return misplaced::report_split(self.resolver, node, key, entry);
        }
        if self.is_date(node, of) {
            return;
        }
        let Some(form) = of.forms.iter().find(|form| fits(form, node)) else {
            return self.wrong_type(node, of, key);
        };
        match (form, &node.kind) {
            (Form::List(list), Kind::Sequence(items)) => self.list(node, list, items),
            (Form::Mapping(_) | Form::Container(_), Kind::Mapping(mapping)) => {
                if let Some(fields) = form.fields() {
                    self.mapping(node, fields, mapping);
                }
            }
            (Form::Text(texts), _) => self.text(node, texts),
            (Form::Whole(least, most), _) => self.bounds(node, *least, *most),
            _ => {}
        }
    }

    /// Whether it is a date where any scalar may stand under a name.
    fn is_date(&self, node: &Node, of: &Type) -> bool {
        let takes = |is: fn(&Form) -> bool| of.forms.iter().any(is);
        self.resolver.version().has(&DATES)
            && matches!(self.keys[..], [.., Step::Key(_)])
            && node.resolved() == Some(Resolved::Timestamp)
            && takes(|form| matches!(form, Form::Number))
            && takes(|form| matches!(form, Form::Text(Texts::Any)))
            && of.print == Print::Text
    }

    fn mapping(&mut self, node: &'m Node, fields: &'static Fields, mapping: &'m Mapping) {
        for (name, entry) in mapping {
            match fields.key_in(name, self.resolver.version()) {
                Some(row) => {
                    self.keys.push(Step::Key(name));
                    self.value(&entry.value, row.takes, Some(entry.key.span));
                    self.keys.pop();
                }
                None if fields.is_open || fields.takes_extensions && name.starts_with("x-") => {}
                None if self.keys.is_empty() && misplaced::is_service(&entry.value) => {
                    misplaced::report_in_margin(self.resolver, node, name);
                }
                None => self.unknown_key(name, entry.key.span, fields),
            }
        }
        for missing in fields.required.iter().filter(|key| !mapping.contains_key(**key)) {
            let message = format!("{} lacks `{missing}`", self.name());
            let problem = Problem::new(Fault::InvalidValue, node.place(), message);
            self.resolver.report_on(node, problem.help(format!("add `{missing}:`")));
        }
    }

    fn list(&mut self, node: &'m Node, list: &List, items: &'m [Node]) {
        for (at, item) in items.iter().enumerate() {
            self.keys.push(Step::Item(at));
            self.value(item, list.item, None);
            self.keys.pop();
        }
        if let Some(twice) = repeated(items).filter(|_| list.is_set) {
            let written = twice.as_text().unwrap_or("an item");
            let message = format!("`{written}` stands twice in {}", self.name());
            let problem = Problem::new(Fault::InvalidValue, twice.place(), message).help("write it once");
            self.resolver.report_on(node, problem);
        }
    }

    fn text(&mut self, node: &Node, texts: &Texts) {
        let written = node.as_text().unwrap_or_default();
        let help = match texts {
            Texts::OneOf(options) if !options.contains(&written) => {
                did_you_mean(written, options.iter().copied())
            }
            Texts::Like(pattern, is_like) if !is_like(written) => format!("it has to match `{pattern}`"),
            _ => return,
        };
        self.cannot_be(node, help);
    }

    fn cannot_be(&mut self, node: &Node, help: String) {
        let message = format!("{} cannot be `{}`", self.name(), node.as_text().unwrap_or_default());
        self.resolver.report_on(node, Problem::new(Fault::InvalidValue, node.place(), message).help(help));
    }

    fn bounds(&mut self, node: &Node, least: Option<i64>, most: Option<i64>) {
        let Some(value) = node.number() else { return };
        let message = match (least, most) {
            (Some(least), _) if value < least as f64 => format!("{} is at least {least}", self.name()),
            (_, Some(most)) if value > most as f64 => format!("{} is at most {most}", self.name()),
            _ => return,
        };
        self.resolver.report_on(node, Problem::new(Fault::InvalidValue, node.place(), message));
    }

    fn wrong_type(&mut self, node: &Node, of: &'static Type, key: Option<Span>) {
        if let ([Form::Text(Texts::OneOf(options))], Kind::Scalar(scalar), false) =
            (of.forms, &node.kind, node.is_null())
        {
            return self.cannot_be(node, did_you_mean(&scalar.text, options.iter().copied()));
        }
        if let [Step::Key("services")] = self.keys[..]
            && node.is_null()
            && self.has_service_in_margin
        {
            return;
        }
        let mut names: Vec<&str> = Vec::new();
        for form in of.forms {
            if !names.contains(&form.name()) {
                names.push(form.name());
            }
        }
        let expected = match &names[..] {
            [] => "something else".to_owned(),
            [one] => (*one).to_owned(),
            [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
        };
        let message = format!("{} is {}, and has to be {expected}", self.name(), node.describe());
        let help = match (&self.keys[..], node.as_text()) {
            ([Step::Key("services"), Step::Key(service)], _) => {
                format!("write what `{service}` runs below it: `image:` or `build:`")
            }
            (_, Some(text)) if of.takes_text() && !text.is_empty() => {
                format!("put it in quotes: `\"{text}\"`")
            }
            _ if node.is_null() => "write its value, or remove the key".to_owned(),
            ([.., Step::Item(_)], None) if node.as_sequence().is_some() && node.alias.is_some() => {
                "YAML cannot put one list into another: repeat its items here, each with a `-` of its own"
                    .to_owned()
            }
            _ => format!("write {expected}"),
        };
        let span = key.filter(|_| node.is_null()).unwrap_or(node.place());
        self.resolver.report_on(node, Problem::new(Fault::WrongType, span, message).help(help));
    }

    fn unknown_key(&mut self, key: &str, span: Span, fields: &'static Fields) {
        let place = if self.keys.is_empty() { "a compose file".to_owned() } else { self.name() };
        let version = self.resolver.version();
        let known: Vec<&str> = fields.keys_in(version).map(|key| key.name).collect();
        let extension = "a key of your own begins with `x-`";
        let help = match nearest(key, known.iter().copied()) {
            _ if other_versions(fields, key).is_some() => {
                "remove it, or have the project read as one of these versions".to_owned()
            }
            Some(meant) => format!("did you mean `{meant}`? {extension}"),
            None if known.len() > 12 || known.is_empty() => format!("remove it; {extension}"),
            None => format!("there is {}; {extension}", enumerate(&known)),
        };
        let message = match other_versions(fields, key) {
            Some(others) => format!("{place} has a key `{key}` {others}, and is read as {version} here"),
            None => format!("{place} has no key `{key}`"),
        };
        self.resolver.report(Problem::new(Fault::UnknownKey, span, message).help(help));
    }

    /// The place in words: `services.web.ports`.
    fn name(&self) -> String {
        let keys: Vec<String> = self
            .keys
            .iter()
            .map(|step| match step {
                Step::Key(key) => (*key).to_owned(),
                Step::Item(at) => at.to_string(),
            })
            .collect();
        if keys.is_empty() { "the file".to_owned() } else { format!("`{}`", keys.join(".")) }
    }
}

/// The versions that have a key, for a message, where some do.
fn other_versions(fields: &Fields, key: &str) -> Option<String> {
    let versions: Vec<Version> = fields.versions_with(key).collect();
    let (first, last) = (versions.first()?, versions.last()?);
    Some(match *last == Version::NEWEST {
        true => format!("since Docker Compose {first}"),
        false => format!("up to Docker Compose {last}"),
    })
}

/// Whether a value has the type of a form. A date has none: no key takes one.
fn fits(form: &Form, node: &Node) -> bool {
    match (form, &node.kind) {
        (Form::List(_), Kind::Sequence(_)) | (Form::Mapping(_) | Form::Container(_), Kind::Mapping(_)) => {
            true
        }
        (_, Kind::Scalar(_)) => match node.resolved() {
            Some(Resolved::Null) => matches!(form, Form::Null),
            Some(Resolved::Bool(_)) => matches!(form, Form::Boolean),
            Some(Resolved::Text) => matches!(form, Form::Text(_)),
            Some(Resolved::Integer(_) | Resolved::Unsigned(_)) => {
                matches!(form, Form::Number | Form::Whole(..))
            }
            // Numbers that JSON lacks are numbers all the same.
            Some(Resolved::Float(value)) => match form {
                Form::Number => true,
                Form::Whole(..) => !value.is_finite() || value.fract() == 0.0,
                _ => false,
            },
            Some(Resolved::Timestamp) | None => false,
        },
        _ => false,
    }
}

/// The item of a list that stands there a second time.
fn repeated(items: &[Node]) -> Option<&Node> {
    if items.len() < 2 {
        return None;
    }
    let mut seen = HashSet::new();
    items.iter().find(|item| !seen.insert(item.identity()))
}
