//! Values that can be written as YAML: what each is, and where it comes from.

use std::borrow::Cow;

use serde_yaml::{Number, Value};

use super::node::{Kind, Node};
use super::scalar::Resolved;
use crate::source::Span;

/// A value that can be written.
pub trait Emit: Sized {
    /// What it is.
    fn shape(&self) -> Shape<'_, Self>;

    /// The place that it comes from, if that is known.
    fn origin(&self) -> Option<Span>;
}

/// What a value is that is to be written.
#[derive(Debug)]
pub enum Shape<'v, T> {
    /// Nothing.
    Null,
    /// Text, quoted where it has to be.
    Text(&'v str),
    /// A number or a boolean, as it is written.
    Plain(String),
    /// A list.
    Sequence(&'v [T]),
    /// Keys, each with the place that it comes from, and values.
    Mapping(Vec<(Cow<'v, str>, Option<Span>, &'v T)>),
}

impl Emit for Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Null => Shape::Null,
            Self::String(text) => Shape::Text(text),
            Self::Sequence(items) => Shape::Sequence(items),
            Self::Mapping(mapping) => {
                let key = |key: &'_ Self| Cow::Owned(scalar_text(key));
                Shape::Mapping(mapping.iter().map(|(name, value)| (key(name), None, value)).collect())
            }
            scalar => Shape::Plain(scalar_text(scalar)),
        }
    }

    fn origin(&self) -> Option<Span> {
        None
    }
}

/// Typed as Compose types it; a date stays the text that it was written as.
impl Emit for Node {
    fn shape(&self) -> Shape<'_, Self> {
        match &self.kind {
            Kind::Scalar(scalar) => match self.resolved() {
                Some(Resolved::Null) => Shape::Null,
                Some(Resolved::Bool(value)) => Shape::Plain(value.to_string()),
                Some(Resolved::Integer(value)) => Shape::Plain(value.to_string()),
                Some(Resolved::Unsigned(value)) => Shape::Plain(value.to_string()),
                Some(Resolved::Float(value)) => Shape::Plain(Number::from(value).to_string()),
                _ => Shape::Text(&scalar.text),
            },
            Kind::Sequence(items) => Shape::Sequence(items),
            Kind::Mapping(mapping) => {
                let entries = mapping.iter();
                let entries =
                    entries.map(|(name, entry)| (Cow::Borrowed(&**name), Some(entry.key.span), &entry.value));
                Shape::Mapping(entries.collect())
            }
        }
    }

    fn origin(&self) -> Option<Span> {
        Some(self.span)
    }
}

/// A scalar as text; nothing for what is none.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => String::new(),
    }
}
