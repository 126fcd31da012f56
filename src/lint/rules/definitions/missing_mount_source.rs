//! A file that is mounted and is not there, or is a folder.
//!
//! Where the source of a bind mount is missing, Docker makes an empty folder of that name, and the program finds a folder
//! where it looks for its configuration. Flagged is what is plainly a file, in a project whose other files are there. Left alone is
//! what git ignores, and what has an example beside it: somebody makes those.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     volumes: ["./nginx/ngnix.conf:/etc/nginx/conf.d/default.conf:ro"]
//! ```
//!
//! ```nginx nginx/nginx.conf
//! server { listen 80; }
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: nginx:1.31
//!     volumes: ["./logs:/var/log/nginx"]
//! ```
//!
//! ## Source
//!
//! Docker's manual, "Bind mounts": with `-v` and in the short syntax of Compose a missing source is created as a folder.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{FileEntry, Named, Project, Role};
use compose_reader::diagnostic::{Diagnostic, Severity, nearest};
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG112",
    name: "missing-mount-source",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Endings of the names of files; a folder may be called `example.com`.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "conf", "cfg", "cnf", "ini", "yml", "yaml", "json", "toml", "xml", "properties", "rules", "template", "tmpl", "j2", "sh", "sql",
    "js", "py", "rb", "lua", "php", "txt", "html", "env", "crt", "key", "pem", "cert", "csv", "htpasswd", "list", "acl",
];

/// Words in the name of a file that stands for one that somebody makes.
const EXAMPLES: [&str; 5] = ["example", "sample", "dist", "template", "tmpl"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    // Where a folder that is built from is missing, the rest of the tree may be elsewhere, too.
    let lacks_context =
        project.on_disk.iter().any(|named| named.role == Role::Context && named.entry.is_none());
    let is_mount = |named: &&Named| matches!(named.role, Role::Mount(_));
    let (there, gone): (Vec<&Named>, Vec<&Named>) =
        project.on_disk.iter().filter(is_mount).partition(|named| named.entry.is_some());
    let is_whole = !lacks_context && !there.is_empty() && gone.len() <= there.len().saturating_mul(3);
    for named in &project.on_disk {
        if let Role::Mount(target) = &named.role {
            findings.extend(missing(named, target, is_whole).or_else(|| wrong_kind(named, target)));
        }
    }
}

/// A file that is not there. Without a name that is almost the same, it is only told where the tree is there.
fn missing(named: &Named, target: &str, is_whole: bool) -> Option<Diagnostic> {
    let name = last(&named.path);
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or(name);
    let is_example = |other: &String| {
        other.contains(stem) && other.split(['.', '-', '_']).any(|word| EXAMPLES.contains(&word))
    };
    let is_made = named.is_ignored || named.beside.iter().any(is_example);
    if named.entry.is_some() || is_made || !is_file(name) || !is_file(last(target)) {
        return None;
    }
    let message = format!(
        "`{}` is not there: Docker makes a folder of it, where `{}` wants a file",
        named.path, named.service
    );
    let files = named.beside.iter().filter(|other| is_file(other)).map(String::as_str);
    if let Some(meant) = nearest(name, files) {
        let help = format!("did you mean `{}{meant}`?", range::before(&named.path, name));
        return Some(RULE.at(named.span, message).help(help));
    }
    is_whole.then(|| {
        RULE.at(named.span, message)
            .severity(Severity::Hint)
            .help("put the file there, or correct the path: it is seen from the project's folder")
    })
}

/// A folder that is mounted where a file is meant.
fn wrong_kind(named: &Named, target: &str) -> Option<Diagnostic> {
    let inside = last(target);
    let is_wrong = named.entry == Some(FileEntry::Folder) && is_file(inside) && !is_file(last(&named.path));
    is_wrong.then(|| {
        let message = format!("`{}` is a folder, and is mounted as `{target}`, which is a file", named.path);
        RULE.at(named.span, message).help(format!("name the file in it: `{}/{inside}`", named.path))
    })
}

fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn is_file(name: &str) -> bool {
    name == "Caddyfile" || name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}
