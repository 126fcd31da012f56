//! One conversation: what is open, what is known of it, and which answer belongs to which request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, HoverParams, Position, Uri,
};
use lsp_server::{ErrorCode, RequestId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::document::{Document, Kind, kind};
use super::documents::{Documents, Named};
use super::host::{Folder, Host, Options, Project};
use super::position::{Encoding, Lines};
use super::transport::{Client, Refusal};
use super::work::{Shared, Task, Worker};
use super::{hover, uri, virtual_text};

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
struct Abilities {
    progress: bool,
    configuration: bool,
    watching: bool,
}

/// One conversation.
pub(super) struct Session {
    client: Client,
    host: Arc<dyn Host>,
    encoding: Encoding,
    abilities: Abilities,
    folders: Vec<Folder>,
    documents: Documents,
    options: Options,
    shared: Arc<Shared>,
    tasks: Sender<Task>,
    /// The project of each file that was asked about, as of a change.
    projects: HashMap<PathBuf, (u64, Option<Rc<Project>>)>,
}

/// The name of the question for settings.
const CONFIGURATION: &str = "stackgen/configuration";

impl Session {
    /// Begins with what the client says of itself; with what the server says of itself.
    pub(super) fn begin(client: &Client, host: &Arc<dyn Host>, params: &Value) -> (Self, Value) {
        let offered = params.pointer("/capabilities/general/positionEncodings").and_then(Value::as_array);
        let encoding = Encoding::of_offered(offered.into_iter().flatten().filter_map(Value::as_str));
        let can = |pointer: &str| params.pointer(pointer).and_then(Value::as_bool).unwrap_or_default();
        let abilities = Abilities {
            progress: can("/capabilities/window/workDoneProgress"),
            configuration: can("/capabilities/workspace/configuration"),
            watching: can("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration"),
        };
        let named = params.get("workspaceFolders").and_then(Value::as_array);
        let mut folders: Vec<Folder> = named.into_iter().flatten().filter_map(folder).collect();
        if folders.is_empty() {
            let root = params.get("rootUri").and_then(Value::as_str);
            folders.extend(root.and_then(|root| opened(&Uri(root.to_owned()))));
        }
        let (tasks, received) = channel();
        let shared = Arc::new(Shared::default());
        let worker = Worker {
            host: Arc::clone(host),
            client: client.clone(),
            encoding,
            shared: Arc::clone(&shared),
            checkers: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        std::thread::spawn(move || worker.run(&received));
        let session = Self {
            client: client.clone(),
            host: Arc::clone(host),
            encoding,
            abilities,
            folders,
            documents: Documents::default(),
            options: Options::default(),
            shared,
            tasks,
            projects: HashMap::new(),
        };
        let result = json!({
            "capabilities": {
                "positionEncoding": encoding.name(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "workspace": {
                    "workspaceFolders": { "supported": true, "changeNotifications": true },
                    "textDocumentContent": { "schemes": [virtual_text::SCHEME] },
                },
            },
            "serverInfo": { "name": "stackgen", "version": env!("CARGO_PKG_VERSION") },
        });
        (session, result)
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, method: &str, params: Value) -> Result<Value, Refusal> {
        match method {
            "textDocument/hover" => self.at(
                params,
                |params: HoverParams| {
                    let at = params.text_document_position_params;
                    (at.text_document.uri, at.position)
                },
                hover::hover,
            ),
            "workspace/textDocumentContent" => {
                let address = params.get("uri").and_then(Value::as_str).unwrap_or_default();
                match virtual_text::text(address) {
                    Some(text) => Ok(json!({ "text": text })),
                    None => Err(Refusal(ErrorCode::InvalidParams, format!("there is no text `{address}`"))),
                }
            }
            _ => Err(Refusal(ErrorCode::MethodNotFound, format!("`{method}` is not known here"))),
        }
    }

    /// Hears what the client tells.
    pub(super) fn hear(&mut self, method: &str, params: Value) -> Result<(), Refusal> {
        match method {
            "initialized" => {
                self.register();
                self.check(None);
            }
            "textDocument/didOpen" => {
                let item = read::<DidOpenTextDocumentParams>(params)?.text_document;
                if let Some(path) = uri::path(&item.uri) {
                    self.documents.open(path, Named { uri: item.uri, version: item.version }, &item.text);
                    self.check(None);
                }
            }
            "textDocument/didChange" => {
                let params: DidChangeTextDocumentParams = read(params)?;
                let named = params.text_document;
                let Some(path) = uri::path(&named.text_document_identifier.uri) else { return Ok(()) };
                let changes = params.content_changes;
                if !self.documents.change(&path, named.version, changes, self.encoding) {
                    return Err(Refusal(ErrorCode::InvalidParams, "the text is not open".to_owned()));
                }
                self.check(Some(BTreeSet::from([path])));
            }
            "textDocument/didClose" => {
                let params: DidCloseTextDocumentParams = read(params)?;
                if let Some(path) = uri::path(&params.text_document.uri) {
                    self.documents.close(&path);
                    self.check(None);
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.check(None),
            "workspace/didChangeWorkspaceFolders" => {
                let event = read::<DidChangeWorkspaceFoldersParams>(params)?.event;
                let gone: Vec<Folder> = event.removed.iter().filter_map(|it| opened(&it.uri)).collect();
                self.folders.retain(|folder| !gone.contains(folder));
                self.folders.extend(event.added.iter().filter_map(|it| opened(&it.uri)));
                self.check(None);
            }
            "workspace/didChangeConfiguration" => {
                if self.abilities.configuration {
                    self.ask_configuration();
                } else {
                    self.configure(params.pointer("/settings/stackgen"));
                }
            }
            // A client may tell what is not asked for; what begins with `$/` may be passed over.
            _ => {}
        }
        Ok(())
    }

    /// Hears what the client answers to a question.
    pub(super) fn answered(&mut self, id: &RequestId, result: Option<Value>) {
        if *id == RequestId::from(CONFIGURATION.to_owned()) {
            self.configure(result.as_ref().and_then(|result| result.get(0)));
        }
    }

    /// Asks to be told of what changes elsewhere.
    fn register(&self) {
        let mut wanted = Vec::new();
        if self.abilities.watching {
            let patterns =
                ["**/*.{yaml,yml}", "**/stackgen.toml", "**/.env*", "**/*Dockerfile*", "**/stack.lock"];
            let watchers: Vec<Value> =
                patterns.iter().map(|pattern| json!({ "globPattern": pattern })).collect();
            wanted.push(json!({
                "id": "stackgen/watch",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            }));
        }
        if !wanted.is_empty() {
            self.client.ask(
                "stackgen/register",
                "client/registerCapability",
                json!({ "registrations": wanted }),
            );
        }
        if self.abilities.configuration {
            self.ask_configuration();
        }
    }

    fn ask_configuration(&self) {
        let items = json!({ "items": [{ "section": "stackgen" }] });
        self.client.ask(CONFIGURATION, "workspace/configuration", items);
    }

    fn configure(&mut self, settings: Option<&Value>) {
        let is_on =
            |key: &str| settings.and_then(|it| it.get(key)).and_then(Value::as_bool).unwrap_or_default();
        let words = |key: &str| {
            let list = settings.and_then(|it| it.get(key)).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let options = Options {
            strict: is_on("strict"),
            pedantic: is_on("pedantic"),
            select: words("select"),
            ignore: words("ignore"),
        };
        if options != self.options {
            self.options = options;
            self.check(None);
        }
    }

    /// Has the folders looked at.
    fn check(&mut self, changed: Option<BTreeSet<PathBuf>>) {
        let generation = self.shared.generation.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        let mut folders: BTreeSet<Folder> = self.folders.iter().cloned().collect();
        folders.extend(self.documents.names().keys().map(|path| self.folder_of(path)));
        let task = Task {
            generation,
            folders: folders.into_iter().collect(),
            texts: Arc::clone(self.documents.texts()),
            names: self.documents.names().clone(),
            options: self.options.clone(),
            shows_progress: self.abilities.progress && generation == 1,
            changed,
        };
        if self.tasks.send(task).is_err() {
            self.client.log("nothing is checked any more; restart the server");
        }
    }

    /// The innermost folder that a file lies in.
    fn folder_of(&self, path: &Path) -> Folder {
        let around = self.folders.iter().filter(|folder| path.starts_with(&folder.path));
        around
            .max_by_key(|folder| folder.path.as_os_str().len())
            .cloned()
            .unwrap_or_else(|| Folder { path: path.parent().unwrap_or(path).to_path_buf(), is_loose: true })
    }

    /// The answer to a request about a place in a text; nothing where the text is not open, or none of ours.
    fn at<P: DeserializeOwned, R: Serialize>(
        &mut self,
        params: Value,
        place: impl FnOnce(P) -> (Uri, Position),
        answer: impl FnOnce(&Document<'_>, &Project, usize) -> Option<R>,
    ) -> Result<Value, Refusal> {
        let (uri, position) = place(read(params)?);
        let Some(path) = uri::path(&uri) else { return Ok(Value::Null) };
        let Some(text) = self.documents.text(&path).cloned() else { return Ok(Value::Null) };
        let document = Document {
            kind: kind(&path, &text),
            folder: self.folder_of(&path),
            lines: Lines::of(&text, self.encoding),
            path,
        };
        if document.kind == Kind::Other {
            return Ok(Value::Null);
        }
        let Some(project) = self.project(&document) else { return Ok(Value::Null) };
        let offset = document.lines.offset(position);
        written(answer(&document, &project, offset))
    }

    /// The project of a file as it is now.
    fn project(&mut self, document: &Document<'_>) -> Option<Rc<Project>> {
        let now = self.shared.generation.load(Ordering::Acquire);
        if let Some((_, known)) = self.projects.get(&document.path).filter(|(then, _)| *then == now) {
            return known.clone();
        }
        let project =
            self.host.project(&document.folder, &document.path, self.documents.texts()).map(Rc::new);
        self.projects.insert(document.path.clone(), (now, project.clone()));
        project
    }
}

fn folder(value: &Value) -> Option<Folder> {
    opened(&Uri(value.get("uri")?.as_str()?.to_owned()))
}

fn opened(uri: &Uri) -> Option<Folder> {
    Some(Folder { path: uri::path(uri)?, is_loose: false })
}

fn read<P: DeserializeOwned>(params: Value) -> Result<P, Refusal> {
    serde_json::from_value(params)
        .map_err(|error| Refusal(ErrorCode::InvalidParams, format!("the parameters are wrong: {error}")))
}

fn written(answer: impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(answer).map_err(|error| Refusal(ErrorCode::InternalError, error.to_string()))
}
