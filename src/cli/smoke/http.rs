//! One question to a port of this machine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::cli::disk::reason;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const MOST: u64 = 1 << 20;

/// What comes back.
pub(super) struct Answer {
    /// Its status.
    pub(super) status: u16,
    /// What it holds.
    pub(super) body: String,
}

/// Connects to a port; an address that stands for all of them is asked on the loopback.
fn connect(address: &str, port: u16) -> Result<TcpStream, String> {
    let address = address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = if address.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address };
    TcpStream::connect_timeout(&SocketAddr::new(address, port), PATIENCE).map_err(|error| reason(&error))
}

/// Whether something listens.
///
/// # Errors
///
/// Why nothing does.
pub(super) fn listens(address: &str, port: u16) -> Result<(), String> {
    connect(address, port).map(drop)
}

/// The answer to an HTTP request.
///
/// # Errors
///
/// Why there is none.
pub(super) fn get(address: &str, port: u16, path: &str) -> Result<Answer, String> {
    let mut stream = connect(address, port)?;
    let failed = |error: std::io::Error| reason(&error);
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}:{port}\r\nUser-Agent: stackgen\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        if address == "0.0.0.0" { "127.0.0.1" } else { address },
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut bytes = Vec::new();
    match Read::take(stream, MOST).read_to_end(&mut bytes) {
        // What came before the connection broke off is an answer as well.
        Err(error) if bytes.is_empty() => return Err(reason(&error)),
        _ => {}
    }
    let line = bytes.split(|byte| *byte == b'\n').next().map(String::from_utf8_lossy).unwrap_or_default();
    let status = line.strip_prefix("HTTP/").and_then(|rest| rest.split(' ').nth(1)?.trim().parse().ok());
    let Some(status) = status else {
        return Err(match bytes.is_empty() {
            true => "it closes the connection without an answer".to_owned(),
            false => "what it answers is no HTTP".to_owned(),
        });
    };
    Ok(Answer { status, body: String::from_utf8_lossy(&body(&bytes)).into_owned() })
}

/// What stands behind the headers, without the lengths of its chunks.
fn body(answer: &[u8]) -> Vec<u8> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Vec::new() };
    let headers = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let mut rest = &answer[end + 4..];
    let is_chunked =
        headers.lines().any(|line| line.starts_with("transfer-encoding:") && line.contains("chunked"));
    if !is_chunked {
        return rest.to_vec();
    }
    let mut whole = Vec::new();
    while let Some(line_end) = rest.windows(2).position(|two| two == b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..line_end]);
        let length = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
        let Some(length) = length.ok().filter(|length| *length > 0) else { break };
        let chunk = &rest[line_end + 2..];
        whole.extend(chunk.iter().take(length));
        rest = chunk.get(length.saturating_add(2)..).unwrap_or_default();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn chunks_are_put_together() {
        let answer =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nheal\r\n3;x=1\r\nthy\r\n0\r\n\r\n";
        assert_eq!(body(answer), b"healthy");
        assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\nhealthy"), b"healthy");
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"), b"x");
        assert_eq!(body(b"HTTP/1.1 200 OK"), b"");
    }
}
