//! Two projects of one folder that are meant to run at once and have one name.
//!
//! Compose calls a project after its folder, and a container after project and service. Two files of one folder that both have a
//! service `web` therefore mean the same container: starting the second replaces what the first has started.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web: {image: "httpd:2.4", container_name: first}
//! ```
//!
//! ```yaml
//! services:
//!   web: {image: "httpd:2.4", container_name: second}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! name: first
//! services:
//!   web: {image: "httpd:2.4", container_name: first}
//! ```
//!
//! ```yaml
//! name: second
//! services:
//!   web: {image: "httpd:2.4", container_name: second}
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Specify a project name".

use crate::lint::across::{Footprint, Found, checked_across};
use crate::lint::{Rule, Set};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG217",
    name: "shared-project-name",
    severity: Severity::Warning,
    set: Set::Default,
    check: checked_across,
    source: "",
};

pub(in crate::lint) fn check_across(footprints: &[Footprint], found: &mut Found) {
    for (at, second) in footprints.iter().enumerate() {
        let mut firsts =
            footprints.iter().take(at).filter(|first| !first.is_named && first.folder == second.folder);
        // Containers of different names are meant to be different ones: alternatives have the same.
        let clash = firsts.find_map(|first| {
            second.container_names.iter().find_map(|(service, name, span)| {
                let (_, other, place) = first.container_names.iter().find(|(own, _, _)| own == service)?;
                (other != name).then_some((first, service, *span, *place))
            })
        });
        let Some((first, service, span, place)) = clash.filter(|_| !second.is_named) else { continue };
        let message = format!(
            "`{}` and `{}` are one project, called after their folder: starting one replaces `{service}` of the other",
            first.file, second.file
        );
        found.push((
            at,
            RULE.at(span, message)
                .related(place, "the other one")
                .help("give each a name of its own: `name: …` at the top, or `-p` at each start"),
        ));
    }
}
