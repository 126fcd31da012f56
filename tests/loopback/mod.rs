//! A network on loopback: HTTP servers that tell what they were asked, a DNS that knows them by name, and a client.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long is waited for what must come, before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often that is looked for.
const PAUSE: Duration = Duration::from_millis(50);

/// A port that nobody has on any address of this machine.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Asks again until the answer is such a one; panics with the last answer if it never is.
pub(crate) fn until<T: std::fmt::Debug>(mut ask: impl FnMut() -> T, is_such: impl Fn(&T) -> bool) -> T {
    let begin = Instant::now();
    loop {
        let answer = ask();
        if is_such(&answer) {
            return answer;
        }
        assert!(begin.elapsed() < PATIENCE, "it never came: {answer:?}");
        thread::sleep(PAUSE);
    }
}

/// The head of a request or an answer, up to the empty line; empty if the other side has gone.
fn head(reader: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
    head
}

/// A server that answers with its name and the head of what it was asked. A WebSocket gets back what it sends.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// On a port, or on any for 0.
    pub(crate) fn start(name: &'static str, address: Ipv4Addr, port: u16) -> Self {
        let listener = TcpListener::bind((address, port)).expect("the address is free");
        let address = listener.local_addr().expect("an address");
        let stopped = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stopped);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                thread::spawn(move || answer(name, stream));
            }
        });
        Self { address, stopped, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

fn answer(name: &str, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let asked = head(&mut reader);
    if asked.to_lowercase().contains("upgrade: websocket") {
        let _ = stream.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        );
        let _ = std::io::copy(&mut reader, &mut stream);
        return;
    }
    let body = format!("{name}\n{asked}");
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nX-Frame-Options: DENY\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A DNS that knows names by heart.
pub(crate) struct Names {
    known: Arc<Mutex<HashMap<String, Ipv4Addr>>>,
    /// The port that it answers on, at 127.0.0.1.
    pub(crate) port: u16,
}

impl Names {
    pub(crate) fn new() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = socket.local_addr().expect("an address").port();
        let known: Arc<Mutex<HashMap<String, Ipv4Addr>>> = Arc::default();
        let names = Arc::clone(&known);
        thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question) {
                let reply = reply(&question[..length], &names.lock().expect("no panic"));
                let _ = socket.send_to(&reply, from);
            }
        });
        Self { known, port }
    }

    pub(crate) fn set(&self, name: &str, address: Ipv4Addr) {
        self.known.lock().expect("no panic").insert(name.to_owned(), address);
    }
}

/// The answer to a question for an IPv4 address (RFC 1035, 4.1).
fn reply(question: &[u8], known: &HashMap<String, Ipv4Addr>) -> Vec<u8> {
    let mut labels = Vec::new();
    let mut at = 12;
    while question[at] > 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).into_owned());
        at = end;
    }
    let asked = &question[12..at + 5];
    let address = known.get(&labels.join("."));
    // A response, recursion available; without an address, the name does not exist.
    let flags = if address.is_some() { [0x81, 0x80] } else { [0x81, 0x83] };
    let mut reply =
        [&question[..2], &flags, &[0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0], asked].concat();
    if let Some(address) = address {
        // The name of the question, type A, class IN, one second, four bytes.
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
        reply.extend(address.octets());
    }
    reply
}

/// An HTTP answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(mut reader: impl BufRead) -> Self {
        let head = head(&mut reader);
        let mut body = Vec::new();
        let _ = reader.read_to_end(&mut body);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Self { status, head, body }
    }

    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends a request to a port of this machine, and takes the whole answer. What is not sent in time is no answer.
pub(crate) fn ask(port: u16, request: &str) -> Answer {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return Answer { status: 0, head: String::new(), body: Vec::new() };
    };
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let _ = stream.write_all(request.as_bytes());
    Answer::new(BufReader::new(stream))
}

/// A request without a body.
pub(crate) fn get(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: shop.test:8080\r\nConnection: close\r\n{more}\r\n")
}

/// Opens a WebSocket and sends a text through it; returns the head of the answer and what comes back.
pub(crate) fn echoed(port: u16, path: &str, text: &str) -> (String, String) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sends");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let head = head(&mut reader);
    stream.write_all(text.as_bytes()).expect("sends");
    let mut back = vec![0; text.len()];
    reader.read_exact(&mut back).expect("it comes back");
    (head, String::from_utf8_lossy(&back).into_owned())
}
