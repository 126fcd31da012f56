//! What a template gives up for what is written, where neither a key of the same name nor one that says the same thing shows
//! that the two do not go together.

use crate::catalog::begins_with_init;
use compose_reader::values::Duration;
use compose_reader::yaml::Node;

/// Programs that reap children and forward signals, as the init process of the engine does.
const INITS: [&str; 5] = ["tini", "tini-static", "dumb-init", "catatonit", "docker-init"];

/// Takes out of what the template and the mode say of a service what does not hold beside what is written.
pub(super) fn give_way(compose: &mut Node, written: &Node) {
    let says = |key: &str| written.get(key).is_some_and(|value| !value.is_null());
    if let (Some(under), Some(over)) = (compose.get_mut("healthcheck"), written.get("healthcheck")) {
        keep_start_interval(under, over);
    }
    // The folder is meant, unless the template builds and names what it builds itself.
    if says("build") && !says("image") && compose.get("build").is_none() {
        compose.remove("image");
    }
    if !says("init") && compose.get("init").is_some() && brings_init(compose, written) {
        compose.remove("init");
    }
    // A template without `cap_add` knows of a user that needs no capability; root is asked for in order to use some.
    if is_root(written) && compose.get("cap_add").is_none() {
        ["cap_drop", "read_only"].into_iter().for_each(|key| drop(compose.remove(key)));
    }
}

/// Limits that Compose takes at the top of a service only where there is no such section below `deploy`.
///
/// Source: compose-go, `loader.checkConsistency`: with the section there, what it lacks counts as another value.
const SECTIONS: [(&str, &[(&str, &str)]); 2] = [
    ("limits", &[("mem_limit", "memory"), ("cpus", "cpus"), ("pids_limit", "pids")]),
    ("reservations", &[("mem_reservation", "memory")]),
];

/// Writes limits into the section that the template or another layer has for the rest of them.
pub(super) fn gather_limits(compose: &mut Node) {
    for (section, keys) in SECTIONS {
        let limits = |compose: &Node| compose.get("deploy")?.get("resources")?.get(section).cloned();
        let Some(mut limits) = limits(compose).filter(|limits| limits.as_mapping().is_some()) else {
            continue;
        };
        let above: Vec<(&str, Node)> =
            keys.iter().filter_map(|(key, inside)| Some((*inside, compose.remove(key)?))).collect();
        if above.is_empty() {
            continue;
        }
        for (inside, value) in above {
            // Below `deploy`, a size is text.
            let text =
                value.as_text().filter(|_| inside == "memory").map(|text| Node::text(value.span, text));
            limits.set(inside, text.unwrap_or(value));
        }
        if let Some(resources) = compose.get_mut("deploy").and_then(|deploy| deploy.get_mut("resources")) {
            resources.set(section, limits);
        }
    }
}

/// While a service starts it is not asked more often than somebody has written for the time after that.
pub(super) fn keep_start_interval(under: &mut Node, over: &Node) {
    let Some(written) = over.get("interval").filter(|interval| !interval.is_null()) else { return };
    let duration = |node: &Node| node.as_text().and_then(|text| text.parse::<Duration>().ok());
    let is_shorter = |start: &Node| match (duration(start), duration(written)) {
        (Some(start), Some(written)) => start < written,
        _ => true,
    };
    if over.get("start_interval").is_none() && under.get("start_interval").is_some_and(is_shorter) {
        under.set("start_interval", written.clone());
    }
}

/// Whether the first process of the container is an init process already.
fn brings_init(compose: &Node, written: &Node) -> bool {
    let first = |entrypoint: &Node| {
        let words = entrypoint.as_sequence().and_then(|words| words.first());
        let words = words.unwrap_or(entrypoint).as_text()?.split_whitespace().next()?;
        words.rsplit('/').next().map(str::to_owned)
    };
    let said = |key: &str| [written, compose].into_iter().find_map(|layer| layer.get(key));
    match said("entrypoint") {
        Some(entrypoint) => first(entrypoint).is_some_and(|program| INITS.contains(&&*program)),
        None => {
            let is_foreign = said("build").is_none();
            is_foreign && said("image").and_then(Node::as_text).is_some_and(begins_with_init)
        }
    }
}

/// Whether root is asked for.
fn is_root(written: &Node) -> bool {
    let user = written.get("user").and_then(Node::as_text).unwrap_or_default();
    matches!(user.split(':').next(), Some("root" | "0"))
}
