//! Probes and metrics.

use super::Reader;
use crate::definition::keys::{HEALTH_KEYS, METRICS_KEYS, TIMING_KEYS};
use crate::definition::{Health, Metrics, Probe};
use crate::fault::Fault;
use compose_reader::values::Duration;
use compose_reader::yaml::{Kind, Mapping, Node};

impl Reader {
    pub(super) fn health(&mut self, node: &Node) -> Option<Health> {
        let health = |probe, timings| Some(Health { span: node.span, probe, timings });
        let Some(mapping) = node.as_mapping() else {
            let text = self.text(node, "`health`")?;
            match &*text.value {
                "none" => return health(Probe::None, None),
                "image" => return health(Probe::Image, None),
                _ => {}
            }
            if text.starts_with('/') {
                return health(Probe::Http { path: text, endpoint: None, status: None }, None);
            }
            let message = format!("`{}` is no way to probe", text.value);
            let help =
                "write a path (`/health`), `{ tcp: endpoint }`, `{ command: [...] }`, `image` or `none`";
            self.wrong_value(text.span, message, help);
            return None;
        };
        let mut timings = Mapping::default();
        let (mut http, mut tcp, mut command, mut endpoint, mut status) = (None, None, None, None, None);
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "http" => http = self.text(value, "`http`"),
                "tcp" => tcp = self.text(value, "`tcp`"),
                "command" => match &value.kind {
                    Kind::Mapping(_) => {
                        let help = "write the command: `health: { command: [pg_isready, -q] }`";
                        self.wrong_type(value, "`command`", "a list or text", help);
                    }
                    _ => command = Some(value.clone()),
                },
                "endpoint" => endpoint = self.text(value, "`endpoint`"),
                "status" => status = self.status(value),
                timing if TIMING_KEYS.contains(&timing) => {
                    self.timing(timing, value);
                    timings.insert(key.clone(), entry.clone());
                }
                unknown => {
                    let known: Vec<&str> = HEALTH_KEYS.iter().chain(&TIMING_KEYS).copied().collect();
                    self.unknown_key(entry, unknown, "`health`", &known);
                }
            }
        }
        let timings = (!timings.is_empty()).then(|| Node::mapping(node.span, timings));
        let probe = match (http, tcp, command) {
            (Some(path), None, None) => {
                if !path.starts_with('/') {
                    let message = format!("`{}` is no path", path.value);
                    self.wrong_value(path.span, message, "a path begins with `/`: `/health`");
                }
                Probe::Http { path, endpoint, status }
            }
            (None, Some(endpoint), None) => Probe::Tcp { endpoint },
            (None, None, Some(command)) => Probe::Command(command),
            _ => {
                let message = "`health` asks one thing: `http`, `tcp` or `command`".to_owned();
                self.wrong_value(
                    node.span,
                    message,
                    "keep one, for example `{ http: /health, endpoint: http }`",
                );
                return None;
            }
        };
        health(probe, timings)
    }

    pub(super) fn status(&mut self, node: &Node) -> Option<u16> {
        match node.as_integer().and_then(|status| u16::try_from(status).ok()) {
            Some(code) if (100..=599).contains(&code) => return Some(code),
            Some(code) => {
                let message = format!("{code} is no HTTP status");
                self.wrong_value(node.span, message, "they go from 100 to 599");
            }
            None => self.wrong_type(node, "`status`", "an HTTP status", "write `status: 204`"),
        }
        None
    }

    pub(super) fn metrics(&mut self, node: &Node) -> Option<Metrics> {
        let mut metrics = Metrics {
            span: node.span,
            scraped: true,
            endpoint: None,
            path: None,
            interval: None,
            exports: Vec::new(),
        };
        let Some(mapping) = node.as_mapping() else {
            let text = self.text(node, "`metrics`")?;
            if text.value == "none" {
                metrics.scraped = false;
            } else if text.starts_with('/') {
                metrics.path = Some(text.value);
            } else {
                let message = format!("`{}` is no path", text.value);
                let help = "write a path (`/metrics`), `{ endpoint: http, path: /metrics }` or `none`; the port is \
                            what `listen` says";
                self.wrong_value(text.span, message, help);
                return None;
            }
            return Some(metrics);
        };
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "endpoint" => metrics.endpoint = self.text(value, "`endpoint`"),
                "path" => metrics.path = self.metrics_path(value),
                "interval" => metrics.interval = self.scrape_interval(value),
                "exports" => {
                    let items = self.one_or_many(value);
                    metrics.exports = items.iter().filter_map(|item| self.metric_name(item)).collect();
                }
                unknown => self.unknown_key(entry, unknown, "`metrics`", &METRICS_KEYS),
            }
        }
        Some(metrics)
    }

    fn metrics_path(&mut self, node: &Node) -> Option<String> {
        let path = self.text(node, "`path`")?;
        if path.starts_with('/') {
            return Some(path.value);
        }
        let message = format!("`{}` is no path", path.value);
        self.wrong_value(path.span, message, "a path begins with `/`: `/metrics`");
        None
    }

    /// Source: Prometheus, "Configuration", `<duration>`.
    fn scrape_interval(&mut self, node: &Node) -> Option<String> {
        let text = node.as_text().unwrap_or_default();
        let digits = text.trim_end_matches(|next: char| next.is_ascii_alphabetic());
        let is_count = digits.parse::<u32>().is_ok_and(|count| count > 0);
        if is_count && ["ms", "s", "m", "h"].contains(&&text[digits.len()..]) {
            return Some(text.to_owned());
        }
        let message = format!("`interval` is a duration, and this is {}", node.describe());
        let help = "write a whole number with its unit: `15s`, `1m`";
        self.push(Fault::WrongType.at(node.span, message).help(help));
        None
    }

    /// Source: Prometheus, "Data model".
    fn metric_name(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "the name of a metric")?;
        let is_part = |next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | ':');
        if name.chars().all(is_part) && !name.starts_with(|first: char| first.is_ascii_digit()) {
            return Some(name.value);
        }
        let message = format!("`{}` is no name of a metric", name.value);
        let help = "write letters, digits and `_`, without labels: `http_requests_total`";
        self.wrong_value(name.span, message, help);
        None
    }

    /// A timing of a probe, as Compose takes it: a variable may stand for either kind.
    fn timing(&mut self, name: &str, node: &Node) {
        let text = node.as_text().unwrap_or_default();
        if text.contains("${") || (name == "retries" && text.parse::<u32>().is_ok()) {
            return;
        }
        if name == "retries" {
            self.wrong_type(node, "`retries`", "a number", "write `retries: 10`");
        // Docker Compose takes a negative one, and the engine does not.
        } else if text.parse::<Duration>().ok().is_none_or(|duration| duration < Duration::default()) {
            let message = format!("`{name}` is a duration, and this is {}", node.describe());
            self.push(
                Fault::WrongType
                    .at(node.span, message)
                    .help("write a number with its unit: `500ms`, `10s`, `1m30s`"),
            );
        }
    }
}
