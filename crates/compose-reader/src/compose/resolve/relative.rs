//! Relative paths made absolute, seen from the folder of the project.
//!
//! Source: the compose specification: paths are relative to the project's folder, those of an included or extended file
//! to its own.

use super::Resolver;
use super::canonical::walk;
use crate::compose::files::{clean, is_absolute, join};
use crate::spec::{self, Holds, PathOf};
use crate::yaml::{Kind, Node};

/// Makes the paths of a model absolute.
pub(super) fn resolve(resolver: &Resolver<'_>, model: &mut Node, folder: &str) {
    let paths = Paths { resolver, folder };
    walk(model, spec::PROJECT, Holds::PATH, &mut |node, of| {
        let (Some(fields), Some(mapping)) = (of.fields(), node.as_mapping()) else { return };
        let is = |key: &str, text: &str| node.get(key).and_then(Node::as_text) == Some(text);
        let found = mapping.iter().enumerate().filter_map(|(at, (name, _))| {
            let path = fields.key(name)?.path?;
            let holds = match path {
                PathOf::BindSource => is("type", "bind"),
                PathOf::BindDevice => is("driver", "local"),
                _ => true,
            };
            holds.then_some((at, path))
        });
        for (at, path) in found.collect::<Vec<_>>() {
            if let Some((_, entry)) = node.as_mapping_mut().and_then(|mapping| mapping.get_index_mut(at)) {
                paths.change(&mut entry.value, path);
            }
        }
    });
}

struct Paths<'r, 'f> {
    resolver: &'r Resolver<'f>,
    folder: &'r str,
}

impl Paths<'_, '_> {
    fn change(&self, node: &mut Node, path: PathOf) {
        if path == PathOf::BindDevice {
            let is_bind = node.get("o").and_then(Node::as_text) == Some("bind");
            if let Some(device) = node.get_mut("device").filter(|_| is_bind) {
                self.change(device, PathOf::Engine);
            }
            return;
        }
        match &mut node.kind {
            Kind::Scalar(scalar) => {
                let absolute = match path {
                    PathOf::File => self.path(&scalar.text),
                    PathOf::Watched => self.real_path(&scalar.text),
                    PathOf::Context => self.context(&scalar.text),
                    PathOf::Engine | PathOf::BindSource | PathOf::BindDevice => self.mounted(&scalar.text),
                };
                if *absolute != *scalar.text {
                    scalar.text = absolute.into();
                }
            }
            Kind::Sequence(_) => {
                for item in node.as_sequence_mut().into_iter().flatten() {
                    self.change(item, path);
                }
            }
            Kind::Mapping(_) => {}
        }
    }

    fn path(&self, path: &str) -> String {
        let path = self.resolver.expand_home(path);
        if path.is_empty() || path.starts_with('/') { path } else { join(self.folder, &path) }
    }

    /// A path of the machine that the engine runs on, be that Windows or not.
    fn mounted(&self, path: &str) -> String {
        let path = self.resolver.expand_home(path);
        if is_absolute(&path) { path } else { join(self.folder, &path) }
    }

    fn context(&self, path: &str) -> String {
        const REMOTE: [&str; 7] =
            ["https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:"];
        if path.contains("://") || REMOTE.iter().any(|prefix| path.starts_with(prefix)) {
            return path.to_owned();
        }
        self.path(path)
    }

    fn real_path(&self, path: &str) -> String {
        let path = self.path(path);
        self.resolver.files.real_path(&path).unwrap_or(path)
    }
}

/// A path that begins with `~`, seen from the home of the user.
pub(super) fn expand_home(path: &str, home: Option<&str>) -> String {
    match (path.strip_prefix('~'), home) {
        (Some(rest), Some(home)) => clean(&format!("{home}/{rest}")),
        _ => path.to_owned(),
    }
}
