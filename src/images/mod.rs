//! Facts about well-known images: what is inside, where they listen, how to probe them, and what is wrong with them.
//!
//! They stand in `catalog/images.yaml`. At the first question the text is split at its top-level keys; an image's own
//! lines are read when somebody asks for it, and once.

mod probe;
mod read;
mod tag;

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

pub use tag::Tag;

use compose_reader::values::{ImageReference, Sketch};
use tag::Bounds;

const TEXT: &str = include_str!("../../catalog/images.yaml");

/// Facts about one image, or about all images of a publisher.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Words that a variable or a URL's scheme calls it by.
    pub kinds: Vec<String>,
    /// Ports that it listens on unless told otherwise.
    pub ports: Vec<u16>,
    /// Ports that let whoever reaches them read, change or steer it.
    pub admin_ports: Vec<u16>,
    /// Folders of the container of which one holds its data, for one server at a time.
    pub data: Vec<String>,
    /// Whether it listens on IPv4 only, unless its configuration says otherwise.
    pub listens_on_ipv4: bool,
    /// Whether it brings a `HEALTHCHECK`.
    pub ships_probe: bool,
    /// Variables with which it answers on the loopback interface while its first start still initialises; scripts
    /// for the first start have the same effect.
    pub initialises_on_loopback_with: Vec<String>,
    /// How long it takes until it answers, where that is long.
    pub start_seconds: Option<u32>,
    /// Whether its entrypoint begins with an init process of its own.
    pub init: bool,
    /// Whether its entrypoint starts as root and goes on as another user.
    pub starts_as_root: bool,
    /// The user that it runs as, where that is not root.
    pub user: Option<String>,
    /// Capabilities that it needs with `cap_drop: [ALL]`.
    pub capabilities: Vec<String>,
    /// Folders that have to be writable where its file system is read-only, besides its volumes.
    pub tmpfs: Vec<String>,
    /// What it asks of its machine, because its purpose is to work on that: capabilities, `socket` (the one of Docker),
    /// `privileged`, `mounts` and `devices` (of the host), `network` and `pid` (the host's own), `unconfined`.
    pub privileges: Vec<String>,
    /// The configuration that it reads unless `--config.file` names another, in which it expands no variables.
    pub literal_config: Option<String>,
    /// Whether it answers `/` with an error, although it is well.
    pub refuses_root: bool,
    /// What to know before it is used.
    pub pitfalls: Vec<Pitfall>,
    /// What has become of it, if it should not be used any more.
    pub withdrawn: Option<Withdrawn>,
    probe: Option<String>,
    variants: Vec<Variant>,
}

/// What is inside, for some tags of an image.
#[derive(Clone, Debug, Default)]
struct Variant {
    tags: Bounds,
    /// The image it is built on.
    base: Option<String>,
    has: Vec<String>,
    lacks: Vec<String>,
    /// All programs that there are.
    only: Option<Vec<String>>,
    /// Whether `sh` is bash, which knows `/dev/tcp`.
    sh_is_bash: Option<bool>,
    probe: Option<String>,
}

/// Something about an image that surprises people; every condition that is given has to hold.
#[derive(Clone, Debug, Default)]
pub struct Pitfall {
    tags: Bounds,
    /// A variable of the environment that is set, `*` standing for anything.
    pub sets: Option<String>,
    /// Variables that `sets` does not mean.
    pub except: Option<String>,
    /// What that variable is set to.
    pub value: Option<String>,
    /// What its value contains.
    pub value_has: Option<String>,
    /// Whether it holds only for a service without a command of its own, which could read that variable.
    pub unread: bool,
    /// Variables of which none is set, as far as the compose file alone says.
    pub unless: Vec<String>,
    /// Variables of which none is set, not even in an env file.
    pub lacks: Vec<String>,
    /// A folder of the container that a volume is mounted at.
    pub mounts: Option<String>,
    /// A folder of the container that no volume is mounted at.
    pub lacks_mount: Option<String>,
    /// A folder of the container below which nothing of the host is mounted.
    pub lacks_bind: Option<String>,
    /// What its health check contains, all of it.
    pub probes: Vec<String>,
    /// An option that the command gives nowhere.
    pub lacks_argument: Option<String>,
    /// Whether no `hostname` is given.
    pub lacks_hostname: bool,
    /// An option that the command gives.
    pub argument: Option<String>,
    /// An option that a command of options, where there is one, does not give.
    pub argument_missing: Option<String>,
    /// Whether it keeps the service from starting.
    pub is_fatal: bool,
    /// What is wrong, in one sentence; `{variable}` is the one that is set.
    pub says: String,
    /// What to do; `{stem}` is that variable without `_FILE`, `{service}` the service.
    pub help: String,
}

/// What has become of an image that should not be used any more.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// The image.
    pub image: &'static str,
    /// What has become of it.
    pub what: String,
    /// What to use instead.
    pub instead: String,
    /// The template for that.
    pub template: Option<String>,
}

/// What is known of an image that somebody refers to.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The facts.
    pub image: &'static Image,
    /// Whether they are about this very image, and not about one of the same name.
    pub is_exact: bool,
    variant: Option<&'static Variant>,
}

impl Known {
    /// Whether a program is inside; `None` where nobody can say.
    pub fn has(&self, program: &str) -> Option<bool> {
        self.variant?.has(program)
    }

    /// Whether `sh` is bash inside, which knows `/dev/tcp`; `None` where nobody can say.
    pub fn sh_is_bash(&self) -> Option<bool> {
        let variant = self.variant?;
        variant.sh_is_bash.or_else(|| named(variant.base.as_deref()?)?.sh_is_bash())
    }

    /// Whether `wget` and `nc` inside are BusyBox's.
    pub fn is_busybox(&self) -> bool {
        let base = self.variant.and_then(|variant| variant.base.as_deref());
        let busybox = |name: &str| ["alpine", "busybox"].contains(&name);
        base.is_some_and(|base| busybox(base) || named(base).is_some_and(|known| known.is_busybox()))
    }

    /// A `test` that works inside it, as it is written in a compose file.
    pub fn probe(&self) -> Option<&'static str> {
        let variant = self.variant.and_then(|variant| variant.probe.as_deref());
        variant.or(self.image.probe.as_deref()).filter(|_| self.is_exact)
    }
}

impl Variant {
    fn has(&self, program: &str) -> Option<bool> {
        let names = |list: &[String]| list.iter().any(|name| name == program);
        if let Some(only) = &self.only {
            return Some(names(only));
        }
        if names(&self.has) {
            return Some(true);
        }
        if names(&self.lacks) {
            return Some(false);
        }
        named(self.base.as_deref()?)?.has(program)
    }
}

impl Pitfall {
    /// Whether it is about some versions only.
    pub fn is_versioned(&self) -> bool {
        self.tags.from.is_some() || self.tags.below.is_some()
    }

    /// Whether it is about images with this tag.
    pub fn is_about(&self, tag: &Tag<'_>) -> bool {
        self.tags.hold(tag) == Some(true)
    }
}

/// One image's lines, and what they say once somebody has asked.
struct Block {
    name: &'static str,
    lines: &'static str,
    image: OnceLock<Image>,
}

impl Block {
    fn image(&'static self) -> &'static Image {
        self.image.get_or_init(|| {
            let base = |name: &str| INDEX.blocks.iter().find(|block| block.name == name).map(Block::image);
            read::image(self.name, self.lines, &base)
        })
    }
}

/// Every image by its name, by its publisher, and by the last part of its name.
struct Index {
    blocks: Vec<Block>,
    by_name: HashMap<&'static str, usize>,
    by_last: HashMap<&'static str, usize>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let blocks = read::blocks(TEXT);
    let mut index = Index { blocks: Vec::new(), by_name: HashMap::new(), by_last: HashMap::new() };
    for (at, (name, lines)) in blocks.into_iter().enumerate() {
        index.by_name.insert(name, at);
        index.by_last.entry(last_part(name)).or_insert(at);
        index.blocks.push(Block { name, lines, image: OnceLock::new() });
    }
    index
});

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The names of the images of which something is known, as they stand in the list.
pub fn names() -> impl Iterator<Item = &'static str> {
    INDEX.blocks.iter().map(|block| block.name)
}

/// What is known of the image behind a reference.
pub fn find(reference: ImageReference<'_>) -> Option<Known> {
    // A registry that only a variable knows: `${REGISTRY:-}mariadb:10.11`.
    let repository = reference.familiar_name().trim_start_matches(['…', '/']);
    let block = |at: &usize| &INDEX.blocks[*at];
    let exact = INDEX.by_name.get(repository).map(block);
    let publisher = || INDEX.by_name.get(&*publisher(repository)?).map(block);
    if let Some(block) = exact.or_else(publisher) {
        let image = block.image();
        if exact.is_some() || alike(repository).is_none() {
            return Some(Known { image, is_exact: true, variant: image.variant(&Tag::of(reference)) });
        }
    }
    Some(Known { image: alike(repository)?, is_exact: false, variant: None })
}

/// What has become of the image behind a reference, if it should not be used any more.
pub fn withdrawn(reference: ImageReference<'_>) -> Option<&'static Withdrawn> {
    let repository = reference.familiar_name();
    let at = INDEX.by_name.get(repository).or_else(|| INDEX.by_name.get(&*publisher(repository)?))?;
    INDEX.blocks[*at].image().withdrawn.as_ref()
}

/// What has become of an image, by the name that a template for it would have.
pub fn withdrawn_template(name: &str) -> Option<&'static Withdrawn> {
    let named = INDEX.blocks.iter().filter(|block| last_part(block.name) == name);
    named.filter_map(|block| block.image().withdrawn.as_ref()).next()
}

/// The facts about an image whose name ends alike, where that part says what it is: `registry.example.com/redis`.
fn alike(repository: &str) -> Option<&'static Image> {
    let last = last_part(repository);
    let block = &INDEX.blocks[*INDEX.by_last.get(last)?];
    let image = block.image();
    (block.name.starts_with("*/") || image.kinds.iter().any(|kind| kind == last)).then_some(image)
}

/// `bitnami/*` for `bitnami/redis`.
fn publisher(repository: &str) -> Option<String> {
    repository.rsplit_once('/').map(|(publisher, _)| format!("{publisher}/*"))
}

/// What is known of an image that the catalog itself names.
fn named(name: &str) -> Option<Known> {
    find(ImageReference::of(&Sketch::from(name)))
}

impl Image {
    /// The first variant that fits a tag; none where it cannot be known which one that is.
    fn variant(&self, tag: &Tag<'_>) -> Option<&Variant> {
        let fitting = self.variants.iter().find(|variant| variant.tags.hold(tag) != Some(false))?;
        (fitting.tags.hold(tag) == Some(true)).then_some(fitting)
    }
}

#[cfg(test)]
mod tests {
    use compose_reader::values::{ImageReference, Sketch};

    use super::{INDEX, Known, TEXT, Withdrawn, read, withdrawn_template};

    fn find(image: &str) -> Option<Known> {
        super::find(ImageReference::of(&Sketch::of(image)))
    }

    fn withdrawn(image: &str) -> Option<&'static Withdrawn> {
        super::withdrawn(ImageReference::of(&Sketch::of(image)))
    }

    #[test]
    fn every_fact_can_be_read_and_has_a_source() {
        for (name, lines) in read::blocks(TEXT) {
            assert_eq!(read::problems(lines), Vec::<String>::new(), "{name}");
        }
        for block in &INDEX.blocks {
            let image = block.image();
            for base in image.variants.iter().filter_map(|variant| variant.base.as_deref()) {
                assert!(find(base).is_some_and(|known| known.has("sh").is_some()), "{}: {base}", block.name);
            }
            let fits = |pitfall: &super::Pitfall| !pitfall.says.is_empty() && !pitfall.help.is_empty();
            assert!(image.pitfalls.iter().all(fits), "{}", block.name);
        }
        assert!(INDEX.blocks.len() > 100);
    }

    #[test]
    fn what_is_inside_depends_on_the_tag() {
        for (image, program, expected) in [
            ("postgres:18", "curl", Some(false)),
            ("postgres:18", "pg_isready", Some(true)),
            ("postgres:18-alpine", "wget", Some(true)),
            ("postgres:$TAG", "wget", None),
            ("postgres:$TAG", "psql", None),
            ("docker.io/library/nginx:1.31", "curl", Some(true)),
            ("nginx:1.31-alpine-slim", "curl", Some(false)),
            ("nginx:1.31-alpine3.23", "curl", Some(true)),
            ("python:3.14-slim", "curl", Some(false)),
            ("python:3.14", "curl", Some(true)),
            ("python", "curl", Some(true)),
            ("grafana/loki:3.5.8", "wget", Some(true)),
            ("grafana/loki:3.6.5", "wget", Some(false)),
            ("grafana/loki", "sh", Some(false)),
            ("grafana/loki:main-1234abc", "wget", None),
            ("mariadb:10.11", "mysqladmin", Some(true)),
            ("mariadb:11", "mysqladmin", Some(false)),
            ("mariadb:lts", "mysqladmin", Some(false)),
            ("mongo:4.4", "mongo", Some(true)),
            ("mongo:7", "mongo", Some(false)),
            ("nats:2", "sh", Some(false)),
            ("gcr.io/distroless/static-debian12", "sh", Some(false)),
            ("gcr.io/distroless/base:debug", "sh", Some(true)),
            ("registry.example.com/postgres:18", "curl", None),
            ("mylibrary/postgres:18", "curl", None),
            ("localhost:5000/library/postgres:18", "curl", Some(false)),
            ("example/api", "curl", None),
        ] {
            let found = find(image).and_then(|known| known.has(program));
            assert_eq!(found, expected, "{image} {program}");
        }
    }

    #[test]
    fn a_probe_is_shown_as_it_is_written() {
        let probe = |image: &str| find(image).and_then(|known| known.probe());
        assert_eq!(
            probe("mariadb:11"),
            Some(r#"["CMD", "healthcheck.sh", "--connect", "--innodb_initialized"]"#)
        );
        assert_eq!(
            probe("nginx:alpine-slim"),
            Some(r#"["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/"]"#)
        );
        assert_eq!(probe("registry.example.com/mariadb"), None);
    }

    #[test]
    fn an_image_of_the_same_name_is_known_by_what_it_is() {
        for (image, kind) in [
            ("bitnami/redis:7", Some("redis")),
            ("bitnami/postgresql:16", Some("postgres")),
            ("ghcr.io/immich-app/postgres:14", Some("postgres")),
            ("wger/server", None),
            ("supabase/studio", None),
        ] {
            let known = find(image);
            assert!(!known.is_some_and(|known| known.is_exact), "{image}");
            assert_eq!(
                known.and_then(|known| known.image.kinds.first()).map(String::as_str),
                kind,
                "{image}"
            );
        }
    }

    #[test]
    fn an_image_that_is_gone_is_known_with_and_without_tag() {
        for reference in [
            "mailhog/mailhog",
            "mailhog/mailhog:v1.0.1",
            "docker.io/mailhog/mailhog@sha256:00",
            "bitnami/redis:7.2",
        ] {
            assert!(withdrawn(reference).is_some(), "{reference}");
        }
        for reference in ["hashicorp/vault:1.20", "pgsty/silo", "registry:5000/vault", "axllent/mailpit"] {
            assert!(withdrawn(reference).is_none(), "{reference}");
        }
        assert!(withdrawn_template("promtail").is_some());
        assert_eq!(withdrawn("jboss/keycloak").map(|gone| gone.image), Some("jboss/keycloak"));
    }
}
