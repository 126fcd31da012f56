//! The tree that YAML text is read into.

use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::scalar::{Resolved, Style, resolve};
use crate::source::{Span, range};

/// A scalar: its text after unescaping, and how it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// The text, escapes resolved.
    pub text: Arc<str>,
    /// How it is written.
    pub style: Style,
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key as written.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// A mapping in the order it was written; a key that came in through `<<` stands last.
pub type Mapping = IndexMap<Arc<str>, Entry, RandomState>;

/// What a node is. Containers are shared, so that an alias never copies what it points to.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Text, number, boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Arc<Vec<Node>>),
    /// Keys and values.
    Mapping(Arc<Mapping>),
}

/// One step on the way of a value from where it is written to where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its variables were replaced.
    Expanded {
        /// The text as written.
        raw: Arc<str>,
        /// Variables that are not set: nothing stands in their place.
        unset: Vec<String>,
    },
    /// It took the place of the value that is written here.
    Over(Span),
    /// It was taken over by the `extends` that is written here.
    Extended(Span),
    /// It was brought in by the `include` that is written here.
    Included(Span),
    /// It was read from the `env_file` or `label_file` that is named here.
    FromFile(Span),
    /// Nobody wrote it: what is written here has it by default.
    Default,
}

/// The steps of a value, the last one first.
#[derive(Clone, Debug)]
pub struct History {
    /// The last step.
    pub step: Step,
    /// The steps before it.
    pub earlier: Option<Arc<History>>,
}

/// A value and the bytes where it is written.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the value is written; for an alias, where its anchor is.
    pub span: Span,
    /// Where the alias stands through which this value is used.
    pub alias: Option<Span>,
    /// The tag as written: `!reset`, `!override`, `!!str`.
    pub tag: Option<Arc<str>>,
    /// What has become of it since it was written.
    pub history: Option<Arc<History>>,
    /// The value.
    pub kind: Kind,
}

impl Node {
    /// A value that `span` is responsible for.
    pub fn new(span: Span, kind: Kind) -> Self {
        Self { span, alias: None, tag: None, history: None, kind }
    }

    /// A plain value that `span` is responsible for.
    pub fn text(span: Span, text: impl Into<Arc<str>>) -> Self {
        Self::scalar(span, text, Style::DoubleQuoted)
    }

    /// A scalar of the given style.
    pub fn scalar(span: Span, text: impl Into<Arc<str>>, style: Style) -> Self {
        Self::new(span, Kind::Scalar(Scalar { text: text.into(), style }))
    }

    /// Nothing, at `span`.
    pub fn null(span: Span) -> Self {
        Self::scalar(span, "", Style::Plain)
    }

    /// A list that `span` is responsible for.
    pub fn sequence(span: Span, items: Vec<Self>) -> Self {
        Self::new(span, Kind::Sequence(Arc::new(items)))
    }

    /// A mapping that `span` is responsible for.
    pub fn mapping(span: Span, mapping: Mapping) -> Self {
        Self::new(span, Kind::Mapping(Arc::new(mapping)))
    }

    /// A mapping of the given keys, each with its value's span.
    pub fn from_pairs<K: Into<Arc<str>>>(span: Span, pairs: impl IntoIterator<Item = (K, Self)>) -> Self {
        let pairs = pairs.into_iter();
        let mut mapping = Mapping::default();
        mapping.reserve(pairs.size_hint().0);
        for (key, value) in pairs {
            let key = key.into();
            mapping.insert(Arc::clone(&key), Entry { key: Self::text(value.span, key), value });
        }
        Self::mapping(span, mapping)
    }

    /// The number, if it is one; those that JSON lacks count as 0.
    pub fn number(&self) -> Option<f64> {
        match self.resolved()? {
            Resolved::Integer(value) => Some(value as f64),
            Resolved::Unsigned(value) => Some(value as f64),
            Resolved::Float(value) => Some(if value.is_finite() { value } else { 0.0 }),
            _ => None,
        }
    }

    /// A text that two values have in common if they are equal.
    pub fn identity(&self) -> String {
        let mut text = String::new();
        write_identity(self, &mut text);
        text
    }

    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar, whatever its type.
    pub fn as_text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| &*scalar.text)
    }

    /// The items, if it is a sequence.
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a mapping.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value under `key`, if it is a mapping that has one.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Key and value under `key`, if it is a mapping that has them.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.get(key)
    }

    /// The entries, to be changed; copied first where an alias shares them.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.kind {
            Kind::Mapping(mapping) => Some(Arc::make_mut(mapping)),
            _ => None,
        }
    }

    /// The items, to be changed; copied first where an alias shares them.
    pub fn as_sequence_mut(&mut self) -> Option<&mut Vec<Self>> {
        match &mut self.kind {
            Kind::Sequence(items) => Some(Arc::make_mut(items)),
            _ => None,
        }
    }

    /// The value under `key`, to be changed, if it is a mapping that has one.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_mapping_mut()?.get_mut(key).map(|entry| &mut entry.value)
    }

    /// Puts a value under a key that is written where the value is.
    pub fn set(&mut self, key: &str, value: Self) {
        let key: Arc<str> = Arc::from(key);
        if let Some(mapping) = self.as_mapping_mut() {
            match mapping.get_mut(&key) {
                Some(entry) => entry.value = value,
                None => {
                    let written = Self::text(value.span, Arc::clone(&key));
                    mapping.insert(key, Entry { key: written, value });
                }
            }
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        self.as_mapping_mut()?.shift_remove(key).map(|entry| entry.value)
    }

    /// Notes what has become of the value.
    pub fn note(&mut self, step: Step) {
        self.history = Some(Arc::new(History { step, earlier: self.history.take() }));
    }

    /// The value, noted as one that nobody wrote.
    #[must_use]
    pub fn by_default(mut self) -> Self {
        self.note(Step::Default);
        self
    }

    /// The steps of the value, the last one first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::successors(self.history.as_deref(), |history| history.earlier.as_deref())
            .map(|history| &history.step)
    }

    /// Whether an `extends` brought it in.
    pub fn is_extended(&self) -> bool {
        self.steps().any(|step| matches!(step, Step::Extended(_)))
    }

    /// The text with its variables, if it had some, and whether any of them is not set.
    pub fn expanded_from(&self) -> Option<(&Arc<str>, &[String])> {
        self.steps().find_map(|step| match step {
            Step::Expanded { raw, unset } => Some((raw, &**unset)),
            _ => None,
        })
    }

    /// Where the value is written here: the alias, or the value itself.
    pub fn place(&self) -> Span {
        self.alias.unwrap_or(self.span)
    }

    /// The value as Compose types it; `None` for a container.
    pub fn resolved(&self) -> Option<Resolved> {
        let scalar = self.as_scalar()?;
        Some(resolve(&scalar.text, scalar.style, self.tag.as_deref()))
    }

    /// Whether it is null: `~`, `null` or nothing at all.
    pub fn is_null(&self) -> bool {
        self.resolved() == Some(Resolved::Null)
    }

    /// The boolean, if Compose reads one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.resolved()? {
            Resolved::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if Compose reads one.
    pub fn as_integer(&self) -> Option<i64> {
        match self.resolved()? {
            Resolved::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// What it is, for a message: `a list`, `a number`.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
            Kind::Scalar(_) => match self.resolved() {
                Some(Resolved::Null) => "nothing",
                Some(Resolved::Bool(_)) => "a boolean",
                Some(Resolved::Integer(_) | Resolved::Unsigned(_) | Resolved::Float(_)) => "a number",
                Some(Resolved::Timestamp) => "a date",
                _ => "text",
            },
        }
    }
}

impl Node {
    /// The place of a part of a scalar's text; the whole scalar where escapes or folding move things.
    pub fn part(&self, range: std::ops::Range<usize>) -> Span {
        let Some(scalar) = self.as_scalar() else { return self.span };
        let quote = match scalar.style {
            Style::SingleQuoted | Style::DoubleQuoted => "'",
            Style::Plain => "",
            Style::Block => return self.span,
        };
        if self.span.len() != range::after(0, [quote, &scalar.text, quote]) {
            return self.span;
        }
        let range = range::shifted(&range, quote.len());
        self.span.part(range.start, range.end)
    }
}

impl PartialEq for Node {
    /// Equal values, wherever they are written.
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar(left), Kind::Scalar(right)) => {
                left.text == right.text && self.resolved() == other.resolved()
            }
            (Kind::Sequence(left), Kind::Sequence(right)) => Arc::ptr_eq(left, right) || left == right,
            (Kind::Mapping(left), Kind::Mapping(right)) => {
                Arc::ptr_eq(left, right)
                    || left.len() == right.len()
                        && left.iter().all(|(key, entry)| {
                            right.get(key).is_some_and(|other| other.value == entry.value)
                        })
            }
            _ => false,
        }
    }
}

fn write_identity(node: &Node, out: &mut String) {
    match &node.kind {
        Kind::Sequence(items) => {
            for item in items.iter() {
                out.push('[');
                write_identity(item, out);
            }
            out.push(']');
        }
        Kind::Mapping(mapping) => {
            let mut entries: Vec<_> = mapping.iter().collect();
            entries.sort_by(|left, right| left.0.cmp(right.0));
            for (key, entry) in entries {
                out.push_str(&format!("{{{}:{key}", key.len()));
                write_identity(&entry.value, out);
            }
            out.push('}');
        }
        Kind::Scalar(scalar) => match node.number() {
            Some(number) => out.push_str(&format!("#{number};")),
            None if node.resolved() == Some(Resolved::Text) => {
                out.push_str(&format!("{}:{}", scalar.text.len(), scalar.text));
            }
            None => out.push_str(&format!("{}={}", node.describe(), scalar.text.to_lowercase())),
        },
    }
}
