//! Relative paths made absolute, seen from the folder of the project.
//!
//! Source: the compose specification: paths are relative to the project's folder, those of an included or extended file
//! to its own.

use super::Resolver;
use super::canonical::{each, items};
use crate::compose::files::{clean, is_absolute, join};
use crate::yaml::{Kind, Mapping, Node};

/// Makes the paths of a model absolute.
pub(super) fn resolve(resolver: &Resolver<'_>, model: &mut Node, folder: &str) {
    let paths = Paths { resolver, folder };
    each(model, "services", |service| {
        if let Some(build) = service.get_mut("build") {
            paths.at(build, "context", Paths::context);
            if let Some(contexts) = build.get_mut("additional_contexts").and_then(Node::as_mapping_mut) {
                contexts.values_mut().for_each(|entry| paths.change(&mut entry.value, Paths::context));
            }
        }
        items(service, "env_file", |file| paths.at(file, "path", Paths::path));
        items(service, "label_file", |file| paths.change(file, Paths::path));
        if let Some(extends) = service.get_mut("extends") {
            paths.at(extends, "file", Paths::path);
        }
        if let Some(develop) = service.get_mut("develop") {
            items(develop, "watch", |trigger| paths.at(trigger, "path", Paths::real_path));
        }
        items(service, "volumes", |mount| {
            if mount.get("type").and_then(Node::as_text) == Some("bind") {
                paths.at(mount, "source", Paths::mounted);
            }
        });
    });
    for section in ["configs", "secrets"] {
        each(model, section, |resource| paths.at(resource, "file", Paths::mounted));
    }
    each(model, "volumes", |volume| {
        let is = |node: Option<&Node>, text: &str| node.and_then(Node::as_text) == Some(text);
        if is(volume.get("driver"), "local")
            && let Some(options) = volume.get_mut("driver_opts")
            && is(options.get("o"), "bind")
        {
            paths.at(options, "device", Paths::mounted);
        }
    });
}

struct Paths<'r, 'f> {
    resolver: &'r Resolver<'f>,
    folder: &'r str,
}

impl Paths<'_, '_> {
    fn at(&self, node: &mut Node, key: &str, absolute: fn(&Self, &str) -> String) {
        if let Some(value) = node.as_mapping_mut().and_then(|mapping: &mut Mapping| mapping.get_mut(key)) {
            self.change(&mut value.value, absolute);
        }
    }

    fn change(&self, node: &mut Node, absolute: fn(&Self, &str) -> String) {
        if let Kind::Scalar(scalar) = &mut node.kind {
            let path = absolute(self, &scalar.text);
            if *path != *scalar.text {
                scalar.text = path.into();
            }
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
