//! What the stack says of a volume or network in an environment.

use super::facts::Facts;
use crate::definition::Environment;
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::yaml::{Mapping, Node};

/// Volumes or networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Volume,
    Network,
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Network => "network",
        }
    }

    fn of_environment(self, environment: &Environment) -> Option<&Node> {
        match self {
            Self::Volume => environment.volumes.as_ref(),
            Self::Network => environment.networks.as_ref(),
        }
    }

    /// The options of one, those of an environment over those of the stack.
    pub(super) fn options(self, facts: &Facts, environment: &str, name: &str) -> Option<Node> {
        let of_stack = match self {
            Self::Volume => facts.stack.volumes.as_ref(),
            Self::Network => facts.stack.networks.as_ref(),
        };
        let environment = facts.stack.environments.get(environment);
        let of_environment = environment.and_then(|environment| self.of_environment(environment));
        let written = [of_stack, of_environment].into_iter().flatten().filter_map(|all| all.get(name));
        written.filter(|options| !options.is_null()).cloned().reduce(|under, over| {
            let keys = |node: &Node| node.as_mapping().cloned().unwrap_or_default();
            let all: Mapping = keys(&under).into_iter().chain(keys(&over)).collect();
            Node::mapping(over.span, all)
        })
    }

    /// Says which names of an environment are of none that it has: the one that is meant would go by another name.
    pub(super) fn check<'n>(
        self,
        facts: &Facts,
        known: impl Iterator<Item = &'n str> + Clone,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let environment = facts.stack.environments.get(&facts.environment.name);
        let written = environment.and_then(|environment| self.of_environment(environment)?.as_mapping());
        for (name, entry) in written.into_iter().flatten() {
            if !known.clone().any(|known| known == &**name) {
                let message = format!("`{}` uses no {} `{name}`", facts.environment.name, self.name());
                let help = did_you_mean(name, known.clone());
                diagnostics.push(Fault::UnknownResource.at(entry.key.span, message).help(help));
            }
        }
    }
}
