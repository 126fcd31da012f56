//! How a template says that it cannot do what it is asked for.

use minijinja::value::Rest;
use minijinja::{Error, ErrorKind, Value};

/// Marks an error that a template raises itself, whose text is meant for people as it is.
pub(super) const REFUSAL: &str = "refused: ";
/// Stands between the text of such an error and each key of its path.
pub(super) const SEPARATOR: char = '\u{1f}';

/// `error("…", "routes", prefix)`: the template cannot do what it is asked for, at these keys of `with`. What follows the
/// first line of the text is help.
pub(super) fn refuse(message: String, path: Rest<String>) -> Result<Value, Error> {
    let mut detail = format!("{REFUSAL}{message}");
    for key in path.iter() {
        detail.push(SEPARATOR);
        detail.push_str(key);
    }
    Err(Error::new(ErrorKind::InvalidOperation, detail))
}
