//! Mounts of a service: `volumes` in both forms, and `tmpfs`.
//!
//! Source: the compose specification, "volumes" and "tmpfs", and compose-go's `format.ParseVolume`.

use std::ops::Range;

use super::fields::flag;
use super::text::Text;
use crate::source::{Sources, Span, range};
use crate::values::{MountParts, Sketch, is_host_path};
use crate::yaml::Node;

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A file or folder of the host.
    Bind,
    /// A volume, named or not.
    Volume,
    /// Memory.
    Tmpfs,
    /// Something else, or what only a variable without default knows.
    Other,
}

/// One mount.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The entry.
    pub span: Span,
    /// What is mounted.
    pub kind: MountKind,
    /// The path on the host or the name of the volume.
    pub source: Option<Sketch>,
    /// Where the source is written.
    pub source_span: Span,
    /// Where it is in the container.
    pub target: Sketch,
    /// Whether the container can only read it.
    pub is_read_only: bool,
    /// What else is asked of it, each word with its place: `rshared`, `exec`, `size=64m`.
    pub options: Vec<(Sketch, Span)>,
}

impl Mount {
    /// The letter that Compose takes for a drive of Windows where the name of a volume was meant, in `v:/x` and `v:/x:ro`:
    /// paths of Windows have backslashes, or a letter that is large.
    pub fn mistaken_drive(&self) -> Option<char> {
        let is_option = |target: &str| {
            matches!(target, "ro" | "rw" | "z" | "Z" | "nocopy" | "consistent" | "cached" | "delegated")
        };
        let path = match &self.source {
            None => &self.target,
            Some(source) if is_option(&self.target) => source,
            Some(_) => return None,
        };
        let mut letters = path.chars();
        let letter = letters.next().filter(|letter| letter.is_alphabetic())?;
        (letters.next() == Some(':') && letters.next() != Some('\\')).then_some(letter)
    }

    /// Whether its path in the container begins at the root, of Linux or of Windows.
    pub fn has_absolute_target(&self) -> bool {
        let mut letters = self.target.chars();
        let first = letters.next();
        matches!(first, Some('/' | '\\'))
            || first.is_some_and(|first| first.is_ascii_alphabetic())
                && letters.next() == Some(':')
                && matches!(letters.next(), Some('\\' | '/'))
    }
}

/// Every mount of a service, in the order of its file.
pub(super) fn mounts(sources: &Sources, body: &Node) -> Vec<Mount> {
    let volumes = body.get("volumes").and_then(Node::as_sequence).unwrap_or_default();
    let tmpfs = body.get("tmpfs");
    let tmpfs = tmpfs.and_then(Node::as_sequence).or_else(|| tmpfs.map(std::slice::from_ref));
    let text = |node: &Node| Some(Text::new(sources, node.span, node.as_text()?));
    let volumes = volumes.iter().filter_map(|node| match (text(node), node.expanded_from()) {
        (Some(text), _) => Some(short(&text)),
        // Of an included file: made long when its variables had no value.
        (None, Some((raw, [_, ..]))) => Some(short(&Text::new(sources, node.span, raw))),
        (None, _) => long(sources, node),
    });
    let tmpfs = tmpfs.unwrap_or_default().iter().filter(|node| !node.is_null());
    volumes.chain(tmpfs.filter_map(|node| Some(memory(&text(node)?)))).collect()
}

/// An entry of `volumes` in the short syntax.
fn short(text: &Text) -> Mount {
    let sketch = text.sketch();
    let parts = MountParts::of(&sketch);
    let kind = match parts.source.clone().map(|range| sketch.part(range)) {
        None => MountKind::Volume,
        Some(source) if is_host_path(source.shown()) => MountKind::Bind,
        Some(source) if source.known().is_none() => MountKind::Other,
        Some(_) => MountKind::Volume,
    };
    let options = parts.options.map(|range| words(text, &sketch, range)).unwrap_or_default();
    let access = options.iter().rev().find(|(word, _)| matches!(&**word, "ro" | "rw"));
    Mount {
        span: text.span,
        kind,
        source_span: parts.source.clone().and_then(|range| place(text, &sketch, range)).unwrap_or(text.span),
        source: parts.source.map(|range| sketch.slice(range)),
        target: sketch.slice(parts.target),
        is_read_only: access.is_some_and(|(word, _)| &**word == "ro"),
        options,
    }
}

/// An entry of `volumes` in the long syntax.
fn long(sources: &Sources, node: &Node) -> Option<Mount> {
    let text = |node: &Node, key: &str| {
        let value = node.get(key)?;
        Some(Text::new(sources, value.span, value.as_text()?))
    };
    let source = text(node, "source").filter(|source| !source.raw().is_empty());
    let propagation = node.get("bind").and_then(|bind| text(bind, "propagation"));
    Some(Mount {
        span: node.span,
        kind: match &*text(node, "type")?.sketch() {
            "bind" => MountKind::Bind,
            "volume" => MountKind::Volume,
            "tmpfs" => MountKind::Tmpfs,
            _ => MountKind::Other,
        },
        source: source.as_ref().map(Text::sketch),
        source_span: source.map_or(node.span, |source| source.span),
        target: text(node, "target").map_or_else(|| Sketch::from(""), |target| target.sketch()),
        is_read_only: flag(node.get("read_only")),
        options: propagation.into_iter().map(|text| (text.sketch(), text.span)).collect(),
    })
}

/// An entry of `tmpfs`.
fn memory(text: &Text) -> Mount {
    let sketch = text.sketch();
    let parts = MountParts::of_tmpfs(&sketch);
    Mount {
        span: text.span,
        kind: MountKind::Tmpfs,
        source: None,
        source_span: text.span,
        target: sketch.slice(parts.target),
        is_read_only: false,
        options: parts.options.map(|range| words(text, &sketch, range)).unwrap_or_default(),
    }
}

/// The words of a list with commas, each with its place.
fn words(text: &Text, sketch: &Sketch, range: Range<usize>) -> Vec<(Sketch, Span)> {
    let word = |(start, word): (usize, &str)| {
        let range = range::of(range::offset(range.start, start), word);
        let span = place(text, sketch, range.clone()).unwrap_or(text.span);
        (!word.is_empty()).then(|| (sketch.slice(range), span))
    };
    range::placed(sketch.part(range.clone()).shown().split(','), ",").filter_map(word).collect()
}

fn place(text: &Text, sketch: &Sketch, range: Range<usize>) -> Option<Span> {
    text.part(sketch.place(range)?.range)
}

#[cfg(test)]
mod tests {
    use super::{MountKind, mounts};
    use crate::source::Sources;
    use crate::yaml::parse;

    #[test]
    fn every_form_means_what_it_means_to_compose() {
        for (entry, kind, source, target, read_only, options) in [
            ("/data", MountKind::Volume, "", "/data", false, ""),
            ("data:/data", MountKind::Volume, "data", "/data", false, ""),
            ("./data:/data:ro,z", MountKind::Bind, "./data", "/data", true, "ro,z"),
            ("'~/.ssh:/ssh:rw,rshared'", MountKind::Bind, "~/.ssh", "/ssh", false, "rw,rshared"),
            ("'${DATA:-/srv}/x:/x'", MountKind::Bind, "/srv/x", "/x", false, ""),
            ("'${DATA}:/x'", MountKind::Other, "…", "/x", false, ""),
            ("v:/x", MountKind::Volume, "", "v:/x", false, ""),
            ("'C:\\data:/x:ro'", MountKind::Bind, "C:\\data", "/x", true, "ro"),
            (
                "{type: bind, source: /, target: /host, read_only: true, bind: {propagation: rslave}}",
                MountKind::Bind,
                "/",
                "/host",
                true,
                "rslave",
            ),
            ("{type: tmpfs, target: /tmp}", MountKind::Tmpfs, "", "/tmp", false, ""),
        ] {
            let text = format!("volumes:\n- {entry}\ntmpfs: /run:exec,size=1m");
            let mut sources = Sources::new();
            let id = sources.add("test.yaml", text.as_str());
            let body = parse(id, &text).expect("valid YAML").documents.remove(0);
            let found = mounts(&sources, &body);
            let [mount, memory] = &found[..] else { panic!("{entry}: {found:?}") };
            let words: Vec<&str> = mount.options.iter().map(|(word, _)| &**word).collect();
            let seen = (mount.kind, mount.source.as_deref().unwrap_or_default(), &*mount.target);
            assert_eq!(seen, (kind, source, target), "{entry}");
            assert_eq!((mount.is_read_only, words.join(",").as_str()), (read_only, options), "{entry}");
            assert!(mount.options.iter().all(|(word, span)| sources.slice(*span) == &**word), "{entry}");
            assert_eq!((memory.kind, &*memory.target), (MountKind::Tmpfs, "/run"));
            assert_eq!(memory.options[0].0, "exec");
        }
    }
}
