//! Texts whose variables have no values yet.

use std::fmt;
use std::ops::{Deref, Range};
use std::str::FromStr;
use std::sync::Arc;

use crate::interpolation::{self, Meaning, Piece};
use crate::source::range;

/// A text as far as it is known: defaults in the place of their variables, and a hole, shown as `…`, for each variable that
/// has no value.
///
/// It reads like the text that it shows. What is made of a part of it asks first whether that [is known](Part::known).
///
/// ```
/// use compose_reader::values::Sketch;
///
/// let sketch = Sketch::of("redis://$USER@${HOST:-cache}:6379");
/// assert_eq!(&*sketch, "redis://…@cache:6379");
/// let at = sketch.find('@').expect("there");
/// assert_eq!(sketch.part(0..at).known(), None);
/// assert_eq!(sketch.part(at + 1..sketch.len()).known(), Some("cache:6379"));
/// ```
#[derive(Clone, Debug)]
pub struct Sketch {
    text: Arc<str>,
    /// Where the pieces of the text come from; none where it is as it is written.
    pieces: Vec<Origin>,
}

/// What a hole is shown as.
const HOLE: &str = "…";

/// Where a piece of a sketch comes from.
#[derive(Clone, Debug)]
struct Origin {
    /// Its bytes in the sketch.
    shown: Range<usize>,
    /// Its bytes in the text with its variables.
    raw: Range<usize>,
    meaning: Meaning,
}

impl Origin {
    /// Whether what stands at a place is written right behind it, and is of its kind.
    fn goes_on_with(&self, raw: &Range<usize>, meaning: Meaning) -> bool {
        let is_written = matches!(meaning, Meaning::Text | Meaning::Default);
        is_written && self.meaning == meaning && self.raw.end == raw.start
    }
}

/// Where a part of a sketch is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its bytes in the text with its variables.
    pub range: Range<usize>,
    /// Whether it stands in the default of a variable.
    pub is_default: bool,
}

/// A part of a sketch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'s> {
    text: &'s str,
    is_known: bool,
}

impl Sketch {
    /// A text in which no variable has a value. One that Compose refuses stays as it is.
    pub fn of(raw: &str) -> Self {
        Self::with(raw, &|_| interpolation::Value::Unset).unwrap_or_else(|| Self::from(raw))
    }

    /// A text with what is known of its variables; `None` where a `$` begins none.
    pub fn with<'t>(raw: &'t str, values: interpolation::Values<'_, 't>) -> Option<Self> {
        if !raw.contains('$') {
            return Some(Self::from(raw));
        }
        let found = interpolation::pieces(raw, values).ok()?;
        let mut text = String::with_capacity(raw.len());
        let mut pieces = Vec::with_capacity(found.len());
        for Piece { text: piece, range, meaning } in found {
            let start = text.len();
            text.push_str(if meaning == Meaning::Unknown { HOLE } else { piece });
            match pieces.last_mut().filter(|last: &&mut Origin| last.goes_on_with(&range, meaning)) {
                Some(last) => {
                    last.shown.end = text.len();
                    last.raw.end = range.end;
                }
                None => pieces.push(Origin { shown: start..text.len(), raw: range, meaning }),
            }
        }
        Some(Self { text: Arc::from(text), pieces })
    }

    /// A text of which nothing is known.
    pub fn unknown() -> Self {
        let pieces = vec![Origin { shown: 0..HOLE.len(), raw: 0..0, meaning: Meaning::Unknown }];
        Self { text: Arc::from(HOLE), pieces }
    }

    /// The whole text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        self.whole().known()
    }

    /// The value that it is, where all of it is known.
    pub fn parsed<T: FromStr>(&self) -> Option<T> {
        self.known()?.parse().ok()
    }

    /// Whether all of it is known.
    pub fn is_known(&self) -> bool {
        self.known().is_some()
    }

    /// Whether a variable without a value is what it begins with; what is behind that.
    pub fn behind_unknown(&self) -> Option<&str> {
        let first = self.pieces.iter().find(|piece| !piece.shown.is_empty())?;
        if first.meaning == Meaning::Unknown { self.text.get(first.shown.end..) } else { None }
    }

    /// All of it.
    pub fn whole(&self) -> Part<'_> {
        self.part(0..self.text.len())
    }

    /// A part of it; an empty one where the bytes are none of a part.
    pub fn part(&self, range: Range<usize>) -> Part<'_> {
        let mut inside = self.pieces.iter().filter(|piece| meet(&piece.shown, &range));
        let is_known = inside.all(|piece| piece.meaning != Meaning::Unknown);
        Part { text: self.text.get(range).unwrap_or_default(), is_known }
    }

    /// A part of it that stands for itself.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let text = Arc::from(self.text.get(range.clone()).unwrap_or_default());
        let inside = self.pieces.iter().filter(|piece| meet(&piece.shown, &range));
        let pieces = inside.map(|piece| {
            let start = piece.shown.start.max(range.start);
            let end = piece.shown.end.min(range.end);
            let raw = range::offset(piece.raw.start, start.saturating_sub(piece.shown.start))..piece.raw.end;
            let shown = start.saturating_sub(range.start)..end.saturating_sub(range.start);
            Origin { shown, raw, meaning: piece.meaning }
        });
        Self { text, pieces: pieces.collect() }
    }

    /// The path that it is below a folder.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        let text: Arc<str> = Arc::from(format!("{folder}/{self}"));
        let by = range::start_of(&text, &self.text);
        let pieces = self
            .pieces
            .iter()
            .map(|piece| Origin { shown: range::shifted(&piece.shown, by), ..piece.clone() });
        Self { pieces: pieces.collect(), text }
    }

    /// Where a part of it is written; `None` where it is put together of several pieces, or is a variable's.
    pub fn place(&self, part: Range<usize>) -> Option<Place> {
        if self.pieces.is_empty() {
            return Some(Place { range: part, is_default: false });
        }
        let piece = self.pieces.iter().find(|piece| {
            piece.shown.start <= part.start && part.end <= piece.shown.end && !piece.shown.is_empty()
        })?;
        let start = range::offset(piece.raw.start, part.start.saturating_sub(piece.shown.start));
        let range = range::shifted(&(0..part.len()), start);
        let is_default = match piece.meaning {
            Meaning::Text => false,
            Meaning::Default => true,
            Meaning::Unknown | Meaning::Value => return None,
        };
        (range.end <= piece.raw.end).then_some(Place { range, is_default })
    }
}

fn meet(piece: &Range<usize>, range: &Range<usize>) -> bool {
    piece.start < range.end && range.start < piece.end
}

/// A text that is known.
impl From<&str> for Sketch {
    fn from(text: &str) -> Self {
        Self { text: Arc::from(text), pieces: Vec::new() }
    }
}

impl From<Arc<str>> for Sketch {
    fn from(text: Arc<str>) -> Self {
        Self { text, pieces: Vec::new() }
    }
}

impl Deref for Sketch {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Whether both are shown alike.
impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl PartialEq<str> for Sketch {
    fn eq(&self, other: &str) -> bool {
        *self.text == *other
    }
}

impl PartialEq<&str> for Sketch {
    fn eq(&self, other: &&str) -> bool {
        *self.text == **other
    }
}

impl fmt::Display for Sketch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<'s> Part<'s> {
    /// The text, where all of it is known.
    pub fn known(self) -> Option<&'s str> {
        self.is_known.then_some(self.text)
    }

    /// The text with its holes shown.
    pub fn shown(self) -> &'s str {
        self.text
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Place, Sketch};

    #[test]
    fn holes_stand_for_what_has_no_value() {
        for (raw, shown, is_known) in [
            ("redis://${USER}:${PASS:?}@${HOST:-localhost}:$PORT", "redis://…:…@localhost:…", false),
            ("${HOST:-a}:${PORT:-}", "a:…", false),
            ("${A:-b${C}d}", "b…d", false),
            ("${A:-${B:-c}}", "c", true),
            ("a${X:+b}", "a", true),
            ("$$HOME", "$HOME", true),
            ("a…b", "a…b", true),
            ("${", "${", true),
            ("", "", true),
        ] {
            let sketch = Sketch::of(raw);
            assert_eq!((&*sketch, sketch.is_known()), (shown, is_known), "{raw}");
        }
    }

    #[test]
    fn each_part_knows_where_it_is_written() {
        let raw = "redis://${USER}@${HOST:-localhost}:6379/6379";
        let sketch = Sketch::of(raw);
        let place = |from: usize, part: &str| {
            let start = from + sketch[from..].find(part).expect("there");
            let place = sketch.place(start..start + part.len());
            place.map(|Place { range, is_default }| (&raw[range], is_default))
        };
        assert_eq!(place(0, "localhost"), Some(("localhost", true)));
        assert_eq!(place(0, "6379"), Some(("6379", false)));
        assert_eq!(place(0, "…"), None);
        assert_eq!(place(0, "localhost:6379"), None);
        // Two that are alike are told apart.
        let start = sketch.rfind("6379").expect("there");
        assert_eq!(sketch.place(start..start + 4).map(|place| place.range), Some(40..44));
        let slice = sketch.slice(sketch.find("localhost").expect("there")..sketch.len());
        assert_eq!((&*slice, slice.is_known()), ("localhost:6379/6379", true));
        let raw = "a=$${PASSWORD} b";
        let sketch = Sketch::of(raw);
        assert_eq!(sketch.place(2..13).map(|place| &raw[place.range]), Some("${PASSWORD}"));
        let raw = "redis://${USER}@${HOST:-localhost}:6379/6379";
        assert_eq!(slice.place(2..5).map(|place| &raw[place.range]), Some("cal"));
    }

    proptest! {
        #[test]
        fn any_text_gets_a_sketch(raw in "[${}:?+a-zé…\\n -]{0,30}", start in 0..40_usize, length in 0..40_usize) {
            let sketch = Sketch::of(&raw);
            let range = start..start + length;
            prop_assert_eq!(sketch.part(range.clone()).shown(), &*sketch.slice(range.clone()));
            if let (Some(place), Some(part)) = (sketch.place(range.clone()), sketch.get(range)) {
                let written = raw.get(place.range);
                prop_assert_eq!(written, Some(part));
            }
        }
    }
}
