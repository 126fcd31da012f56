//! A project as Docker Compose reads it: files merged, variables replaced, `extends` and `include` followed, short
//! syntaxes made long, defaults filled in. Every value keeps the place where it was written, and the steps since.
//!
//! What Compose refuses is noted and passed over, so that all of it is said at once.
//!
//! Source: the compose specification and the behaviour of Docker Compose 2.40.3.

mod canonical;
mod consistency;
mod env_files;
mod extends;
mod include;
mod interpolate;
mod normalize;
mod relative;
mod schema;
mod short;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::config_file::ConfigPath;
use super::environment::Environment;
use super::files::{Entry, Files, NO_FOLDER};
use super::problem::{Fault, Problem};
use super::typed::{self, Printed};
use crate::interpolation;
use crate::merge;
use crate::source::{SourceId, Sources, Span};
use crate::values::MountParts;
use crate::yaml::{Duplicate, Kind, Mapping, Node, parse};

pub use env_files::env_file_problem;

/// What is to be read, and how.
#[derive(Debug)]
pub struct Request {
    /// The files in the order they are merged: their texts, and their absolute paths.
    pub files: Vec<(SourceId, String)>,
    /// The absolute path of the project's folder, which relative paths are seen from.
    pub folder: String,
    /// The variables.
    pub environment: Environment,
    /// The name that the project is given from outside.
    pub name: Option<String>,
    /// The profiles that are on; `*` is all.
    pub profiles: Vec<String>,
    /// The home of the user, which `~` stands for.
    pub home: Option<String>,
    /// Whether variables are replaced.
    pub interpolates: bool,
    /// Whether a value whose variables are not set counts as unknown, so that nothing is said of it, nor of them unless
    /// `documented`.
    pub is_lenient: bool,
    /// The variables that an example of the env file sets, where there is an env file or an example: any other one
    /// should have been set.
    pub documented: Option<HashSet<String>>,
    /// The configurations of services that are read.
    pub config_path: ConfigPath,
}

impl Request {
    /// Texts that stand for themselves: no variables, no other files.
    pub fn of_texts(sources: &Sources, files: &[SourceId]) -> Self {
        let path = |id: &SourceId| super::files::join(NO_FOLDER, sources.get(*id).name());
        Self {
            files: files.iter().map(|id| (*id, path(id))).collect(),
            folder: NO_FOLDER.to_owned(),
            environment: Environment::new(),
            name: None,
            profiles: vec!["*".to_owned()],
            home: None,
            interpolates: true,
            is_lenient: true,
            documented: None,
            config_path: |_, _| None,
        }
    }
}

/// A project that was read.
#[derive(Debug)]
pub struct Resolution {
    /// The files merged, as they are written: short syntaxes short.
    pub written: Node,
    /// The project, every short syntax made long.
    pub model: Node,
    /// The model as it is printed, with what no profile and no service needs; nothing where variables stand as they are.
    typed: Printed,
    /// Its name.
    pub name: String,
    /// The variables it was read with.
    pub environment: Environment,
    /// What Compose refuses, or warns of.
    pub problems: Vec<Problem>,
    /// Keys given twice.
    pub duplicates: Vec<Duplicate>,
    /// Services that no profile switches on.
    pub inactive: HashSet<Arc<str>>,
    /// Items of lists that later items of the same list take the place of, each with its service.
    pub repeated: Vec<(Arc<str>, merge::Repeated)>,
    /// What it declares and no service uses, so that Compose leaves it out.
    pub unused: Vec<Unused>,
    /// Whether a part of it could not be read.
    pub is_part: bool,
}

/// A network, volume, secret or config that is declared and that no service uses.
#[derive(Clone, Debug)]
pub struct Unused {
    /// Where it is declared: `networks`.
    pub section: &'static str,
    /// Its name.
    pub name: Arc<str>,
    /// The name, where it is written.
    pub span: Span,
    /// From the name to the end of its value.
    pub extent: Span,
    /// From the key of the section to its end, where nothing in it is used.
    pub whole_section: Option<Span>,
}

impl Resolution {
    /// The project as `docker compose config` prints it: without the services that no profile switches on, and without
    /// what no service uses.
    pub fn printed(&self) -> Printed {
        let mut printed = self.typed.clone();
        let Printed::Mapping(sections) = &mut printed else { return printed };
        for section in sections.iter_mut() {
            let Printed::Mapping(entries) = &mut section.value else { continue };
            if section.key == "services" {
                entries.retain(|entry| !self.inactive.contains(&*entry.key));
            } else if canonical::RESOURCES.contains(&&*section.key) || section.key == "models" {
                let used = used(&self.model, &section.key, &self.inactive);
                entries.retain(|entry| used.contains(&entry.key));
            }
        }
        let is_nothing = |value: &Printed| matches!(value, Printed::Mapping(entries) if entries.is_empty());
        sections.retain(|section| {
            section.key == "services" || section.key.starts_with("x-") || !is_nothing(&section.value)
        });
        printed
    }

    /// Whether Compose refuses the project.
    pub fn is_refused(&self) -> bool {
        super::is_refused(&self.problems, &self.duplicates)
    }
}

/// Where values are read: the folder and the variables of a project, or of one that is included.
pub(super) struct Scope {
    folder: String,
    environment: Environment,
}

/// A file of a project.
pub(super) struct FileOf {
    id: SourceId,
    path: String,
}

/// The state of reading one project.
pub(super) struct Resolver<'f> {
    sources: &'f mut Sources,
    files: &'f dyn Files,
    home: Option<String>,
    interpolates: bool,
    is_lenient: bool,
    documented: Option<HashSet<String>>,
    is_part: bool,
    problems: Vec<Problem>,
    duplicates: Vec<Duplicate>,
    repeated: Vec<(Arc<str>, merge::Repeated)>,
    parsed: HashMap<SourceId, Vec<Node>>,
    opened: HashMap<String, SourceId>,
    extended: HashMap<String, Option<Node>>,
    /// How many more files may be opened; there is an end to includes.
    budget: usize,
    /// How many more bytes variables may be replaced by; `None` once it was too many.
    left: Option<usize>,
}

/// Files that one project may be made of.
const MOST_FILES: usize = 1_000;

/// Reads a project.
pub fn resolve(sources: &mut Sources, files: &dyn Files, request: &Request) -> Resolution {
    let mut resolver = Resolver {
        sources,
        files,
        home: request.home.clone(),
        interpolates: request.interpolates,
        is_lenient: request.is_lenient,
        documented: request.documented.clone(),
        is_part: false,
        problems: Vec::new(),
        duplicates: Vec::new(),
        repeated: Vec::new(),
        parsed: HashMap::new(),
        opened: HashMap::new(),
        extended: HashMap::new(),
        budget: MOST_FILES,
        left: Some(interpolation::MOST_BYTES),
    };
    let own: Vec<FileOf> =
        request.files.iter().map(|(id, path)| FileOf { id: *id, path: path.clone() }).collect();
    let mut scope = Scope { folder: request.folder.clone(), environment: request.environment.clone() };
    let name = resolver.name(request, &own, &scope);
    scope.environment.replace("COMPOSE_PROJECT_NAME", &*name);
    let (written, mut model) = resolver.written_and_model(&own, &scope, &[]);
    model.remove("name");
    model.remove("version");
    normalize::normalize(&mut model, &name, &scope.environment);
    let mut inactive = HashSet::new();
    if let Some(services) = model.get_mut("services").and_then(Node::as_mapping_mut) {
        inactive.extend(
            services
                .iter()
                .filter(|(_, entry)| !is_on(&entry.value, &request.profiles))
                .map(|(name, _)| Arc::clone(name)),
        );
    }
    // With its variables as they stand, a value says nothing yet.
    let mut typed = Printed::Null;
    if request.interpolates {
        consistency::check(&mut resolver, &mut model, &inactive);
        env_files::environments(&mut resolver, &mut model, &inactive, &scope.environment);
        typed = typed::project(&model, &name, &mut |node, problem| resolver.report_on(node, problem));
    }
    let mut problems = resolver.problems;
    problems.sort_by(|left, right| {
        (left.span, left.fault, &left.message).cmp(&(right.span, right.fault, &right.message))
    });
    problems.dedup_by(|later, earlier| (later.span, &later.message) == (earlier.span, &earlier.message));
    // What a value should be says more than what type it should have.
    let better: HashSet<Span> = problems
        .iter()
        .filter(|problem| problem.fault == Fault::InvalidValue)
        .map(|problem| problem.span)
        .collect();
    problems.retain(|problem| problem.fault != Fault::WrongType || !better.contains(&problem.span));
    let unused = unused(&model, &written, &resolver.repeated);
    Resolution {
        unused,
        written: restored(&written, &scope.environment).unwrap_or(written),
        model,
        typed,
        name,
        environment: scope.environment,
        problems,
        duplicates: resolver.duplicates,
        repeated: resolver.repeated,
        inactive,
        is_part: resolver.is_part,
    }
}

/// The resources that are declared and that no service uses.
fn unused(model: &Node, written: &Node, repeated: &[(Arc<str>, merge::Repeated)]) -> Vec<Unused> {
    let source = |item: &Node| match item.get("source") {
        Some(source) => source.as_text().map(str::to_owned),
        None => {
            let text = item.as_text()?;
            let parts = MountParts::of(text);
            Some(text.get(parts.source.unwrap_or(parts.target))?.to_owned())
        }
    };
    let mut found = Vec::new();
    for section in canonical::RESOURCES {
        let mut used = used(model, section, &HashSet::new());
        // Two items in one place are a mistake of their own: the one that is lost was meant.
        let lost = repeated.iter().filter(|(_, repeated)| repeated.list == section);
        used.extend(lost.filter_map(|(_, repeated)| source(&repeated.first)));
        let Some(declared) = written.entry(section) else { continue };
        let entries = declared.value.as_mapping().into_iter().flatten();
        let (idle, needed): (Vec<_>, Vec<_>) =
            entries.partition(|(name, _)| !used.contains(&***name) && !name.starts_with("x-"));
        let whole_section = extent(declared).filter(|_| needed.is_empty());
        found.extend(idle.into_iter().filter_map(|(name, entry)| {
            let (span, extent) = (entry.key.span, extent(entry)?);
            Some(Unused { section, name: Arc::clone(name), span, extent, whole_section })
        }));
    }
    found
}

/// From a key to the end of its value, if both stand in one file; the key, where nothing stands behind it.
fn extent(entry: &crate::yaml::Entry) -> Option<Span> {
    let (key, value) = (entry.key.span, entry.value.place());
    if value.is_empty() {
        return Some(key);
    }
    let is_behind = value.source == key.source && value.start >= key.end;
    is_behind.then(|| Span::new(key.source, key.start as usize, value.end as usize))
}

/// The names of the resources of a section that services use, but for those that no profile switches on.
fn used(model: &Node, section: &str, inactive: &HashSet<Arc<str>>) -> HashSet<String> {
    let services = model.get("services").and_then(Node::as_mapping).into_iter().flatten();
    let mut names = HashSet::new();
    for (_, service) in services.filter(|(name, _)| !inactive.contains(*name)) {
        let in_build =
            service.value.get("build").filter(|_| section == "secrets").and_then(|build| build.get(section));
        for node in [service.value.get(section), in_build].into_iter().flatten() {
            match &node.kind {
                Kind::Mapping(mapping) => names.extend(mapping.keys().map(ToString::to_string)),
                Kind::Sequence(items) => {
                    let is_mount = section == "volumes";
                    let counts = |item: &&Node| {
                        !is_mount || item.get("type").and_then(Node::as_text) == Some("volume")
                    };
                    let sources =
                        items.iter().filter(counts).filter_map(|item| item.get("source")?.as_text());
                    names.extend(sources.map(str::to_owned));
                }
                Kind::Scalar(_) => {}
            }
        }
    }
    names
}

/// Whether one of its profiles is on, or it has none.
fn is_on(service: &Node, profiles: &[String]) -> bool {
    let own = service.get("profiles").and_then(Node::as_sequence).unwrap_or_default();
    own.is_empty()
        || profiles
            .iter()
            .any(|profile| profile == "*" || own.iter().any(|own| own.as_text() == Some(profile)))
}

/// Whether a path names something that Compose would fetch.
fn is_remote(path: &str) -> bool {
    ["https://", "http://", "git://", "ssh://", "git@", "oci://", "github.com/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

/// A name that Compose makes a project's: small letters, digits, `-` and `_`, beginning with one of the first two.
pub fn project_name(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .filter(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || matches!(next, '-' | '_'))
        .collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}

impl Resolver<'_> {
    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reports a problem with a value, unless its variables are not known.
    fn report_on(&mut self, node: &Node, problem: Problem) {
        let is_unknown = !self.interpolates || self.is_lenient && has_unset(node);
        if !is_unknown {
            self.problems.push(problem);
        }
    }

    fn report_conflicts(&mut self, conflicts: Vec<merge::Conflict>) {
        for conflict in conflicts {
            let message = format!("{} cannot be laid over {}", conflict.over_is, conflict.base_is);
            self.report(
                Problem::new(Fault::MergeConflict, conflict.over, message)
                    .related(conflict.base, "this is underneath")
                    .help("write both in one form, or `!override` before this value"),
            );
        }
    }

    /// Whether a variable that has no value is worth a word.
    fn is_missed(&self, name: &str) -> bool {
        const OF_SHELL: [&str; 6] = ["HOME", "LOGNAME", "PATH", "PWD", "SHELL", "USER"];
        let is_documented = |documented: &HashSet<String>| documented.contains(name);
        match self.is_lenient {
            true => {
                let is_told = self.documented.as_ref().is_none_or(is_documented);
                !is_told && !OF_SHELL.contains(&name)
            }
            false => true,
        }
    }

    fn unset(&mut self, node: &Node, name: &str) {
        if !self.is_missed(name) {
            return;
        }
        let problem = Problem::new(
            Fault::UnsetVariable,
            node.place(),
            format!("the variable `{name}` is not set, so that nothing stands in its place"),
        );
        self.report(problem.help(format!(
            "set `{name}` in `.env`, or write a default: `${{{name}:-…}}`, or `${{{name}:?}}` to demand it"
        )));
    }

    fn skip_remote(&mut self, node: &Node, written: &str) {
        self.is_part = true;
        if !self.is_lenient {
            let problem = Problem::new(
                Fault::MissingFile,
                node.place(),
                format!("`{written}` lies elsewhere, and nothing is fetched here"),
            );
            self.report(problem.help("fetch it, and name the local file"));
        }
    }

    fn expand_home(&self, path: &str) -> String {
        relative::expand_home(path, self.home.as_deref())
    }

    /// The text of a file that `named` names, read once.
    fn open(&mut self, path: &str, named: &Node) -> Option<SourceId> {
        if let Some(id) = self.opened.get(path) {
            return Some(*id);
        }
        let missing = |why: String, help: &str| {
            Problem::new(Fault::MissingFile, named.place(), why).help(help.to_owned())
        };
        let written = self.display_name(path);
        let entry = self.files.entry(path);
        if entry == Some(Entry::Outside) && self.is_lenient {
            self.is_part = true;
            return None;
        }
        let refused = match entry {
            _ if self.budget == 0 => {
                Some(missing(format!("the project is made of more than {MOST_FILES} files"), "include fewer"))
            }
            None => Some(missing(
                format!("there is no file `{written}`"),
                "check the spelling; the path is relative to the project's folder",
            )),
            Some(Entry::Folder) => Some(missing(format!("`{written}` is a folder"), "name a file in it")),
            Some(Entry::Special) => Some(missing(format!("`{written}` is no ordinary file"), "name a file")),
            Some(Entry::Outside) => Some(missing(
                format!("`{written}` lies outside of the project, and is not read"),
                "if you trust what leads there, allow it: `--allow-outside`",
            )),
            Some(Entry::File) => None,
        };
        let text = match refused {
            Some(problem) => Err(problem),
            None => self.files.read(path).map_err(|why| {
                missing(format!("`{written}` cannot be read: {why}"), "allow the current user to read it")
            }),
        };
        match text {
            Ok(text) => {
                self.budget -= 1;
                let id = self.sources.add(self.display_name(path), text);
                self.opened.insert(path.to_owned(), id);
                Some(id)
            }
            Err(problem) => {
                self.is_part = true;
                self.report_on(named, problem);
                None
            }
        }
    }

    /// The name that a file is shown under.
    fn display_name(&self, path: &str) -> String {
        self.files.display_name(path)
    }

    fn add_env_file(&mut self, environment: &mut Environment, path: &str, named: &Node) {
        let Some(id) = self.open(path, named) else { return };
        let text = self.sources.get(id).text();
        let outer = environment.clone();
        match crate::dotenv::parse(text, &|name| outer.get(name)) {
            Ok(assignments) => environment.add_file(id, &assignments),
            Err(error) => self.report(env_files::env_file_problem(id, error)),
        }
    }

    /// The documents of one file that are mappings, read once.
    fn documents(&mut self, id: SourceId) -> Vec<Node> {
        if let Some(documents) = self.parsed.get(&id) {
            return documents.clone();
        }
        let documents = self.read_documents(id);
        self.parsed.insert(id, documents.clone());
        documents
    }

    fn read_documents(&mut self, id: SourceId) -> Vec<Node> {
        let parsed = match parse(id, self.sources.get(id).text()) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.is_part = true;
                let fault = if error.is_alias_bomb { Fault::AliasBomb } else { Fault::InvalidYaml };
                self.report(Problem::new(fault, error.span, error.message).help(error.help));
                return Vec::new();
            }
        };
        self.duplicates.extend(parsed.duplicates);
        let mut documents = Vec::new();
        for document in parsed.documents {
            if document.as_mapping().is_some() {
                self.check_keys(&document);
                documents.push(document);
            } else {
                self.not_mapping("a compose file", &document);
            }
        }
        documents
    }

    fn not_mapping(&mut self, what: &str, node: &Node) {
        self.is_part = true;
        let problem = Problem::new(
            Fault::InvalidYaml,
            node.place(),
            format!("{what} has to be a mapping, and is {}", node.describe()),
        );
        self.report(problem.help("write keys with values: `services:`, and below it `NAME:`"));
    }

    /// Keys that YAML reads as numbers, booleans or dates are refused.
    fn check_keys(&mut self, node: &Node) {
        match &node.kind {
            Kind::Mapping(mapping) => {
                for entry in mapping.values() {
                    let key = &entry.key;
                    if key.resolved().is_some_and(|kind| kind != crate::yaml::Resolved::Text) {
                        let written = key.as_text().unwrap_or_default();
                        let problem = Problem::new(
                            Fault::WrongType,
                            key.span,
                            format!("the key `{written}` is {}, and has to be text", key.describe()),
                        );
                        self.report(problem.help(format!("put it in quotes: `\"{written}\"`")));
                    }
                    self.check_keys(&entry.value);
                }
            }
            Kind::Sequence(items) => items.iter().for_each(|item| self.check_keys(item)),
            Kind::Scalar(_) => {}
        }
    }

    /// The name of the project: from outside, from its files, or from its folder.
    fn name(&mut self, request: &Request, files: &[FileOf], scope: &Scope) -> String {
        if let Some(name) = &request.name {
            return name.clone();
        }
        let mut written = None;
        for file in files {
            for document in self.documents(file.id) {
                if let Some(name) =
                    document.get("name").filter(|name| name.as_text().is_some_and(|text| !text.is_empty()))
                {
                    written = Some(name.clone());
                }
            }
        }
        let from_files = written.and_then(|name| {
            let lookup = |variable: &str| scope.environment.get(variable);
            let mut left = interpolation::MOST_BYTES;
            Some(interpolation::substitute(name.as_text()?, &lookup, &mut left).ok()?.text)
        });
        let from_files = from_files.map(|name| project_name(&name)).filter(|name| !name.is_empty());
        let folder = request.folder.rsplit('/').next().unwrap_or_default();
        from_files.unwrap_or_else(|| project_name(folder))
    }

    /// Files merged into one model, canonical, with defaults and absolute paths.
    fn model(&mut self, files: &[FileOf], scope: &Scope, included: &[String]) -> Node {
        self.written_and_model(files, scope, included).1
    }

    fn written_and_model(&mut self, files: &[FileOf], scope: &Scope, included: &[String]) -> (Node, Node) {
        let mut merged: Option<Node> = None;
        let mut included = included.to_vec();
        for file in files {
            included.push(file.path.clone());
            for mut document in self.documents(file.id) {
                if self.interpolates {
                    interpolate::interpolate(self, &mut document, scope);
                }
                self.note_repeated(&document);
                extends::apply(self, &mut document, &file.path, scope);
                include::apply(self, &mut document, scope, &included);
                self.note_version(&document);
                let mut next = match &merged {
                    None => merge::alone(&document),
                    Some(model) => {
                        let (next, conflicts) = merge::project(model, &document);
                        self.report_conflicts(conflicts);
                        next
                    }
                };
                canonical::each(&mut next, "services", |service| *service = merge::unique(service));
                schema::check(self, &next);
                merged = Some(next);
            }
        }
        let nowhere = files.first().map(|file| Span::new(file.id, 0, 0));
        let Some(written) = merged else {
            let span = nowhere.unwrap_or_else(|| Span::new(self.sources.add("", ""), 0, 0));
            if self.problems.is_empty() {
                self.report(
                    Problem::new(Fault::InvalidYaml, span, "the file is empty")
                        .help("a compose file holds at least `services:`"),
                );
            }
            let nothing = Node::mapping(span, Mapping::default());
            return (nothing.clone(), nothing);
        };
        let mut model = written.clone();
        canonical::canonical(self, &mut model);
        canonical::each(&mut model, "services", |service| *service = merge::unique(service));
        canonical::defaults(&mut model);
        consistency::validate(self, &model);
        relative::resolve(self, &mut model, &scope.folder);
        normalize::take_over_in_lists(&mut model, &scope.environment);
        (written, model)
    }

    fn note_repeated(&mut self, document: &Node) {
        for (name, entry) in document.get("services").and_then(Node::as_mapping).into_iter().flatten() {
            let known = merge::repeated(&entry.value)
                .into_iter()
                .filter(|repeated| !has_unset(&repeated.first) && !has_unset(&repeated.second));
            self.repeated.extend(known.map(|repeated| (Arc::clone(name), repeated)));
        }
    }

    fn note_version(&mut self, document: &Node) {
        if let Some(entry) = document.entry("version") {
            let problem =
                Problem::new(Fault::ObsoleteVersion, entry.key.span, "`version` means nothing any more");
            self.report(problem.help("remove the line"));
        }
    }
}

/// The tree with each text as it is written, unless every variable in it is set: a default may be another one elsewhere.
/// `None` where that is the tree as it stands.
fn restored(node: &Node, environment: &Environment) -> Option<Node> {
    let kind = match &node.kind {
        Kind::Mapping(mapping) => {
            let mut changed: Option<Mapping> = None;
            for (at, entry) in mapping.values().enumerate() {
                if let Some(value) = restored(&entry.value, environment) {
                    changed.get_or_insert_with(|| (**mapping).clone())[at].value = value;
                }
            }
            Kind::Mapping(Arc::new(changed?))
        }
        Kind::Sequence(items) => {
            let mut changed: Option<Vec<Node>> = None;
            for (at, item) in items.iter().enumerate() {
                if let Some(item) = restored(item, environment) {
                    changed.get_or_insert_with(|| (**items).clone())[at] = item;
                }
            }
            Kind::Sequence(Arc::new(changed?))
        }
        Kind::Scalar(_) => {
            let (raw, _) = node.expanded_from()?;
            let variables = interpolation::variables(raw).unwrap_or_default();
            let is_set = |variable: &interpolation::Variable<'_>| environment.get(variable.name).is_some();
            if !variables.is_empty() && variables.iter().all(is_set) {
                return None;
            }
            Node::text(node.span, Arc::clone(raw)).kind
        }
    };
    Some(Node { kind, ..node.clone() })
}

/// Whether a value holds a variable that is not set.
pub(in crate::compose) fn has_unset(node: &Node) -> bool {
    node.expanded_from().is_some_and(|(_, unset)| !unset.is_empty())
        || match &node.kind {
            Kind::Mapping(mapping) => mapping.values().any(|entry| has_unset(&entry.value)),
            Kind::Sequence(items) => items.iter().any(has_unset),
            Kind::Scalar(_) => false,
        }
}
