//! One question to a port of this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::cli::disk::reason;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// The status of the answer to an HTTP request.
///
/// # Errors
///
/// Why there is none.
pub(super) fn status(address: &str, port: u16, path: &str) -> Result<u16, String> {
    let mut stream = connect(address, port)?;
    let failed = |error: std::io::Error| reason(&error);
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}:{port}\r\nUser-Agent: stackgen\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        if address == "0.0.0.0" { "127.0.0.1" } else { address },
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut line = Vec::new();
    // A status line is short; what is not one need not be read to its end.
    let mut reader = BufReader::new(std::io::Read::take(stream, 1024));
    reader.read_until(b'\n', &mut line).map_err(failed)?;
    let line = String::from_utf8_lossy(&line);
    let status = line.strip_prefix("HTTP/").and_then(|rest| rest.split(' ').nth(1)?.trim().parse().ok());
    status.ok_or_else(|| match line.trim() {
        "" => "it closes the connection without an answer".to_owned(),
        _ => "what it answers is no HTTP".to_owned(),
    })
}
