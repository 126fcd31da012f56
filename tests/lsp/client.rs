//! A small client: the real server behind a pipe.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::stackgen;

/// How long an answer may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, and what it has said.
pub(crate) struct Client {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// What has come in and nobody has asked for.
    waiting: VecDeque<Value>,
    ids: i32,
    folder: PathBuf,
    versions: HashMap<String, i32>,
    texts: HashMap<String, String>,
    /// What the server says of itself.
    pub(crate) capabilities: Value,
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Client {
    /// A server that nobody has spoken to.
    pub(crate) fn silent(folder: &Path) -> Self {
        let folder = folder.canonicalize().expect("folder");
        let mut command = stackgen(&folder, &["lsp"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut server = command.spawn().expect("starts");
        let mut output = BufReader::new(server.stdout.take().expect("output"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or_default() == 0 {
                        return;
                    }
                    if let Some(value) = line.strip_prefix("Content-Length: ") {
                        length = value.trim().parse().expect("a number");
                    }
                    if line == "\r\n" {
                        break;
                    }
                }
                let mut body = vec![0; length];
                output.read_exact(&mut body).expect("a whole message");
                let message = serde_json::from_slice(&body).expect("JSON");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = server.stdin.take();
        Self {
            server,
            input,
            messages,
            waiting: VecDeque::new(),
            ids: 0,
            folder,
            versions: HashMap::new(),
            texts: HashMap::new(),
            capabilities: Value::Null,
        }
    }

    /// A server for a folder, positions in an encoding.
    pub(crate) fn of(folder: &Path, encoding: &str) -> Self {
        let root = folder.canonicalize().expect("folder");
        let folders = json!([{ "uri": format!("file://{}", root.display()), "name": "test" }]);
        Self::with(folder, encoding, folders, json!({}))
    }

    /// A server with folders and settings.
    pub(crate) fn with(folder: &Path, encoding: &str, folders: Value, more: Value) -> Self {
        let mut client = Self::silent(folder);
        let mut capabilities = json!({ "general": { "positionEncodings": [encoding] } });
        if let (Some(all), Some(more)) = (capabilities.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        let params = json!({ "processId": null, "rootUri": null, "capabilities": capabilities, "workspaceFolders": folders });
        client.capabilities = client.request("initialize", params)["capabilities"].clone();
        client.notify("initialized", json!({}));
        client
    }

    /// The address of a file.
    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.display())
    }

    /// Sends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("written");
    }

    /// Sends a message.
    pub(crate) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and does not wait.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> i32 {
        self.ids += 1;
        let id = self.ids;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The next message that is wanted; others wait.
    pub(crate) fn wait(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&is_wanted) {
            return self.waiting.remove(at).expect("there");
        }
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("the server answers");
            if is_wanted(&message) {
                return message;
            }
            self.waiting.push_back(message);
        }
    }

    /// The whole answer to a request.
    pub(crate) fn answer(&mut self, id: i32) -> Value {
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The result of a request.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Opens a file with a text.
    pub(crate) fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        self.versions.insert(name.to_owned(), 1);
        self.texts.insert(name.to_owned(), text.to_owned());
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Opens a file as it lies on the disk.
    pub(crate) fn open_file(&mut self, name: &str) {
        let text = std::fs::read_to_string(self.folder.join(name)).expect("text");
        self.open(name, &text);
    }

    /// Changes an open text as a whole.
    pub(crate) fn change(&mut self, name: &str, text: &str) {
        self.texts.insert(name.to_owned(), text.to_owned());
        self.edit(name, json!([{ "text": text }]));
    }

    /// Changes an open text.
    pub(crate) fn edit(&mut self, name: &str, changes: Value) {
        let uri = self.uri(name);
        let version = self.versions.get_mut(name).expect("open");
        *version += 1;
        let document = json!({ "uri": uri, "version": *version });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// The next notification of a kind, if one comes within some seconds.
    pub(crate) fn next(&mut self, method: &str) -> Option<Value> {
        if let Some(at) = self.waiting.iter().position(|message| message["method"] == method) {
            return self.waiting.remove(at);
        }
        loop {
            let message = self.messages.recv_timeout(Duration::from_secs(10)).ok()?;
            if message["method"] == method {
                return Some(message);
            }
            self.waiting.push_back(message);
        }
    }

    /// What is said about an open text as it is now.
    pub(crate) fn diagnostics(&mut self, name: &str) -> Vec<Value> {
        let (uri, version) = (self.uri(name), self.versions[name]);
        let told = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        told["params"]["diagnostics"].as_array().cloned().expect("a list")
    }

    /// The parameters of a request about the place where a text has `part`, behind its first `into` bytes.
    pub(crate) fn at(&self, name: &str, part: &str, into: usize) -> Value {
        let text = &self.texts[name];
        let at = text.find(part).unwrap_or_else(|| panic!("{name} has `{part}`")) + into;
        json!({ "textDocument": { "uri": self.uri(name) }, "position": position(text, at) })
    }

    /// The parameters of a request about a whole text.
    pub(crate) fn whole(&self, name: &str) -> Value {
        json!({ "textDocument": { "uri": self.uri(name) } })
    }

    /// Says good-bye; with what the program says.
    pub(crate) fn end(mut self) -> ExitStatus {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
        self.server.wait().expect("ends")
    }

    /// Waits for the program to end.
    pub(crate) fn status(&mut self) -> ExitStatus {
        drop(self.input.take());
        self.server.wait().expect("ends")
    }
}

/// The position of a byte, columns in units of UTF-16.
pub(crate) fn position(text: &str, at: usize) -> Value {
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    json!({ "line": line, "character": text[start..at].encode_utf16().count() })
}

/// The codes of diagnostics, in order.
pub(crate) fn codes(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|it| it["code"].as_str().expect("a code")).collect()
}
