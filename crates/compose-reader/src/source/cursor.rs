//! A text that is read from its beginning to its end.

use super::range;

/// A place in a text, and what is left of the text there.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// The beginning of a text.
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The offset of the place.
    pub fn at(self) -> usize {
        self.at
    }

    /// What is left of the text.
    pub fn rest(self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What is left of the line, without its line break.
    pub fn line(self) -> &'t str {
        self.rest().split('\n').next().unwrap_or_default()
    }

    /// The next character.
    pub fn peek(self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next character.
    pub fn bump(&mut self) -> Option<char> {
        let mut rest = self.rest().chars();
        let next = rest.next();
        self.go_to(rest.as_str());
        next
    }

    /// Takes a text if it comes next; whether it does.
    pub fn eat(&mut self, text: &str) -> bool {
        let behind = self.rest().strip_prefix(text);
        behind.inspect(|behind| self.go_to(behind)).is_some()
    }

    /// Takes characters as long as they are of a kind.
    pub fn skip(&mut self, is_of_kind: impl Fn(char) -> bool) {
        self.go_to(self.rest().trim_start_matches(is_of_kind));
    }

    /// Goes to the end of the line, in front of its line break.
    pub fn skip_line(&mut self) {
        self.at = range::after(self.at, [self.line()]);
    }

    /// Goes to where `rest` begins, which is the end of the text.
    pub fn go_to(&mut self, rest: &str) {
        self.at = range::start_of(self.text, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_text_is_read_to_its_end() {
        let mut cursor = Cursor::new("ñ  ab\nc");
        assert_eq!((cursor.peek(), cursor.bump(), cursor.at()), (Some('ñ'), Some('ñ'), 2));
        cursor.skip(|next| next == ' ');
        assert!(!cursor.eat("b") && cursor.eat("a"));
        assert_eq!((cursor.at(), cursor.line(), cursor.rest()), (5, "b", "b\nc"));
        cursor.skip_line();
        assert_eq!(cursor.rest(), "\nc");
        cursor.go_to("");
        assert_eq!((cursor.bump(), cursor.at(), cursor.eat("x")), (None, 8, false));
    }
}
