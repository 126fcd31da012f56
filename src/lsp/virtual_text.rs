//! Texts that are no files: pages of rules and faults, templates that are built in. Clients ask for them by an address.

use crate::fault;
use crate::lint;

/// The scheme of the addresses.
pub(super) const SCHEME: &str = "stackgen";

/// The beginning of the name of a template that is built in.
const TEMPLATE: &str = "template ";

/// Whether the name of a text is that of something that is built in.
pub(super) fn is_built_in(name: &str) -> bool {
    name.starts_with(TEMPLATE)
}

/// The address of the page of a rule or fault.
pub(super) fn page(code: &str) -> String {
    format!("{SCHEME}:/explain/{code}.md")
}

/// The text at an address.
pub(super) fn text(address: &str) -> Option<String> {
    let path = address.strip_prefix(SCHEME)?.strip_prefix(":/")?.trim_start_matches('/');
    let (kind, name) = path.split_once('/')?;
    match kind {
        "explain" => explained(name.strip_suffix(".md").unwrap_or(name)),
        _ => None,
    }
}

/// The page of a rule or fault, with its title.
pub(super) fn explained(word: &str) -> Option<String> {
    let rule = lint::find(word).map(|rule| format!("# {} {}\n\n{}", rule.code, rule.name, rule.page()));
    let fault =
        || fault::find(word).map(|fault| format!("# {} {}\n\n{}", fault.code(), fault.name(), fault.page()));
    rule.or_else(fault)
}
