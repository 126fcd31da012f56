//! Secrets, where they come from, and how a service reads them.

use indexmap::IndexMap;

use super::Reader;
use crate::definition::keys::{SECRET_KEYS, SECRET_SOURCE_KEYS, SECRET_USE_KEYS};
use crate::definition::{Encoding, Secret, SecretSource, SecretUse, Spanned};
use crate::fault::Fault;
use compose_reader::source::Span;
use compose_reader::yaml::{Entry, Node};

impl Reader {
    pub(super) fn secret(&mut self, name: &str, entry: &Entry) -> Option<Secret> {
        let what = format!("the secret `{name}`");
        let mut secret = Secret {
            span: entry.key.span,
            description: None,
            development: None,
            generate: None,
            encoding: None,
            length: None,
            source: no_source(entry.key.span),
            sources: IndexMap::new(),
        };
        let help = format!("write `{name}: {{ description: Signs the tokens }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            let value = &entry.value;
            match key {
                "description" => secret.description = self.prose(value, "`description`"),
                "development" => secret.development = self.text(value, "`development`"),
                "generate" => secret.generate = self.boolean(value, "`generate`"),
                "encoding" => secret.encoding = self.word(value, "`encoding`", &Encoding::ALL),
                "length" => secret.length = self.secret_length(value),
                "sources" => {
                    let help = "write `sources: { production: { file: ./secrets/production/key } }`";
                    secret.sources = self.named(value, "`sources`", help, Self::secret_source);
                }
                key if SECRET_SOURCE_KEYS.contains(&key) => {
                    self.secret_source_key(key, value, &mut secret.source);
                }
                unknown => self.unknown_key(entry, unknown, &what, &SECRET_KEYS),
            }
        }
        self.one_source(&secret.source, &what);
        self.fitting_length(&secret);
        Some(secret)
    }

    fn secret_length(&mut self, node: &Node) -> Option<Spanned<u16>> {
        let length = node.as_integer().and_then(|length| u16::try_from(length).ok());
        let length = length.filter(|length| (12..=1024).contains(length));
        if length.is_none() {
            let help = "write how many letters and digits it has, or bytes with another `encoding`: from 12, as less can be \
                        guessed, to 1024";
            match node.as_integer() {
                Some(number) => self.wrong_value(
                    node.span,
                    format!("a secret cannot have {number} characters or bytes"),
                    help,
                ),
                None => self.wrong_type(node, "`length`", "a number", help),
            }
        }
        length.map(|length| Spanned::new(length, node.span))
    }

    /// Some keys have a length that the program gives.
    fn fitting_length(&mut self, secret: &Secret) {
        let (Some(encoding), Some(length)) = (&secret.encoding, &secret.length) else { return };
        let (lengths, key): (&[u16], &str) = match encoding.value {
            Encoding::Fernet => (&[32], "a key of Fernet has 32 bytes"),
            Encoding::Laravel => (&[16, 32], "a key of Laravel has 32 bytes, or 16 for AES-128"),
            _ => return,
        };
        if !lengths.contains(&length.value) {
            let disagreeing =
                Fault::WrongValue.at(length.span, format!("{key}, and this says {}", length.value));
            let related = disagreeing.related(encoding.span, "the encoding");
            self.push(related.help("remove `length`"));
        }
    }

    /// Where a secret comes from in one environment.
    fn secret_source(&mut self, environment: &str, entry: &Entry) -> Option<SecretSource> {
        let what = format!("the source for `{environment}`");
        let mut source = no_source(entry.key.span);
        let help = format!("write `{environment}: {{ file: ./secrets/{environment}/key }}`");
        for (key, entry) in self.entries(&entry.value, &what, &help)? {
            match key {
                key if SECRET_SOURCE_KEYS.contains(&key) => {
                    self.secret_source_key(key, &entry.value, &mut source);
                }
                unknown => self.unknown_key(entry, unknown, &what, &SECRET_SOURCE_KEYS),
            }
        }
        self.one_source(&source, &what);
        Some(source)
    }

    fn secret_source_key(&mut self, key: &str, value: &Node, source: &mut SecretSource) {
        match key {
            "file" => source.file = self.text(value, "`file`"),
            "environment" => source.environment = self.text(value, "`environment`"),
            _ => source.external = self.boolean(value, "`external`"),
        }
    }

    fn one_source(&mut self, source: &SecretSource, what: &str) {
        let given = [source.file.is_some(), source.environment.is_some(), source.external.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            let message = format!("{what} comes from more than one place");
            self.wrong_value(source.span, message, "keep one of `file`, `environment` and `external`");
        }
    }

    pub(super) fn secret_use(&mut self, node: &Node) -> Option<SecretUse> {
        let Some(mapping) = node.as_mapping() else {
            let name = self.text(node, "a secret")?;
            self.name(&name, name.span);
            let (variable, target, uid, gid, mode) = (None, None, None, None, None);
            return Some(SecretUse { name, variable, target, uid, gid, mode });
        };
        let (mut name, mut variable, mut target) = (None, None, None);
        let (mut uid, mut gid, mut mode) = (None, None, None);
        for (key, entry) in mapping {
            match &**key {
                "source" => name = self.text(&entry.value, "`source`"),
                "variable" => variable = self.text(&entry.value, "`variable`"),
                "target" => target = self.text(&entry.value, "`target`"),
                "uid" => uid = self.number(&entry.value, "`uid`"),
                "gid" => gid = self.number(&entry.value, "`gid`"),
                "mode" => mode = self.file_mode(&entry.value),
                unknown => self.unknown_key(entry, unknown, "a secret", &SECRET_USE_KEYS),
            }
        }
        if name.is_none() {
            let message = "the secret has no `source`".to_owned();
            self.wrong_value(node.span, message, "write `{ source: jwt_key, variable: JWT_SECRET }`");
        }
        if let (Some(variable), Some(target)) = (&variable, &target) {
            let message = "a secret is a variable or a file, and this is said to be both".to_owned();
            self.wrong_value(
                target.span,
                message,
                &format!("remove `target`, or `variable: {}`", variable.value),
            );
        }
        Some(SecretUse { name: name?, variable, target, uid, gid, mode })
    }

    /// The number of a user or group.
    fn number(&mut self, node: &Node, what: &str) -> Option<Spanned<u32>> {
        let number = node.as_scalar().and_then(|scalar| scalar.text.parse().ok());
        if number.is_none() {
            self.wrong_type(
                node,
                what,
                "a number",
                "write the number, as inside the container a name means another user",
            );
        }
        number.map(|number| Spanned::new(number, node.span))
    }

    /// A mode of a file, in octal digits.
    fn file_mode(&mut self, node: &Node) -> Option<Spanned<String>> {
        let digits = node.as_scalar().map(|scalar| scalar.text.to_string()).unwrap_or_default();
        let is_octal =
            (3..=4).contains(&digits.len()) && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        if !is_octal {
            self.wrong_type(
                node,
                "`mode`",
                "a mode in octal digits",
                "write it as chmod takes it: `mode: 0440`",
            );
            return None;
        }
        Some(Spanned::new(format!("{digits:0>4}"), node.span))
    }
}

fn no_source(span: Span) -> SecretSource {
    SecretSource { span, file: None, environment: None, external: None }
}
