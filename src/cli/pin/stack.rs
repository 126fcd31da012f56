//! The images of a stack, in its stack.yaml: where they are written there, or beside the `use:` of the template that brings them.

use std::collections::BTreeMap;
use std::path::Path;

use super::Found;
use crate::cli::disk::Disk;
use crate::cli::error::CliError;
use crate::cli::stack::{self, Opened};
use crate::plan::PlannedService;
use compose_reader::source::{SourceId, Span};
use compose_reader::yaml::{Node, parse};

/// Finds the images of a stack.
pub(super) fn find(folder: &Path, disk: &Disk) -> Result<Found, CliError> {
    let opened = stack::open(folder, disk)?;
    let planned = opened.or_report(opened.plan(1))?;
    let mut found = Found::default();
    let mut beside: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    for service in planned.plans.iter().flat_map(|plan| &plan.tiers).flat_map(|tier| &tier.services) {
        let Some(node) = service.compose.get("image").filter(|_| service.compose.get("build").is_none())
        else {
            continue;
        };
        let Some(image) = node.as_text() else { continue };
        let end = node.part(image.len()..image.len());
        if !found.takes(image) {
            continue;
        }
        if end.is_empty()
            && is_file(&opened, end.source)
            && opened.sources.slice(node.part(0..image.len())) == image
        {
            found.add(image, end, String::new());
        } else if let Some(used) = place_of_use(&opened, service) {
            let images = beside.entry(used).or_default();
            if !images.iter().any(|known| known == image) {
                images.push(image.to_owned());
            }
        } else {
            found.left.insert(format!(
                "`{image}` of `{}` is left as it is: its template names it, and no line of the stack",
                service.name
            ));
        }
    }
    for (used, images) in beside {
        match &images[..] {
            [image] => found.add_beside(image, used, opened.sources.get(used.source).text()),
            _ => {
                let images = images.join("`, `");
                found
                    .left
                    .insert(format!("`{images}` are left as they are: one `use:` stands for all of them"));
            }
        }
    }
    found.sources = opened.sources;
    Ok(found)
}

/// Whether a text is a file, and not a template of the program.
fn is_file(opened: &Opened, source: SourceId) -> bool {
    opened.files.is_file(Path::new(opened.sources.get(source).name()))
}

/// Where the `use:` of a service is written, with its version, if it is.
fn place_of_use(opened: &Opened, service: &PlannedService) -> Option<Span> {
    let stack = opened.stack.as_ref()?;
    let used = service.template.as_ref().filter(|_| stack.services.contains_key(&service.name))?;
    let text = opened.sources.get(used.span.source).text();
    let parsed = parse(used.span.source, text).ok()?;
    let is_meant = |value: &Node| value.span.start <= used.span.start && used.span.end <= value.span.end;
    let mut left: Vec<&Node> = parsed.documents.iter().collect();
    while let Some(node) = left.pop() {
        for (key, entry) in node.as_mapping().into_iter().flatten() {
            if &**key == "use" && entry.value.as_text().is_some() && is_meant(&entry.value) {
                return Some(Span::new(
                    used.span.source,
                    entry.key.span.start as usize,
                    entry.value.span.end as usize,
                ));
            }
            left.push(&entry.value);
        }
        left.extend(node.as_sequence().into_iter().flatten());
    }
    None
}

impl Found {
    /// Notes that an `image:` is to follow a `use:`, on a line of its own, as Renovate looks for it at the beginning of one.
    fn add_beside(&mut self, image: &str, used: Span, text: &str) {
        let (start, end) = (used.start as usize, used.end as usize);
        let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &text[line..start];
        let is_first_in_line = before.chars().all(|next| next == ' ');
        let rest = text[end..].find('\n').map_or(&text[end..], |newline| &text[end..end + newline]);
        if is_first_in_line && !rest.trim_start().starts_with([',', '}']) {
            // A comment behind `use:` stays with it.
            let place = used.part(end - start + rest.trim_end().len(), end - start + rest.trim_end().len());
            self.add(image, place, format!("\n{before}image: {image}"));
        } else {
            let indent = before.len() - before.trim_start().len() + 4;
            self.add(
                image,
                used.part(end - start, end - start),
                format!(",\n{}image: {image}", " ".repeat(indent)),
            );
        }
    }
}
