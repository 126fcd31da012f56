//! `catalog/images.yaml` to [`Image`]s.

use super::tag::Bounds;
use super::{Image, Pitfall, Variant, Withdrawn};
use compose_reader::source::Sources;
use compose_reader::yaml::{Node, parse};

/// Reads the bound of a fact, of which the data file can be sure.
fn version(node: Option<&Node>) -> Option<Vec<u32>> {
    node.and_then(Node::as_text).and_then(Bounds::version)
}

/// The name and the lines of each image.
pub(super) fn blocks(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let opens = |at: &usize| text[*at..].starts_with(|first: char| !first.is_whitespace() && first != '#');
    starts.retain(|at| *at < text.len() && opens(at));
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let block = |(start, end): (&usize, usize)| {
        let lines = &text[*start..end];
        let first = lines.lines().next().unwrap_or_default();
        let (name, _) = first.split_once(": ").or_else(|| first.split_once(':'))?;
        Some((name.trim_matches('"'), lines))
    };
    starts.iter().zip(ends).filter_map(block).collect()
}

/// What the lines of an image say, over what the image says that it is `like`.
pub(super) fn image(name: &'static str, lines: &str, base: &dyn Fn(&str) -> Option<&'static Image>) -> Image {
    let mut sources = Sources::new();
    let id = sources.add("images.yaml", lines);
    let document = parse(id, lines).ok().and_then(|parsed| parsed.documents.into_iter().next());
    let Some(body) = document.as_ref().and_then(|document| document.get(name)) else {
        return Image::default();
    };
    let like = body.get("like").and_then(Node::as_text).and_then(base).cloned().unwrap_or_default();
    let reader = Reader { sources: &sources, body };
    Image {
        kinds: reader.texts("kinds").unwrap_or(like.kinds),
        ports: reader.ports("ports").unwrap_or(like.ports),
        admin_ports: reader.ports("admin_ports").unwrap_or(like.admin_ports),
        data: reader.texts("data").unwrap_or(like.data),
        listens_on_ipv4: reader.flag("listens_on_ipv4").unwrap_or(like.listens_on_ipv4),
        ships_probe: reader.flag("ships_probe").unwrap_or(like.ships_probe),
        initialises_on_loopback_with: reader
            .texts("initialises_on_loopback_with")
            .unwrap_or(like.initialises_on_loopback_with),
        start_seconds: reader.number("start_seconds").or(like.start_seconds),
        init: reader.flag("init").unwrap_or(like.init),
        starts_as_root: reader.flag("starts_as_root").unwrap_or(like.starts_as_root),
        user: reader.text("user").or(like.user),
        capabilities: reader.texts("capabilities").unwrap_or(like.capabilities),
        tmpfs: reader.texts("tmpfs").unwrap_or(like.tmpfs),
        privileges: reader.texts("privileges").unwrap_or(like.privileges),
        literal_config: reader.text("literal_config").or(like.literal_config),
        refuses_root: reader.flag("refuses_root").unwrap_or(like.refuses_root),
        pitfalls: reader.each("pitfalls", pitfall).unwrap_or(like.pitfalls),
        withdrawn: body.get("withdrawn").map(|node| {
            let reader = Reader { sources: &sources, body: node };
            Withdrawn {
                image: name,
                what: reader.text("what").unwrap_or_default(),
                instead: reader.text("instead").unwrap_or_default(),
                template: reader.text("template"),
            }
        }),
        probe: reader.written("probe").or(like.probe),
        variants: reader.each("variants", variant).unwrap_or(like.variants),
    }
}

fn variant(reader: &Reader<'_>) -> Variant {
    Variant {
        tags: reader.bounds(),
        base: reader.text("base"),
        has: reader.texts("has").unwrap_or_default(),
        lacks: reader.texts("lacks").unwrap_or_default(),
        only: reader.texts("only"),
        sh_is_bash: reader.flag("sh_is_bash"),
        probe: reader.written("probe"),
    }
}

fn pitfall(reader: &Reader<'_>) -> Pitfall {
    Pitfall {
        tags: reader.bounds(),
        sets: reader.text("sets"),
        except: reader.text("except"),
        value: reader.text("value"),
        value_has: reader.text("value_has"),
        unread: reader.flag("unread").unwrap_or_default(),
        unless: reader.texts("unless").unwrap_or_default(),
        lacks: reader.texts("lacks").unwrap_or_default(),
        mounts: reader.text("mounts"),
        lacks_mount: reader.text("lacks_mount"),
        lacks_bind: reader.text("lacks_bind"),
        probes: reader.texts("probes").unwrap_or_default(),
        lacks_argument: reader.text("lacks_argument"),
        lacks_hostname: reader.flag("lacks_hostname").unwrap_or_default(),
        argument: reader.text("argument"),
        argument_missing: reader.text("argument_missing"),
        is_fatal: reader.flag("is_fatal").unwrap_or_default(),
        says: reader.text("says").unwrap_or_default(),
        help: reader.text("help").unwrap_or_default(),
    }
}

/// A mapping of the data file, and the text that it stands in.
struct Reader<'d> {
    sources: &'d Sources,
    body: &'d Node,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Option<String> {
        self.body.get(key)?.as_text().map(str::to_owned)
    }

    fn texts(&self, key: &str) -> Option<Vec<String>> {
        let items = self.body.get(key)?.as_sequence()?;
        Some(items.iter().filter_map(Node::as_text).map(str::to_owned).collect())
    }

    fn number(&self, key: &str) -> Option<u32> {
        self.body.get(key)?.as_integer().and_then(|number| number.try_into().ok())
    }

    fn ports(&self, key: &str) -> Option<Vec<u16>> {
        let items = self.body.get(key)?.as_sequence()?;
        Some(items.iter().filter_map(|item| item.as_integer()?.try_into().ok()).collect())
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.body.get(key)?.as_bool()
    }

    fn written(&self, key: &str) -> Option<String> {
        self.body.get(key).map(|node| self.sources.slice(node.span).to_owned())
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            tag: self.text("tag"),
            from: version(self.body.get("from")),
            below: version(self.body.get("below")),
        }
    }

    fn each<T>(&self, key: &str, read: fn(&Reader<'_>) -> T) -> Option<Vec<T>> {
        let items = self.body.get(key)?.as_sequence()?;
        Some(items.iter().map(|body| read(&Reader { sources: self.sources, body })).collect())
    }
}

/// What is wrong with the lines of an image: a key that nothing reads, or no source.
#[cfg(test)]
pub(super) fn problems(lines: &str) -> Vec<String> {
    const IMAGE: &[&str] = &[
        "like",
        "kinds",
        "ports",
        "admin_ports",
        "data",
        "probe",
        "listens_on_ipv4",
        "ships_probe",
        "initialises_on_loopback_with",
        "start_seconds",
        "init",
        "starts_as_root",
        "user",
        "capabilities",
        "tmpfs",
        "privileges",
        "literal_config",
        "refuses_root",
        "variants",
        "pitfalls",
        "withdrawn",
        "sources",
    ];
    const VARIANT: &[&str] = &["tag", "from", "below", "base", "has", "lacks", "only", "sh_is_bash", "probe"];
    const PITFALL: &[&str] = &[
        "tag",
        "from",
        "below",
        "sets",
        "except",
        "value",
        "value_has",
        "unread",
        "unless",
        "lacks",
        "mounts",
        "lacks_mount",
        "lacks_bind",
        "probes",
        "lacks_argument",
        "lacks_hostname",
        "argument",
        "argument_missing",
        "is_fatal",
        "says",
        "help",
    ];
    let mut sources = Sources::new();
    let id = sources.add("images.yaml", lines);
    let parsed = match parse(id, lines) {
        Ok(parsed) => parsed,
        Err(error) => return vec![error.message],
    };
    let mut found: Vec<String> =
        parsed.duplicates.iter().map(|twice| format!("{} twice", twice.key)).collect();
    let mut hold = |node: &Node, known: &[&str]| {
        for (key, entry) in node.as_mapping().into_iter().flatten() {
            if !known.contains(&&**key) {
                found.push(format!("nothing reads {key}"));
            }
            if ["from", "below"].contains(&&**key) && version(Some(&entry.value)).is_none() {
                found.push(format!("{key} is no version"));
            }
        }
    };
    let entries = parsed.documents.iter().filter_map(Node::as_mapping).flatten();
    for (_, entry) in entries.clone() {
        hold(&entry.value, IMAGE);
        for (key, known) in [("variants", VARIANT), ("pitfalls", PITFALL)] {
            let items = entry.value.get(key).and_then(Node::as_sequence).unwrap_or_default();
            items.iter().for_each(|item| hold(item, known));
        }
    }
    let has_source = |body: &Node| body.get("sources").or(body.get("like")).is_some();
    if !entries.clone().all(|(_, entry)| has_source(&entry.value)) || entries.count() != 1 {
        found.push("no source".to_owned());
    }
    found
}
