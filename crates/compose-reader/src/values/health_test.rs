//! The test of a health check.

use crate::yaml::Node;

/// How the test of a health check is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestForm {
    /// By the shell of the image: a text, or `CMD-SHELL` and a text.
    Shell,
    /// As it is: `CMD`, a program and its arguments.
    Program,
    /// Not at all, nor that of the image: `NONE`.
    Disabled,
    /// Not at all: a list that begins with none of these words.
    Invalid,
}

/// The test of a health check, taken apart.
///
/// ```
/// use compose_reader::source::Sources;
/// use compose_reader::values::{HealthTest, TestForm};
/// use compose_reader::yaml::parse;
///
/// let text = "[CMD, pg_isready, -U, app]";
/// let mut sources = Sources::new();
/// let id = sources.add("test.yaml", text);
/// let node = parse(id, text).expect("valid YAML").documents.remove(0);
/// let test = HealthTest::of(&node).expect("a test");
/// assert_eq!((test.form, test.words.len()), (TestForm::Program, 3));
/// assert_eq!(test.to_node(&node).as_sequence().map(<[_]>::len), Some(4));
/// ```
///
/// Source: the compose specification, "healthcheck"; compose-go, `HealthCheckTest`.
#[derive(Clone, Copy, Debug)]
pub struct HealthTest<'n> {
    /// How it is run.
    pub form: TestForm,
    /// The word that says so, where there is one.
    pub head: Option<&'n Node>,
    /// A script, or a program and its arguments.
    pub words: &'n [Node],
}

impl<'n> HealthTest<'n> {
    /// Reads a `test`. None is one, and neither is an empty list: what the image says holds.
    pub fn of(node: &'n Node) -> Option<Self> {
        let Some(items) = node.as_sequence() else {
            let is_text = node.as_text().is_some() && !node.is_null();
            return is_text.then(|| Self {
                form: TestForm::Shell,
                head: None,
                words: std::slice::from_ref(node),
            });
        };
        let (head, words) = items.split_first()?;
        let form = match head.as_text() {
            Some("CMD-SHELL") => TestForm::Shell,
            Some("CMD") => TestForm::Program,
            Some("NONE") => TestForm::Disabled,
            _ => TestForm::Invalid,
        };
        Some(Self { form, head: Some(head), words })
    }

    /// The test as a list that begins with its form; words without one are a program and its arguments.
    pub fn to_node(self, written: &Node) -> Node {
        let begin = match (self.form, self.head) {
            (TestForm::Shell, None) => "CMD-SHELL",
            (TestForm::Invalid, _) => "CMD",
            _ => return written.clone(),
        };
        let words = written.as_sequence().unwrap_or(self.words);
        let first = Node::text(written.span, begin);
        Node::sequence(written.span, std::iter::once(first).chain(words.iter().cloned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{HealthTest, TestForm};
    use crate::source::Sources;
    use crate::yaml::parse;

    #[test]
    fn every_form_is_known() {
        for (text, form, words, listed) in [
            ("curl -f x", Some(TestForm::Shell), 1, "CMD-SHELL curl -f x"),
            ("NONE", Some(TestForm::Shell), 1, "CMD-SHELL NONE"),
            ("[CMD-SHELL, curl -f x]", Some(TestForm::Shell), 1, "CMD-SHELL curl -f x"),
            ("[CMD, curl, x]", Some(TestForm::Program), 2, "CMD curl x"),
            ("[curl, x]", Some(TestForm::Invalid), 1, "CMD curl x"),
            ("[NONE]", Some(TestForm::Disabled), 0, "NONE"),
            ("[]", None, 0, ""),
            ("~", None, 0, ""),
            ("{a: b}", None, 0, ""),
        ] {
            let mut sources = Sources::new();
            let id = sources.add("test.yaml", text);
            let node = parse(id, text).expect("valid YAML").documents.remove(0);
            let test = HealthTest::of(&node);
            assert_eq!(test.map(|test| test.form), form, "{text}");
            assert_eq!(test.map_or(0, |test| test.words.len()), words, "{text}");
            let again = test.map(|test| test.to_node(&node));
            let items = again.as_ref().and_then(|node| node.as_sequence()).unwrap_or_default();
            let found: Vec<&str> = items.iter().filter_map(|word| word.as_text()).collect();
            assert_eq!(found.join(" "), listed, "{text}");
        }
    }
}
