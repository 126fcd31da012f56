//! Images in a registry, and backups.

use super::Reader;
use crate::definition::keys::{BACKUPS_KEYS, IMAGES_KEYS};
use crate::definition::{Backups, IMAGE_TAG, Images, Spanned};
use compose_reader::yaml::{Entry, Node};

impl Reader {
    pub(super) fn images(&mut self, entry: &Entry) -> Option<Images> {
        let (mut registry, mut tag) = (None, None);
        let help = "write `images: { registry: registry.example.org/shop }`";
        for (key, entry) in self.entries(&entry.value, "`images`", help)? {
            match key {
                "registry" => registry = self.text(&entry.value, "`registry`"),
                "tag" => tag = self.text(&entry.value, "`tag`"),
                unknown => self.unknown_key(entry, unknown, "`images`", &IMAGES_KEYS),
            }
        }
        let Some(registry) = registry else {
            let message = "`images` names no `registry`".to_owned();
            self.wrong_value(entry.key.span, message, help);
            return None;
        };
        // What else is wrong with it is wrong with the images that are named so, which is said there.
        if registry.is_empty() || registry.ends_with('/') || registry.contains("://") {
            let message = format!("`{}` cannot stand before the name of an image", registry.value);
            let help =
                "write a host, and a path behind it without `/` at the end: `registry.example.org/shop`";
            self.wrong_value(registry.span, message, help);
            return None;
        }
        let tag = tag.unwrap_or_else(|| Spanned::new(IMAGE_TAG.to_owned(), entry.key.span));
        Some(Images { span: entry.key.span, registry, tag })
    }

    pub(super) fn backups(&mut self, node: &Node) -> Option<Backups> {
        let mut backups = Backups::default();
        let help = "write `backups: { keep: 7, volumes: [grafana_data] }`";
        for (key, entry) in self.entries(node, "`backups`", help)? {
            let value = &entry.value;
            match key {
                "keep" => {
                    match (value.as_integer(), value.as_integer().and_then(|keep| u16::try_from(keep).ok())) {
                        (_, Some(keep)) if keep > 0 => backups.keep = Some(Spanned::new(keep, value.span)),
                        (Some(number), _) => {
                            let message = format!("{number} backups cannot be kept");
                            self.wrong_value(value.span, message, "write a number from 1 to 65535");
                        }
                        (None, _) => self.wrong_type(value, "`keep`", "a number", help),
                    }
                }
                "volumes" => {
                    let items = self.one_or_many(value).iter();
                    backups.volumes = items.filter_map(|item| self.text(item, "a volume")).collect();
                }
                unknown => self.unknown_key(entry, unknown, "`backups`", &BACKUPS_KEYS),
            }
        }
        Some(backups)
    }
}
