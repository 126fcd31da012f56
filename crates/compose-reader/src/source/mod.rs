//! Texts that diagnostics point into, and the places in them.

mod cursor;
pub mod range;

use std::sync::OnceLock;

pub use cursor::Cursor;

/// Which text of a [`Sources`] a [`Span`] lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

impl SourceId {
    /// The same text, once it has become one of another [`Sources`], as [`Sources::absorb`] says.
    pub fn shifted(self, by: u32) -> Self {
        Self(self.0.saturating_add(by))
    }
}

/// A range of bytes in one text: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `source`; a text beyond 4 GiB is cut off at that offset.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The part of this span from `start` to `end`, counted in bytes from its beginning.
    pub fn part(self, start: usize, end: usize) -> Self {
        let base = self.start as usize;
        Self::new(self.source, range::offset(base, start), range::offset(base, end))
    }

    /// The same place, once its text has become one of another [`Sources`], as [`Sources::absorb`] says.
    pub fn shifted(self, by: u32) -> Self {
        Self { source: self.source.shifted(by), ..self }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether the span covers no byte: a place between two characters.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A place as people count it: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
}

/// A text with the name it is shown under.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// The offset behind each line break.
    lines: Vec<usize>,
    /// How many characters begin before each [`BLOCK`] of bytes, counted once a line is longer: places in it may be many.
    characters: OnceLock<Vec<usize>>,
    /// The parts that are secret, in bytes.
    secrets: Vec<std::ops::Range<usize>>,
}

/// What an id of other texts leads to.
static UNKNOWN: Source = Source {
    name: String::new(),
    text: String::new(),
    lines: Vec::new(),
    characters: OnceLock::new(),
    secrets: Vec::new(),
};

/// How many bytes are counted anew for a position.
const BLOCK: usize = 1024;

/// How many characters begin in a part of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xBF)).count()
}

impl Source {
    fn new(name: String, text: String) -> Self {
        let lines = text.match_indices('\n').map(|(at, _)| range::behind(at)).collect();
        Self { name, text, lines, characters: OnceLock::new(), secrets: Vec::new() }
    }

    /// How many characters begin between two offsets.
    fn characters_between(&self, start: usize, end: usize) -> usize {
        let bytes = self.text.as_bytes();
        if end.saturating_sub(start) <= BLOCK {
            return characters(bytes.get(start..end).unwrap_or_default());
        }
        let blocks = self.characters.get_or_init(|| {
            let counted = bytes.chunks(BLOCK).scan(0_usize, |before, block| {
                Some(std::mem::replace(before, before.saturating_add(characters(block))))
            });
            counted.collect()
        });
        let before = |offset: usize| {
            let block = offset.saturating_sub(1) / BLOCK;
            let rest = bytes.get(block.saturating_mul(BLOCK)..offset).unwrap_or_default();
            blocks.get(block).copied().unwrap_or_default().saturating_add(characters(rest))
        };
        before(end).saturating_sub(before(start))
    }

    /// The name as shown to people: a path, or `-` for standard input.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parts that nobody is to be shown, in bytes.
    pub fn secrets(&self) -> &[std::ops::Range<usize>] {
        &self.secrets
    }

    /// The bytes of the lines that a range touches, with up to `around` lines before and behind it.
    pub fn lines_of(&self, range: std::ops::Range<usize>, around: usize) -> std::ops::Range<usize> {
        let line = |offset: usize| self.lines.partition_point(|start| *start <= offset);
        let first = line(range.start).saturating_sub(around);
        let start = self.start_of_line(first);
        let behind = self.lines.get(line(range.end).saturating_add(around));
        start..behind.map_or(self.text.len(), |end| *end)
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let column = self.characters_between(self.start_of_line(line), offset).saturating_add(1);
        Position { line: line.saturating_add(1), column }
    }

    /// Where the line begins that so many line breaks stand before.
    fn start_of_line(&self, breaks: usize) -> usize {
        breaks.checked_sub(1).and_then(|last| self.lines.get(last)).copied().unwrap_or_default()
    }
}

/// All texts of one run, in the order they were added.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
}

impl Sources {
    /// Where a span begins, in words: `compose.yaml:3:5`.
    pub fn place(&self, span: Span) -> String {
        let source = self.get(span.source);
        let position = source.position(span.start as usize);
        format!("{}:{}:{}", source.name(), position.line, position.column)
    }

    /// No texts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under a name.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(Source::new(name.into(), text.into()));
        id
    }

    /// Remembers that the text at a place is secret: whoever shows the text leaves it out.
    pub fn keep_secret(&mut self, span: Span) {
        if let Some(source) = self.sources.get_mut(span.source.0 as usize) {
            source.secrets.push(span.start as usize..span.end as usize);
        }
    }

    /// Takes over the texts of another; what has to be added to a place in one of them.
    pub fn absorb(&mut self, other: Self) -> u32 {
        let by = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.extend(other.sources);
        by
    }

    /// The same texts, those of some names without their words: lines stay as long as they are.
    #[must_use]
    pub fn concealing(&self, is_concealed: impl Fn(&str) -> bool) -> Self {
        let kept = |byte: u8| if matches!(byte, b'\n' | b'\r' | b' ') { char::from(byte) } else { '*' };
        let mut copy = self.clone();
        for source in copy.sources.iter_mut().filter(|source| is_concealed(&source.name)) {
            let text = source.text.bytes().map(kept).collect();
            *source = Source::new(std::mem::take(&mut source.name), text);
        }
        copy
    }

    /// The text behind an id that [`Sources::add`] gave; an empty one for an id that others gave.
    pub fn get(&self, id: SourceId) -> &Source {
        self.sources.get(id.0 as usize).unwrap_or(&UNKNOWN)
    }

    /// Every text with its id, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources.iter().zip(0..).map(|(source, id)| (SourceId(id), source))
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Position, Sources};

    #[test]
    fn lines_are_cut_out_whole() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", "a\nbb\nccc\ndd\n");
        let lines = |start, end, around| {
            let source = sources.get(id);
            &source.text()[source.lines_of(start..end, around)]
        };
        assert_eq!(lines(3, 4, 0), "bb\n");
        assert_eq!(lines(3, 6, 0), "bb\nccc\n");
        assert_eq!(lines(3, 3, 1), "a\nbb\nccc\n");
        assert_eq!(lines(3, 99, 9), "a\nbb\nccc\ndd\n");
    }

    #[test]
    fn concealed_texts_keep_their_lines_and_none_of_their_words() {
        let mut sources = Sources::new();
        let (open, secret) = (sources.add("a.yaml", "a: 1\n"), sources.add("/x", "k: ñ\nb\n"));
        let concealed = sources.concealing(|name| name.starts_with('/'));
        assert_eq!(concealed.get(open).text(), "a: 1\n");
        assert_eq!(concealed.get(secret).text(), "** **\n*\n");
    }

    #[test]
    fn positions_count_characters_from_one() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", "a: ñ\nb: 2\n");
        let source = sources.get(id);
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(5), Position { line: 1, column: 5 });
        assert_eq!(source.position(4), Position { line: 1, column: 4 });
        assert_eq!(source.position(6), Position { line: 2, column: 1 });
        assert_eq!(source.position(900), Position { line: 3, column: 1 });
        // Anywhere in a line that is long, and as far in one without its words.
        let long = "é".repeat(3000);
        let id = sources.add("b.yaml", format!("a\n{long}\nb"));
        for at in [0, 1, 511, 512, 513, 1024, 2999] {
            let expected = Position { line: 2, column: at + 1 };
            assert_eq!(sources.get(id).position(2 + at * 2), expected);
            assert_eq!(sources.get(id).position(3 + at * 2), expected);
        }
        let concealed = sources.concealing(|name| name == "b.yaml");
        assert_eq!(concealed.get(id).position(2 + 5998), Position { line: 2, column: 5999 });
    }
}
