//! Two spaces for each level, lists deeper than their key, one space behind a dash.

use compose_reader::source::Span;
use compose_reader::yaml::{Kind, Node, Parsed};

/// How much deeper each level is.
const STEP: usize = 2;

/// What becomes of a line: so many bytes at its beginning give way to these.
#[derive(Clone, Debug)]
struct Line {
    cut: usize,
    lead: String,
}

/// The lines of a text, as far as it is known what becomes of them.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    new: Vec<Option<Line>>,
}

/// The text, indented anew; `None` where a line is not understood.
pub(super) fn indented(text: &str, parsed: &Parsed) -> Option<String> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .filter(|at| *at < text.len())
        .collect();
    let mut lines = Lines { text, new: vec![None; starts.len()], starts };
    for root in &parsed.documents {
        lines.node(root, 0)?;
    }
    lines.rest()?;
    let mut out = String::with_capacity(text.len());
    for (at, line) in lines.new.iter().enumerate() {
        let written = lines.line(at);
        match line {
            Some(line) => {
                out.push_str(&line.lead);
                out.push_str(written.get(line.cut..)?);
            }
            None => out.push_str(written),
        }
    }
    Some(out)
}

impl Lines<'_> {
    fn line(&self, at: usize) -> &str {
        let end = self.starts.get(at + 1).copied().unwrap_or(self.text.len());
        &self.text[self.starts[at]..end]
    }

    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The line of a byte, and its column there.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line_of(offset);
        (line, offset - self.starts.get(line).copied().unwrap_or_default())
    }

    fn is_block(&self, node: &Node) -> bool {
        let first = self.text.as_bytes().get(node.span.start as usize);
        node.alias.is_none()
            && match node.kind {
                Kind::Mapping(_) => first != Some(&b'{'),
                Kind::Sequence(_) => first != Some(&b'['),
                Kind::Scalar(_) => false,
            }
    }

    /// Puts a value in its column.
    fn node(&mut self, node: &Node, column: usize) -> Option<()> {
        if !self.is_block(node) {
            return Some(());
        }
        match &node.kind {
            Kind::Mapping(entries) => {
                for entry in entries.values() {
                    // What comes in through `<<` is written elsewhere.
                    let is_own =
                        node.span.start <= entry.key.span.start && entry.key.span.end <= node.span.end;
                    if is_own && entry.key.alias.is_none() {
                        self.entry(entry.key.span, &entry.value, column)?;
                    }
                }
            }
            Kind::Sequence(items) => {
                for item in items.iter() {
                    self.item(item, column)?;
                }
            }
            Kind::Scalar(_) => {}
        }
        Some(())
    }

    fn entry(&mut self, key: Span, value: &Node, column: usize) -> Option<()> {
        let (line, old) = self.place(key.start as usize);
        let before = self.line(line).get(..old)?;
        if before.bytes().all(|byte| byte == b' ') {
            self.new[line].get_or_insert(Line { cut: old, lead: " ".repeat(column) });
        } else if self.new[line].is_none() {
            // What stands in braces behind `<<` is written here and merged there.
            return before.trim_start().starts_with("<<").then_some(());
        }
        if self.is_block(value) {
            let (first, _) = self.place(value.span.start as usize);
            return if first > line { self.node(value, column + STEP) } else { None };
        }
        self.shift(line, value, old, column)
    }

    /// Moves the further lines of a value along with its first one.
    fn shift(&mut self, line: usize, value: &Node, old: usize, new: usize) -> Option<()> {
        if value.alias.is_some() {
            return Some(());
        }
        let end = (value.span.end as usize).min(self.text.len());
        let end = self.text[..end].trim_end().len();
        let last = self.line_of(end.saturating_sub(1));
        let indents = (line + 1..=last).map(|at| self.line(at)).filter(|line| !line.trim().is_empty());
        let least = indents.map(|line| line.len() - line.trim_start_matches(' ').len()).min();
        let header = self.text.get(value.span.start as usize..).and_then(|text| text.lines().next());
        // Behind `|2` two spaces are not part of the text, and all others are.
        let is_counted = header.is_some_and(|header| {
            header.starts_with(['|', '>']) && header.contains(|next: char| next.is_ascii_digit())
        });
        let (old, new) = match least {
            Some(least) if value.as_scalar().is_some() && !is_counted => (least, new + STEP),
            _ => (old, new),
        };
        for at in line + 1..=last {
            let written = self.line(at);
            let indent = written.len() - written.trim_start_matches(' ').len();
            if !written.trim().is_empty() {
                let lead = (indent + new).checked_sub(old)?;
                self.new[at] = Some(Line { cut: indent, lead: " ".repeat(lead) });
            }
        }
        Some(())
    }

    fn item(&mut self, item: &Node, column: usize) -> Option<()> {
        let start = item.place().start as usize;
        let (line, content) = self.place(start);
        let written = self.line(line);
        // The last dash before the item, which nothing but its anchor and tag may stand behind.
        let before = written.get(..content)?;
        let dash = before.rmatch_indices("- ").map(|(at, _)| at).find(|at| {
            let lead = &before[..*at];
            lead.bytes().all(|byte| matches!(byte, b' ' | b'-'))
        })?;
        let behind = dash + 1 + before[dash + 1..].len() - before[dash + 1..].trim_start_matches(' ').len();
        let lead = before.get(..dash)?;
        let new = if lead.bytes().all(|byte| byte == b' ') {
            Line { cut: behind, lead: format!("{}- ", " ".repeat(column)) }
        } else {
            let outer = self.new[line].clone()?;
            Line { cut: behind, lead: format!("{}- ", outer.lead) }
        };
        let inner = new.lead.len();
        self.new[line] = Some(new);
        if self.is_block(item) {
            if behind != content && item.alias.is_none() {
                return None;
            }
            return self.node(item, inner);
        }
        self.shift(line, item, dash, inner.checked_sub(STEP)?)
    }

    /// Comments go with the next line that is not one, and `<<` with its neighbours.
    fn rest(&mut self) -> Option<()> {
        let old = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let new = |line: &Line| line.lead.len();
        for at in (0..self.new.len()).rev() {
            let written = self.line(at).to_owned();
            let bare = written.trim();
            if self.new[at].is_some()
                || bare.is_empty()
                || bare.starts_with("---")
                || bare == "..."
                || bare.starts_with('%')
            {
                continue;
            }
            let column = old(&written);
            let is_comment = bare.starts_with('#');
            if !is_comment && !bare.starts_with("<<") {
                // Inside a text over several lines that stays where it is, or not understood.
                if column == 0 {
                    continue;
                }
                return None;
            }
            let same = |line: usize| {
                let known = self.new[line].as_ref()?;
                let dash = self.line(line);
                (old(dash) == column || known.cut == column).then(|| {
                    let is_key = old(dash) == column && !dash.trim_start().starts_with('-');
                    if is_key || known.cut == column { new(known) } else { new(known) - STEP }
                })
            };
            let below = (at + 1..self.new.len()).find(|line| self.new[*line].is_some());
            let near = below
                .and_then(same)
                .or_else(|| (0..at).rev().find_map(same))
                .or_else(|| (at + 1..self.new.len()).find_map(same));
            let lead = match near {
                Some(lead) => lead,
                None if is_comment => column,
                None => return None,
            };
            self.new[at] = Some(Line { cut: column, lead: " ".repeat(lead) });
        }
        Some(())
    }
}
