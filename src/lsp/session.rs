//! One conversation: what is open, what is known of it, and which answer belongs to which request.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};

use gen_lsp_types::{
    CompletionItem, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, Position, Range, Uri,
};
use lsp_server::{ErrorCode, RequestId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::document::{Document, Kind, View, kind};
use super::documents::{Documents, Named};
use super::host::{Folder, Host, Options};
use super::navigate::Found;
use super::position::{Encoding, Lines};
use super::transport::{Client, Refusal};
use super::work::{Shared, Task, Worker};
use super::{
    actions, commands, completion, formatting, hints, hover, outline, stack_hover, uri, virtual_text,
};
use compose_reader::compose::Fault;

/// What the client can do.
#[derive(Clone, Copy, Debug, Default)]
struct Abilities {
    progress: bool,
    configuration: bool,
    watching: bool,
    showing: bool,
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
    /// What each file that was asked about is a part of, as of a change.
    views: HashMap<PathBuf, (u64, View)>,
    /// The same, the last time that it could be read whole.
    good: HashMap<PathBuf, View>,
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
            showing: can("/capabilities/window/showDocument/support"),
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
            views: HashMap::new(),
            good: HashMap::new(),
        };
        let result = json!({
            "capabilities": {
                "positionEncoding": encoding.name(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "hoverProvider": true,
                "completionProvider": { "triggerCharacters": [":", "-", "/", "{", ".", "$", " "] },
                "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll"] },
                "definitionProvider": true,
                "referencesProvider": true,
                "documentHighlightProvider": true,
                "renameProvider": { "prepareProvider": true },
                "documentSymbolProvider": true,
                "foldingRangeProvider": true,
                "selectionRangeProvider": true,
                "documentLinkProvider": {},
                "inlayHintProvider": true,
                "semanticTokensProvider": {
                    "legend": { "tokenTypes": hints::TOKEN_TYPES, "tokenModifiers": [] },
                    "full": true,
                },
                "documentFormattingProvider": true,
                "documentRangeFormattingProvider": true,
                "codeLensProvider": {},
                "executeCommandProvider": { "commands": commands::ALL },
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
            "textDocument/hover" => self.about(&params, |document, view| {
                let offset = document.lines.offset(position(&params)?);
                written(match view {
                    View::Project(project) => hover::hover(document, project, offset),
                    View::Stack(stack) => stack_hover::hover(document, stack, offset),
                    View::Nothing => None,
                })
            }),
            "textDocument/completion" => self.completion(&params),
            "textDocument/codeAction" => self.actions(&params),
            "textDocument/definition" => self.named(&params, |found| written(found.definition())),
            "textDocument/references" => {
                let wants = params.pointer("/context/includeDeclaration").and_then(Value::as_bool);
                self.named(&params, |found| written(found.references(wants.unwrap_or(true))))
            }
            "textDocument/documentHighlight" => self.named(&params, |found| written(found.highlights())),
            "textDocument/prepareRename" => self.named(&params, |found| found.renamed()),
            "textDocument/rename" => {
                let new = params.get("newName").and_then(Value::as_str).unwrap_or_default();
                self.named(&params, |found| written(found.rename(new)?))
            }
            "textDocument/documentSymbol" => self.about(&params, |it, _| written(outline::symbols(it))),
            "textDocument/foldingRange" => self.about(&params, |it, _| written(outline::folding(it))),
            "textDocument/selectionRange" => self.about(&params, |document, _| {
                let positions: Vec<Position> = field(&params, "positions")?;
                written(positions.into_iter().map(|at| outline::selection(document, at)).collect::<Vec<_>>())
            }),
            "textDocument/documentLink" => self.about(&params, |it, view| written(outline::links(it, view))),
            "textDocument/inlayHint" => self.about(&params, |document, view| {
                written(hints::hints(document, view, field(&params, "range")?))
            }),
            "textDocument/semanticTokens/full" => {
                self.about(&params, |document, view| Ok(json!({ "data": hints::tokens(document, view) })))
            }
            "textDocument/formatting" => {
                self.document(&params, |it| written(formatting::formatting(it, None)))
            }
            "textDocument/rangeFormatting" => self.document(&params, |document| {
                written(formatting::formatting(document, Some(field(&params, "range")?)))
            }),
            "textDocument/codeLens" => {
                let shared = Arc::clone(&self.shared);
                self.about(&params, |document, view| {
                    let checked = shared.checked(&document.folder);
                    written(commands::lenses(document, view, checked.as_deref()))
                })
            }
            "workspace/executeCommand" => self.execute(&params),
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

    /// What could be typed; names are those of the last state that could be read.
    fn completion(&mut self, params: &Value) -> Result<Value, Refusal> {
        let path = params.pointer("/textDocument/uri").and_then(Value::as_str).map(str::to_owned);
        let good = path.and_then(|it| uri::path(&Uri(it))).and_then(|path| self.good.get(&path).cloned());
        self.about(params, |document, view| {
            let offset = document.lines.offset(position(params)?);
            let items: Vec<CompletionItem> = match (document.kind, good) {
                (Kind::Config, _) => completion::in_config(document, offset),
                (_, Some(good)) if !is_good(view) => completion::completion(document, &good, offset),
                _ => completion::completion(document, view, offset),
            };
            Ok(json!({ "isIncomplete": false, "items": items }))
        })
    }

    fn actions(&mut self, params: &Value) -> Result<Value, Refusal> {
        let range: Range = field(params, "range")?;
        let only = params.pointer("/context/only").and_then(Value::as_array);
        let only: Option<Vec<String>> =
            only.map(|only| only.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        let shared = Arc::clone(&self.shared);
        self.document(params, |document| {
            let checked = shared.checked(&document.folder);
            written(
                checked
                    .map(|checked| actions::actions(document, &checked, range, only.as_deref()))
                    .unwrap_or_default(),
            )
        })
    }

    /// Does what a client asks for by name.
    fn execute(&mut self, params: &Value) -> Result<Value, Refusal> {
        let command = params.get("command").and_then(Value::as_str).unwrap_or_default();
        let argument =
            |at: usize| params.get("arguments").and_then(|all| all.get(at)?.as_str()).map(str::to_owned);
        let first = argument(0).unwrap_or_default();
        let unknown = |what: &str| Refusal(ErrorCode::InvalidParams, format!("there is no {what} `{first}`"));
        if command == commands::EXPLAIN {
            let page = virtual_text::explained(&first).ok_or_else(|| unknown("rule or fault"))?;
            self.show(&virtual_text::page(&first), &page);
            return Ok(json!(page));
        }
        if !commands::ALL.contains(&command) {
            return Err(Refusal(ErrorCode::InvalidParams, format!("there is no command `{command}`")));
        }
        let file = json!({ "textDocument": { "uri": first } });
        self.about(&file, |_, view| {
            let text = match (command, view) {
                (commands::PREVIEW, View::Stack(stack)) => commands::preview(stack, argument(1).as_deref()),
                (commands::PREVIEW, _) => None,
                (commands::GRAPH, view) => commands::graph(view),
                (_, view) => commands::ports(view),
            };
            text.map(|text| json!(text)).ok_or_else(|| unknown("stack or project that can be read at"))
        })
    }

    /// Shows a text to people, as far as the client can.
    fn show(&self, address: &str, text: &str) {
        if self.abilities.showing {
            self.client.ask("stackgen/show", "window/showDocument", json!({ "uri": address }));
        } else {
            self.client.notify("window/showMessage", json!({ "type": 3, "message": text }));
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
                    self.views.remove(&path);
                    self.good.remove(&path);
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

    /// The answer to a request about an open text; nothing where it is not open.
    fn document(
        &self,
        params: &Value,
        answer: impl FnOnce(&Document<'_>) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        let Some(address) = params.pointer("/textDocument/uri").and_then(Value::as_str) else {
            return Err(Refusal(ErrorCode::InvalidParams, "`textDocument.uri` is missing".to_owned()));
        };
        let Some(path) = uri::path(&Uri(address.to_owned())) else { return Ok(Value::Null) };
        let Some(text) = self.documents.text(&path) else { return Ok(Value::Null) };
        let folder = self.folder_of(&path);
        answer(&Document { kind: kind(&path, text), folder, lines: Lines::of(text, self.encoding), path })
    }

    /// The same, of one that is ours, with what it is a part of.
    fn about(
        &mut self,
        params: &Value,
        answer: impl FnOnce(&Document<'_>, &View) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        let now = self.shared.generation.load(Ordering::Acquire);
        let mut read = None;
        let result = self.document(params, |document| {
            let known = self.views.get(&document.path).filter(|(then, _)| *then == now);
            let view = known.map_or_else(|| self.view(document), |(_, view)| view.clone());
            read = Some((document.path.clone(), view.clone()));
            let is_ours = !matches!(view, View::Nothing) || document.kind == Kind::Config;
            if is_ours { answer(document, &view) } else { Ok(Value::Null) }
        });
        if let Some((path, view)) = read {
            if is_good(&view) {
                self.good.insert(path.clone(), view.clone());
            }
            self.views.insert(path, (now, view));
        }
        result
    }

    /// The same, of a name in it.
    fn named(
        &mut self,
        params: &Value,
        answer: impl FnOnce(&Found<'_>) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        self.about(params, |document, view| {
            let offset = document.lines.offset(position(params)?);
            Found::at(document, view, offset).map_or(Ok(Value::Null), |found| answer(&found))
        })
    }

    /// What a text is a part of, as it is now.
    fn view(&self, document: &Document<'_>) -> View {
        let texts = self.documents.texts();
        let found = match document.kind {
            Kind::Compose => {
                let project = self.host.project(&document.folder, &document.path, texts);
                project.map(|project| View::Project(Rc::new(project)))
            }
            Kind::Stack => {
                let stack = self.host.stack(&document.folder, &document.path, texts);
                stack.map(|stack| View::Stack(Rc::new(stack)))
            }
            Kind::Config | Kind::Other => None,
        };
        found.unwrap_or(View::Nothing)
    }
}

/// Whether what was read could be read whole, so that its names are known.
fn is_good(view: &View) -> bool {
    match view {
        View::Project(project) => {
            !project.resolution.problems.iter().any(|it| it.fault == Fault::InvalidYaml)
        }
        View::Stack(stack) => stack.stack.is_some(),
        View::Nothing => false,
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

/// A part of the parameters of a request.
fn field<T: DeserializeOwned>(params: &Value, name: &str) -> Result<T, Refusal> {
    read(params.get(name).cloned().unwrap_or_default())
}

fn position(params: &Value) -> Result<Position, Refusal> {
    field(params, "position")
}
