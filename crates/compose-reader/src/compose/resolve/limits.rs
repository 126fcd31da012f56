//! Limits and numbers of containers that a service says in two places, which have to agree.

use super::Resolver;
use crate::compose::problem::{Fault, Problem};
use crate::values::ByteSize;
use crate::yaml::Node;

/// How two values are compared: what one says.
type Said<'s> = &'s dyn Fn(&Node) -> Option<String>;

/// Twins under `deploy` say the same, or one of them is not there.
pub(super) fn limits(resolver: &mut Resolver<'_>, name: &str, service: &Node) {
    let bytes = |node: &Node| {
        node.as_integer().map(ByteSize).or_else(|| node.as_text()?.parse().ok()).map(|size| size.to_string())
    };
    let count = |node: &Node| node.as_integer().map(|count| count.to_string());
    let share = |node: &Node| node.as_text()?.parse::<f32>().ok().map(|share| share.to_string());
    let twins: [(&str, [&str; 4], Said<'_>); 4] = [
        ("cpus", ["deploy", "resources", "limits", "cpus"], &share),
        ("mem_limit", ["deploy", "resources", "limits", "memory"], &bytes),
        ("mem_reservation", ["deploy", "resources", "reservations", "memory"], &bytes),
        ("pids_limit", ["deploy", "resources", "limits", "pids"], &count),
    ];
    for (key, path, value) in twins {
        let Some(own) = service.get(key) else { continue };
        let Some(above) = path[..3].iter().try_fold(service, |node, key| node.get(key)) else { continue };
        let said = value(own).filter(|said| said != "0");
        let other = above.get(path[3]).map_or(Some("0".to_owned()), value);
        if said.is_some() && above.as_mapping().is_some() && said != other {
            let twin = path.join(".");
            let problem = Problem::new(
                Fault::ExclusiveKeys,
                own.place(),
                format!("`services.{name}`: `{key}` and `{twin}` say different things"),
            )
            .about(&[&name, &key, &twin]);
            let place = above.get(path[3]).map_or(above.place(), Node::place);
            resolver
                .report_on(own, problem.related(place, "the other one").help(format!("write `{twin}` only")));
        }
    }
}

pub(super) fn replicas(resolver: &mut Resolver<'_>, name: &str, service: &Node) {
    let scale = service.get("scale");
    let replicas = service.get("deploy").and_then(|deploy| deploy.get("replicas"));
    if let (Some(scale), Some(replicas)) = (scale, replicas)
        && scale.as_integer() != replicas.as_integer()
    {
        let problem = Problem::new(
            Fault::ExclusiveKeys,
            scale.place(),
            format!("`services.{name}`: `scale` and `deploy.replicas` say different numbers"),
        )
        .about(&[&name]);
        resolver
            .report(problem.related(replicas.place(), "the other one").help("write `deploy.replicas` only"));
    }
    let several = scale.or(replicas).filter(|count| count.as_integer().is_some_and(|count| count > 1));
    let named = service.entry("container_name").filter(|entry| entry.value.as_text() != Some(""));
    if let (Some(count), Some(named)) = (several, named) {
        let problem = Problem::new(
            Fault::ContainerNameWithReplicas,
            named.value.place(),
            format!("the containers of `{name}` cannot all have one name"),
        )
        .about(&[&name]);
        resolver.report(problem.related(count.place(), "several containers").help("remove `container_name`"));
    }
}
