//! Where a value stands in a project: `services.web.ports.[]`.

/// A key, and the keys above it. Items of a list are `[]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'p> {
    above: Option<&'p Path<'p>>,
    key: &'p str,
}

/// The deepest place that anything is decided by.
const DEEPEST: usize = 8;

impl<'p> Path<'p> {
    pub(super) const ITEM: &'static str = "[]";

    pub(super) fn root(key: &'p str) -> Self {
        Self { above: None, key }
    }

    pub(super) fn child(&'p self, key: &'p str) -> Self {
        Self { above: Some(self), key }
    }

    /// The keys from the top, or none if they are more than anything is decided by.
    pub(super) fn with_keys<T>(&self, decide: impl FnOnce(&[&str]) -> T) -> T {
        let mut keys = [""; DEEPEST];
        let mut depth = 0;
        let mut next = Some(self);
        while let Some(path) = next {
            if depth == DEEPEST {
                return decide(&[]);
            }
            depth += 1;
            keys[DEEPEST - depth] = path.key;
            next = path.above;
        }
        decide(&keys[DEEPEST - depth..])
    }
}
