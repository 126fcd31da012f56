//! What people mean by the names of variables and services.

/// Each word of a command, or what else there is a list of, with those behind it.
pub(super) fn with_rest<T>(mut words: &[T]) -> impl Iterator<Item = (&T, &[T])> {
    std::iter::from_fn(move || words.split_off_first().map(|word| (word, words)))
}

/// The words of a name, in lower case: `REDIS_HOST`, `redis.host` and `redisHost` are `redis`, `host`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for next in name.chars() {
        if !next.is_alphanumeric() || next.is_uppercase() && was_lower {
            words.push(String::new());
        }
        if next.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(next.to_lowercase());
        }
        was_lower = next.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}
