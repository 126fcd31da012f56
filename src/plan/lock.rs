//! Ports that `publish: auto` gives out: the next free one of the tier's range, and the same one for ever.

use indexmap::IndexMap;

use crate::definition::{Layer, Lock, PortRange, Publish, Stack};
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::source::Span;

/// Gives out host ports.
#[derive(Debug)]
pub(super) struct Allocator<'a> {
    stack: &'a Stack,
    lock: &'a Lock,
    /// How far this instance's ports are from the planned ones.
    pub(super) shift: u16,
    /// Ports that are written in the stack, with who has them.
    written: Vec<(PortRange, &'a str)>,
    /// What has been given out, by service and endpoint.
    given: IndexMap<(String, String), u16>,
}

impl<'a> Allocator<'a> {
    pub(super) fn new(stack: &'a Stack, lock: &'a Lock, shift: u16) -> Self {
        let mut written = Vec::new();
        for (name, service) in &stack.services {
            let layers =
                std::iter::once(&service.layer).chain(service.overrides.values().map(|over| &over.layer));
            for publish in layers.filter_map(|layer: &Layer| layer.publish.as_ref()) {
                collect(publish, name, &mut written);
            }
        }
        Self { stack, lock, shift, written, given: IndexMap::new() }
    }

    /// The port of an endpoint whose port is left to stackgen.
    pub(super) fn port(
        &mut self,
        service: &str,
        endpoint: &str,
        tier: &str,
        span: Span,
    ) -> Result<u16, Diagnostic> {
        let key = (service.to_owned(), endpoint.to_owned());
        if let Some(port) = self.given.get(&key) {
            return Ok(*port);
        }
        let ranges = self.stack.tiers.get(tier).map(|tier| &tier.host_ports[..]).unwrap_or_default();
        let Some(first) = ranges.first() else {
            let message = format!("the tier `{tier}` has no host ports to take one from");
            let help = format!("give the tier a range: `{tier}: {{ host_ports: 8000-8099 }}`");
            return Err(Fault::MissingRange.at(span, message).help(help));
        };
        if let Some(locked) = self.lock.ports.get(&key) {
            let port = locked.value;
            let why = match self.holder(port) {
                Some(holder) => Some(holder),
                None if !ranges.iter().any(|range| range.contains(port)) => {
                    Some(format!("it lies outside the range of the tier `{tier}`"))
                }
                None => None,
            };
            if let Some(why) = why {
                let message = format!("`{service}` cannot keep host port {port}: {why}");
                return Err(Fault::LockContradiction
                    .at(locked.span, message)
                    .related(span, "the port is left to stackgen here")
                    .help("take the line out of the lock file, so that another port is given out"));
            }
            self.given.insert(key, port);
            return Ok(port);
        }
        let locked = |port: u16| self.lock.ports.values().any(|locked| locked.value == port);
        let candidates = ranges.iter().flat_map(|range| range.first..=range.last);
        let free = candidates.into_iter().find(|port| self.holder(*port).is_none() && !locked(*port));
        let Some(port) = free else {
            let shown: Vec<String> = ranges.iter().map(|range| range.value.to_string()).collect();
            let holders = ranges.iter().flat_map(|range| range.first..=range.last).filter_map(|port| {
                let locked = self.lock.ports.iter().find(|(_, locked)| locked.value == port);
                let holder = self.holder(port).or_else(|| locked.map(|((service, _), _)| has_it(service)))?;
                Some(format!("{port}: {holder}"))
            });
            let mut holders: Vec<String> = holders.take(8).collect();
            if holders.len() == 8 {
                holders.push("and so on".to_owned());
            }
            let message = format!("the host ports of the tier `{tier}` are all taken ({})", shown.join(", "));
            return Err(Fault::RangeFull
                .at(span, message)
                .related(first.span, holders.join(", "))
                .help("widen the range"));
        };
        self.given.insert(key, port);
        Ok(port)
    }

    /// Everything that was given out, sorted.
    pub(super) fn into_given(mut self) -> IndexMap<(String, String), u16> {
        self.given.sort_keys();
        self.given
    }

    /// Why a port cannot be had, by what is written or given out.
    fn holder(&self, port: u16) -> Option<String> {
        let written = self.written.iter().find(|(range, _)| range.contains(port)).map(|(_, name)| *name);
        let given =
            || self.given.iter().find(|(_, given)| **given == port).map(|((name, _), _)| name.as_str());
        let reserved = || self.stack.reserved_ports.iter().find(|reserved| reserved.port.value == port);
        written
            .or_else(given)
            .map(has_it)
            .or_else(|| reserved().map(|reserved| format!("it is reserved ({})", reserved.reason)))
    }
}

fn has_it(name: &str) -> String {
    format!("`{name}` has it")
}

fn collect<'a>(publish: &'a Publish, name: &'a str, written: &mut Vec<(PortRange, &'a str)>) {
    match publish {
        Publish::Port(port) => {
            written.push((PortRange { first: port.value.port, last: port.value.port }, name))
        }
        Publish::Pool(pool) => written.push((pool.value, name)),
        Publish::By(by) => by.values().for_each(|published| collect(&published.publish, name, written)),
        Publish::Auto(_) | Publish::Nothing => {}
    }
}
