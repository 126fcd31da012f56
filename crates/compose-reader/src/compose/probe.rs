//! The health check of a service: what is run, and how often.
//!
//! Source: the compose specification, "healthcheck", and moby's `daemon/health.go`.

use super::text::Text;
use crate::dockerfile::Check;
use crate::interpolation::escape;
use crate::source::{Sources, Span};
use crate::yaml::Node;

/// How a test is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By the shell of the image: a text, or `CMD-SHELL` and a text.
    Shell,
    /// As it is: `CMD`, a program and its arguments.
    Program,
    /// Not at all: a list that begins with neither.
    Invalid,
}

/// A duration, with the place where it is written.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// The value.
    pub span: Span,
    /// How long it is.
    pub seconds: f64,
}

/// A health check, of the compose file or of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The key `healthcheck`, or the word `HEALTHCHECK`.
    pub key: Span,
    /// The test.
    pub span: Span,
    /// How it is run.
    pub form: Form,
    /// The word that says so, where there is one.
    pub head: Option<Text>,
    /// A script, or a program and its arguments.
    pub words: Vec<Text>,
    /// How long to wait between two tests.
    pub interval: Option<Timing>,
    /// How long the service may fail before it counts.
    pub start_period: Option<Timing>,
    /// How long to wait between two tests in that time.
    pub start_interval: Option<Timing>,
    /// How many failures in a row make the service unhealthy.
    pub retries: Option<u32>,
}

impl Probe {
    /// Reads a `healthcheck` that has a test, and is not switched off.
    pub(super) fn read(sources: &Sources, key: Span, node: &Node) -> Option<Self> {
        let test = node.get("test").filter(|test| !test.is_null())?;
        let text = |node: &Node| Some(Text::new(sources, node.span, node.as_text()?));
        let mut words: Vec<Text> = match test.as_sequence() {
            Some(items) => items.iter().filter_map(text).collect(),
            None => text(test).into_iter().collect(),
        };
        let head = test.as_sequence().filter(|_| !words.is_empty()).map(|_| words.remove(0));
        let form = match head.as_ref().map(Text::raw) {
            None | Some("CMD-SHELL") => Form::Shell,
            Some("CMD") => Form::Program,
            Some(_) => Form::Invalid,
        };
        let timing = |key: &str| {
            let text = text(node.get(key)?)?;
            Some(Timing { span: text.span, seconds: seconds(&text.value()?)? })
        };
        Some(Self {
            key,
            span: test.span,
            form,
            head,
            words,
            interval: timing("interval"),
            start_period: timing("start_period"),
            start_interval: timing("start_interval"),
            retries: node.get("retries").and_then(text).and_then(|text| text.value()?.parse().ok()),
        })
    }
}

impl Probe {
    /// The health check of a Dockerfile, in which no variable is Compose's.
    pub(super) fn of_image(sources: &Sources, check: &Check) -> Self {
        let text = |(word, span): &(String, Span)| Text::new(sources, *span, &escape(word));
        let option = |name: &str| check.options.iter().find(|(option, _, _)| option == name);
        let timing = |name: &str| {
            let (_, value, span) = option(name)?;
            Some(Timing { span: *span, seconds: seconds(value)? })
        };
        Self {
            key: check.key,
            span: check.span,
            form: if check.is_shell { Form::Shell } else { Form::Program },
            head: None,
            words: check.words.iter().map(text).collect(),
            interval: timing("interval"),
            start_period: timing("start-period"),
            start_interval: timing("start-interval"),
            retries: option("retries").and_then(|(_, value, _)| value.parse().ok()),
        }
    }
}

/// A duration as Go writes it: `1m30s`, `500ms`, `1.5h`.
fn seconds(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|next: char| !next.is_ascii_digit() && next != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|next: char| next.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    (!text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{Form, Probe, seconds};
    use crate::source::Sources;
    use crate::yaml::parse;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("5s", Some(5.0)),
            ("1m30s", Some(90.0)),
            ("1.5h", Some(5400.0)),
            ("500ms", Some(0.5)),
            ("5", None),
            ("s", None),
            ("", None),
            ("5 s", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn each_form_of_a_test_is_known() {
        for (test, form, words) in [
            ("curl -f x", Form::Shell, 1),
            ("[CMD-SHELL, curl -f x]", Form::Shell, 1),
            ("[CMD, curl, -f, x]", Form::Program, 3),
            ("[curl, -f, x]", Form::Invalid, 2),
        ] {
            let text = format!("healthcheck: {{test: {test}, interval: 5s, retries: '3'}}");
            let mut sources = Sources::new();
            let id = sources.add("test.yaml", text.as_str());
            let body = parse(id, &text).expect("valid YAML").documents.remove(0);
            let entry = body.entry("healthcheck").expect("there");
            let probe = Probe::read(&sources, entry.key.span, &entry.value).expect("a probe");
            assert_eq!((probe.form, probe.words.len(), probe.retries), (form, words, Some(3)), "{test}");
            assert_eq!(probe.interval.map(|timing| timing.seconds), Some(5.0));
        }
    }
}
