//! What every service gets in a mode, before its template and its own keys, which win.

use crate::definition::Mode;
use compose_reader::source::Span;
use compose_reader::yaml::{Node, Style};

/// The weakest layer of a service; `span` answers for it.
pub(super) fn layer(mode: Mode, job: bool, span: Span) -> Node {
    let text = |text: &str| Node::text(span, text);
    let mut pairs = Vec::new();
    if job {
        pairs.push(("restart", text("no")));
    }
    if mode == Mode::Production {
        if !job {
            pairs.push(("restart", text("unless-stopped")));
        }
        let options = [("max-size", text("10m")), ("max-file", text("3"))];
        let logging = [("driver", text("json-file")), ("options", Node::from_pairs(span, options))];
        pairs.push(("logging", Node::from_pairs(span, logging)));
        pairs.push(("security_opt", Node::sequence(span, vec![text("no-new-privileges:true")])));
    }
    Node::from_pairs(span, pairs)
}

/// Compose's timings of a probe whose template says nothing of them.
pub(super) fn timings(span: Span) -> Node {
    let text = |text: &str| Node::text(span, text);
    Node::from_pairs(
        span,
        [
            ("interval", text("10s")),
            ("timeout", text("5s")),
            ("retries", Node::scalar(span, "6", Style::Plain)),
            ("start_period", text("30s")),
            ("start_interval", text("2s")),
        ],
    )
}
