//! A reader of the YAML that people write: block mappings and lists, flow collections, scalars that stand on one line or in a
//! block, comments, anchors. It takes a fraction of the time of the parser of the whole language, and hands to that all else: what
//! it is not sure of, and every mistake.
//!
//! Both give the same tree with the same places; the tests of `parse` hold them against each other.

mod scalar;

use std::collections::HashMap;
use std::sync::Arc;

use super::build::{Builder, Content, Place};
use super::parsed::Parsed;
use super::scalar::Style;
use crate::source::range;

/// Levels of nesting that are read here; far below what either reader takes at most.
const MAX_LEVELS: usize = 40;

/// What a text holds, if it is written as most are.
pub(super) fn read(mut builder: Builder<'_, '_>) -> Option<Parsed> {
    Reader::new(builder.text, &mut builder).run().ok().map(|()| builder.parsed)
}

/// A text is not what is read here.
struct Other;

type Read<T> = Result<T, Other>;

/// A scalar that was read.
struct Token {
    start: usize,
    end: usize,
    text: Arc<str>,
    style: Style,
}

struct Reader<'t, 'b, 'p> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Where the line begins that `at` is in.
    line: usize,
    levels: usize,
    /// Whether what stands here is inside the document.
    is_begun: bool,
    anchors: HashMap<&'t str, usize>,
    builder: &'p mut Builder<'t, 'b>,
}

/// Whether each character of a text may stand in YAML, blanks are the only space in a line, and lines end as on Unix.
fn is_plain(text: &str) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && *byte != b'\n' || *byte == 0x7F;
    let controls =
        text.as_bytes().chunks(64).all(|chunk| !chunk.iter().fold(false, |is, byte| is | is_control(byte)));
    let is_odd = |next: char| {
        matches!(next, '\u{80}'..='\u{9F}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    controls && (text.is_ascii() || !text.contains(is_odd))
}

impl<'t, 'b, 'p> Reader<'t, 'b, 'p> {
    fn new(text: &'t str, builder: &'p mut Builder<'t, 'b>) -> Self {
        let (bytes, anchors) = (text.as_bytes(), HashMap::new());
        Self { text, bytes, at: 0, line: 0, levels: 0, is_begun: false, anchors, builder }
    }

    /// Reads a text that holds one document.
    fn run(mut self) -> Read<()> {
        if !is_plain(self.text) {
            return Err(Other);
        }
        self.reach_content()?;
        if self.column() == 0 && self.rest(self.at).starts_with(b"---\n") {
            self.at = range::after(self.at, ["---"]);
            self.reach_content()?;
        }
        self.is_begun = true;
        if self.is_ended() || self.column() != 0 || self.is_marker() {
            return Err(Other);
        }
        self.block(None, true)?;
        if self.is_ended() { Ok(()) } else { Err(Other) }
    }

    fn is_ended(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// The bytes from a place on.
    fn rest(&self, at: usize) -> &'t [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// A part of the text.
    fn part(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// How many blanks stand at a place.
    fn blanks(&self, at: usize) -> usize {
        self.rest(at).iter().take_while(|byte| **byte == b' ').count()
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn next(&self) -> u8 {
        self.byte(self.at)
    }

    fn column(&self) -> usize {
        self.at.saturating_sub(self.line)
    }

    /// The first of some bytes from a place on; the end of the text, where there is none.
    fn find(&self, at: usize, is_wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.rest(at);
        range::offset(at, rest.iter().position(|byte| is_wanted(*byte)).unwrap_or(rest.len()))
    }

    /// Takes one byte.
    fn bump(&mut self) {
        self.at = range::behind(self.at);
    }

    /// Whether a byte stands here that space follows.
    fn is_before_space(&self, byte: u8) -> bool {
        self.next() == byte && self.is_space(range::behind(self.at))
    }

    fn is_space(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\n')
    }

    /// Goes on to the next thing that is neither space nor comment; whether that stands on a later line.
    fn reach_content(&mut self) -> Read<bool> {
        let mut is_below = false;
        loop {
            match self.bytes.get(self.at) {
                Some(b' ') => self.bump(),
                Some(b'\n') => {
                    self.bump();
                    self.line = self.at;
                    is_below = true;
                }
                Some(b'#') => {
                    if self.at.checked_sub(1).is_some_and(|before| !self.is_space(before)) {
                        return Err(Other);
                    }
                    let end = self.line_end();
                    self.builder.comment(self.at, end, self.part(range::behind(self.at), end));
                    self.at = end;
                }
                Some(b'-' | b'.') if self.is_begun && self.is_marker() => return Err(Other),
                Some(_) => return Ok(is_below),
                None => return Ok(true),
            }
        }
    }

    /// Whether a line begins as the end of a document does.
    fn is_marker(&self) -> bool {
        let rest = self.rest(self.at);
        self.at == self.line && (rest.starts_with(b"---") || rest.starts_with(b"..."))
    }

    fn line_end(&self) -> usize {
        self.find(self.at, |byte| byte == b'\n')
    }

    fn enter(&mut self) -> Read<()> {
        self.levels = self.levels.saturating_add(1);
        if self.levels > MAX_LEVELS { Err(Other) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.levels = self.levels.saturating_sub(1);
    }

    /// A value that begins here, inside a block whose column is `outer`; all of its lines stand further right. Where it begins a
    /// line, or follows a dash, it may be a mapping or list in a block.
    fn block(&mut self, outer: Option<usize>, may_be_collection: bool) -> Read<()> {
        self.enter()?;
        let anchor = self.anchor()?;
        let mut may_be_collection = may_be_collection;
        if anchor != 0 {
            // On the line of the anchor, a key would have it, and not the mapping.
            may_be_collection = self.reach_content()?;
            if self.is_ended() || outer.is_some_and(|outer| self.column() <= outer) {
                return Err(Other);
            }
        }
        match self.next() {
            b'-' if self.is_before_space(b'-') => {
                if !may_be_collection {
                    return Err(Other);
                }
                self.list(anchor, false)?;
            }
            b'{' | b'[' => {
                self.flow(outer, anchor)?;
                self.end_of_value(outer)?;
            }
            b'*' if anchor == 0 => {
                self.alias()?;
                self.end_of_value(outer)?;
            }
            b'|' | b'>' => self.block_scalar(outer.ok_or(Other)?, anchor)?,
            _ => {
                let column = self.column();
                let token = self.scalar(false)?;
                if self.is_before_space(b':') {
                    if !may_be_collection {
                        return Err(Other);
                    }
                    self.mapping(column, token, anchor)?;
                } else {
                    self.push(token, anchor)?;
                    self.end_of_value(outer)?;
                }
            }
        }
        self.leave();
        Ok(())
    }

    /// Behind a value nothing else stands on its line, and what stands below is no more of it.
    fn end_of_value(&mut self, outer: Option<usize>) -> Read<()> {
        let is_below = self.reach_content()?;
        let is_more = !self.is_ended() && outer.is_none_or(|outer| self.column() > outer);
        if !is_below || is_more { Err(Other) } else { Ok(()) }
    }

    fn anchor(&mut self) -> Read<usize> {
        if self.next() != b'&' {
            return Ok(0);
        }
        self.bump();
        let name = self.name()?;
        let id = self.anchors.len().saturating_add(1);
        // A second anchor of one name would need a second number.
        if self.anchors.insert(name, id).is_some() { Err(Other) } else { Ok(id) }
    }

    fn alias(&mut self) -> Read<()> {
        let start = self.at;
        self.bump();
        let name = self.name()?;
        let id = self.anchors.get(name).ok_or(Other)?;
        self.builder.alias(*id, start, self.at).map_err(|_| Other)
    }

    fn name(&mut self) -> Read<&'t str> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let end = self.find(self.at, |byte| !is_part(byte));
        let name = self.part(self.at, end);
        self.at = end;
        let is_ended = self.is_space(self.at) || matches!(self.next(), b',' | b']' | b'}');
        if name.is_empty() || !is_ended { Err(Other) } else { Ok(name) }
    }

    fn push(&mut self, Token { start, end, text, style }: Token, anchor: usize) -> Read<()> {
        self.builder.scalar(Place { start, end, anchor }, text, style, None).map_err(|_| Other)
    }

    /// Nothing, where a value could stand.
    fn push_null(&mut self, at: usize) -> Read<()> {
        self.push(Token { start: at, end: at, text: Arc::from("~"), style: Style::Plain }, 0)
    }

    fn open(&mut self, start: usize, anchor: usize, is_flow: bool, content: Content) -> Read<()> {
        self.builder.open(Place { start, end: start, anchor }, is_flow, None, content).map_err(|_| Other)
    }

    /// A mapping whose first key has been read and stands at a column.
    fn mapping(&mut self, column: usize, first: Token, anchor: usize) -> Read<()> {
        self.open(first.start, anchor, false, Content::mapping())?;
        let mut key = first;
        loop {
            let colon = self.at;
            self.push(key, 0)?;
            self.bump();
            let is_below = self.reach_content()?;
            let is_there = !self.is_ended();
            let is_dash = self.is_before_space(b'-');
            if !is_below {
                self.block(Some(column), false)?;
            } else if is_there && self.column() > column {
                self.block(Some(column), true)?;
            } else if is_there && self.column() == column && is_dash {
                self.enter()?;
                self.list(0, true)?;
                self.leave();
            } else {
                self.push_null(colon)?;
            }
            if self.is_ended() || self.column() < column {
                break;
            }
            if self.column() > column || self.is_before_space(b'-') {
                return Err(Other);
            }
            key = self.scalar(false)?;
            if !self.is_before_space(b':') {
                return Err(Other);
            }
        }
        self.builder.close(self.at).map_err(|_| Other)
    }

    /// A list whose first dash stands here. In the column of the key before it, it is said to begin behind the dash.
    fn list(&mut self, anchor: usize, is_in_column_of_key: bool) -> Read<()> {
        let column = self.column();
        let mut start = Some(self.at);
        loop {
            self.bump();
            let is_below = self.reach_content()?;
            // An item of nothing is rare, and so is one below its dash.
            if is_below && (is_in_column_of_key || self.is_ended() || self.column() <= column) {
                return Err(Other);
            }
            if let Some(start) = start.take() {
                let start = if is_in_column_of_key { self.at } else { start };
                self.open(start, anchor, false, Content::Sequence(Vec::new()))?;
            }
            self.block(Some(column), true)?;
            if self.is_ended() || self.column() < column {
                break;
            }
            if self.column() > column {
                return Err(Other);
            }
            if !self.is_before_space(b'-') {
                break;
            }
        }
        self.builder.close(self.at).map_err(|_| Other)
    }

    /// A collection in brackets, whose lines stand further right than `outer`.
    fn flow(&mut self, outer: Option<usize>, anchor: usize) -> Read<()> {
        self.enter()?;
        let is_mapping = self.next() == b'{';
        let closing = if is_mapping { b'}' } else { b']' };
        let content = if is_mapping { Content::mapping() } else { Content::Sequence(Vec::new()) };
        self.open(self.at, anchor, true, content)?;
        self.bump();
        self.reach_flow(outer)?;
        while self.next() != closing {
            if is_mapping {
                let key = self.scalar(true)?;
                if !self.is_before_space(b':') {
                    return Err(Other);
                }
                self.push(key, 0)?;
                self.bump();
                self.reach_flow(outer)?;
            }
            self.flow_value(outer)?;
            self.reach_flow(outer)?;
            match self.next() {
                b',' => {
                    self.bump();
                    self.reach_flow(outer)?;
                }
                next if next == closing => {}
                _ => return Err(Other),
            }
        }
        self.bump();
        self.leave();
        self.builder.close(self.at).map_err(|_| Other)
    }

    fn flow_value(&mut self, outer: Option<usize>) -> Read<()> {
        let anchor = self.anchor()?;
        if anchor != 0 {
            self.reach_flow(outer)?;
        }
        match self.next() {
            b'{' | b'[' => self.flow(outer, anchor),
            b'*' if anchor == 0 => self.alias(),
            _ => {
                let token = self.scalar(true)?;
                self.push(token, anchor)
            }
        }
    }

    /// Goes on to the next thing between brackets.
    fn reach_flow(&mut self, outer: Option<usize>) -> Read<()> {
        let is_below = self.reach_content()?;
        let is_outside = is_below && outer.is_some_and(|outer| self.column() <= outer);
        if is_outside || self.is_ended() { Err(Other) } else { Ok(()) }
    }
}
