//! Secrets: what they are for, where they come from, and how services read them.

use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, HEXLOWER};
use indexmap::IndexMap;
use schemars::JsonSchema;

use super::forms;
use super::spanned::Spanned;
use compose_reader::source::Span;

/// A secret that a service reads.
#[derive(Clone, Debug)]
pub struct SecretUse {
    /// The secret.
    pub name: Spanned<String>,
    /// A variable that holds the value itself in every environment, for a program that cannot read a file.
    pub variable: Option<Spanned<String>>,
    /// The file's name below `/run/secrets`, or its path in the container; the secret's name unless given.
    pub target: Option<Spanned<String>>,
    /// The number of the user whose the file is.
    pub uid: Option<Spanned<u32>>,
    /// The number of its group.
    pub gid: Option<Spanned<u32>>,
    /// Its mode, in octal digits.
    pub mode: Option<Spanned<String>>,
}

/// How a value that is made up is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Encoding {
    /// Letters and digits; `length` counts them.
    #[default]
    Alphanumeric,
    /// Bytes in hexadecimal digits.
    Hex,
    /// Bytes in base64.
    Base64,
    /// Bytes in base64 for URLs and file names, without `=`.
    Base64url,
    /// A key of Laravel, `base64:` and 32 or 16 bytes.
    Laravel,
    /// A key of Fernet, 32 bytes in base64 for URLs.
    Fernet,
}

impl Encoding {
    /// Every encoding by its word.
    pub const ALL: [(&str, Self); 6] = [
        ("alphanumeric", Self::Alphanumeric),
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("base64url", Self::Base64url),
        ("laravel", Self::Laravel),
        ("fernet", Self::Fernet),
    ];

    /// Some bytes as a value; letters and digits are made of no bytes.
    pub fn written(self, bytes: &[u8]) -> String {
        match self {
            Self::Alphanumeric => String::from_utf8_lossy(bytes).into_owned(),
            Self::Hex => HEXLOWER.encode(bytes),
            Self::Base64 => BASE64.encode(bytes),
            Self::Base64url => BASE64URL_NOPAD.encode(bytes),
            Self::Laravel => format!("base64:{}", BASE64.encode(bytes)),
            Self::Fernet => BASE64URL.encode(bytes),
        }
    }
}

/// How long a value is that is made up, unless the stack says.
pub const SECRET_LENGTH: u16 = 32;

/// A secret: what it is for, and where its value comes from.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(
    transform = forms::without_null,
    extend("type" = ["object", "null"], "additionalProperties" = false)
)]
pub struct Secret {
    /// Where it is named.
    #[schemars(skip)]
    pub span: Span,
    /// What it is for; stands in `.env.example`.
    #[schemars(with = "Option<String>")]
    pub description: Option<Spanned<String>>,
    /// The harmless value that it has in development.
    #[schemars(with = "Option<String>")]
    pub development: Option<Spanned<String>>,
    /// `false` for one that somebody else hands out, such as the key of a paid service: `stackgen secrets init` makes no
    /// value up for it.
    #[schemars(with = "Option<bool>")]
    pub generate: Option<Spanned<bool>>,
    /// How a value that is made up is written, `alphanumeric` unless given.
    #[schemars(with = "Option<Encoding>")]
    pub encoding: Option<Spanned<Encoding>>,
    /// How many letters and digits, or how many bytes, a value has that is made up; 32 unless given.
    #[schemars(with = "Option<forms::SecretLength>")]
    pub length: Option<Spanned<u16>>,
    /// Where it comes from in every environment that `sources` does not name.
    #[schemars(flatten)]
    pub source: SecretSource,
    /// Where it comes from, by environment. In one of development it then has no harmless value. Where no source is given
    /// for all environments, those that are not named here cannot use it.
    #[schemars(with = "Option<std::collections::BTreeMap<String, SecretSource>>")]
    pub sources: IndexMap<String, SecretSource>,
}

/// Where the value of a secret comes from: one of the three.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = forms::without_null)]
pub struct SecretSource {
    /// Where it is written.
    #[schemars(skip)]
    pub span: Span,
    /// The file it is read from, `secrets/<name>` unless given.
    #[schemars(with = "Option<String>")]
    pub file: Option<Spanned<String>>,
    /// A variable of the machine that it is read from instead of a file. Not for services with `read_only`.
    #[schemars(with = "Option<String>")]
    pub environment: Option<Spanned<String>>,
    /// It exists on the platform already, under its own name.
    #[schemars(with = "Option<bool>")]
    pub external: Option<Spanned<bool>>,
}
