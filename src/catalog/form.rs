//! Texts that have a form: a path, a duration, a rate, a size, the name of a file. What fits is taken by every program that
//! is given it.

/// What a text has to look like.
#[derive(Debug)]
pub struct Form {
    /// The type of a parameter that takes it.
    pub name: &'static str,
    /// What to write.
    pub help: &'static str,
    fits: fn(&str) -> bool,
}

impl Form {
    /// Whether a text has the form.
    pub fn fits(&self, text: &str) -> bool {
        (self.fits)(text)
    }
}

/// The path of a URL.
pub(super) static PATH: Form = Form {
    name: "path",
    help: "begin with a slash, and write letters, digits and `-._~@:+` between slashes: `/api/orders`",
    fits: is_path,
};
/// How long something may take.
pub(super) static DURATION: Form = Form {
    name: "duration",
    help: "write a whole number with `ms`, `s`, `m` or `h` behind it: `60s`",
    fits: |text| counts(text, &["ms", "s", "m", "h"]),
};
static RATE: Form = Form {
    name: "rate",
    help: "write so many requests in a second, a minute or an hour: `10r/s`, `600r/m` or `1000r/h`",
    fits: |text| counts(text, &["r/s", "r/m", "r/h"]),
};
static SIZE: Form = Form {
    name: "size",
    help: "write a whole number with `k`, `m` or `g` behind it: `10m`",
    fits: |text| counts(text, &["k", "m", "g"]),
};
/// A file of the machine, as a path from the stack.
pub(super) static FILE: Form = Form {
    name: "file",
    help: "write the path of a file, from the folder of the stack: `./certificates/site.pem`",
    fits: |text| !text.trim().is_empty() && !text.ends_with('/') && !text.contains(char::is_control),
};
/// A folder of the machine, as a path from the stack.
pub(super) static FOLDER: Form = Form {
    name: "folder",
    help: "write the path of a folder, from the folder of the stack: `./provisioning`",
    fits: |text| !text.trim().is_empty() && !text.contains(char::is_control),
};

/// What a database, a user, a queue or a topic is called.
pub(super) static NAME: Form = Form {
    name: "name",
    help: "write letters, digits and `_`, `-` or `.` between them: `orders`",
    fits: |text| is_made_of(text, "_-."),
};
/// The name of a label of Prometheus.
static LABEL: Form = Form {
    name: "label",
    help: "write letters, digits and `_`: `alertname`; or `...` for all labels",
    fits: |text| {
        text == "..." || is_made_of(text, "_") && !text.starts_with(|next: char| next.is_ascii_digit())
    },
};
static DOMAIN: Form = Form {
    name: "domain",
    help: "write the name of a host, without scheme and port: `shop.example.org`",
    fits: is_domain,
};
static EMAIL: Form = Form {
    name: "email",
    help: "write an address: `ops@example.org`",
    fits: |text| {
        text.split_once('@').is_some_and(|(user, domain)| is_made_of(user, "_-.+") && is_domain(domain))
    },
};

/// How many bytes.
static AMOUNT: Form = Form {
    name: "amount",
    help: "write a number with `K`, `M` or `G` behind it: `512M`",
    fits: |text| {
        let digits = text.trim_end_matches(|next: char| next.is_ascii_alphabetic());
        let units = ["", "b", "k", "m", "g", "t", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib"];
        let is_number = digits.chars().all(|next| next.is_ascii_digit() || next == '.');
        is_number && digits.parse::<f64>().is_ok() && units.contains(&&*text[digits.len()..].to_lowercase())
    },
};

/// The form that a type of parameter stands for.
pub(super) fn form(name: &str) -> Option<&'static Form> {
    [&PATH, &DURATION, &RATE, &SIZE, &FILE, &FOLDER, &NAME, &LABEL, &DOMAIN, &EMAIL, &AMOUNT]
        .into_iter()
        .find(|form| form.name == name)
}

/// Whether a text is of letters, digits and some marks, of which none but `_` begins it.
fn is_made_of(text: &str, marks: &str) -> bool {
    let known = |next: char| next.is_ascii_alphanumeric() || marks.contains(next);
    text.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_') && text.chars().all(known)
}

/// Whether a text is the name of a host, or of all below one: `*.example.org`.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |next: char| next.is_ascii_alphanumeric() || next == '-';
        !label.is_empty() && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.strip_prefix("*.").unwrap_or(text).split('.').all(is_label)
}

/// A whole number above zero with one of these behind it.
fn counts(text: &str, units: &[&str]) -> bool {
    let digits = text.trim_end_matches(|next: char| !next.is_ascii_digit());
    units.contains(&&text[digits.len()..]) && digits.parse::<u32>().is_ok_and(|number| number > 0)
}

/// Whether requests have such a path, and no program takes a character of it for something else. One with `.`, `..` or
/// nothing between two slashes is written otherwise before it is looked at.
fn is_path(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('/') else { return false };
    let known = |next: char| next.is_ascii_alphanumeric() || "-._~@:+".contains(next);
    let mut segments = inside.strip_suffix('/').unwrap_or(inside).split('/');
    inside.is_empty()
        || segments.all(|segment| !matches!(segment, "" | "." | "..") && segment.chars().all(known))
}

#[cfg(test)]
mod tests {
    use super::form;

    fn fits(name: &str, text: &str) -> bool {
        form(name).expect("a form").fits(text)
    }

    #[test]
    fn only_what_has_the_form_fits() {
        for (name, good, bad) in [
            ("path", vec!["/", "/api", "/api/", "/a.b/@vite/c~d"], vec!["", "api", "//", "/a//b", "/a/../b"]),
            ("path", vec!["/api/orders"], vec!["/a b", "/a;b", "/a{b", "/a*", "/a$b", "/a`b", "/é"]),
            ("duration", vec!["60s", "500ms", "1h"], vec!["60", "s", "0s", "-1s", "1d", "1.5s", "60 s", "é"]),
            ("rate", vec!["10r/s", "600r/m"], vec!["10", "10/s", "r/s", "0r/s", "10r/d"]),
            ("file", vec!["./a.pem", "/etc/a"], vec!["", " ", "certificates/"]),
            (
                "name",
                vec!["orders", "a_b-c.d", "_a"],
                vec!["", "a b", "a;b", "a\"b", "a`b", "a'b", "a\nb", "-a", "$a"],
            ),
            ("label", vec!["job", "..."], vec!["", "a-b", "a]", "1a", "a b"]),
            (
                "domain",
                vec!["a.example.org", "localhost", "*.a.org"],
                vec!["", "a b", "a{", "a.org\n", "a..b", "-a"],
            ),
            ("email", vec!["a.b+c@example.org"], vec!["", "a", "a@", "a@b c", "a@b\n", "a}@b"]),
            ("amount", vec!["512M", "1.5G", "8MB", "100"], vec!["", "M", "1\nM", "1 M", "1x", "-1M"]),
            ("size", vec!["10m", "1g"], vec!["10MB", "10", "m", "0m", "99999999999m"]),
        ] {
            assert!(good.iter().all(|text| fits(name, text)), "{name}: {good:?}");
            assert!(!bad.iter().any(|text| fits(name, text)), "{name}: {bad:?}");
        }
    }
}
