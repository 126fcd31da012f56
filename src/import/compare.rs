//! The proof: what the rendered files of an environment give, held against what its compose files gave.

use std::collections::BTreeSet;

use crate::definition::Mode;
use compose_reader::compose::{Printed, PrintedEntry};

/// What becomes of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The project has another name.
    Project,
    /// Networks are made of tiers, or there is one for all.
    Networks,
    /// A port is bound to 127.0.0.1 in development.
    Loopback,
    /// Production rotates logs.
    Logging,
    /// Production gains no rights.
    Privileges,
    /// Production starts again what has ended.
    Restart,
    /// A wait is added for what an address names.
    Wait,
    /// A job has a companion that waits for it.
    Companion,
    /// A link is a wait, and a name that everybody finds.
    Links,
    /// A job says that it is not started again.
    Job,
    /// `expose` opens nothing, and says nothing more than `listen`.
    Expose,
    /// A secret that is a file has a variable with its path.
    SecretPath,
    /// A declaration that nothing uses is left out.
    Unused,
    /// A volume or network has another name in Docker.
    Name,
    /// A key that begins with `x-` is left out.
    Extension,
    /// It is gone, or another one.
    Lost,
}

impl Class {
    /// Every class that is meant, in the order in which they are told.
    pub const MEANT: [Self; 15] = [
        Self::Networks,
        Self::Loopback,
        Self::Logging,
        Self::Privileges,
        Self::Restart,
        Self::Wait,
        Self::Companion,
        Self::Links,
        Self::Job,
        Self::Expose,
        Self::SecretPath,
        Self::Project,
        Self::Name,
        Self::Unused,
        Self::Extension,
    ];

    /// What changes and why, in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Project => "The project has a name of its own in each environment.",
            Self::Networks => {
                "Networks follow the tiers: a service is on its tier's and on those of what it calls; with `networks: flat`, all \
                 are on the project's default network."
            }
            Self::Loopback => "In development ports are bound to 127.0.0.1, where nobody else reaches them.",
            Self::Logging => "In production logs are rotated: three files of 10 MB.",
            Self::Privileges => {
                "In production no program gains rights that it was not started with (`no-new-privileges`)."
            }
            Self::Restart => {
                "In production a service that has ended is started again (`restart: unless-stopped`)."
            }
            Self::Wait => "A service waits for those that it names.",
            Self::Companion => {
                "A job that nothing waits for has a companion, so that `up --wait` takes its end for a success."
            }
            Self::Links => {
                "`links` are gone: services find each other by name, and the wait for each is kept."
            }
            Self::Job => "A job says `restart: \"no\"`, which is what Docker takes for granted.",
            Self::Expose => "`expose` is gone: it opens nothing, and `listen` names the port.",
            Self::SecretPath => "A service finds the path of a secret in `NAME_FILE` as well.",
            Self::Unused => "What is declared and not used is left out.",
            Self::Name => "A volume or network has another name in Docker.",
            Self::Extension => {
                "Keys that begin with `x-` are left out; what they shared stands in `defaults`."
            }
            Self::Lost => "It is gone, or another one.",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// What becomes of it.
    pub class: Class,
    /// Where: `services.api.ports`.
    pub path: String,
    /// What was there; `None` where nothing was.
    pub before: Option<String>,
    /// What is there now; `None` where nothing is.
    pub after: Option<String>,
}

/// Every difference between two projects, as Docker Compose prints them.
///
/// `is_local` says whether ports without an address are bound to 127.0.0.1.
pub fn compare(before: &Printed, after: &Printed, mode: Mode, is_local: bool) -> Vec<Difference> {
    let mut found = BTreeSet::new();
    let mut walk = Walk { mode, is_local, found: &mut found };
    walk.value(&mut Vec::new(), Some(before), Some(after));
    found.into_iter().collect()
}

struct Walk<'w> {
    mode: Mode,
    is_local: bool,
    found: &'w mut BTreeSet<Difference>,
}

impl Walk<'_> {
    fn value(&mut self, path: &mut Vec<String>, before: Option<&Printed>, after: Option<&Printed>) {
        match (before, after) {
            (Some(before), Some(after)) if before == after => {}
            (Some(Printed::Mapping(before)), Some(Printed::Mapping(after))) => {
                let names: BTreeSet<&str> =
                    before.iter().chain(after).map(|entry| entry.key.as_str()).collect();
                for name in names {
                    let of = |entries: &[PrintedEntry]| {
                        entries.iter().find(|entry| entry.key == name).map(|entry| entry.value.clone())
                    };
                    path.push(name.to_owned());
                    let (before, after) = (of(before), of(after));
                    self.value(path, before.as_ref(), after.as_ref());
                    path.pop();
                }
            }
            (Some(Printed::List(before)), Some(Printed::List(after))) => self.lists(path, before, after),
            (None, Some(Printed::Mapping(after))) if path.len() >= 2 && !after.is_empty() => {
                for entry in after {
                    path.push(entry.key.clone());
                    self.value(path, None, Some(&entry.value));
                    path.pop();
                }
            }
            (None, Some(Printed::List(after))) => self.lists(path, &[], after),
            (before, after) if is_nothing(before) && is_nothing(after) => {}
            (before, after) => self.note(path, before, after),
        }
    }

    /// Lists by their items: what is missing and what is new; a port by its place, so that its address is a difference of it.
    fn lists(&mut self, path: &[String], before: &[Printed], after: &[Printed]) {
        let mut gone: Vec<&Printed> = before.iter().filter(|item| !after.contains(item)).collect();
        let mut new: Vec<&Printed> = after.iter().filter(|item| !before.contains(item)).collect();
        if path.last().is_some_and(|key| key == "ports") {
            gone.retain(|item| {
                let twin = new.iter().position(|other| port(other) == port(item));
                let Some(twin) = twin else { return true };
                let other = new.remove(twin);
                let address = |port: &Printed| text(port, "host_ip");
                if address(item) != address(other) {
                    let class = match (self.is_local, address(item).as_deref(), address(other).as_deref()) {
                        (true, None | Some("0.0.0.0"), Some("127.0.0.1")) => Class::Loopback,
                        _ => Class::Lost,
                    };
                    self.push(class, path, Some(shown(item)), Some(shown(other)));
                }
                false
            });
        }
        // The order of programs' arguments is a meaning; that of mounts and capabilities is none.
        let is_ordered =
            path.last().is_some_and(|key| matches!(key.as_str(), "command" | "entrypoint" | "test"));
        if gone.is_empty() && new.is_empty() {
            if is_ordered && before != after {
                self.push(Class::Lost, path, Some(list(before)), Some(list(after)));
            }
            return;
        }
        for item in gone {
            self.note(path, Some(item), None);
        }
        for item in new {
            self.note(path, None, Some(item));
        }
    }

    fn note(&mut self, path: &[String], before: Option<&Printed>, after: Option<&Printed>) {
        let class = self.class(path, before, after);
        self.push(class, path, before.map(shown), after.map(shown));
    }

    fn push(&mut self, class: Class, path: &[String], before: Option<String>, after: Option<String>) {
        self.found.insert(Difference { class, path: path.join("."), before, after });
    }

    /// What becomes of a difference: a closed list.
    fn class(&self, path: &[String], before: Option<&Printed>, after: Option<&Printed>) -> Class {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let is_new = before.is_none();
        let is_production = self.mode == Mode::Production;
        match path[..] {
            ["name"] => Class::Project,
            ["networks", ..] | ["services", _, "networks", ..] => Class::Networks,
            ["volumes" | "secrets" | "configs", _, "name"] => Class::Name,
            ["volumes" | "secrets" | "configs", _] if after.is_none() => Class::Unused,
            ["volumes" | "secrets" | "configs"] if after.is_none() => Class::Unused,
            [extension, ..] if extension.starts_with("x-") => Class::Extension,
            ["services", _, extension, ..] if extension.starts_with("x-") => Class::Extension,
            ["services", _, "links"] if after.is_none() && is_plain_link(before) => Class::Links,
            ["services", _, "restart"]
                if is_new && matches!(after, Some(Printed::Text(text)) if text == "no") =>
            {
                Class::Job
            }
            ["services", _, "expose"] if after.is_none() => Class::Expose,
            ["services", _, "logging", ..] if is_new && is_production => Class::Logging,
            ["services", _, "security_opt"] if is_new && is_production => Class::Privileges,
            ["services", _, "restart"]
                if is_production
                    && matches!(after, Some(Printed::Text(text)) if text == "unless-stopped")
                    && is_new =>
            {
                Class::Restart
            }
            ["services", _, "depends_on", ..] if is_new => Class::Wait,
            ["services", name, ..] if is_new && name.ends_with("-done") => Class::Companion,
            ["services", _, "environment", name] if is_new && name.ends_with("_FILE") => Class::SecretPath,
            _ => Class::Lost,
        }
    }
}

/// Whether links give no service another name.
fn is_plain_link(links: Option<&Printed>) -> bool {
    let is_plain = |link: &str| link.split_once(':').is_none_or(|(name, alias)| name == alias);
    match links {
        Some(Printed::List(items)) => {
            items.iter().all(|item| matches!(item, Printed::Text(link) if is_plain(link)))
        }
        Some(Printed::Text(link)) => is_plain(link),
        _ => false,
    }
}

/// Whether a value says nothing.
fn is_nothing(value: Option<&Printed>) -> bool {
    match value {
        None | Some(Printed::Null) => true,
        Some(Printed::Mapping(entries)) => entries.iter().all(|entry| is_nothing(Some(&entry.value))),
        Some(Printed::List(items)) => items.is_empty(),
        Some(_) => false,
    }
}

fn text(value: &Printed, key: &str) -> Option<String> {
    let Printed::Mapping(entries) = value else { return None };
    entries.iter().find(|entry| entry.key == key).map(|entry| shown(&entry.value))
}

/// What makes a port the same one, whatever address it is bound to.
fn port(value: &Printed) -> Option<[Option<String>; 3]> {
    matches!(value, Printed::Mapping(_))
        .then(|| ["target", "published", "protocol"].map(|key| text(value, key)))
}

fn list(items: &[Printed]) -> String {
    format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
}

/// A value on one line.
fn shown(value: &Printed) -> String {
    match value {
        Printed::Null => "null".to_owned(),
        Printed::Bool(value) => value.to_string(),
        Printed::Integer(value) => value.to_string(),
        Printed::Float(value) => value.to_string(),
        Printed::Text(text) => text.clone(),
        Printed::List(items) => list(items),
        Printed::Mapping(entries) => {
            let pairs: Vec<String> =
                entries.iter().map(|entry| format!("{}: {}", entry.key, shown(&entry.value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
    }
}

/// How many services a project has.
pub fn services(project: &Printed) -> usize {
    let Printed::Mapping(sections) = project else { return 0 };
    let services = sections.iter().find(|section| section.key == "services");
    match services.map(|section| &section.value) {
        Some(Printed::Mapping(services)) => services.len(),
        _ => 0,
    }
}
