//! How a template says that it cannot do what it is asked for.

use minijinja::value::Rest;
use minijinja::{Error, ErrorKind, Value};

/// What a template refuses by itself.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
    /// The keys of `with` that it is about.
    pub(super) path: Vec<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(formatter, ": {help}"))
    }
}

impl std::error::Error for Refusal {}

/// What a template has refused, if that is why it failed.
pub(super) fn refusal(error: &Error) -> Option<&Refusal> {
    std::error::Error::source(error)?.downcast_ref()
}

/// `error("…", "routes", prefix)`: the template cannot do what it is asked for, at these keys of `with`. What follows the
/// first line of the text is help.
pub(super) fn refuse(text: String, path: Rest<String>) -> Result<Value, Error> {
    let (message, help) = text.split_once('\n').map_or((&*text, None), |(text, help)| (text, Some(help)));
    let help = help.map(str::to_owned);
    let refusal = Refusal { message: message.to_owned(), help, path: path.to_vec() };
    Err(Error::new(ErrorKind::InvalidOperation, "refused by the template").with_source(refusal))
}
