//! Environments.

use super::Reader;
use crate::definition::keys::ENVIRONMENT_KEYS;
use crate::definition::{Environment, Mode, Spanned, TierKind};
use compose_reader::yaml::{Entry, Node};

impl Reader {
    pub(super) fn environment(&mut self, name: &str, entry: &Entry) -> Option<Environment> {
        let what = format!("the environment `{name}`");
        let mut environment = Environment {
            span: entry.key.span,
            mode: None,
            kinds: None,
            tiers: Vec::new(),
            on_host: Vec::new(),
            bind: None,
            public_host: None,
            project: None,
            file: None,
            volumes: None,
            networks: None,
            defaults: None,
            attach: None,
            enabled: None,
        };
        let help = format!("write `{name}: {{ mode: production }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            let value = &entry.value;
            match key {
                "mode" => {
                    let modes = [Mode::Development, Mode::Production].map(|mode| (mode.name(), mode));
                    environment.mode = self.word(value, "`mode`", &modes);
                }
                "kinds" => {
                    let kinds = TierKind::ALL.map(|kind| (kind.name(), kind));
                    let items = self.one_or_many(value);
                    let found = items.iter().filter_map(|item| self.word(item, "a kind", &kinds));
                    let found = found.map(|kind| kind.value).collect();
                    environment.kinds = Some(Spanned::new(found, value.span));
                }
                "tiers" => {
                    let items = self.one_or_many(value);
                    environment.tiers = items.iter().filter_map(|item| self.text(item, "a tier")).collect();
                }
                "on_host" => {
                    let items = self.one_or_many(value);
                    environment.on_host = items.iter().filter_map(|item| self.text(item, "a tier")).collect();
                }
                "bind" => environment.bind = self.address(value, "`bind`"),
                "public_host" => environment.public_host = self.text(value, "`public_host`"),
                "project" => {
                    environment.project = self.text(value, "`project`");
                    if let Some(project) = &environment.project {
                        self.project_name(project);
                    }
                }
                "file" => environment.file = self.compose_file(value),
                "volumes" => environment.volumes = self.options(value, "`volumes`"),
                "networks" => environment.networks = self.options(value, "`networks`"),
                "defaults" => environment.defaults = self.defaults(value),
                "attach" => environment.attach = self.text(value, "`attach`"),
                "enabled" => environment.enabled = self.boolean(value, "`enabled`"),
                unknown => self.unknown_key(entry, unknown, &what, &ENVIRONMENT_KEYS),
            }
        }
        Some(environment)
    }

    /// The name of a compose file, which lies beside the stack.
    fn compose_file(&mut self, node: &Node) -> Option<Spanned<String>> {
        let name = self.text(node, "`file`")?;
        let is_yaml = [".yml", ".yaml"].iter().any(|end| name.len() > end.len() && name.ends_with(end));
        if is_yaml && !name.contains(['/', '\\', '$']) && name.value != "stack.yaml" {
            return Some(name);
        }
        let message = format!("`{}` cannot be the name of a compose file", name.value);
        let help = "write a name that ends in `.yml` or `.yaml`, without a folder, as paths inside it are meant from there: \
                    `compose.yaml`";
        self.wrong_value(name.span, message, help);
        None
    }
}
