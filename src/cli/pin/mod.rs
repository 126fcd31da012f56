//! `stackgen pin`: writes the digest of each image beside its tag.

mod compose;
mod engine;
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use similar::TextDiff;

use super::disk::{Change, Disk, Transaction};
use super::error::CliError;
use super::registry::{self, Answer};
use super::table::table;
use super::{Outcome, complain, print, tell};
use crate::fix::apply;
use crate::report::count;
use compose_reader::diagnostic::Edit;
use compose_reader::source::{SourceId, Sources, Span};

const EXAMPLES: &str = "\
Examples:
  stackgen pin                          the compose file of this folder
  stackgen pin compose.yaml infra.yaml  some files
  stackgen pin --stack stacks/shop      the images of a stack, in its stack.yaml
  stackgen pin --diff                   show what would change, and write nothing

`image: postgres:17.6` becomes `image: postgres:17.6@sha256:…`. The digest is that of the image that
the Docker Engine here has pulled; what it has not, its registry is asked for, by curl. In a stack,
a service whose image comes from its template gets an `image:` of its own below `use:`. What has a
digest already, a variable, or a `build` is left as it is: Renovate and Dependabot keep digests
and tags in compose files up to date, and Renovate in stack.yaml too, once its manager
`docker-compose` is told of that name: `\"managerFilePatterns\": [\"/(^|/)stack\\\\.yaml$/\"]`.

Exit codes: 0 done, 1 an image cannot be pulled, 2 a file cannot be read or a registry not be asked.";

/// Write the digest of each image beside its tag
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Compose files [default: as `docker compose` finds them]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The folder of a stack, whose stack.yaml is changed
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    stack: Option<PathBuf>,

    /// Ask the registries only, and not the Docker Engine
    #[arg(long)]
    registry: bool,

    /// Show what would change, and write nothing
    #[arg(long)]
    diff: bool,

    /// How long a registry may take to answer for one image, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u16,
}

/// What is to be pinned.
#[derive(Default)]
struct Found {
    sources: Sources,
    /// The places where a digest belongs.
    places: Vec<Place>,
    /// Why the other images are left as they are, in a sentence each.
    left: BTreeSet<String>,
}

/// A place where the digest of an image belongs.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// The image, by its tag.
    image: String,
    /// An empty place in the text.
    span: Span,
    /// What is written there before the `@`.
    before: String,
}

pub(super) fn run(args: &Args, disk: &Disk) -> Result<Outcome, CliError> {
    let found = match &args.stack {
        Some(folder) => stack::find(folder, disk)?,
        None => compose::find(&args.files, disk)?,
    };
    for reason in &found.left {
        complain(&format!("note: {reason}\n"));
    }
    let digests = found.digests(args)?;
    let changes = found.changes(&digests);
    if args.diff {
        let diff = |change: &Changed<'_>| {
            let differences = TextDiff::from_lines(change.before, &change.after);
            differences.unified_diff().header(change.path, change.path).to_string()
        };
        print(&changes.iter().map(diff).collect::<String>())?;
    } else {
        write(disk, &changes)?;
        let row = |(image, digest): (&&str, &Digest)| {
            [(*image).to_owned(), digest.to_string(), digest.source().to_owned()]
        };
        let rows: Vec<[String; 3]> = digests.iter().map(row).collect();
        if !rows.is_empty() {
            tell(&table(["image", "digest", "from"], &rows))?;
        }
    }
    let pinned = digests.values().filter(|digest| digest.known().is_some()).count();
    let verb = if args.diff { "would pin" } else { "pinned" };
    complain(&format!("{verb} {} in {}\n", count(pinned, "image"), count(changes.len(), "file")));
    let answers = digests.iter().filter_map(|(image, digest)| match digest {
        Digest::OfRegistry(answer) => Some((*image, answer)),
        Digest::OfEngine(_) => None,
    });
    registry::verdict(answers)
}

/// What is known of an image.
enum Digest {
    /// Its digest in the Docker Engine.
    OfEngine(String),
    /// What its registry says.
    OfRegistry(Answer),
}

impl Digest {
    fn known(&self) -> Option<&str> {
        match self {
            Self::OfEngine(digest) => Some(digest),
            Self::OfRegistry(Answer::Published(digest)) => digest.as_deref(),
            Self::OfRegistry(_) => None,
        }
    }

    fn source(&self) -> &'static str {
        if matches!(self, Self::OfEngine(_)) { "the Docker Engine" } else { "its registry" }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfEngine(digest) => formatter.write_str(digest),
            Self::OfRegistry(answer) => match self.known() {
                Some(digest) => formatter.write_str(digest),
                None => answer.fmt(formatter),
            },
        }
    }
}

/// A file that becomes another.
struct Changed<'f> {
    path: &'f str,
    before: &'f str,
    after: String,
}

impl Found {
    /// What is known of each image.
    fn digests(&self, args: &Args) -> Result<BTreeMap<&str, Digest>, CliError> {
        let images: BTreeSet<&str> = self.places.iter().map(|place| place.image.as_str()).collect();
        let mut digests = BTreeMap::new();
        if !args.registry {
            let pulled = images.iter().map_while(|image| Some((*image, engine::digest(image)?)));
            let known = pulled.filter_map(|(image, digest)| Some((image, Digest::OfEngine(digest?))));
            digests.extend(known);
        }
        let unknown: Vec<&str> = images.into_iter().filter(|image| !digests.contains_key(image)).collect();
        let answers = registry::ask_all(&unknown, Duration::from_secs(args.timeout.into()))?;
        digests.extend(unknown.into_iter().zip(answers.into_iter().map(Digest::OfRegistry)));
        Ok(digests)
    }

    /// The files with the digests that are known.
    fn changes(&self, digests: &BTreeMap<&str, Digest>) -> Vec<Changed<'_>> {
        let edit = |place: &Place| {
            let digest = digests.get(&*place.image)?.known()?;
            Some(Edit { span: place.span, content: format!("{}@{digest}", place.before) })
        };
        let edits: Vec<Edit> = self.places.iter().filter_map(edit).collect();
        let files: BTreeSet<SourceId> = edits.iter().map(|edit| edit.span.source).collect();
        let changed = |id: SourceId| {
            let source = self.sources.get(id);
            let after = apply(source.text(), edits.iter().filter(|edit| edit.span.source == id));
            Changed { path: source.name(), before: source.text(), after }
        };
        files.into_iter().map(changed).collect()
    }

    /// Whether an image can get a digest, by the way it is written; one that has one is left without a word.
    fn takes(&mut self, image: &str) -> bool {
        if image.contains('$') {
            self.left.insert(format!("`{image}` is left as it is: a variable says which image it is"));
        }
        !image.contains(['$', '@'])
    }

    /// Notes that an image gets a digest here, once.
    fn add(&mut self, image: &str, span: Span, before: String) {
        let place = Place { image: image.to_owned(), span, before };
        if !self.places.contains(&place) {
            self.places.push(place);
        }
    }
}

/// Writes all files of a repository, or none.
fn write(disk: &Disk, changes: &[Changed<'_>]) -> Result<(), CliError> {
    let mut by_root: BTreeMap<PathBuf, Vec<Change>> = BTreeMap::new();
    for Changed { path, before, after } in changes {
        let change = Change::write(*path, after.as_str()).over(Some(before.as_bytes()));
        by_root.entry(disk.root_of_file(Path::new(path))).or_default().push(change);
    }
    for (root, changes) in &by_root {
        Transaction::begin(disk, root)?.commit(disk, changes)?;
    }
    Ok(())
}
