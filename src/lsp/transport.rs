//! Messages over a pair of pipes, each behind a header that says how long it is. What is no message is told, and passed over.
//!
//! Source: the Language Server Protocol 3.18, "Base Protocol".

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use lsp_server::{ErrorCode, Message, RequestId};
use serde::Serialize;
use serde_json::{Value, json};

/// Bytes of one message that are read at most.
const MOST_BYTES: u64 = 64 << 20;
/// Bytes of one line of a header that are read at most.
const MOST_BYTES_OF_A_LINE: u64 = 4 << 10;

/// What has come in.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something else, and why it is none.
    Garbage(ErrorCode, String),
}

/// The next message; `None` at the end.
pub(super) fn read(input: &mut dyn BufRead) -> io::Result<Option<Incoming>> {
    let mut length: Option<u64> = None;
    loop {
        let mut line = Vec::new();
        if (&mut *input).take(MOST_BYTES_OF_A_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            if length.is_some() {
                break;
            }
            continue;
        }
        match line.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
                if length.is_none() {
                    return Ok(Some(garbage(format!("`{value}` is no length of a message"))));
                }
            }
            Some((name, _)) if name.trim().eq_ignore_ascii_case("content-type") => {}
            _ => return Ok(Some(garbage("a line that is no header stands before a message".to_owned()))),
        }
    }
    let length = length.unwrap_or_default();
    if length > MOST_BYTES {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return Ok(Some(garbage(format!("a message is longer than {} MiB", MOST_BYTES >> 20))));
    }
    let mut body = Vec::new();
    if input.take(length).read_to_end(&mut body)? as u64 != length {
        return Ok(None);
    }
    let value: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(error) => return Ok(Some(garbage(format!("a message is no JSON: {error}")))),
    };
    Ok(Some(match serde_json::from_value(value) {
        Ok(message) => Incoming::Message(message),
        Err(_) => Incoming::Garbage(
            ErrorCode::InvalidRequest,
            "a message is neither a request nor an answer nor a notification".to_owned(),
        ),
    }))
}

fn garbage(why: String) -> Incoming {
    Incoming::Garbage(ErrorCode::ParseError, why)
}

/// Why a request gets no result.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) ErrorCode, pub(super) String);

/// The client, as far as it can be written to. One that is gone hears nothing, and that is no error.
#[derive(Clone)]
pub(super) struct Client(Arc<Mutex<Box<dyn Write + Send>>>);

impl Client {
    /// The client behind a pipe.
    pub(super) fn new(output: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(output))))
    }

    fn send(&self, message: &Value) {
        let text = message.to_string();
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = write!(output, "Content-Length: {}\r\n\r\n{text}", text.len()).and_then(|()| output.flush());
    }

    /// Answers a request.
    pub(super) fn respond(&self, id: &RequestId, answer: Result<Value, Refusal>) {
        self.send(&match answer {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(Refusal(code, message)) => {
                json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": message } })
            }
        });
    }

    /// Says that something was no message.
    pub(super) fn refuse(&self, code: ErrorCode, why: &str) {
        self.send(&json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code as i32, "message": why } }));
    }

    /// Tells the client something.
    pub(super) fn notify(&self, method: &str, params: impl Serialize) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks the client for something; its answer comes in under the same id.
    pub(super) fn ask(&self, id: &str, method: &str, params: impl Serialize) {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    /// Writes to the log that the client keeps.
    pub(super) fn log(&self, message: &str) {
        self.notify("window/logMessage", json!({ "type": 2, "message": message }));
    }
}

#[cfg(test)]
mod tests {
    use super::{Incoming, read};

    fn all(text: &str) -> Vec<String> {
        let mut input = text.as_bytes();
        let mut found = Vec::new();
        while let Some(next) = read(&mut input).expect("memory can be read") {
            found.push(match next {
                Incoming::Message(lsp_server::Message::Request(request)) => request.method,
                Incoming::Message(lsp_server::Message::Notification(told)) => told.method,
                Incoming::Message(lsp_server::Message::Response(_)) => "answer".to_owned(),
                Incoming::Garbage(code, _) => format!("{code:?}"),
            });
        }
        found
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn messages_follow_garbage() {
        let ask = framed(r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#);
        let tell = framed(r#"{"jsonrpc":"2.0","method":"b","params":null}"#);
        assert_eq!(all(&format!("{ask}{tell}")), ["a", "b"]);
        assert_eq!(all(&format!("{}{tell}", framed("{"))), ["ParseError", "b"]);
        assert_eq!(all(&format!("{}{tell}", framed("[1]"))), ["InvalidRequest", "b"]);
        assert_eq!(all(&format!("GET / HTTP/1.1\r\n{tell}")), ["ParseError", "b"]);
        assert_eq!(all(&format!("Content-Length: many\r\n\r\n{tell}")), ["ParseError", "b"]);
        assert_eq!(all(&ask[..ask.len() - 1]), [""; 0]);
    }
}
