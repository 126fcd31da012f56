//! Which metrics a PromQL expression names.
//!
//! Source: Prometheus, "Querying basics" and "Operators"; the lexer of its `promql/parser`.

use std::ops::Range;

/// Words in front of a list of labels.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words that stand where a metric may stand and are none.
const WORDS: [&str; 8] = ["and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"];

/// Why an expression cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, in words.
    pub message: String,
    /// The place in the expression.
    pub range: Range<usize>,
}

/// The places of the metrics that an expression names, in order.
///
/// # Errors
///
/// What is not closed, or closed without having been opened, and an expression without anything in it. Whatever else is
/// wrong with an expression is Prometheus's to say.
pub fn metrics(expression: &str) -> Result<Vec<Range<usize>>, Malformed> {
    let mut scanner = Scanner { text: expression, at: 0 };
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut labels_follow = false;
    let mut is_empty = true;
    while let Some(next) = scanner.peek() {
        let start = scanner.at;
        is_empty = false;
        match next {
            '(' if labels_follow => scanner.skip_to(')')?,
            '(' => {
                open.push(start);
                scanner.at += 1;
            }
            ')' if open.pop().is_none() => return Err(malformed("`)` closes nothing", start..start + 1)),
            '{' => scanner.skip_to('}')?,
            '[' => scanner.skip_to(']')?,
            '"' | '\'' | '`' => scanner.skip_string(next)?,
            digit if digit.is_ascii_digit() => scanner.skip_while(|next| next.is_ascii_alphanumeric()),
            letter if is_name(letter) => {
                scanner.skip_while(|next| is_name(next) || next.is_ascii_digit());
                let word = &expression[start..scanner.at];
                let end = scanner.at;
                labels_follow = BEFORE_LABELS.iter().any(|known| known.eq_ignore_ascii_case(word));
                let is_word = labels_follow || WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
                if !is_word && !scanner.calls() {
                    found.push(start..end);
                }
                continue;
            }
            other => scanner.at += other.len_utf8(),
        }
        labels_follow = false;
    }
    match open.pop() {
        Some(start) => Err(malformed("`(` is not closed", start..start + 1)),
        None if is_empty => Err(malformed("there is nothing in the expression", 0..expression.len())),
        None => Ok(found),
    }
}

fn malformed(message: &str, range: Range<usize>) -> Malformed {
    Malformed { message: message.to_owned(), range }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, '_' | ':')
}

struct Scanner<'e> {
    text: &'e str,
    at: usize,
}

impl Scanner<'_> {
    /// The next character that is neither blank nor part of a comment.
    fn peek(&mut self) -> Option<char> {
        loop {
            self.skip_while(char::is_whitespace);
            if !self.text[self.at..].starts_with('#') {
                return self.text[self.at..].chars().next();
            }
            self.skip_while(|next| next != '\n');
        }
    }

    fn skip_while(&mut self, is_part: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.find(|next| !is_part(next)).unwrap_or(rest.len());
    }

    /// Whether the name before this place is called: a function, or an aggregation with its labels in front.
    fn calls(&mut self) -> bool {
        let next = self.peek();
        let rest = &self.text[self.at..];
        let word = rest.split(|next: char| !next.is_ascii_alphabetic()).next().unwrap_or_default();
        next == Some('(') || BEFORE_LABELS[..2].iter().any(|known| known.eq_ignore_ascii_case(word))
    }

    /// Goes behind the end of what opens here; strings in it are heeded.
    fn skip_to(&mut self, end: char) -> Result<(), Malformed> {
        let start = self.at;
        self.at += 1;
        while let Some(next) = self.peek() {
            match next {
                '"' | '\'' | '`' => self.skip_string(next)?,
                other => {
                    self.at += other.len_utf8();
                    if other == end {
                        return Ok(());
                    }
                }
            }
        }
        let message = format!("`{}` is not closed", &self.text[start..=start]);
        Err(malformed(&message, start..start + 1))
    }

    fn skip_string(&mut self, quote: char) -> Result<(), Malformed> {
        let start = self.at;
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((offset, next)) = characters.next() {
            match next {
                '\\' if quote != '`' => {
                    characters.next();
                }
                next if next == quote => {
                    self.at = start + 2 + offset;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(malformed("the quote is not closed", start..start + 1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::metrics;

    fn names(expression: &str) -> Vec<&str> {
        let found = metrics(expression).unwrap_or_else(|wrong| panic!("{expression}: {}", wrong.message));
        found.into_iter().map(|range| &expression[range]).collect()
    }

    #[test]
    fn metrics_are_told_from_functions_labels_and_words() {
        for (expression, expected) in [
            ("up == 0", &["up"][..]),
            ("up{job=\"a\", instance!~'b{2}'} offset 5m", &["up"]),
            ("sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m]))", &["http_requests_total"]),
            ("sum(rate(a:b_total[5m])) by (job) / on (job) group_left (tier) c", &["a:b_total", "c"]),
            ("count without(x)(d) > bool 1e3 and on () vector(1) unless e", &["d", "e"]),
            ("max_over_time(f[1h:5m] @ end()) - 0x1F # g\n + h", &["f", "h"]),
            ("histogram_quantile(0.95, sum by(le) (rate(i_bucket[5m])))", &["i_bucket"]),
            ("time() - j > 12h", &["j"]),
            ("label_replace(k, \"to\", \"$1\", `from`, \"(.*)\\\"\")", &["k"]),
            ("-Inf + NaN", &[]),
            ("SUM BY (job) (l)", &["l"]),
        ] {
            assert_eq!(names(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_is_not_closed_is_said() {
        for (expression, message) in [
            ("rate(up[5m]", "`(` is not closed"),
            ("up[5m", "`[` is not closed"),
            ("up{job=\"a\"", "`{` is not closed"),
            ("up{job=\"a}", "the quote is not closed"),
            ("up)", "`)` closes nothing"),
            (" # up", "there is nothing in the expression"),
        ] {
            assert_eq!(metrics(expression).expect_err(expression).message, message, "{expression}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-z0-9_(){}\\[\\]\"'`\\\\# é\\n:.]{0,40}") {
            match metrics(&text) {
                Ok(found) => prop_assert!(found.iter().all(|range| !text[range.clone()].is_empty())),
                Err(wrong) => prop_assert!(text.get(wrong.range).is_some()),
            }
        }
    }
}
