//! One question by HTTP, asked with curl, which is on every machine, knows its certificates and its proxies, and is kept up to
//! date with it.

use std::io;
use std::time::{Duration, Instant};

use crate::cli::program;

/// How often a question is asked that is not answered for the moment.
const ATTEMPTS: u32 = 4;

/// A question.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) url: String,
    /// The types that are understood.
    pub(super) accept: &'static str,
    /// Whether only the head of the answer is wanted.
    pub(super) is_head: bool,
    /// What shows that one may ask.
    pub(super) token: Option<String>,
    /// Whether the server is on this machine, where there need be no TLS.
    pub(super) is_local: bool,
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    /// Names in small letters, with their values.
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nobody has answered.
    Unreachable(String),
    /// What came is no HTTP.
    Garbled,
}

impl Response {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last answer of those that curl prints one behind the other when it is sent on.
    fn read(text: &str) -> Option<Self> {
        let text = text.replace("\r\n", "\n");
        let mut rest = &*text;
        loop {
            let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
            let mut lines = head.lines();
            let status = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
            if body.starts_with("HTTP/") && !(200..300).contains(&status) {
                rest = body;
                continue;
            }
            let headers = lines.filter_map(|line| line.split_once(':'));
            let headers = headers.map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()));
            return Some(Self { status, headers: headers.collect(), body: body.to_owned() });
        }
    }

    /// How long to wait before asking again, where the server can only not answer for the moment.
    fn pause(&self, attempt: u32) -> Option<Duration> {
        if !matches!(self.status, 429 | 502 | 503 | 504) {
            return None;
        }
        let said = self.header("retry-after").and_then(|seconds| seconds.parse().ok());
        Some(Duration::from_secs(said.unwrap_or(1 << attempt)))
    }
}

/// Asks, and asks again where a server is busy, until a moment.
///
/// # Errors
///
/// Why curl cannot be run; inside, why there is no answer.
pub(super) fn send(request: &Request, until: Instant) -> io::Result<Result<Response, Failure>> {
    let mut attempt = 0;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        // curl ends by itself first, and says why.
        let ended = program::curl(&settings(request, left), left + Duration::from_secs(1))?;
        if !ended.is_success() {
            let said = String::from_utf8_lossy(&ended.stderr);
            let said = said.trim();
            // `curl: (6) Could not resolve host: registry.example.org`
            let why = said.split_once(") ").map_or(said, |(_, why)| why);
            let why = if why.is_empty() { "it gives no answer" } else { why };
            return Ok(Err(Failure::Unreachable(why.lines().next().unwrap_or_default().to_owned())));
        }
        let Some(response) = Response::read(&String::from_utf8_lossy(&ended.stdout)) else {
            return Ok(Err(Failure::Garbled));
        };
        attempt += 1;
        let left = until.saturating_duration_since(Instant::now());
        match response.pause(attempt - 1).filter(|pause| attempt < ATTEMPTS && *pause < left) {
            Some(pause) => std::thread::sleep(pause),
            None => return Ok(Ok(response)),
        }
    }
}

/// The settings of curl for a question: nothing but HTTP, no file, and no more than fits into the time.
fn settings(request: &Request, left: Duration) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let protocols = if request.is_local { "=http,https" } else { "=https" };
    let mut lines: Vec<String> = [
        "silent",
        "show-error",
        "globoff",
        "http1.1",
        "suppress-connect-headers",
        "location",
        "max-redirs = 5",
        "max-filesize = 1048576",
        "limit-rate = 1M",
    ]
    .map(str::to_owned)
    .into();
    lines.push(if request.is_head { "head" } else { "include" }.to_owned());
    lines.push(format!("proto = {}", quoted(protocols)));
    lines.push(format!("max-time = {:.3}", left.as_secs_f64().max(0.001)));
    lines.push(format!("user-agent = {}", quoted(concat!("stackgen/", env!("CARGO_PKG_VERSION")))));
    lines.push(format!("header = {}", quoted(&format!("Accept: {}", request.accept))));
    if let Some(token) = &request.token {
        lines.push(format!("header = {}", quoted(&format!("Authorization: Bearer {token}"))));
    }
    lines.push(format!("url = {}", quoted(&request.url)));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::Response;

    #[test]
    fn the_last_answer_counts() {
        let text = "HTTP/1.1 307 Temporary Redirect\r\nLocation: https://b.example/\r\n\r\n\
                    HTTP/2 200 \r\nDocker-Content-Digest:  sha256:00 \r\n\r\n{}";
        let response = Response::read(text).expect("an answer");
        assert_eq!((response.status, response.header("docker-content-digest")), (200, Some("sha256:00")));
        assert_eq!(response.body, "{}");
        assert!(Response::read("").is_none() && Response::read("HTTP/1.1 no").is_none());
        assert!(Response::read("HTTP/1.1 100 Continue\r\n\r\n").is_some_and(|it| it.status == 100));
    }

    #[test]
    fn a_busy_server_is_given_time() {
        let pause = |text: &str| Response::read(text).and_then(|it| it.pause(1)).map(|pause| pause.as_secs());
        assert_eq!(pause("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n\r\n"), Some(7));
        assert_eq!(pause("HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n"), Some(2));
        assert_eq!(pause("HTTP/1.1 404 Not Found\r\nRetry-After: 7\r\n\r\n"), None);
    }
}
