//! Scalars that stand on one line or in a block.

use std::sync::Arc;

use super::{Other, Read, Reader, Token};
use crate::source::range;
use crate::yaml::scalar::Style;

impl Reader<'_, '_, '_> {
    /// A scalar on one line; what follows it is space, the end of a line, a colon, or in brackets what may stand there.
    pub(super) fn scalar(&mut self, is_flow: bool) -> Read<Token> {
        let start = self.at;
        match self.next() {
            b'\'' => self.single_quoted(),
            b'"' => self.double_quoted(),
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>'
            | b'%' | b'@' | b'`' => Err(Other),
            b'-' if !matches!(self.byte(range::behind(start)), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'/' | b'.' | b'_' | b'$') => {
                Err(Other)
            }
            _ => self.plain(is_flow),
        }
    }

    fn plain(&mut self, is_flow: bool) -> Read<Token> {
        let start = self.at;
        let mut end = start;
        for at in start.. {
            end = at;
            match self.byte(at) {
                b'\n' => break,
                b':' if self.is_space(range::behind(at)) => break,
                b':' if is_flow
                    && matches!(self.byte(range::behind(at)), b',' | b'[' | b']' | b'{' | b'}') =>
                {
                    return Err(Other);
                }
                b'#' if self.part(start, at).ends_with(' ') => break,
                b',' | b']' | b'}' if is_flow => break,
                b'[' | b'{' if is_flow => return Err(Other),
                _ => {}
            }
        }
        let written = self.part(start, end);
        let text = written.trim_end_matches(' ');
        // A blank before the colon of a key is rare, and where its value is then said to be is not asked here.
        if self.byte(end) == b':' && text != written {
            return Err(Other);
        }
        self.at = end;
        Ok(Token { start, end: range::after(start, [text]), text: Arc::from(text), style: Style::Plain })
    }

    fn single_quoted(&mut self) -> Read<Token> {
        let start = self.at;
        let first = range::behind(start);
        let mut at = first;
        let mut is_doubled = false;
        loop {
            at = self.find(at, |byte| matches!(byte, b'\n' | b'\''));
            if self.byte(at) == b'\n' {
                return Err(Other);
            }
            if self.byte(range::behind(at)) != b'\'' {
                break;
            }
            is_doubled = true;
            at = range::after(at, ["''"]);
        }
        let inside = self.part(first, at);
        let text = if is_doubled { Arc::from(inside.replace("''", "'")) } else { Arc::from(inside) };
        self.quoted(start, range::behind(at), text, Style::SingleQuoted)
    }

    fn double_quoted(&mut self) -> Read<Token> {
        let start = self.at;
        let mut at = range::behind(start);
        let mut unescaped: Option<String> = None;
        // What has not been copied yet begins here.
        let mut from = at;
        loop {
            at = self.find(at, |byte| matches!(byte, b'\n' | b'"' | b'\\'));
            match self.byte(at) {
                b'"' => break,
                b'\\' => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(self.part(from, at));
                    text.push(match self.byte(range::behind(at)) {
                        next @ (b'"' | b'\\' | b'/' | b' ') => char::from(next),
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        b'0' => '\0',
                        b'e' => '\u{1b}',
                        _ => return Err(Other),
                    });
                    at = range::after(at, ["\\n"]);
                    from = at;
                }
                _ => return Err(Other),
            }
        }
        let rest = self.part(from, at);
        let text = match unescaped {
            None => Arc::from(rest),
            Some(text) => Arc::from(text + rest),
        };
        self.quoted(start, range::behind(at), text, Style::DoubleQuoted)
    }

    fn quoted(&mut self, start: usize, end: usize, text: Arc<str>, style: Style) -> Read<Token> {
        self.at = end;
        let is_ended = self.is_space(end) || matches!(self.next(), b',' | b']' | b'}' | b':');
        // Blanks before a colon, as in `plain`.
        let blanks = self.blanks(end);
        let is_key_apart = blanks > 0 && self.byte(range::offset(end, blanks)) == b':';
        if !is_ended || is_key_apart { Err(Other) } else { Ok(Token { start, end, text, style }) }
    }

    /// A scalar in a block below, whose lines stand further right than `outer`.
    pub(super) fn block_scalar(&mut self, outer: usize, anchor: usize) -> Read<()> {
        let is_folded = self.next() == b'>';
        self.bump();
        let chomping = match self.next() {
            byte @ (b'-' | b'+') => {
                self.bump();
                byte
            }
            _ => b' ',
        };
        if self.next() != b'\n' {
            return Err(Other);
        }
        let first = range::behind(self.at);
        let indent = self.blanks(first);
        if indent <= outer || self.byte(range::offset(first, indent)) == b'\n' {
            return Err(Other);
        }
        let mut text = String::new();
        // Line breaks that are not written yet: what they become depends on what follows.
        let mut breaks = 0_usize;
        let mut line = first;
        let mut end = first;
        while line < self.bytes.len() {
            let blanks = self.blanks(line);
            self.at = line;
            let line_end = self.line_end();
            if range::offset(line, blanks) == line_end && blanks <= indent {
                if line_end == self.bytes.len() {
                    break;
                }
                breaks = breaks.saturating_add(1);
                line = range::behind(line_end);
                continue;
            }
            if blanks < indent {
                break;
            }
            let content = self.part(range::offset(line, indent), line_end);
            if is_folded && content.starts_with(' ') {
                return Err(Other);
            }
            match breaks {
                1 if is_folded && !text.is_empty() => text.push(' '),
                breaks => (usize::from(is_folded && breaks > 0)..breaks).for_each(|_| text.push('\n')),
            }
            text.push_str(content);
            end = line_end;
            if line_end == self.bytes.len() {
                // How a text ends that has no last line break is not asked here.
                return Err(Other);
            }
            breaks = 1;
            line = range::behind(line_end);
        }
        match chomping {
            b'-' => {}
            b'+' => (0..breaks).for_each(|_| text.push('\n')),
            _ => text.push('\n'),
        }
        let start = range::offset(first, indent);
        let end = range::after(start, [self.part(start, end).trim_end()]);
        self.push(Token { start, end, text: Arc::from(text), style: Style::Block }, anchor)?;
        (self.at, self.line) = (line, line);
        // A line that stands between the block and what is around it is a comment, or wrong.
        self.reach_content()?;
        if !self.is_ended() && self.column() > outer { Err(Other) } else { Ok(()) }
    }
}
