//! Managed services.

use indexmap::IndexMap;

use super::Reader;
use crate::definition::keys::EXTERNAL_KEYS;
use crate::definition::{External, ExternalPort, Spanned};
use crate::fault::Fault;
use compose_reader::yaml::{Mapping, Node};

impl Reader {
    /// Where a service is found that somebody else runs, by environment.
    pub(super) fn externals(&mut self, node: &Node) -> IndexMap<String, External> {
        let help = "write each environment below it: `external: { production: { host: \"${DB_HOST:?}\" } }`";
        let mut externals = IndexMap::new();
        for (environment, entry) in self.entries(node, "`external`", help).unwrap_or_default() {
            let what = format!("`external` for `{environment}`");
            let help = format!("write where it is found: `{environment}: {{ host: db.example.org }}`");
            let Some(mapping) = self.mapping(&entry.value, &what, &help) else { continue };
            let mut external = External {
                span: entry.key.span,
                host: None,
                port: None,
                user: None,
                password: None,
                tls: None,
                url: None,
            };
            for (key, entry) in mapping {
                let value = &entry.value;
                match &**key {
                    "host" => external.host = self.text(value, "`host`"),
                    "port" => external.port = self.external_port(value),
                    "user" => external.user = self.text(value, "`user`"),
                    "password" => external.password = self.text(value, "`password`"),
                    "tls" => external.tls = self.boolean(value, "`tls`"),
                    "url" => external.url = self.text(value, "`url`"),
                    unknown => self.unknown_key(entry, unknown, &what, &EXTERNAL_KEYS),
                }
            }
            self.is_one_way(&external, mapping, &what);
            externals.insert(environment.to_owned(), external);
        }
        externals
    }

    /// A URL says all; without one there is a host.
    fn is_one_way(&mut self, external: &External, mapping: &Mapping, what: &str) {
        match (&external.url, &external.host) {
            (None, None) if !mapping.contains_key("host") && !mapping.contains_key("url") => {
                let message = format!("{what} does not say where it is found");
                let help = "write `host: \"${DB_HOST:?}\"`, or `url:` where nothing else is known";
                self.push(Fault::MissingKey.at(external.span, message).help(help));
            }
            (Some(url), _) if mapping.len() > 1 => {
                let message = format!("{what} has a `url`, which says all that the other keys say");
                self.wrong_value(url.span, message, "keep the URL alone, or the other keys");
            }
            _ => {}
        }
        if let Some(host) = &external.host
            && host.value.contains("://")
        {
            let message = format!("`{}` is a URL and no host", host.value);
            self.wrong_value(
                host.span,
                message,
                "write the host alone; `tls: true` makes `https://` of `http://`",
            );
        }
    }

    fn external_port(&mut self, node: &Node) -> Option<ExternalPort> {
        if node.as_mapping().is_none() {
            return self.port_or_variable(node).map(ExternalPort::First);
        }
        let mut ports = IndexMap::new();
        for (endpoint, entry) in self.entries(node, "`port`", "").unwrap_or_default() {
            if let Some(port) = self.port_or_variable(&entry.value) {
                ports.insert(endpoint.to_owned(), Spanned::new(port.value, entry.key.span));
            }
        }
        Some(ExternalPort::By(ports))
    }

    fn port_or_variable(&mut self, node: &Node) -> Option<Spanned<String>> {
        match node.as_text() {
            Some(text) if text.contains("${") => Some(Spanned::new(text.to_owned(), node.span)),
            _ => self.port(node, "`port`").map(|port| Spanned::new(port.value.to_string(), port.span)),
        }
    }
}
