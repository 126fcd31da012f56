//! The health check of a service: what is run, and how often.
//!
//! Source: the compose specification, "healthcheck", and moby's `daemon/health.go`.

use super::text::Text;
use crate::dockerfile::Check;
use crate::interpolation::escape;
use crate::source::{Sources, Span};
use crate::values::{Duration, Written};
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
    pub interval: Option<Written<Duration>>,
    /// How long the service may fail before it counts.
    pub start_period: Option<Written<Duration>>,
    /// How long to wait between two tests in that time.
    pub start_interval: Option<Written<Duration>>,
    /// How many failures in a row make the service unhealthy.
    pub retries: Option<Written<u32>>,
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
            Some(text.parsed())
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
            retries: node.get("retries").and_then(text).map(|text| text.parsed()),
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
            Some(Written { span: *span, value: value.parsed() })
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
            retries: option("retries").map(|(_, value, span)| Written { span: *span, value: value.parsed() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Probe};
    use crate::source::Sources;
    use crate::yaml::parse;

    #[test]
    fn a_timing_that_a_variable_says_is_there_and_not_known() {
        let text =
            "healthcheck: {test: x, interval: '${INTERVAL}', start_period: '${START:-1d}', retries: x}";
        let mut sources = Sources::new();
        let id = sources.add("test.yaml", text);
        let body = parse(id, text).expect("valid YAML").documents.remove(0);
        let entry = body.entry("healthcheck").expect("there");
        let probe = Probe::read(&sources, entry.key.span, &entry.value).expect("a probe");
        assert!(probe.interval.is_some_and(|interval| interval.value.is_none()));
        assert!(probe.retries.is_some_and(|retries| retries.value.is_none()));
        let start_period = probe.start_period.and_then(|start_period| start_period.value);
        assert_eq!(start_period.map(|duration| duration.seconds()), Some(86_400.0));
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
            let retries = probe.retries.and_then(|retries| retries.value);
            assert_eq!((probe.form, probe.words.len(), retries), (form, words, Some(3)), "{test}");
            let interval = probe.interval.and_then(|interval| interval.value);
            assert_eq!(interval.map(|interval| interval.to_string()).as_deref(), Some("5s"));
        }
    }
}
