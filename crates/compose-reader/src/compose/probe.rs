//! The health check of a service: what is run, and how often.
//!
//! Source: the compose specification, "healthcheck", and moby's `daemon/health.go`.

use super::text::Text;
use crate::dockerfile::Check;
use crate::interpolation::escape;
use crate::source::{Sources, Span};
use crate::values::{Duration, HealthTest, TestForm, Written};
use crate::yaml::Node;

/// A health check, of the compose file or of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The key `healthcheck`, or the word `HEALTHCHECK`.
    pub key: Span,
    /// The test.
    pub span: Span,
    /// How it is run.
    pub form: TestForm,
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
        let written = node.get("test")?;
        let test = HealthTest::of(written)?;
        let text = |node: &Node| Some(Text::new(sources, node.span, node.as_text()?));
        let timing = |key: &str| {
            let text = text(node.get(key)?)?;
            Some(text.parsed())
        };
        Some(Self {
            key,
            span: written.span,
            form: test.form,
            head: test.head.and_then(text),
            words: test.words.iter().filter_map(text).collect(),
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
            form: if check.is_shell { TestForm::Shell } else { TestForm::Program },
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
    use super::Probe;
    use crate::source::Sources;
    use crate::values::TestForm;
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
            ("curl -f x", TestForm::Shell, 1),
            ("[CMD-SHELL, curl -f x]", TestForm::Shell, 1),
            ("[CMD, curl, -f, x]", TestForm::Program, 3),
            ("[curl, -f, x]", TestForm::Invalid, 2),
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
