//! The application's own environment files, checked for what cannot hold inside a container.

use crate::fault::Fault;
use indexmap::IndexMap;

use super::facts::{Facts, Member};
use super::publish::PublishedPort;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::dotenv::variables;
use compose_reader::source::{SourceId, Span};
use compose_reader::values::Address;
use compose_reader::yaml::Node;

/// Environment files that are there, by their paths from the stack.
pub type EnvFiles = IndexMap<String, (SourceId, String)>;

/// The paths of the environment files that a service names.
pub(super) fn paths(compose: &Node) -> Vec<&str> {
    let written = compose.get("env_file");
    let items =
        written.map(|node| node.as_sequence().unwrap_or(std::slice::from_ref(node))).unwrap_or_default();
    items.iter().filter_map(|item| item.as_text().or_else(|| item.get("path")?.as_text())).collect()
}

/// Says which variables of a service's environment files name the container itself where another service is meant, and
/// which are set in vain.
pub(super) fn check(
    facts: &Facts,
    member: &Member,
    compose: &Node,
    files: &EnvFiles,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for path in paths(compose) {
        let Some((source, text)) = files.get(path.trim_start_matches("./")) else { continue };
        for variable in variables(text) {
            let span = Span::new(*source, variable.place.start, variable.written.end);
            if let Some(entry) =
                compose.get("environment").and_then(|environment| environment.entry(&variable.name))
            {
                let message =
                    format!("`{}` is set in vain: `environment` of `{}` wins", variable.name, member.name);
                diagnostics.push(
                    Fault::IneffectiveVariable
                        .at(span, message)
                        .related(entry.key.span, "this is what the container gets")
                        .help("remove one of the two"),
                );
            } else if let Some(host) = local_host(&variable.value) {
                let message = format!(
                    "`{}` names {host}, which inside the container of `{}` is the container itself",
                    variable.name, member.name
                );
                let help = match meant(facts, member, &variable.value) {
                    Some(target) => format!(
                        "remove it here, and write it below `environment` with a reference: `{}: ${{{{ {target}.url }}}}`",
                        variable.name
                    ),
                    None => {
                        "name the service that is meant: with a reference, below `environment`".to_owned()
                    }
                };
                diagnostics.push(Fault::LocalhostReference.at(span, message).help(help));
            }
        }
    }
}

/// The name for the machine itself that a value uses as a host.
fn local_host(value: &str) -> Option<&'static str> {
    let host = Address::each(value).next()?.host(value);
    ["localhost", "127.0.0.1"].into_iter().find(|local| *local == host)
}

/// The service whose port a value names.
fn meant<'a>(facts: &'a Facts, member: &Member, value: &str) -> Option<&'a str> {
    let port = Address::each(value).next()?.port_number(value)?;
    let others = facts.members.values().filter(|other| other.name != member.name);
    let mut matching = others.filter(|other| {
        other.endpoints.values().any(|endpoint| endpoint.port.value == port)
            || other.published.iter().filter_map(PublishedPort::range).any(|range| range.contains(port))
    });
    matching.next().map(|other| other.name)
}

#[cfg(test)]
mod tests {
    use super::local_host;

    #[test]
    fn only_a_host_counts() {
        for value in ["localhost", "redis://localhost:6379/0", "http://u:p@127.0.0.1:8000", "localhost:9092"]
        {
            assert!(local_host(value).is_some(), "{value}");
        }
        for value in ["redis", "http://redis:6379", "mylocalhost", "/srv/localhost", "true"] {
            assert!(local_host(value).is_none(), "{value}");
        }
    }
}
