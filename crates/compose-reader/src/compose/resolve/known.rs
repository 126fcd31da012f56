//! What was read once, and is not read again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use crate::compose::environment::Environment;

/// What came of reading something, which may be another thing with other variables.
pub(super) struct Known<K, V>(HashMap<K, Vec<(Arc<Environment>, V)>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash, V> Known<K, V> {
    /// What came of it with these variables.
    pub(super) fn get(&self, key: &K, environment: &Arc<Environment>) -> Option<&V> {
        let readings = self.0.get(key)?;
        // Variables from the same place are the same ones, which tells most quickly.
        let is_same = |known: &Arc<Environment>| Arc::ptr_eq(known, environment) || known == environment;
        readings.iter().find(|(known, _)| is_same(known)).map(|(_, value)| value)
    }

    /// Keeps what came of it.
    pub(super) fn insert(&mut self, key: K, environment: &Arc<Environment>, value: V) {
        self.0.entry(key).or_default().push((Arc::clone(environment), value));
    }
}
