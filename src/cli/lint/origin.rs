//! From a finding in a rendered file to what causes it: a line of the stack, or the template behind a service.

use std::collections::BTreeMap;

use compose_reader::diagnostic::{Diagnostic, Label};
use compose_reader::source::{SourceId, Sources};
use compose_reader::yaml::{Entry, Node, parse, path_at};

/// Keys of a rendered service, and what they are made of where a stack has no such key.
const MADE_OF: [(&str, &str); 6] = [
    ("ports", "publish"),
    ("expose", "listen"),
    ("healthcheck", "health"),
    ("depends_on", "needs"),
    ("networks", "tier"),
    ("image", "use"),
];
/// What the name of a service that accompanies another adds to it.
const COMPANIONS: [&str; 2] = ["-done", "-probe"];

/// The texts of a stack, and the environment of each file that it is rendered to.
pub(super) struct Origins {
    documents: Vec<Node>,
    environments: BTreeMap<String, String>,
}

impl Origins {
    /// The origins in some texts; `environments` are by the name of a rendered file.
    pub(super) fn new(sources: &Sources, environments: BTreeMap<String, String>) -> Self {
        let parsed = sources.iter().filter_map(|(id, source)| parse(id, source.text()).ok());
        Self { documents: parsed.flat_map(|parsed| parsed.documents).collect(), environments }
    }

    /// Adds to findings in rendered files where they come from.
    pub(super) fn point<'f>(&self, sources: &Sources, findings: impl Iterator<Item = &'f mut Diagnostic>) {
        let mut rendered: BTreeMap<SourceId, Option<Node>> = BTreeMap::new();
        for finding in findings {
            let source = sources.get(finding.span.source);
            let Some(environment) = self.environments.get(source.name()) else { continue };
            let document = rendered.entry(finding.span.source).or_insert_with_key(|id| {
                parse(*id, source.text()).ok().and_then(|parsed| parsed.documents.into_iter().next())
            });
            let path = document.as_ref().map(|document| path_at(document, finding.span.start));
            let path: Vec<&str> = path.iter().flatten().map(String::as_str).collect();
            if let ["services", name, inside @ ..] = &path[..] {
                finding.related.extend(self.origin(name, inside, environment));
            }
        }
    }

    /// Where the value at a path inside a service of an environment comes from.
    fn origin(&self, name: &str, inside: &[&str], environment: &str) -> Option<Label> {
        let named = |name: &str| self.documents.iter().find_map(|it| it.get("services")?.entry(name));
        let whose = || COMPANIONS.iter().find_map(|suffix| named(name.strip_suffix(suffix)?));
        let service = named(name).or_else(whose)?;
        let body = &service.value;
        let in_tier = || {
            body.get("tier").and_then(Node::as_text).and_then(|tier| self.get(&["tiers", tier, "defaults"]))
        };
        let layers = [
            body.get("overrides").and_then(|overrides| overrides.get(environment)),
            Some(body),
            self.get(&["environments", environment, "defaults"]),
            in_tier(),
            self.get(&["defaults"]),
        ];
        let label = |entry: &Entry, message: String| Some(Label { span: entry.key.span, message });
        let found = layers.into_iter().flatten().filter_map(|layer| deepest(layer, inside));
        // Of those that lead equally far, the first is the strongest layer.
        let strongest = found.reduce(|best, next| if next.0 > best.0 { next } else { best });
        if let Some((_, entry)) = strongest {
            return label(entry, "it comes from here".to_owned());
        }
        match body.get("use").and_then(Node::as_text) {
            Some(template) => {
                label(service, format!("it comes from the template `{template}` of this service"))
            }
            None => label(service, "it is made for this service".to_owned()),
        }
    }

    /// The value that some keys lead to, in any text of the stack.
    fn get(&self, path: &[&str]) -> Option<&Node> {
        self.documents.iter().find_map(|document| path.iter().try_fold(document, |node, key| node.get(key)))
    }
}

/// The innermost entry on the way along a path, or what its first key is made of, and how many keys lead there.
fn deepest<'n>(layer: &'n Node, path: &[&str]) -> Option<(usize, &'n Entry)> {
    let (first, rest) = path.split_first()?;
    let made_of = || MADE_OF.iter().find(|(key, _)| key == first).and_then(|(_, key)| layer.entry(key));
    let mut found = (1, layer.entry(first).or_else(made_of)?);
    for key in rest {
        let Some(inner) = found.1.value.entry(key) else { break };
        found = (found.0 + 1, inner);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Origins;
    use compose_reader::source::Sources;

    const STACK: &str = "\
defaults: { restart: always }
tiers:
  data: { defaults: { labels: { tier: data } } }
services:
  db:
    tier: data
    use: postgres@17
    publish: 5432
    environment: { TZ: UTC }
    overrides:
      production: { environment: { TZ: CET } }
  job: { tier: data, image: example/job }
";

    #[test]
    fn a_value_comes_from_a_layer_a_template_or_its_service() {
        let mut sources = Sources::new();
        sources.add("stack.yaml", STACK);
        let origins = Origins::new(&sources, BTreeMap::new());
        for (name, inside, environment, expected) in [
            ("db", &["environment", "TZ"][..], "production", "10: it comes from here"),
            ("db", &["environment", "TZ"], "dev-fast", "8: it comes from here"),
            ("db", &["ports", "0"], "dev-fast", "7: it comes from here"),
            ("db", &["labels", "tier"], "dev-fast", "2: it comes from here"),
            ("db", &["restart"], "dev-fast", "0: it comes from here"),
            (
                "db",
                &["volumes", "0"],
                "dev-fast",
                "4: it comes from the template `postgres@17` of this service",
            ),
            ("job-done", &["command"], "dev-fast", "11: it is made for this service"),
        ] {
            let label = origins.origin(name, inside, environment).expect("an origin");
            let line = STACK[..label.span.start as usize].matches('\n').count();
            assert_eq!(format!("{line}: {}", label.message), expected, "{inside:?}");
        }
        assert!(origins.origin("other", &[], "production").is_none());
    }
}
