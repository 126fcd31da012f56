//! Names of containers: each is there once on a machine.

use super::facts::{Facts, Member};
use super::publish::PublishedPort;
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::yaml::Node;

/// Says where a service that may have several containers gives them one name.
pub(super) fn check(facts: &Facts, member: &Member, compose: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(name) = compose.get("container_name").filter(|name| !name.is_null()) else { return };
    let replicas = compose.get("deploy").and_then(|deploy| deploy.get("replicas"));
    let several = replicas.filter(|replicas| replicas.as_integer().is_some_and(|count| count > 1));
    let is_pool =
        |published: &&PublishedPort| published.range().is_some_and(|range| range.first < range.last);
    let pool = member.published.iter().find(is_pool);
    // A variable may tell instances apart.
    let is_fixed = !name.as_text().unwrap_or_default().contains('$');
    let instances = facts.stack.instances.as_ref().filter(|instances| is_fixed && instances.max.value > 1);
    let why = match (several, pool, instances) {
        (Some(replicas), _, _) => (replicas.span, "it has replicas"),
        (None, Some(pool), _) => (pool.span, "it has a pool of ports"),
        (None, None, Some(instances)) => (instances.span, "the stack has instances"),
        (None, None, None) => return,
    };
    let message = format!(
        "the containers of `{}` cannot all be called `{}`",
        member.name,
        name.as_text().unwrap_or_default()
    );
    let help = "leave `container_name` out: a name is there once on a machine, and services reach each other by service name";
    let fault = Fault::ContainerNameWithReplicas.at(name.span, message);
    diagnostics.push(fault.related(why.0, why.1).help(help));
}
