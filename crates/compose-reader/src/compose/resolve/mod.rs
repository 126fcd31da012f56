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
mod known;
mod limits;
mod load;
mod misplaced;
mod normalize;
mod relative;
mod restore;
mod schema;
mod short;
mod unused;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::environment::Environment;
use super::files::{Files, NO_FOLDER};
use super::problem::{Fault, Problem, is_refused};
use super::typed::{self, Printed};
use super::unset::has_unset;
use crate::budget::Budget;
use crate::interpolation::{self, Words};
use crate::merge::{self, Reading};
use crate::source::{SourceId, Sources, Span};
use crate::spec::{EXTENDS_INCLUDED, LAZY_OPERANDS, Version};
use crate::yaml::{Duplicate, Mapping, Node};
use known::Known;

pub use env_files::env_file_problem;
pub use unused::Unused;

/// Says for an image and the words of its command which file in its container is wanted, if any.
pub type ConfigPath = fn(&str, &[&str]) -> Option<String>;

/// What is to be read, and how.
#[derive(Clone, Debug)]
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
    /// The version of Docker Compose that it is read as.
    pub version: Version,
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
    /// The images whose mounted files are read, since they configure them.
    pub is_configured: fn(&str) -> bool,
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
            version: Version::NEWEST,
            interpolates: true,
            is_lenient: true,
            documented: None,
            config_path: |_, _| None,
            is_configured: |_| false,
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
    /// What is left of the budget.
    pub budget: Budget,
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
                let used = unused::used(&self.model, &section.key, &self.inactive);
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
        is_refused(&self.problems, &self.duplicates)
    }
}

/// Where values are read: the folder and the variables of a project, or of one that is included.
pub(super) struct Scope {
    folder: String,
    environment: Arc<Environment>,
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
    reading: Reading,
    is_lenient: bool,
    documented: Option<HashSet<String>>,
    is_part: bool,
    problems: Vec<Problem>,
    /// Places that stand where nothing like them can: of what is inside them nothing else is said.
    misplaced: Vec<Span>,
    duplicates: Vec<Duplicate>,
    repeated: Vec<(Arc<str>, merge::Repeated)>,
    parsed: HashMap<SourceId, Vec<Node>>,
    opened: HashMap<String, SourceId>,
    extended: Known<String, Option<Node>>,
    imported: Known<include::Project, Node>,
    budget: Budget,
    is_spent: bool,
}

/// Reads a project.
pub fn resolve(sources: &mut Sources, files: &dyn Files, request: &Request) -> Resolution {
    let mut resolver = Resolver {
        sources,
        files,
        home: request.home.clone(),
        reading: Reading { version: request.version, interpolates: request.interpolates },
        is_lenient: request.is_lenient,
        documented: request.documented.clone(),
        is_part: false,
        problems: Vec::new(),
        misplaced: Vec::new(),
        duplicates: Vec::new(),
        repeated: Vec::new(),
        parsed: HashMap::new(),
        opened: HashMap::new(),
        extended: Known::default(),
        imported: Known::default(),
        budget: Budget::default(),
        is_spent: false,
    };
    for (id, _) in &request.files {
        if let Err(spent) = resolver.budget.file(resolver.sources.get(*id).text().len()) {
            resolver.spent(spent, Span::new(*id, 0, 0));
            resolver.parsed.insert(*id, Vec::new());
        }
    }
    let own: Vec<FileOf> =
        request.files.iter().map(|(id, path)| FileOf { id: *id, path: path.clone() }).collect();
    let mut environment = request.environment.clone();
    let name = resolver.name(request, &own, &environment);
    environment.replace("COMPOSE_PROJECT_NAME", &*name);
    let scope = Scope { folder: request.folder.clone(), environment: Arc::new(environment) };
    let (written, mut model) = resolver.written_and_model(&own, &scope, &[]);
    model.remove("name");
    model.remove("version");
    // Nothing is filled in where variables stay.
    let nothing = Environment::new();
    let filled = if request.interpolates { &*scope.environment } else { &nothing };
    normalize::normalize(&mut model, &name, filled);
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
        let version = request.version;
        typed =
            typed::project(&model, &name, version, &mut |node, problem| resolver.report_on(node, problem));
    }
    let (mut problems, misplaced) = (resolver.problems, resolver.misplaced);
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
    let is_inside = |span: Span| {
        let holds =
            |outer: &Span| outer.source == span.source && outer.start <= span.start && span.end <= outer.end;
        misplaced.iter().any(holds)
    };
    problems.retain(|problem| problem.is_misplaced || !is_inside(problem.span));
    let unused = unused::unused(&model, &written, &resolver.repeated);
    Resolution {
        unused,
        written: restore::restored(&written, &scope.environment).unwrap_or(written),
        model,
        typed,
        name,
        environment: Arc::unwrap_or_clone(scope.environment),
        problems,
        duplicates: resolver.duplicates,
        repeated: resolver.repeated,
        inactive,
        is_part: resolver.is_part,
        budget: resolver.budget,
    }
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
    /// The version of Docker Compose that files are read as.
    fn version(&self) -> Version {
        self.reading.version
    }

    /// Which words of variables are read.
    fn words(&self) -> Words {
        if self.version().has(&LAZY_OPERANDS) { Words::Used } else { Words::All }
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Reports a problem with a value, unless its variables are not known.
    fn report_on(&mut self, node: &Node, problem: Problem) {
        let is_unknown = !self.reading.interpolates || self.is_lenient && has_unset(node);
        if !is_unknown {
            self.problems.push(problem);
        }
    }

    /// Reports something that stands where nothing like it can, and says nothing else of what is inside `extent`.
    fn report_misplaced(&mut self, extent: Span, problem: Problem) {
        self.misplaced.push(extent);
        self.problems.push(Problem { is_misplaced: true, ..problem });
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
        // Those of the shell, and those that Windows always sets.
        const OF_SHELL: [&str; 18] = [
            "HOME",
            "LOGNAME",
            "PATH",
            "PWD",
            "SHELL",
            "USER",
            "USERNAME",
            "HOSTNAME",
            "COMPUTERNAME",
            "USERPROFILE",
            "APPDATA",
            "LOCALAPPDATA",
            "PROGRAMDATA",
            "ProgramData",
            "HOMEDRIVE",
            "HOMEPATH",
            "TEMP",
            "TMP",
        ];
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

    /// The name of the project: from outside, from its files, or from its folder.
    fn name(&mut self, request: &Request, files: &[FileOf], environment: &Environment) -> String {
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
            let lookup = |variable: &str| environment.get(variable);
            let words = self.words();
            Some(interpolation::substitute(name.as_text()?, &lookup, words, &mut self.budget).ok()?.text)
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
                if self.reading.interpolates {
                    document = interpolate::interpolated(self, document, scope);
                }
                self.note_repeated(&document);
                if self.version().has(&EXTENDS_INCLUDED) {
                    include::apply(self, &mut document, scope, &included);
                    extends::apply(self, &mut document, &file.path, scope);
                } else {
                    extends::apply(self, &mut document, &file.path, scope);
                    include::apply(self, &mut document, scope, &included);
                }
                self.note_version(&document);
                let mut next = match &merged {
                    None => merge::alone(&document),
                    Some(model) => {
                        let (next, conflicts) = merge::project(model, &document, self.reading);
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
        if self.reading.interpolates {
            normalize::take_over_in_lists(&mut model, &scope.environment);
        }
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
