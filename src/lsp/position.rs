//! Places in a text as the protocol counts them: lines from 0, and what an encoding makes of the characters before.
//!
//! Source: the Language Server Protocol 3.18, "Text Documents".

use gen_lsp_types::{Position, Range};

/// What a position counts in its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of two bytes; what every client knows.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The best of those that a client offers, by their names.
    pub(super) fn of_offered<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let offered: Vec<Self> = names.into_iter().filter_map(Self::named).collect();
        [Self::Utf8, Self::Utf32].into_iter().find(|best| offered.contains(best)).unwrap_or_default()
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Utf8, Self::Utf16, Self::Utf32].into_iter().find(|encoding| encoding.name() == name)
    }

    /// Its name in the protocol.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    fn width(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Utf32 => text.chars().count(),
        }
    }
}

/// A text, its lines known.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    /// Where each line begins.
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    /// The lines of a text. They end with `\n`, `\r\n` or `\r`.
    pub(super) fn of(text: &'t str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let is_end = |at: &usize| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let ends = (0..bytes.len()).filter(is_end);
        let starts = std::iter::once(0).chain(ends.map(|at| at + 1)).collect();
        Self { text, starts, encoding }
    }

    /// What its positions count.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The text.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The bytes of a line, without its end.
    pub(super) fn line(&self, line: usize) -> std::ops::Range<usize> {
        let Some(start) = self.starts.get(line).copied() else {
            return self.text.len()..self.text.len();
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        start..start + self.text[start..end].trim_end_matches(['\n', '\r']).len()
    }

    /// The line of a byte, from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The byte of a position; one behind the end of its line is that end.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = self.line(position.line as usize);
        let wanted = position.character as usize;
        let mut passed = 0;
        for (at, next) in self.text[line.clone()].char_indices() {
            if passed >= wanted {
                return line.start + at;
            }
            passed += self.encoding.width(next.encode_utf8(&mut [0; 4]));
        }
        line.end
    }

    /// The position of a byte; one inside a character is where that begins.
    pub(super) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset);
        let before = &self.text[self.starts[line]..offset];
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position::new(narrow(line), narrow(self.encoding.width(before)))
    }

    /// The range of some bytes.
    pub(super) fn range(&self, bytes: std::ops::Range<usize>) -> Range {
        Range::new(self.position(bytes.start), self.position(bytes.end))
    }

    /// The bytes of a range.
    pub(super) fn bytes(&self, range: Range) -> std::ops::Range<usize> {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        start.min(end)..end.max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines};
    use gen_lsp_types::Position;

    #[test]
    fn each_encoding_counts_in_its_own_way() {
        let text = "a: ñ\r\nb: 🐘x\rc\n";
        for (encoding, columns) in
            [(Encoding::Utf8, [3, 5, 7]), (Encoding::Utf16, [3, 4, 5]), (Encoding::Utf32, [3, 4, 4])]
        {
            let lines = Lines::of(text, encoding);
            let places = ["ñ", "\r\nb", "x"].map(|part| text.find(part).expect("there"));
            let wanted =
                [Position::new(0, columns[0]), Position::new(0, columns[1]), Position::new(1, columns[2])];
            assert_eq!(places.map(|at| lines.position(at)), wanted, "{encoding:?}");
            assert_eq!(wanted.map(|position| lines.offset(position)), places, "{encoding:?}");
            assert_eq!(lines.offset(Position::new(0, 99)), 5);
            assert_eq!(lines.offset(Position::new(99, 0)), text.len());
        }
    }

    #[test]
    fn the_best_encoding_that_is_offered_is_taken() {
        assert_eq!(Encoding::of_offered(["utf-16", "utf-8"]), Encoding::Utf8);
        assert_eq!(Encoding::of_offered(["utf-16", "utf-32"]), Encoding::Utf32);
        assert_eq!(Encoding::of_offered(["utf-7"]), Encoding::Utf16);
        assert_eq!(Encoding::of_offered([]), Encoding::Utf16);
    }
}
