//! A finding with its source beside it, drawn by miette.

use std::borrow::Cow;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::escape::{columns, spoken, visible, visible_line};
use super::showable::Showable;
use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::{Source, Sources, Span};

/// What the reader's terminal can show.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Colours, as ANSI escapes.
    pub color: bool,
    /// Lines and arrows beyond ASCII.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Default for Look {
    /// What every reader can show: no colour, ASCII, 80 columns.
    fn default() -> Self {
        Self { color: false, unicode: false, width: 80 }
    }
}

/// Each diagnostic with the lines that it is about, its other places and its help; nothing for none.
///
/// Nothing in it steers the terminal but colours, where they are asked for; secrets are not in it.
pub fn human(diagnostics: &[Diagnostic], sources: &Sources, look: Look) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let theme = GraphicalTheme {
        characters: if look.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() },
        styles: if look.color { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_context_lines(1)
        .with_wrap_lines(false)
        .with_links(false);
    let mut out = String::new();
    let texts = Showable::new(diagnostics, sources);
    for diagnostic in diagnostics {
        for excerpt in excerpts(diagnostic, &texts, look.width) {
            // Writing into a string cannot fail.
            let _ = handler.render_report(&mut out, &excerpt);
        }
        out.push('\n');
    }
    let lines = out.lines().flat_map(|line| [line.trim_end(), "\n"]);
    lines.collect()
}

/// One drawing: a message above the labelled lines of one text.
#[derive(Debug)]
struct Excerpt<'a> {
    code: Option<String>,
    severity: Severity,
    message: String,
    help: Option<String>,
    source: Shown<'a>,
    labels: Vec<LabeledSpan>,
}

/// The drawing of a diagnostic, and one more for each other text that it has places in, or for each other place where
/// lines are too long to be shown whole.
fn excerpts<'a>(diagnostic: &'a Diagnostic, texts: &'a Showable<'a>, width: usize) -> Vec<Excerpt<'a>> {
    let primary = diagnostic.span.source;
    let is_whole = |span: Span| has_short_lines(texts, span);
    let is_drawn_with = |span: Span| span.source == primary && is_whole(span) && is_whole(diagnostic.span);
    let label = |span: Span, message: Option<&str>, is_primary: bool| {
        let (offset, len) = texts.first_line(span);
        let message = message.map(|message| visible_line(message).into_owned());
        if is_primary {
            LabeledSpan::new_primary_with_span(message, (offset, len))
        } else {
            LabeledSpan::new_with_span(message, (offset, len))
        }
    };
    let alone = |span: Span, message: Option<&str>| {
        if is_whole(span) {
            return (Shown::Whole(texts.get(span.source)), label(span, message, true));
        }
        let part = Part::of(texts, span);
        let place = (part.place.start, part.place.len());
        let label = LabeledSpan::new_primary_with_span(
            message.map(|message| visible_line(message).into_owned()),
            place,
        );
        (Shown::Part(part), label)
    };
    let (source, main) = alone(diagnostic.span, diagnostic.label.as_deref());
    let mut labels = vec![main];
    let (with_it, apart): (Vec<_>, Vec<_>) =
        diagnostic.related.iter().partition(|place| is_drawn_with(place.span));
    labels.extend(with_it.iter().map(|place| label(place.span, Some(&place.message), false)));
    let mut excerpts = vec![Excerpt {
        code: Some(format!("{}[{}] {}", diagnostic.severity.name(), diagnostic.code, diagnostic.name)),
        severity: diagnostic.severity,
        message: wrap(&visible_line(&diagnostic.message), width.saturating_sub(4)),
        help: None,
        source,
        labels,
    }];
    for place in apart {
        let (source, label) = alone(place.span, None);
        excerpts.push(Excerpt {
            code: None,
            severity: Severity::Hint,
            message: wrap(&visible_line(&place.message), width.saturating_sub(4)),
            help: None,
            source,
            labels: vec![label],
        });
    }
    if let Some(last) = excerpts.last_mut() {
        last.help =
            diagnostic.help.as_deref().map(|help| spoken(&wrap(&visible(help), width.saturating_sub(8))));
    }
    excerpts
}

/// Characters of a sentence that are shown.
const LONGEST_PROSE: usize = 1_000;

/// Prose in lines of at most `width` columns; what follows an empty line is for copying, and stays as it is.
fn wrap(text: &str, width: usize) -> String {
    let (prose, verbatim) = text.find("\n\n").map_or((text, ""), |at| text.split_at(at));
    let prose = match prose.char_indices().nth(LONGEST_PROSE).and_then(|(end, _)| prose.get(..end)) {
        None => Cow::Borrowed(prose),
        Some(start) => {
            let quote = if start.matches('`').count() % 2 == 1 { "`" } else { "" };
            Cow::Owned(format!("{start}...{quote}"))
        }
    };
    let mut out = String::new();
    let mut column = 0;
    for word in words(&prose, width) {
        let len = columns(word);
        if column > 0 && column + 1 + len > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += len;
    }
    out + verbatim
}

/// The words of a text; what stands between backticks is one, so that it can be copied, unless no line could hold it.
fn words(text: &str, width: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let ends = text.match_indices(' ').map(|(at, _)| at);
        let in_code = |at: &usize| text[..*at].matches('`').count() % 2 == 1;
        let first = ends.clone().next();
        let whole = ends.clone().find(|at| !in_code(at));
        let fits = columns(&text[..whole.unwrap_or(text.len())]) <= width;
        let end = if fits { whole } else { first };
        rest = end.map(|at| &text[at + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Excerpt<'_> {}

impl miette::Diagnostic for Excerpt<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Hint => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// Bytes of a line that is shown whole.
const LONGEST_LINE: usize = 500;

/// Whether the lines around a span are short enough to be shown whole.
fn has_short_lines(texts: &Showable<'_>, span: Span) -> bool {
    let source = texts.get(span.source);
    let (start, length) = texts.first_line(span);
    let lines = source.text().get(source.lines_of(start..start + length, 1)).unwrap_or_default();
    lines.len() <= LONGEST_LINE || lines.split('\n').all(|line| line.len() <= LONGEST_LINE)
}

/// A part of a line that is too long to be shown whole.
#[derive(Debug)]
struct Part<'a> {
    source: &'a Source,
    /// The part, with dots where the line goes on.
    text: String,
    /// The bytes of `text` that it is shown for.
    place: std::ops::Range<usize>,
    /// Where the place begins in the whole text.
    offset: usize,
}

impl<'a> Part<'a> {
    /// Characters that are shown before a place, and from its beginning on.
    const BEFORE: usize = 20;
    const BEHIND: usize = 50;
    const DOTS: &'static str = "...";

    fn of(texts: &'a Showable<'a>, span: Span) -> Self {
        let source = texts.get(span.source);
        let (offset, length) = texts.first_line(span);
        let (head, tail) = source.text().split_at_checked(offset).unwrap_or((source.text(), ""));
        let head = head.rsplit('\n').next().unwrap_or_default();
        let tail = tail.split(['\r', '\n']).next().unwrap_or_default();
        let from = head.char_indices().rev().take(Self::BEFORE).last().map_or(head.len(), |(at, _)| at);
        let to = tail.char_indices().nth(Self::BEHIND).map_or(tail.len(), |(at, _)| at);
        let mut text = if from > 0 { Self::DOTS.to_owned() } else { String::new() };
        text.push_str(&head[from..]);
        let start = text.len();
        text.push_str(&tail[..to]);
        let place = start..start + length.min(to);
        if to < tail.len() {
            text.push_str(Self::DOTS);
        }
        Self { source, text, place, offset }
    }
}

/// What is shown of a text, under its name.
#[derive(Debug)]
enum Shown<'a> {
    /// The lines around a place, without a copy.
    Whole(&'a Source),
    /// Some characters around a place.
    Part(Part<'a>),
}

impl SourceCode for Shown<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let source = match self {
            Self::Whole(source) => source,
            Self::Part(part) => {
                let contents = part.text.read_span(span, before, after)?;
                // Asked for the place alone, this is where it is said to be.
                let position = part.source.position(part.offset);
                return Ok(Box::new(MietteSpanContents::new_named(
                    visible_line(part.source.name()).into_owned(),
                    contents.data(),
                    *contents.span(),
                    position.line - 1,
                    position.column - 1,
                    1,
                )));
            }
        };
        // miette reads a text from its beginning, for each place in it.
        let near = source.lines_of(span.offset()..span.offset() + span.len(), before.max(after) + 1);
        let inside = SourceSpan::from((span.offset().saturating_sub(near.start), span.len()));
        let text = source.text().get(near.clone()).unwrap_or_default();
        let contents = text.read_span(&inside, before, after)?;
        let start = near.start + contents.span().offset();
        // miette counts bytes; people count characters.
        let position = source.position(start);
        // miette counts the lines of the text before as well, and would join places that lie far apart.
        let lines = contents.data().split(|byte| *byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            visible_line(source.name()).into_owned(),
            contents.data(),
            SourceSpan::from((start, contents.span().len())),
            position.line - 1,
            position.column - 1,
            lines,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::{Look, human};
    use compose_reader::diagnostic::{Diagnostic, Severity};
    use compose_reader::source::{Sources, Span};

    fn draw(text: &str, range: std::ops::Range<usize>, look: Look) -> String {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", text);
        let span = Span::new(id, range.start, range.end);
        let found = Diagnostic::new("SG000", "a-fault", Severity::Error, span, "what is wrong").label("here");
        human(&[found], &sources, look)
    }

    #[test]
    fn tabs_accents_and_carriage_returns_keep_the_arrow_in_its_column() {
        insta::assert_snapshot!(draw("ñ:\tñandú: x\r\nb: y\r\n", 4..12, Look::default()), @r"
        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:1:4]
         1 | ñ:  ñandú: x
           :     ^^^|^^
           :        `-- here
         2 | b: y
           `----
        ");
    }

    #[test]
    fn a_span_of_many_lines_is_shown_by_its_first() {
        insta::assert_snapshot!(draw("a:\n  b: 1\n  c: 2\n  d: 3\n", 5..25, Look::default()), @r"
        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:2:3]
         1 | a:
         2 |   b: 1
           :   ^^|^
           :     `-- here
         3 |   c: 2
           `----
        ");
    }

    #[test]
    fn what_would_steer_the_terminal_is_shown() {
        insta::assert_snapshot!(draw("a\u{1b}[2J: \u{202e}x\nb: y\n", 10..11, Look::default()), @r"
        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:1:9]
         1 | a␛[2J: �x
           :         |
           :         `-- here
         2 | b: y
           `----
        ");
    }

    #[test]
    fn wide_characters_and_marks_keep_the_arrow_in_its_column() {
        insta::assert_snapshot!(draw("日本: e\u{301}a\n", 8..12, Look::default()), @r"
        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:1:5]
         1 | 日本: éa
           :       ^|
           :        `-- here
           `----
        ");
    }

    #[test]
    fn a_secret_is_not_shown() {
        let mut sources = Sources::new();
        let id = sources.add("a.yaml", "a: häslich\nb: y\n");
        sources.keep_secret(Span::new(id, 3, 11));
        let of = |start, end| {
            Diagnostic::new("SG000", "a-fault", Severity::Error, Span::new(id, start, end), "what is wrong")
        };
        insta::assert_snapshot!(human(&[of(3, 11), of(12, 13)], &sources, Look::default()), @r"
        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:1:4]
         1 | a: *******
           :    ^^^^^^^
         2 | b: y
           `----

        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:2:1]
         1 | a: *******
         2 | b: y
           : ^
           `----
        ");
    }

    #[test]
    fn of_a_long_line_only_a_part_is_shown() {
        let text = format!("b: 1\nñ: {{a: {}, here: x, {}}}\nc: 2\n", "é".repeat(70_000), "y".repeat(70_000));
        let at = text.find("here").unwrap_or_default();
        insta::assert_snapshot!(draw(&text, at..at + 4, Look::default()), @r"
        error[SG000] a-fault

          x what is wrong
           ,-[a.yaml:2:70010]
         2 | ...éééééééééééééééééé, here: x, yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
           :                        ^^|^
           :                          `-- here
           `----
        ");
        let shown = draw(&text, 5..text.len(), Look::default());
        assert!(shown.contains("a.yaml:2:1") && shown.len() < 1_000, "{shown}");
    }

    #[test]
    fn any_place_can_be_shown() {
        let long = format!("{}\né", "é".repeat(300));
        for text in ["", "\n", "a", "a\n", "é\r\n", "a\n\n\n", &long] {
            if text.len() > 20 {
                for start in [0, 1, 2, 19, 20, 21, 40, 41, 590, 598, 599, 600, 601, 602, 603, 604] {
                    assert!(draw(text, start..start + 100, Look::default()).contains("a.yaml"), "{start}");
                }
                continue;
            }
            for start in 0..=text.len() + 1 {
                for end in start..=text.len() + 2 {
                    let shown = draw(text, start..end, Look::default());
                    assert!(shown.contains("a.yaml"), "{text:?} {start}..{end}\n{shown}");
                }
            }
        }
    }

    #[test]
    fn colour_and_lines_only_when_asked() {
        let plain = draw("a: 1\n", 0..1, Look::default());
        assert!(plain.is_ascii() && !plain.contains('\x1b'), "{plain}");
        let fancy = draw("a: 1\n", 0..1, Look { color: true, unicode: true, width: 80 });
        assert!(fancy.contains("\x1b[") && fancy.contains('╭'), "{fancy}");
    }

    #[test]
    fn prose_is_wrapped_and_what_is_to_be_copied_is_not() {
        assert_eq!(super::wrap("a b c d", 3), "a b\nc d");
        assert_eq!(super::wrap("averylongword b", 3), "averylongword\nb");
        assert_eq!(super::wrap("as `a b c`, d", 8), "as\n`a b c`,\nd");
        assert_eq!(super::wrap("as `a b c d e`", 8), "as `a b\nc d e`");
        assert_eq!(super::wrap("a b\n\nc d e f g", 3), "a b\n\nc d e f g");
        let long = super::wrap(&format!("`{}`", "a ".repeat(100_000)), 80);
        assert!(long.len() < 1_200 && long.ends_with("...`"), "{long}");
    }
}
