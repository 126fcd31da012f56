//! Ports that `publish: auto` gives out: the next free one of the tier's range, and the same one for ever.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::definition::{Layer, Lock, PortRange, Publish, Spanned, Stack};
use crate::fault::Fault;
use compose_reader::browser::blocked_port;
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
    written: HashMap<u16, &'a str>,
    /// Ports that the lock file keeps.
    locked: HashSet<u16>,
    /// What has been given out, by service and endpoint.
    given: IndexMap<(String, String), u16>,
    /// Who has been given a port.
    holders: HashMap<u16, String>,
    /// The range and the port in it that each tier was given last: none before it is free.
    next: HashMap<String, (usize, u16)>,
}

impl<'a> Allocator<'a> {
    pub(super) fn new(stack: &'a Stack, lock: &'a Lock, shift: u16) -> Self {
        let mut written = HashMap::new();
        for (name, service) in &stack.services {
            let layers =
                std::iter::once(&service.layer).chain(service.overrides.values().map(|over| &over.layer));
            for publish in layers.filter_map(|layer: &Layer| layer.publish.as_ref()) {
                collect(publish, name, &mut written);
            }
        }
        let locked = lock.ports.values().map(|locked| locked.value).collect();
        let (given, holders, next) = (IndexMap::new(), HashMap::new(), HashMap::new());
        Self { stack, lock, shift, written, locked, given, holders, next }
    }

    /// The port of an endpoint whose port is left to stackgen.
    pub(super) fn port(
        &mut self,
        service: &str,
        endpoint: &str,
        tier: &str,
        scheme: &str,
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
                None if is_blocked(port, scheme) => Some("browsers refuse to open it".to_owned()),
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
            self.give(key, port);
            return Ok(port);
        }
        let Some(port) = self.free(tier, scheme, ranges) else {
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
        self.give(key, port);
        Ok(port)
    }

    /// The next port of a tier that nobody has.
    fn free(&mut self, tier: &str, scheme: &str, ranges: &[Spanned<PortRange>]) -> Option<u16> {
        let (at, from) = self.next.get(tier).copied().unwrap_or_default();
        let in_range = |(index, range): (usize, &Spanned<PortRange>)| {
            let first = if index == at { range.first.max(from) } else { range.first };
            (first..=range.last).map(move |port| (index, port))
        };
        let mut candidates = ranges.iter().enumerate().skip(at).flat_map(in_range);
        let is_free = |port: u16| {
            self.holder(port).is_none() && !self.locked.contains(&port) && !is_blocked(port, scheme)
        };
        let (index, port) = candidates.find(|(_, port)| is_free(*port))?;
        self.next.insert(tier.to_owned(), (index, port));
        Some(port)
    }

    fn give(&mut self, key: (String, String), port: u16) {
        self.holders.entry(port).or_insert_with(|| key.0.clone());
        self.given.insert(key, port);
    }

    /// Everything that was given out, sorted.
    pub(super) fn into_given(mut self) -> IndexMap<(String, String), u16> {
        self.given.sort_keys();
        self.given
    }

    /// Why a port cannot be had, by what is written or given out.
    fn holder(&self, port: u16) -> Option<String> {
        let written = self.written.get(&port).copied();
        let given = || self.holders.get(&port).map(String::as_str);
        let reserved = || self.stack.reserved_ports.iter().find(|reserved| reserved.port.value == port);
        written
            .or_else(given)
            .map(has_it)
            .or_else(|| reserved().map(|reserved| format!("it is reserved ({})", reserved.reason)))
    }
}

/// Whether a page on a port would not be opened.
pub(super) fn is_blocked(port: u16, scheme: &str) -> bool {
    matches!(scheme, "http" | "https") && blocked_port(PortRange { first: port, last: port }).is_some()
}

fn has_it(name: &str) -> String {
    format!("`{name}` has it")
}

fn collect<'a>(publish: &'a Publish, name: &'a str, written: &mut HashMap<u16, &'a str>) {
    match publish {
        Publish::Port(port) => {
            written.entry(port.value.port).or_insert(name);
        }
        Publish::Pool(pool) => {
            (pool.first..=pool.last).for_each(|port| _ = written.entry(port).or_insert(name));
        }
        Publish::By(by) => by.values().for_each(|published| collect(&published.publish, name, written)),
        Publish::Variable(port) => {
            port.value.default.into_iter().for_each(|port| _ = written.entry(port).or_insert(name));
        }
        Publish::Auto(_) | Publish::Any(_) | Publish::Written(_) | Publish::Nothing => {}
    }
}
