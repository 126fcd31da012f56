//! Where the parts of a rendered file come from.

use std::sync::Arc;

use crate::plan::UsedTemplate;
use compose_reader::source::Span;

/// Where a file comes from, from one byte on up to that of the next origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The byte.
    pub start: usize,
    /// What it comes from, as far as that is known.
    pub cause: Option<Cause>,
}

/// What a part of a rendered file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is written there.
    Written(Span),
    /// A template says it.
    Template(Arc<UsedTemplate>),
    /// It is made for the service that is named there.
    Made(Span),
}
