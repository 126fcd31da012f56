//! What `stackgen smoke` asks of a service besides its probe.

use std::time::Duration;

use compose_reader::source::Span;
use compose_reader::yaml::Node;

use super::spanned::Spanned;

/// How long a check is asked again until it passes, unless it says so.
pub const SMOKE_DEADLINE: Duration = Duration::from_secs(30);

/// A check of one's own.
#[derive(Clone, Debug)]
pub struct SmokeCheck {
    /// Where it is named.
    pub span: Span,
    /// What is asked.
    pub question: SmokeQuestion,
    /// A text that the answer has to hold.
    pub contains: Option<String>,
    /// How long it is asked again until it passes.
    pub deadline: Duration,
}

/// What a check asks.
#[derive(Clone, Debug)]
pub enum SmokeQuestion {
    /// An HTTP request to the port that an endpoint has on the host.
    Http {
        /// The path.
        path: String,
        /// The endpoint; the first unless given.
        endpoint: Option<Spanned<String>>,
        /// The status that is right; any from 200 to 399 unless given.
        status: Option<u16>,
    },
    /// A command inside the container, in the form of Compose's `healthcheck.test`.
    Command(Node),
}
