//! The ports of a service, and the host ports that it publishes.

use indexmap::IndexMap;

use super::Reader;
use crate::definition::{Endpoint, OFFERED, Publish, Published, Spanned, VariablePort};
use crate::fault::Fault;
use compose_reader::interpolation::{expand, variables};
use compose_reader::values::{ContainerPort, HostPort, PortMapping, PortRange, Protocol, ip_address};
use compose_reader::yaml::Node;

impl Reader {
    pub(super) fn port(&mut self, node: &Node, what: &str) -> Option<Spanned<u16>> {
        let port = node.as_integer().or_else(|| node.as_text()?.parse().ok());
        match port {
            Some(port) => match u16::try_from(port).ok().filter(|port| *port > 0) {
                Some(port) => return Some(Spanned::new(port, node.span)),
                None => self.wrong_value(node.span, format!("{port} is no port"), "ports go from 1 to 65535"),
            },
            None => {
                let help = "write the number, `listen: 8080`, or one for each name, `listen: { http: 8080 }`";
                self.wrong_type(node, what, "a port", help);
            }
        }
        None
    }

    pub(super) fn port_range(&mut self, node: &Node) -> Option<Spanned<PortRange>> {
        if node.as_text().is_none() {
            let help = "write `8000-8099`, one port, or a list of both: `[5432, 6379, 9000-9099]`";
            self.wrong_type(node, "`host_ports`", "a range of ports", help);
            return None;
        }
        let text = self.text(node, "`host_ports`")?;
        let range = text.parse().ok().filter(|range: &PortRange| range.first > 0);
        if range.is_none() {
            let message = format!("`{}` is no range of ports", text.value);
            self.wrong_value(
                text.span,
                message,
                "write `8000-8099`, the lower port first, within 1 to 65535",
            );
        }
        range.map(|range| Spanned::new(range, node.span))
    }

    pub(super) fn listen(&mut self, node: &Node) -> IndexMap<String, Endpoint> {
        let mut endpoints = IndexMap::new();
        if node.as_mapping().is_none() {
            if let Some(port) = udp_port(node) {
                let scheme = "udp".to_owned();
                endpoints.insert(scheme.clone(), Endpoint { span: node.span, port, scheme });
            } else if let Some(port) = self.port(node, "`listen`") {
                let scheme = "http".to_owned();
                endpoints.insert("http".to_owned(), Endpoint { span: node.span, port, scheme });
            }
            return endpoints;
        }
        for (name, entry) in self.entries(node, "`listen`", "").unwrap_or_default() {
            self.name(name, entry.key.span);
            if OFFERED.contains(&name) {
                let message =
                    format!("an endpoint cannot be called `{name}`, as every service offers that itself");
                self.wrong_value(
                    entry.key.span,
                    message,
                    "give it a name of its own, such as `http` or `admin`",
                );
            }
            let mut port = None;
            let mut scheme = None;
            if entry.value.as_mapping().is_some() {
                let what = format!("the endpoint `{name}`");
                for (key, entry) in self.entries(&entry.value, &what, "").unwrap_or_default() {
                    match key {
                        "port" => port = self.port(&entry.value, "`port`"),
                        "scheme" => scheme = self.text(&entry.value, "`scheme`"),
                        unknown => self.unknown_key(entry, unknown, &what, &["port", "scheme"]),
                    }
                }
                if !entry.value.as_mapping().is_some_and(|mapping| mapping.contains_key("port")) {
                    let message = format!("{what} has no port");
                    let help = "write `{ port: 8080, scheme: http }`";
                    self.push(Fault::MissingKey.at(entry.key.span, message).help(help));
                }
            } else if let Some(udp) = udp_port(&entry.value) {
                port = Some(udp);
                scheme = Some(Spanned::new("udp".to_owned(), entry.value.span));
            } else {
                port = self.port(&entry.value, "an endpoint");
            }
            if let Some(port) = port {
                let scheme = scheme.map_or_else(|| scheme_of(name).to_owned(), |scheme| scheme.value);
                endpoints.insert(name.to_owned(), Endpoint { span: entry.key.span, port, scheme });
            }
        }
        endpoints
    }

    pub(super) fn publish(&mut self, node: &Node) -> Option<Publish> {
        if node.as_sequence().is_some() {
            return Some(Publish::Written(node.clone()));
        }
        if let Some(mapping) = node.as_mapping() {
            if let Some(entry) = mapping.get("pool").filter(|_| mapping.len() == 1) {
                return self.port_range(&entry.value).map(Publish::Pool);
            }
            let mut by = IndexMap::new();
            for (name, entry) in self.entries(node, "`publish`", "")? {
                if let Some(publish) = self.publish(&entry.value) {
                    by.insert(name.to_owned(), Published { span: entry.key.span, publish });
                }
            }
            return Some(Publish::By(by));
        }
        if node.as_text() == Some("none") {
            return Some(Publish::Nothing);
        }
        if node.as_text() == Some("auto") {
            return Some(Publish::Auto(node.span));
        }
        let text = self.text(node, "`publish`")?;
        if text.value == "0" {
            return Some(Publish::Any(node.span));
        }
        if let Ok(port) = text.parse::<HostPort>() {
            return Some(Publish::Port(Spanned::new(port, node.span)));
        }
        if text.contains('$') {
            return self.variable_port(&text).map(|port| Publish::Variable(Spanned::new(port, node.span)));
        }
        let address = text.rsplit_once(':').map(|(address, _)| address);
        if let Some((host, target)) = container_syntax(&text) {
            let message = format!("`{}` names the container's port as well", text.value);
            let help =
                format!("write `publish: {host}` and `listen: {target}`, so that references know the port");
            self.wrong_value(text.span, message, &help);
        } else {
            let message = format!("`{}` is no host port", text.value);
            let help = match address {
                _ if text.ends_with("/udp") => {
                    "write the port alone; that it is UDP is what the endpoint says: `listen: { dns: 53/udp }`"
                }
                Some(address) if ip_address(address).is_none() => {
                    "write the port on the host alone, or with an IP address: `8080`, `0.0.0.0:8080`; the port in the \
                     container is what `listen` says"
                }
                _ => "ports go from 1 to 65535: `publish: 8080`",
            };
            self.wrong_value(text.span, message, help);
        }
        None
    }

    /// A host port that is one variable, behind an address or not.
    fn variable_port(&mut self, text: &Spanned<String>) -> Option<VariablePort> {
        let (before, written) = text.split_at(text.find('$')?);
        let asked = variables(written).unwrap_or_default();
        let is_whole = asked.first().is_some_and(|variable| variable.range == (0..written.len()));
        let address = before.strip_suffix(':').map(ip_address);
        if !is_whole || !(before.is_empty() || address.is_some_and(|address| address.is_some())) {
            let message = format!("`{}` is no host port", text.value);
            let help = "write one variable, with an IP address before it or alone: `${PG_PORT:-5432}`";
            self.wrong_value(text.span, message, help);
            return None;
        }
        let default = expand(written, &|_| None).filter(|default| !default.is_empty());
        let port = default.as_ref().map(|default| default.parse::<HostPort>().ok());
        if port.is_some_and(|port| port.is_none_or(|port| port.address.is_some())) {
            let message = format!("`{}` is no host port", default.unwrap_or_default());
            self.wrong_value(text.span, message, "ports go from 1 to 65535: `${PG_PORT:-5432}`");
            return None;
        }
        let default = port.flatten().map(|port| port.port);
        Some(VariablePort { address: address.flatten(), written: written.to_owned(), default })
    }

    pub(super) fn public_url(&mut self, node: &Node) -> Option<Spanned<String>> {
        let url = self.text(node, "`public_url`")?;
        if url.contains("://") || url.starts_with("${") {
            return Some(url);
        }
        let message = format!("`{}` is no URL", url.value);
        self.wrong_value(url.span, message, &format!("write the scheme as well: `https://{}`", url.value));
        None
    }
}

/// The port of `53/udp`.
fn udp_port(node: &Node) -> Option<Spanned<u16>> {
    let port: ContainerPort = node.as_text()?.parse().ok()?;
    let is_one = port.protocol == Protocol::Udp && port.range.width() == 0 && port.range.first > 0;
    is_one.then(|| Spanned::new(port.range.first, node.span))
}

/// The scheme of an endpoint that is named for it; any other speaks TCP.
fn scheme_of(name: &str) -> &str {
    match name {
        "metrics" | "health" | "admin" | "api" | "ui" => "http",
        "http" | "https" | "grpc" | "ws" | "wss" | "ftp" | "smtp" | "amqp" | "udp" => name,
        _ => "tcp",
    }
}

/// Both sides of a published port in Compose's syntax: `8080` and `80` of `8080:80`.
fn container_syntax(text: &str) -> Option<(&str, PortRange)> {
    let port: PortMapping = text.parse().ok()?;
    let (host, _) = text.rsplit_once(':')?;
    let is_one = |range: &PortRange| range.width() == 0;
    port.published.filter(is_one).and(Some((host, port.target)).filter(|(_, target)| is_one(target)))
}
