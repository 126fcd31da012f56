//! The `.env` of a stack, whose values are never shown.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::cli::disk::{Access, Attributes, Change};
use crate::cli::error::CliError;
use crate::cli::{display, stack};
use crate::fault::Fault;
use crate::plan::{PATH_PLACEHOLDER, PLACEHOLDER, PlannedSecret, UsedVariable};
use crate::quote::{comment, is_userinfo};
use compose_reader::diagnostic::{Diagnostic, Severity, nearest};
use compose_reader::dotenv::{quoted, variables};
use compose_reader::source::Span;

/// The name of the file.
const NAME: &str = ".env";
/// What stands in place of a value that is shown.
const MASK: &str = "***";
/// A secret shorter than this can be guessed.
const SHORT: usize = 12;
/// Secrets that anybody tries first.
const COMMON: [&str; 23] = [
    "123456",
    "12345678",
    "123456789",
    "admin",
    "admin123",
    "administrator",
    "changeme",
    "default",
    "development",
    "guest",
    "minioadmin",
    "mongo",
    "mysql",
    "pass",
    "passw0rd",
    "password",
    "postgres",
    "qwerty",
    "redis",
    "root",
    "secret",
    "test",
    "toor",
];

/// A `.env` as it lies beside `stack.yaml`.
pub(in crate::cli) struct EnvFile {
    path: PathBuf,
    /// What it holds; `None` if it is not there.
    text: Option<String>,
    /// What else it is, if it is there.
    pub(in crate::cli) attributes: Option<Attributes>,
    /// The value of each variable, and where it is set in the text that may be shown.
    values: IndexMap<String, (String, Span)>,
}

impl EnvFile {
    /// The file of a folder, empty if there is none; `sources` gets it without its values.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    pub(in crate::cli) fn open(opened: &mut stack::Opened) -> Result<Self, CliError> {
        let path = stack::place(&opened.folder, NAME);
        let found = opened.files.text_if_there(&path)?;
        let attributes = opened.files.attributes(&path);
        let text = found.as_deref().unwrap_or_default();
        let mut masked = String::new();
        let mut places = Vec::new();
        for variable in variables(text) {
            let line = text[..variable.place.start].matches('\n').count();
            let behind = masked.matches('\n').count();
            masked.extend(std::iter::repeat_n('\n', line.saturating_sub(behind)));
            let start = masked.len();
            let mask = if variable.value.is_empty() { "" } else { MASK };
            masked.push_str(&format!("{}={mask}", variable.name));
            places.push((variable.name.to_owned(), variable.value, start..masked.len()));
        }
        let id = opened.sources.add(display(&path), masked);
        let place = |(name, value, range): (String, String, std::ops::Range<usize>)| {
            (name, (value, Span::new(id, range.start, range.end)))
        };
        let values = places.into_iter().map(place).collect();
        Ok(Self { path, text: found, attributes, values })
    }

    /// What a variable is set to.
    pub(in crate::cli) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str())
    }

    /// What a variable is set to, if somebody has filled it in.
    pub(in crate::cli) fn filled_in(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|value| !value.is_empty() && !is_placeholder(value))
    }

    /// Where a variable is set.
    pub(in crate::cli) fn span(&self, name: &str) -> Option<Span> {
        self.values.get(name).map(|(_, span)| *span)
    }

    /// The variables that it sets, with their places.
    pub(in crate::cli) fn names(&self) -> impl Iterator<Item = (&str, Span)> {
        self.values.iter().map(|(name, (_, span))| (name.as_str(), *span))
    }

    /// The file with variables set that nobody has filled in, each with what it is for.
    pub(in crate::cli) fn filled(&self, filled: &[(&str, &str, &str)], access: Access) -> Change {
        let mut text = self.text.clone().unwrap_or_default();
        for (name, value, description) in filled {
            let mut written = variables(&text).into_iter().filter(|variable| variable.name == *name);
            match written.next_back().map(|variable| variable.written) {
                Some(range) => text.replace_range(range, &quoted(value)),
                None => {
                    if !text.is_empty() {
                        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
                    }
                    text.push_str(&format!(
                        "{}{name}={}\n",
                        comment(&format!("{description}.")),
                        quoted(value)
                    ));
                }
            }
        }
        let before = self.text.as_ref().map(String::as_bytes);
        Change::write(&self.path, text).over(before).access(access)
    }

    /// What is wrong with the value of a variable that compose files ask for, which may be a secret.
    pub(in crate::cli) fn judge(
        &self,
        name: &str,
        variable: &UsedVariable,
        secret: Option<&PlannedSecret>,
    ) -> Option<Diagnostic> {
        let Some((value, span)) = self.values.get(name) else { return self.missing(name, variable, secret) };
        let users: Vec<&str> = variable.services.iter().map(String::as_str).collect();
        let used = format!("for {}", users.join(", "));
        if value.is_empty() {
            let empty = Fault::EmptyVariable.at(*span, format!("{name} is empty")).label(used);
            return variable.required.then(|| empty.help(to_do(name, secret)));
        }
        if is_placeholder(value) {
            let message = format!("{name} still is what .env.example holds in its place");
            return Some(Fault::Placeholder.at(*span, message).label(used).help(to_do(name, secret)));
        }
        if variable.in_userinfo && !is_userinfo(value) {
            let message = format!("{name} has a character that ends the part of the URL that it stands in");
            let help = match variable.elsewhere {
                false => "percent-encode the value: `%40` for `@`, `%2F` for `/`, `%3A` for `:`",
                true => "take a value of letters and digits, as it stands in a URL and bare elsewhere",
            };
            return Some(Fault::BrokenUrl.at(*span, message).label(used).help(help));
        }
        let weakness = weakness(value, &secret?.development)?;
        let help =
            "remove its line and run `stackgen secrets init`, and change it wherever it is in use already";
        Some(Fault::WeakSecret.at(*span, format!("{name} {weakness}")).help(help))
    }

    /// That a variable is not set, neither here nor on the machine.
    fn missing(&self, name: &str, used: &UsedVariable, secret: Option<&PlannedSecret>) -> Option<Diagnostic> {
        let is_set = std::env::var_os(name).is_some() || used.default.is_some();
        let place = secret.map(|secret| secret.span).or(used.span).filter(|_| !is_set)?;
        let message = format!("`{}` does not set {name}, which this asks for", display(&self.path));
        let severity = if used.required { Severity::Error } else { Severity::Warning };
        let missing = Fault::MissingVariable.at(place, message);
        Some(missing.severity(severity).help(to_do(name, secret)))
    }

    /// Says that a variable is set and that nothing asks for it.
    pub(in crate::cli) fn unused<'a>(
        name: &str,
        span: Span,
        used: impl Iterator<Item = &'a str>,
    ) -> Diagnostic {
        let message = format!("nothing asks for {name}");
        let help = match nearest(name, used) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "remove it".to_owned(),
        };
        Fault::UnusedVariable.at(span, message).severity(Severity::Warning).help(help)
    }
}

/// Whether a value is what `.env.example` holds in the place of one.
fn is_placeholder(value: &str) -> bool {
    [PLACEHOLDER, PATH_PLACEHOLDER].contains(&value)
}

/// How a variable gets its value.
fn to_do(name: &str, secret: Option<&PlannedSecret>) -> String {
    match secret {
        Some(secret) if secret.is_made_up() => "`stackgen secrets init` makes it up".to_owned(),
        Some(secret) => format!("write `{name}=...`. It is: {}", secret.description),
        None => format!("write `{name}=...`"),
    }
}

/// Why a secret can be guessed, in the words that follow its name; `development` is the value that it has there.
pub(in crate::cli) fn weakness(value: &str, development: &str) -> Option<String> {
    let lower = value.to_lowercase();
    let length = value.chars().count();
    let mut different: Vec<char> = value.chars().collect();
    different.sort_unstable();
    different.dedup();
    if development == value {
        Some("has its value of development, which everybody knows".to_owned())
    } else if value == PLACEHOLDER || COMMON.contains(&&*lower) {
        Some("is one of the first words that anybody tries".to_owned())
    } else if length < SHORT {
        Some(format!("has {length} characters, and can be guessed"))
    } else if different.len() < 5 {
        Some(format!("has only {} different characters, and can be guessed", different.len()))
    } else {
        None
    }
}
