//! What is known of each key of a compose file, in one table: a [`Key`] for each path, such as `services.*.ports.*.target`.
//!
//! The reader, the merger, the checker and the printer walk a file and the table side by side. What differs between versions of
//! Docker Compose has a row for each, with the version that began it or ended it.
//!
//! ```
//! let target = compose_reader::spec::at(["services", "web", "ports", "0", "target"]);
//! assert_eq!(target.map(|key| key.hover), Some("The port in the container."));
//! ```
//!
//! Source: the JSON Schemas of Docker Compose 2.40.3 and 5.6.1 (`schema/`), which a test holds the table against; the compose
//! specification; and what Docker Compose 2.40.3 merges, casts, completes and prints.

mod container;
mod deploy;
mod project;
mod service;
#[cfg(test)]
mod tests;
mod types;
mod value;
mod version;

pub use value::{Form, List, Print, Short, Texts, Type};

pub use project::PROJECT;
pub use service::SERVICE;
pub use version::*;

/// A key of a compose file: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key; `*` where people choose it.
    pub name: &'static str,
    /// The values that it takes.
    pub takes: &'static Type,
    /// What it is for, in one sentence.
    pub hover: &'static str,
    /// Whether text is read as the number or boolean that it stands for, before anything else is done with it.
    pub is_cast: bool,
    /// How the value of a later file is laid over it.
    pub merge: Merge,
    /// What makes two items of its list the same, so that the later one holds.
    pub same: Option<Same>,
    /// Whether such items say more than what makes them the same, so that something is lost.
    pub loses: bool,
    /// What stands there where nothing is written.
    pub default: Option<Default>,
    /// What kind of path it is, if it is one.
    pub path: Option<PathOf>,
    /// The place among the keys of a file that is written for people; those without one follow by name.
    pub rank: u8,
    /// The difference that it came with, unless 2.40 and all before it that matter have it.
    pub since: Option<&'static Difference>,
    /// The difference that it went with.
    pub until: Option<&'static Difference>,
    /// Its place since [`SHARED_ORDER`]: rows of one place stand in the order of the table.
    place: u8,
    /// What takes it, of the things that take keys of a service.
    pub holders: &'static [Holder],
}

/// How a value is laid over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Mappings key by key, lists one behind the other, anything else in its place.
    Usual,
    /// In its place, whatever it is.
    Replace,
    /// One behind the other, where one value is a list of one.
    OneOrMany,
    /// `NAME=VALUE` as a mapping.
    Pairs,
    /// Hosts with all their addresses.
    Hosts,
    /// A list of names as a mapping by name.
    Names,
    /// A text as the mapping that it is short for, as its type says.
    Long,
    /// Address pools by subnet.
    Pools,
    /// Key by key, unless `driver` differs.
    SameDriver,
}

/// What makes two items of a list the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    /// The name before `=`.
    Name,
    /// The whole text.
    Text,
    /// The `path`.
    Path,
    /// The path in the container.
    Target,
    /// The path in the container, which a source without one has below this folder.
    TargetIn(&'static str),
    /// The addresses, ports and protocol.
    Port,
}

/// What stands where nothing is written.
#[derive(Clone, Copy, Debug)]
pub struct Default {
    /// The value; `{source}` in it is the value beside it.
    pub value: &'static str,
    /// A key beside it that takes its place.
    pub unless: Option<&'static str>,
    /// Whether it comes with the long form, before a file is merged with others.
    pub is_early: bool,
}

/// What kind of path a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathOf {
    /// A file of this machine.
    File,
    /// A file of this machine behind all links.
    Watched,
    /// A folder to build from, or an address of one.
    Context,
    /// A path of the machine that the engine runs on.
    Engine,
    /// The same, if the mount is a `bind`.
    BindSource,
    /// Options, whose `device` is the same, if the volume is a bind mount of the `local` driver.
    BindDevice,
}

/// What runs as a container, and so takes keys of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A service.
    Service,
    /// A job.
    Job,
    /// A container that runs before a service.
    PreStart,
}

/// The keys of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    keys: &'static [Key],
    /// The rows in the order since [`SHARED_ORDER`], as their numbers, where that is another one.
    order: &'static [u8],
    /// Which keys people may choose, where there is a row `*`.
    names: Names,
    /// Whether keys that no row is for are passed over.
    pub is_open: bool,
    /// Whether it takes keys that begin with `x-`.
    pub takes_extensions: bool,
    /// Keys that must be there.
    pub required: &'static [&'static str],
    holder: Option<Holder>,
}

/// Which keys people may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Letters, digits, `.`, `_` and `-`.
    Word,
    /// Small letters.
    Small,
    /// Any text.
    Any,
}

impl Names {
    /// Whether a key is one of these.
    pub fn has(self, name: &str) -> bool {
        let all = |is: fn(u8) -> bool| !name.is_empty() && name.bytes().all(is);
        match self {
            Self::Word => all(|next| next.is_ascii_alphanumeric() || b"._-".contains(&next)),
            Self::Small => all(|next| next.is_ascii_lowercase()),
            Self::Any => !name.is_empty(),
        }
    }
}

impl Fields {
    /// The row for a key, in the newest version.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.key_in(name, Version::NEWEST)
    }

    /// The row for a key in a version.
    pub fn key_in(&self, name: &str, version: Version) -> Option<&'static Key> {
        // This is asked of every key of every file: what can be told by its length is told so.
        for key in self.keys {
            if key.name.len() == name.len() && key.name == name && self.has(key, version) {
                return Some(key);
            }
        }
        self.any_in(version).filter(|_| self.names.has(name))
    }

    /// The row for the keys that people choose, in the newest version.
    pub fn any(&self) -> Option<&'static Key> {
        self.any_in(Version::NEWEST)
    }

    /// The row for the keys that people choose.
    pub fn any_in(&self, version: Version) -> Option<&'static Key> {
        self.keys.iter().rev().find(|key| key.name == "*" && self.has(key, version))
    }

    /// The rows whose keys are given, in the newest version.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + Clone {
        self.keys_in(Version::NEWEST)
    }

    /// The rows whose keys are given, in the order in which a version of Docker Compose prints them.
    pub fn keys_in(&self, version: Version) -> impl Iterator<Item = &'static Key> + Clone {
        self.rows_in(version).filter(|key| key.name != "*")
    }

    /// All rows of a version.
    fn rows_in(&self, version: Version) -> impl Iterator<Item = &'static Key> + Clone {
        let fields = *self;
        let order = if version.has(&SHARED_ORDER) { fields.order } else { &[] };
        let row = move |at: usize| fields.keys.get(order.get(at).map_or(at, |at| usize::from(*at)));
        (0..fields.keys.len()).filter_map(row).filter(move |key| fields.has(key, version))
    }

    /// The versions that have a key, if any: the first, and the first that has it no more.
    pub fn versions_with(&self, name: &str) -> impl Iterator<Item = Version> {
        Version::ALL.into_iter().filter(move |version| self.key_in(name, *version).is_some())
    }

    fn has(&self, key: &Key, version: Version) -> bool {
        key.since.is_none_or(|since| version.has(since))
            && key.until.is_none_or(|until| !version.has(until))
            && self.holder.is_none_or(|holder| key.holders.contains(&holder))
    }

    const fn closed(keys: &'static [Key]) -> Self {
        let names = Names::Any;
        Self { keys, order: &[], names, is_open: false, takes_extensions: true, required: &[], holder: None }
    }

    const fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    const fn named(mut self, names: Names) -> Self {
        self.names = names;
        self.takes_extensions = false;
        self
    }

    const fn without_extensions(mut self) -> Self {
        self.takes_extensions = false;
        self
    }

    const fn requires(mut self, keys: &'static [&'static str]) -> Self {
        self.required = keys;
        self
    }

    const fn of(mut self, holder: Holder, order: &'static [u8]) -> Self {
        self.holder = Some(holder);
        self.order = order;
        self
    }
}

/// The rows of a table by their places, as their numbers in it.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "run by the compiler only, which refuses what is out of bounds"
)]
const fn order_of<const COUNT: usize>(keys: &[Key; COUNT]) -> [u8; COUNT] {
    let mut order = [0; COUNT];
    let (mut place, mut filled) = (0_u8, 0);
    while filled < COUNT {
        let mut at = 0;
        while at < COUNT {
            if keys[at].place == place {
                order[filled] = at as u8;
                filled += 1;
            }
            at += 1;
        }
        place += 1;
    }
    order
}

/// The place of a row that says none: behind those of what it is about, before those that only some holders have.
const SHARED: u8 = 100;

/// The row for a path, in the newest version: keys, and the positions of items.
pub fn at<'p>(path: impl IntoIterator<Item = &'p str>) -> Option<&'static Key> {
    let mut found: Option<&'static Key> = None;
    let mut inside = Some(PROJECT);
    for step in path {
        let of = inside?;
        let key = of.fields().and_then(|fields| fields.key(step));
        match (key, of.item()) {
            (Some(key), _) => {
                found = Some(key);
                inside = Some(key.takes);
            }
            (None, Some(item)) if step.bytes().all(|next| next.is_ascii_digit()) => inside = Some(item),
            _ => return None,
        }
    }
    found
}

/// What a part of the table holds, so that walks leave out what holds nothing for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds(u8);

impl Holds {
    /// Values with a short form.
    pub const SHORT: Self = Self(1);
    /// Lists whose items may be the same.
    pub const SAME: Self = Self(2);
    /// Keys with a default.
    pub const DEFAULT: Self = Self(4);
    /// Paths.
    pub const PATH: Self = Self(8);
    /// Values that are text for Docker Compose, and may be written as numbers or booleans.
    pub const COERCED: Self = Self(16);
    const NOTHING: Self = Self(0);
    const ANYTHING: Self = Self(31);

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

const EVERYONE: &[Holder] = &[Holder::Service, Holder::Job, Holder::PreStart];

const fn key(name: &'static str, takes: &'static Type, hover: &'static str) -> Key {
    Key {
        name,
        takes,
        hover,
        is_cast: false,
        merge: Merge::Usual,
        same: None,
        loses: false,
        default: None,
        path: None,
        rank: u8::MAX,
        since: None,
        until: None,
        place: SHARED,
        holders: EVERYONE,
    }
}

/// The row for keys that people choose.
const fn any(takes: &'static Type, hover: &'static str) -> Key {
    key("*", takes, hover)
}

impl Key {
    const fn cast(mut self) -> Self {
        self.is_cast = true;
        self
    }

    const fn merge(mut self, merge: Merge) -> Self {
        self.merge = merge;
        self
    }

    const fn same(mut self, same: Same) -> Self {
        self.same = Some(same);
        self
    }

    const fn loses(mut self) -> Self {
        self.loses = true;
        self
    }

    const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(Default { value, unless: None, is_early: false });
        self
    }

    const fn default_unless(mut self, value: &'static str, other: &'static str) -> Self {
        self.default = Some(Default { value, unless: Some(other), is_early: false });
        self
    }

    const fn default_in_long_form(mut self, value: &'static str) -> Self {
        self.default = Some(Default { value, unless: None, is_early: true });
        self
    }

    const fn path(mut self, path: PathOf) -> Self {
        self.path = Some(path);
        self
    }

    const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }

    const fn since(mut self, difference: &'static Difference) -> Self {
        self.since = Some(difference);
        self
    }

    const fn until(mut self, difference: &'static Difference) -> Self {
        self.until = Some(difference);
        self
    }

    const fn place(mut self, place: u8) -> Self {
        self.place = place;
        self
    }

    const fn of(mut self, holders: &'static [Holder]) -> Self {
        self.holders = holders;
        self
    }

    /// What it and its value hold.
    pub const fn holds(&self, what: Holds) -> bool {
        self.all().has(what)
    }

    const fn all(&self) -> Holds {
        let mut all = self.takes.all();
        if self.same.is_some() {
            all = all.and(Holds::SAME);
        }
        if self.default.is_some() {
            all = all.and(Holds::DEFAULT);
        }
        if self.path.is_some() {
            all = all.and(Holds::PATH);
        }
        all
    }
}
