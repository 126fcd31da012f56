//! What a diagnostic is about, in terms of the project: `services.api.ports`, `services.web.depends_on.db`.

use std::collections::HashMap;

use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::{SourceId, Sources};
use compose_reader::yaml::{Node, Parsed, keys_at, parse};

/// The subject of each diagnostic: the keys that lead to its place, and the names that these do not have,
/// `services.web.environment.URL -> db`.
///
/// It stays the same when lines move, when the text is laid out anew, and when messages are worded otherwise. Where there
/// are no keys, as in a Dockerfile, it is the names alone.
pub fn subjects(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let mut documents: HashMap<SourceId, Vec<Node>> = HashMap::new();
    let of = |diagnostic: &Diagnostic| {
        let source = diagnostic.span.source;
        let parsed =
            |id: &SourceId| parse(*id, sources.get(*id).text()).map(|parsed: Parsed| parsed.documents);
        let documents = documents.entry(source).or_insert_with_key(|id| parsed(id).unwrap_or_default());
        let mut paths = documents.iter().map(|document| keys_at(document, diagnostic.span.start));
        let path = paths.find(|path| !path.is_empty()).unwrap_or_default();
        let names = diagnostic.names.iter().filter(|name| !path.contains(name));
        let names: Vec<&str> = names.map(String::as_str).collect();
        match (path.is_empty(), names.is_empty()) {
            (_, true) => path.join("."),
            (true, false) => names.join(", "),
            (false, false) => format!("{} -> {}", path.join("."), names.join(", ")),
        }
    };
    diagnostics.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::subjects;
    use compose_reader::diagnostic::{Diagnostic, Severity};
    use compose_reader::source::{Sources, Span};

    fn subject(text: &str, part: &str, names: &[&dyn std::fmt::Display]) -> String {
        let mut sources = Sources::new();
        let id = sources.add("compose.yaml", text);
        let at = text.find(part).expect("there");
        let found =
            Diagnostic::new("SG000", "a", Severity::Error, Span::new(id, at, at + 1), "").about(names);
        subjects(&[found], &sources).remove(0)
    }

    #[test]
    fn it_is_keys_and_names_and_no_value() {
        let text = "services:\n  web:\n    ports: ['80:80']\n    command: [--password, hunter2]\n    environment:\n      - KEY=hunter2\n    volumes:\n      - {type: bind, source: x}\n";
        assert_eq!(subject(text, "'80", &[&"web"]), "services.web.ports");
        assert_eq!(subject(text, "hunter2]", &[]), "services.web.command");
        assert_eq!(subject(text, "KEY", &[&"web", &"db"]), "services.web.environment.KEY -> db");
        assert_eq!(subject(text, "x}", &[]), "services.web.volumes.source");
        assert_eq!(subject(": [", ":", &[&"a", &"b"]), "a, b");
        let moved =
            format!("# more\n\nname: a\n{}", text.replace("['80:80']", "\n    - '70:70'\n    - '80:80'"));
        assert_eq!(subject(&moved, "'80", &[&"web"]), "services.web.ports");
    }
}
