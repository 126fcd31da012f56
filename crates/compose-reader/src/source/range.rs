//! Offsets and ranges of bytes in a text: where a part of it begins and ends.
//!
//! The only arithmetic on offsets. It saturates, which no offset in a text comes near: the worst that a wrong one does is
//! to name a place behind the end.

use std::ops::Range;

/// The offset behind parts that follow each other from `start` on.
#[inline]
pub fn after<const N: usize>(start: usize, parts: [&str; N]) -> usize {
    parts.into_iter().fold(start, |end, part| end.saturating_add(part.len()))
}

/// The offset at which parts begin that follow each other up to `end`.
#[inline]
pub fn ahead<const N: usize>(end: usize, parts: [&str; N]) -> usize {
    parts.into_iter().fold(end, |start, part| start.saturating_sub(part.len()))
}

/// The offset behind the character at `at`, which is one byte long.
#[inline]
pub fn behind(at: usize) -> usize {
    at.saturating_add(1)
}

/// The range of a part that begins at `start`.
#[inline]
pub fn of(start: usize, part: &str) -> Range<usize> {
    start..after(start, [part])
}

/// Where `end`, which is the end of `text`, begins in it.
#[inline]
pub fn start_of(text: &str, end: &str) -> usize {
    text.len().saturating_sub(end.len())
}

/// What stands before `end`, which is the end of `text`.
#[inline]
pub fn before<'t>(text: &'t str, end: &str) -> &'t str {
    text.get(..start_of(text, end)).unwrap_or_default()
}

/// The offset in the whole of the offset `at` in a part that begins at `base`.
#[inline]
pub fn offset(base: usize, at: usize) -> usize {
    base.saturating_add(at)
}

/// The range in the whole of a range in a part that begins at `base`.
#[inline]
pub fn shifted(range: &Range<usize>, base: usize) -> Range<usize> {
    offset(base, range.start)..offset(base, range.end)
}

/// What stands before and behind each place where a word stands.
pub fn around<'t>(text: &'t str, word: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.match_indices(word).filter_map(|(at, word)| Some((text.get(..at)?, text.get(after(at, [word])..)?)))
}

/// Where the line begins that `at` lies in.
pub fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, behind)
}

/// Where the line ends that `at` lies in, in front of its line break.
pub fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| offset(at, length))
}

/// The lines of a text with their line breaks, each with where it begins.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    placed(text.split_inclusive('\n'), "")
}

/// Pieces of a text that follow each other with `between` between them, each with where it begins.
pub fn placed<'t>(
    pieces: impl Iterator<Item = &'t str>,
    between: &'static str,
) -> impl Iterator<Item = (usize, &'t str)> {
    pieces.scan(0, move |next, piece| {
        let start = *next;
        *next = after(start, [piece, between]);
        Some((start, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::{around, before, line_end, line_start, lines, of, placed, start_of};

    #[test]
    fn parts_have_their_places() {
        assert_eq!(of(2, "ab"), 2..4);
        assert_eq!((start_of("a=b", "b"), before("a=b", "b")), (2, "a="));
        assert_eq!(
            placed("a,bb,,c".split(','), ",").collect::<Vec<_>>(),
            [(0, "a"), (2, "bb"), (5, ""), (6, "c")]
        );
    }

    #[test]
    fn words_are_found_with_what_is_around_them() {
        assert_eq!(around("a=ñ=", "=").collect::<Vec<_>>(), [("a", "ñ="), ("a=ñ", "")]);
    }

    #[test]
    fn lines_have_their_places() {
        let text = "a\nbb\nc";
        assert_eq!(lines(text).collect::<Vec<_>>(), [(0, "a\n"), (2, "bb\n"), (5, "c")]);
        assert_eq!((line_start(text, 3), line_end(text, 3)), (2, 4));
        assert_eq!((line_start(text, 0), line_end(text, 6)), (0, 6));
        assert_eq!(line_end(text, 9), 6);
    }
}
