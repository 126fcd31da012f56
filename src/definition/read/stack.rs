//! The stack and what lies in it besides services: tiers, instances, reserved ports.

use indexmap::IndexMap;

use super::Reader;
use crate::definition::keys::{OBSERVABILITY_KEYS, STACK_KEYS, TIER_KEYS};
use crate::definition::{
    EnvExample, Exporters, Instances, Layer, Observability, ReservedPort, Secret, Service, Spanned, Stack,
    Tier, TierKind,
};
use crate::fault::Fault;
use compose_reader::source::Span;
use compose_reader::yaml::{Entry, Mapping, Node};

impl Reader {
    pub(super) fn stack(&mut self, root: &Node) -> Option<Stack> {
        let help = "write `name:`, `tiers:` and `services:`; `stackgen schema` describes them";
        let mapping = self.mapping(root, "a stack", help)?;
        let start = Span::new(root.span.source, root.span.start as usize, root.span.start as usize);
        let mut stack = Stack::empty(start);
        for required in ["name", "tiers", "services"] {
            let entry = mapping.get(required);
            let is_empty =
                |value: &Node| value.is_null() || value.as_mapping().is_some_and(Mapping::is_empty);
            // What is empty here may stand in an included file.
            let may_be_empty = required == "name" || mapping.contains_key("include");
            if entry.is_none_or(|entry| !may_be_empty && is_empty(&entry.value)) {
                let place = entry.map_or(start, |entry| entry.key.span);
                let message = format!("the stack has no `{required}`");
                let help = match required {
                    "name" => "write `name: shop`: it names the compose projects",
                    "tiers" => "write `tiers: { backend: {} }`: groups of services, in order",
                    _ => "write what runs: `services: { web: { tier: backend, image: example/web:1 } }`",
                };
                self.push(Fault::MissingKey.at(place, message).help(help));
            }
        }
        for (key, entry) in mapping {
            let value = &entry.value;
            match &**key {
                "name" => {
                    if let Some(name) = self.text(value, "`name`") {
                        self.project_name(&name);
                        stack.name = name;
                    }
                }
                "engine" => stack.engine = self.engine(value),
                "makefile" => stack.makefile = self.boolean(value, "`makefile`"),
                "env_example" => stack.env_example = self.env_example(value),
                "include" => {
                    let items = self.one_or_many(value).iter();
                    stack.include = items.filter_map(|item| self.text(item, "`include`")).collect();
                }
                "defaults" => stack.defaults = self.defaults(value),
                "reserved_ports" => stack.reserved_ports = self.reserved_ports(value),
                "instances" => stack.instances = self.instances(entry),
                "observability" => stack.observability = self.observability(value),
                "images" => stack.images = self.images(entry),
                "backups" => stack.backups = self.backups(value),
                "tiers" => stack.tiers = self.tiers(value),
                "services" => {
                    stack.services = self.services(value, &mut stack.unreadable);
                }
                "environments" => {
                    let help = "write each below its name: `staging: { mode: production }`";
                    stack.environments = self.named(value, "`environments`", help, Self::environment);
                }
                "secrets" => stack.secrets = self.secrets(value),
                "volumes" => stack.volumes = self.options(value, "`volumes`"),
                "networks" if value.as_text() == Some("flat") => stack.flat = true,
                "networks" => stack.networks = self.options(value, "`networks`"),
                "configs" => stack.configs = self.options(value, "`configs`"),
                extension if extension.starts_with("x-") => {}
                unknown => self.unknown_key(entry, unknown, "a stack", &STACK_KEYS),
            }
        }
        Some(stack)
    }

    pub(super) fn tiers(&mut self, node: &Node) -> IndexMap<String, Tier> {
        let help = "write each below its name, in order: `tiers: { backend: {}, data: {} }`";
        self.named(node, "`tiers`", help, Self::tier)
    }

    /// The services that can be read; the names of the others join `unreadable`.
    pub(super) fn services(
        &mut self,
        node: &Node,
        unreadable: &mut Vec<String>,
    ) -> IndexMap<String, Service> {
        let help = "write each below its name: `web: { tier: backend, image: example/web:1 }`";
        let services = self.named(node, "`services`", help, Self::service);
        let names = node.as_mapping().into_iter().flat_map(Mapping::keys);
        unreadable.extend(names.filter(|name| !services.contains_key(&***name)).map(|name| name.to_string()));
        services
    }

    pub(super) fn secrets(&mut self, node: &Node) -> IndexMap<String, Secret> {
        let help = "write each below its name: `jwt_key: { description: Signs the tokens }`";
        self.named(node, "`secrets`", help, Self::secret)
    }

    /// Source: compose specification, "name": lower-case letters, digits, `-` and `_`, a letter or digit first.
    pub(super) fn project_name(&mut self, name: &Spanned<String>) {
        let legal = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '-' | '_')
        };
        if !name.starts_with(['-', '_']) && !name.is_empty() && name.chars().all(legal) {
            return;
        }
        let fixed: String =
            name.to_lowercase().chars().map(|next| if legal(next) { next } else { '-' }).collect();
        let fixed = fixed.trim_matches(['-', '_']);
        let message = match &*name.value {
            "" => "the name is empty".to_owned(),
            name => format!("`{name}` cannot name a compose project"),
        };
        let help = match fixed {
            "" => "use lower-case letters, digits, `-` and `_`: `shop`".to_owned(),
            fixed => format!("use lower-case letters, digits, `-` and `_`: `{fixed}`"),
        };
        self.push(Fault::WrongValue.at(name.span, message).help(help));
    }

    fn engine(&mut self, node: &Node) -> Option<Spanned<u32>> {
        let text = self.text(node, "`engine`")?;
        let major = text.split('.').next().and_then(|major| major.parse().ok());
        if major.is_none() {
            let message = format!("`{}` is no version of Docker Engine", text.value);
            self.wrong_value(text.span, message, "write `engine: \"25\"` or `engine: \"20.10\"`");
        }
        major.map(|major| Spanned::new(major, node.span))
    }

    fn env_example(&mut self, node: &Node) -> Option<Spanned<EnvExample>> {
        let value = match (node.as_bool(), node.as_text()) {
            (Some(true), _) => EnvExample::File,
            (Some(false), _) => EnvExample::Nothing,
            (None, Some("section")) => EnvExample::Section,
            _ => {
                let help = "write `false`, or `section` to keep what you write in the file yourself";
                self.wrong_type(node, "`env_example`", "`true`, `false` or `section`", help);
                return None;
            }
        };
        Some(Spanned::new(value, node.span))
    }

    fn tier(&mut self, name: &str, entry: &Entry) -> Option<Tier> {
        let what = format!("the tier `{name}`");
        let mut tier = Tier { span: entry.key.span, kind: None, host_ports: Vec::new(), defaults: None };
        let help = format!("write `{name}: {{ host_ports: 8000-8099 }}`, or `{name}: {{}}`");
        // A tier that cannot be read is there all the same.
        for (key, entry) in self.entries(&entry.value, &what, &help).unwrap_or_default() {
            match key {
                "kind" => {
                    let kinds = TierKind::ALL.map(|kind| (kind.name(), kind));
                    tier.kind = self.word(&entry.value, "`kind`", &kinds);
                }
                "host_ports" => {
                    for item in self.one_or_many(&entry.value) {
                        tier.host_ports.extend(self.port_range(item));
                    }
                }
                "defaults" => tier.defaults = self.defaults(&entry.value),
                unknown => self.unknown_key(entry, unknown, &what, &TIER_KEYS),
            }
        }
        Some(tier)
    }

    pub(super) fn defaults(&mut self, node: &Node) -> Option<Layer> {
        let mapping = self.mapping(
            node,
            "`defaults`",
            "write what services have unless they say otherwise: `defaults: { init: true }`",
        )?;
        Some(self.layer(mapping, "`defaults`", &[]))
    }

    fn reserved_ports(&mut self, node: &Node) -> Vec<ReservedPort> {
        let mut reserved = Vec::new();
        for (_, entry) in self
            .entries(
                node,
                "`reserved_ports`",
                "write each port with the reason: `reserved_ports: { 5000: AirPlay on macOS }`",
            )
            .unwrap_or_default()
        {
            let reason = self.text(&entry.value, "the reason");
            if let (Some(port), Some(reason)) = (self.port(&entry.key, "a reserved port"), reason) {
                reserved.push(ReservedPort { port, reason: reason.value });
            }
        }
        reserved
    }

    fn observability(&mut self, node: &Node) -> Option<Observability> {
        let mut observability = Observability { exporters: None };
        let help = "write `observability: { exporters: auto }`";
        for (key, entry) in self.entries(node, "`observability`", help)? {
            match key {
                "exporters" => {
                    let words = [("auto", Exporters::Auto), ("none", Exporters::None)];
                    observability.exporters = self.word(&entry.value, "`exporters`", &words);
                }
                unknown => self.unknown_key(entry, unknown, "`observability`", &OBSERVABILITY_KEYS),
            }
        }
        Some(observability)
    }

    fn instances(&mut self, entry: &Entry) -> Option<Instances> {
        let (mut stride, mut max) = (None, None);
        for (key, entry) in
            self.entries(&entry.value, "`instances`", "write `instances: { stride: 100, max: 10 }`")?
        {
            let count = |reader: &mut Self, what: &str| {
                let number = entry.value.as_integer().and_then(|number| u16::try_from(number).ok());
                match number.filter(|number| *number > 0) {
                    Some(number) => Some(Spanned::new(number, entry.value.span)),
                    None => {
                        reader.wrong_type(
                            &entry.value,
                            what,
                            "a number from 1 to 65535",
                            "write `instances: { stride: 100, max: 10 }`",
                        );
                        None
                    }
                }
            };
            match key {
                "stride" => stride = count(self, "`stride`"),
                "max" => max = count(self, "`max`"),
                unknown => self.unknown_key(entry, unknown, "`instances`", &["stride", "max"]),
            }
        }
        if stride.is_none() || max.is_none() {
            let message = "`instances` has a `stride` and a `max`".to_owned();
            self.wrong_value(entry.key.span, message, "write `instances: { stride: 100, max: 10 }`");
        }
        Some(Instances { span: entry.key.span, stride: stride?, max: max? })
    }
}
