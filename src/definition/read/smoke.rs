//! Checks of one's own, by name.

use std::time::Duration;

use indexmap::IndexMap;

use super::Reader;
use crate::definition::keys::SMOKE_KEYS;
use crate::definition::{SMOKE_DEADLINE, SmokeCheck, SmokeQuestion};
use compose_reader::diagnostic::Diagnostic;
use compose_reader::values;
use compose_reader::yaml::{Kind, Node};

const EXAMPLE: &str = "write each check below its name: `smoke: { orders answer: /api/orders/ }`";

/// Reads the checks that a template brings.
pub fn smoke_checks(node: &Node) -> (IndexMap<String, Option<SmokeCheck>>, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let checks = reader.smoke(node);
    (checks, reader.diagnostics)
}

impl Reader {
    /// The checks by name; `none` takes one back that a weaker layer has.
    pub(super) fn smoke(&mut self, node: &Node) -> IndexMap<String, Option<SmokeCheck>> {
        let mut checks = IndexMap::new();
        for (name, entry) in self.entries(node, "`smoke`", EXAMPLE).unwrap_or_default() {
            let what = format!("the check `{name}`");
            if name.is_empty() || name.contains(char::is_control) {
                let message = "a check has a name in one line".to_owned();
                self.wrong_value(entry.key.span, message, EXAMPLE);
                continue;
            }
            if entry.value.as_text() == Some("none") {
                checks.insert(name.to_owned(), None);
            } else if let Some((question, contains, deadline)) = self.smoke_check(&entry.value, &what) {
                let deadline = deadline.unwrap_or(SMOKE_DEADLINE);
                let check = SmokeCheck { span: entry.key.span, question, contains, deadline };
                checks.insert(name.to_owned(), Some(check));
            }
        }
        checks
    }

    fn smoke_check(
        &mut self,
        node: &Node,
        what: &str,
    ) -> Option<(SmokeQuestion, Option<String>, Option<Duration>)> {
        let Some(mapping) = node.as_mapping() else {
            let path = self.text(node, what)?;
            if !path.starts_with('/') {
                let message = format!("`{}` is no path", path.value);
                self.wrong_value(
                    path.span,
                    message,
                    "write a path, `{ http: /path }` or `{ command: [...] }`",
                );
                return None;
            }
            return Some((
                SmokeQuestion::Http { path: path.value, endpoint: None, status: None },
                None,
                None,
            ));
        };
        let (mut http, mut command, mut endpoint, mut status) = (None, None, None, None);
        let (mut contains, mut deadline) = (None, None);
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "http" => http = self.http_path(value),
                "command" => match &value.kind {
                    Kind::Mapping(_) => {
                        let help = "write the command: `command: [python, -m, tests.smoke]`";
                        self.wrong_type(value, "`command`", "a list or text", help);
                    }
                    _ => command = Some(value.clone()),
                },
                "endpoint" => endpoint = self.text(value, "`endpoint`"),
                "status" => status = self.status(value),
                "contains" => contains = self.text(value, "`contains`").map(|text| text.value),
                "deadline" => deadline = self.deadline(value),
                unknown => self.unknown_key(entry, unknown, what, &SMOKE_KEYS),
            }
        }
        let is_asked = ["http", "command"].map(|key| mapping.contains_key(key));
        let question = match (http, command) {
            (Some(path), None) if !is_asked[1] => SmokeQuestion::Http { path, endpoint, status },
            (None, Some(command)) if !is_asked[0] => {
                if let Some((key, entry)) =
                    mapping.iter().find(|(key, _)| ["endpoint", "status"].contains(&&***key))
                {
                    let message = format!("`{key}` says something of `http`, and {what} runs a command");
                    self.wrong_value(entry.key.span, message, "remove it");
                }
                SmokeQuestion::Command(command)
            }
            _ => {
                // One that cannot be read is said already.
                if is_asked[0] == is_asked[1] {
                    let message = format!("{what} asks one thing: `http` or `command`");
                    self.wrong_value(
                        node.span,
                        message,
                        "keep one, for example `{ http: /api/orders/, status: 200 }`",
                    );
                }
                return None;
            }
        };
        Some((question, contains, deadline))
    }

    /// A path of HTTP.
    fn http_path(&mut self, node: &Node) -> Option<String> {
        let path = self.text(node, "`http`")?;
        if path.starts_with('/') && !path.contains(' ') {
            return Some(path.value);
        }
        let message = format!("`{}` is no path", path.value);
        let help = "a path begins with `/`, and has `%20` for a space: `/api/orders/`; which port is asked, `endpoint` says";
        self.wrong_value(path.span, message, help);
        None
    }

    fn deadline(&mut self, node: &Node) -> Option<Duration> {
        let read = node.as_text().and_then(|text| text.parse::<values::Duration>().ok());
        let nanoseconds = read.and_then(|duration| u64::try_from(duration.0).ok()).filter(|count| *count > 0);
        if nanoseconds.is_none() {
            let help = "write a number with its unit: `30s`, `2m`";
            self.wrong_type(node, "`deadline`", "a duration", help);
        }
        nanoseconds.map(Duration::from_nanos)
    }
}
