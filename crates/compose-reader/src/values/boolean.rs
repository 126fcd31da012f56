//! Booleans.

use std::fmt;
use std::str::FromStr;

use super::Invalid;
use crate::yaml::Node;

/// A boolean, as Docker Compose reads it where a key takes one.
///
/// ```
/// use compose_reader::values::Boolean;
///
/// assert_eq!("true".parse(), Ok(Boolean(true)));
/// assert_eq!("No".parse(), Ok(Boolean(false)));
/// assert!("1".parse::<Boolean>().is_err());
/// assert_eq!(Boolean(true).to_string(), "true");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boolean(pub bool);

impl Boolean {
    const EXPECTED: &'static str = "`true` or `false`";

    /// The boolean of a scalar: one of YAML 1.2, or a text that is read as one.
    pub fn of(node: &Node) -> Option<bool> {
        node.as_bool().or_else(|| Some(node.as_text()?.parse::<Self>().ok()?.0))
    }

    /// Whether a text is a boolean of YAML 1.1 only: Docker Compose warns of it.
    pub fn is_of_yaml_1_1(text: &str) -> bool {
        text.parse::<Self>().is_ok() && !["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
    }

    /// The boolean of a variable by which Docker Compose itself is set, as `COMPOSE_DISABLE_ENV_FILE`.
    ///
    /// Source: Go's `strconv.ParseBool`.
    pub fn of_setting(text: &str) -> Option<bool> {
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        }
    }
}

/// Source: compose-go, `toBoolean` of `loader/interpolate.go`.
impl FromStr for Boolean {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is_one_of(&["true", "y", "yes", "on"]) {
            Ok(Self(true))
        } else if is_one_of(&["false", "n", "no", "off"]) {
            Ok(Self(false))
        } else {
            Err(Invalid { expected: Self::EXPECTED })
        }
    }
}

impl fmt::Display for Boolean {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Boolean;

    /// What Docker Compose 2.40.3 makes of `privileged`. Rules took `1` and `t` for true once, and stack.yaml took `y` alone.
    #[test]
    fn texts_are_read_as_compose_reads_them() {
        for (text, expected) in [
            ("true", Some(true)),
            ("TRUE", Some(true)),
            ("y", Some(true)),
            ("YES", Some(true)),
            ("On", Some(true)),
            ("n", Some(false)),
            ("off", Some(false)),
            (" true", None),
            ("t", None),
            ("1", None),
            ("0", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Boolean>().ok().map(|value| value.0), expected, "{text}");
        }
        assert!(Boolean::is_of_yaml_1_1("Yes"));
        assert!(!Boolean::is_of_yaml_1_1("True") && !Boolean::is_of_yaml_1_1("maybe"));
        assert_eq!(Boolean::of_setting("1"), Some(true));
        assert_eq!(Boolean::of_setting("yes"), None);
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "\\PC*") {
            if let Ok(value) = text.parse::<Boolean>() {
                prop_assert_eq!(value.to_string().parse(), Ok(value));
            }
        }
    }
}
