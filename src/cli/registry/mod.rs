//! What a registry has for the reference of an image: the head of its manifest, asked for without an account.

mod http;

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rayon::prelude::*;
use serde::Deserialize;

use crate::cli::disk::reason;
use crate::cli::error::CliError;
use crate::cli::{Outcome, complain};
use compose_reader::values::{ImageReference, Sketch};
use http::{Failure, Request, Response};

/// How many questions are asked at a time.
const AT_ONCE: usize = 8;

/// Where Docker Hub answers.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// The types of a manifest, as one `Accept` header; lists of several platforms first, as Docker pins those.
///
/// Source: the OCI image and distribution specifications, and Docker's "Image Manifest V 2, Schema 2".
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// What a registry says of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has it, with this digest if it says one.
    Published(Option<String>),
    /// It has no such image, or no such tag of it.
    Missing,
    /// It gives it to nobody without an account, if it has it.
    Denied,
    /// It says something else, which tells nothing of the image.
    Unclear(String),
    /// It cannot be asked.
    Unreachable(String),
}

/// A reference as its registry knows it.
struct Wanted {
    registry: String,
    path: String,
    /// The digest, or the tag.
    version: String,
}

/// Asks the registry of an image, for as long as it may take.
///
/// # Errors
///
/// Why curl, which asks, cannot be run.
fn ask(image: &str, patience: Duration) -> io::Result<Answer> {
    let until = Instant::now() + patience;
    let Some(wanted) = Wanted::of(image) else {
        return Ok(Answer::Unclear("this is no reference of an image".to_owned()));
    };
    let mut request = Request {
        url: wanted.url(),
        accept: MANIFESTS,
        is_head: true,
        token: None,
        is_local: wanted.is_local(),
    };
    let mut response = match http::send(&request, until)? {
        Ok(response) => response,
        Err(failure) => return Ok(failure.into()),
    };
    if response.status == 401 {
        let Some(url) = response.header("www-authenticate").and_then(|challenge| wanted.token_url(challenge))
        else {
            return Ok(Answer::Denied);
        };
        let asked = Request { url, accept: "application/json", is_head: false, ..request.clone() };
        match http::send(&asked, until)?.map(|response| token(&response)) {
            Ok(Ok(token)) => request.token = Some(token),
            Ok(Err(answer)) => return Ok(answer),
            Err(failure) => return Ok(failure.into()),
        }
        response = match http::send(&request, until)? {
            Ok(response) => response,
            Err(failure) => return Ok(failure.into()),
        };
    }
    Ok(read(&response))
}

/// Asks for some images at a time; the answers come in their order.
///
/// # Errors
///
/// That curl, which asks, cannot be run.
pub(super) fn ask_all(images: &[&str], patience: Duration) -> Result<Vec<Answer>, CliError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
    let asked = pool
        .map_err(io::Error::other)
        .and_then(|pool| pool.install(|| images.par_iter().map(|image| ask(image, patience)).collect()));
    asked.map_err(|error| {
        CliError::new(format!("cannot run `curl`, which asks registries: {}", reason(&error))).help(
            "install it: the package is called `curl` with Debian and Alpine; macOS and Windows have it",
        )
    })
}

/// What answers come to: whether all images can be pulled. What cannot be known is no finding, and no success either.
///
/// # Errors
///
/// That a registry tells nothing of an image.
pub(super) fn verdict<'a>(answers: impl Iterator<Item = (&'a str, &'a Answer)>) -> Result<Outcome, CliError> {
    let (mut gone, mut unknown) = (Vec::new(), Vec::new());
    for (image, answer) in answers {
        match answer {
            Answer::Published(_) => {}
            Answer::Missing | Answer::Denied => gone.push(image),
            Answer::Unclear(_) | Answer::Unreachable(_) => unknown.push(image),
        }
    }
    if !gone.is_empty() {
        complain(&format!("cannot be pulled: {}\n", gone.join(", ")));
        return Ok(Outcome::Findings);
    }
    if !unknown.is_empty() {
        return Err(CliError::new(format!("registries tell nothing of {}", unknown.join(", ")))
            .help("the table says why; try again, or where there is a network"));
    }
    Ok(Outcome::Clean)
}

/// As a table has it.
impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(Some(_)) => formatter.write_str("published"),
            Self::Published(None) => formatter.write_str("published, its digest unknown"),
            Self::Missing => formatter.write_str("MISSING"),
            Self::Denied => formatter.write_str("DENIED without an account"),
            Self::Unclear(why) | Self::Unreachable(why) => write!(formatter, "unknown: {why}"),
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(why) => Self::Unreachable(why),
            Failure::Garbled => Self::Unclear("what it answers is no HTTP".to_owned()),
        }
    }
}

/// What the answer to a question for a manifest comes to.
fn read(response: &Response) -> Answer {
    let kind = response.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match response.status {
        200 if !MANIFESTS.split(", ").any(|manifest| manifest == kind) => {
            let kind = if kind.is_empty() { "no type" } else { kind };
            Answer::Unclear(format!("it answers with {kind}, which is no manifest"))
        }
        200 => {
            let digest = response.header("docker-content-digest").filter(|digest| is_digest(digest));
            Answer::Published(digest.map(str::to_owned))
        }
        404 => Answer::Missing,
        401 | 403 => Answer::Denied,
        429 => Answer::Unclear("it has been asked too often (status 429)".to_owned()),
        status => Answer::Unclear(format!("it answers with status {status}")),
    }
}

/// Whether a text is a digest of the kind that every registry gives.
pub(super) fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The token that a registry's service gives to everybody.
fn token(response: &Response) -> Result<String, Answer> {
    /// Source: the distribution project, "Token Authentication Specification".
    #[derive(Deserialize)]
    struct Given {
        token: Option<String>,
        access_token: Option<String>,
    }
    match response.status {
        200 => {}
        401 | 403 => return Err(Answer::Denied),
        status => return Err(Answer::Unclear(format!("its token service answers with status {status}"))),
    }
    let given: Option<Given> = serde_json::from_str(&response.body).ok();
    let token = given.and_then(|given| given.token.or(given.access_token));
    let token = token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    token.ok_or_else(|| Answer::Unclear("its token service gives no token".to_owned()))
}

impl Wanted {
    /// A reference, as far as it is one: letters, digits and what stands between them.
    fn of(image: &str) -> Option<Self> {
        let is_plain = |text: &str| {
            text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:[]".contains(&byte))
        };
        let sketch = Sketch::from(image);
        let reference = ImageReference::of(&sketch);
        let registry = match reference.registry() {
            None => DOCKER_HUB,
            Some(registry) => match registry.known()? {
                "docker.io" | "index.docker.io" => DOCKER_HUB,
                registry => registry,
            },
        };
        let own = reference.path().known()?;
        let is_official = registry == DOCKER_HUB && !own.contains('/');
        let path = if is_official { format!("library/{own}") } else { own.to_owned() };
        let tag = reference.tag().map_or(Some("latest"), |tag| tag.known())?;
        let version = reference.digest().map_or(Some(tag), |digest| digest.known())?;
        let parts = [registry, own, version];
        (parts.iter().all(|part| is_plain(part)) && !own.contains([':', '[', ']']) && !version.contains('/'))
            .then(|| Self { registry: registry.to_owned(), path, version: version.to_owned() })
    }

    /// Whether it is on this machine, where Docker asks without TLS.
    ///
    /// Source: Docker's manual, `dockerd`, "Insecure registries".
    fn is_local(&self) -> bool {
        let host = self.registry.rsplit_once(':').map_or(&*self.registry, |(host, _)| host);
        host == "localhost" || host == "[::1]" || host.starts_with("127.")
    }

    fn url(&self) -> String {
        let scheme = if self.is_local() { "http" } else { "https" };
        format!("{scheme}://{}/v2/{}/manifests/{}", self.registry, self.path, self.version)
    }

    /// Where the challenge of a registry sends whoever has no token.
    fn token_url(&self, challenge: &str) -> Option<String> {
        let (scheme, rest) = challenge.split_once(' ')?;
        let fields = fields(rest);
        let field = |name: &str| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, realm) = field("realm").filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
        let is_sound = realm.starts_with("https://") || self.is_local() && realm.starts_with("http://");
        if !is_sound || !realm.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let pull = format!("repository:{}:pull", self.path);
        let scope = field("scope").map_or(&*pull, |(_, scope)| scope);
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let service = field("service").map(|(_, service)| format!("service={}&", encoded(service)));
        let joint = if realm.contains('?') { '&' } else { '?' };
        Some(format!("{realm}{joint}{}scope={}", service.unwrap_or_default(), encoded(scope)))
    }
}

/// The fields of a challenge: `realm="https://auth.example.org/token",service="registry"`.
fn fields(mut text: &str) -> Vec<(&str, String)> {
    let mut fields = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let name = name.trim_matches([' ', ',']);
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        fields.push((name, value.trim_matches(' ').to_owned()));
        text = after;
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::{Wanted, fields, is_digest};

    fn url(image: &str) -> Option<String> {
        Wanted::of(image).map(|wanted| wanted.url())
    }

    #[test]
    fn a_reference_is_asked_for_where_docker_would() {
        for (image, expected) in [
            ("postgres:18", "https://registry-1.docker.io/v2/library/postgres/manifests/18"),
            ("grafana/grafana", "https://registry-1.docker.io/v2/grafana/grafana/manifests/latest"),
            ("docker.io/redis:8", "https://registry-1.docker.io/v2/library/redis/manifests/8"),
            ("quay.io/a/b:1", "https://quay.io/v2/a/b/manifests/1"),
            ("127.0.0.1:5000/a:1", "http://127.0.0.1:5000/v2/a/manifests/1"),
            ("localhost:5000/a:1", "http://localhost:5000/v2/a/manifests/1"),
            ("[::1]:5000/a:1", "http://[::1]:5000/v2/a/manifests/1"),
            ("registry:5000/a:1", "https://registry:5000/v2/a/manifests/1"),
            ("a:1@sha256:00", "https://registry-1.docker.io/v2/library/a/manifests/sha256:00"),
        ] {
            assert_eq!(url(image).as_deref(), Some(expected), "{image}");
        }
        for text in ["", "-x:1", "a b", "a:1\"", "a\n:1", "a:$TAG", "é", "a:1?x", "user@host:1/a"] {
            assert_eq!(url(text), None, "{text}");
        }
    }

    #[test]
    fn a_challenge_says_where_tokens_are_given() {
        let hub = Wanted::of("postgres:18").expect("a reference");
        let challenge = "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",\
                         scope=\"repository:library/postgres:pull,push\"";
        let expected = "https://auth.docker.io/token?service=registry%2Edocker%2Eio\
                        &scope=repository%3Alibrary%2Fpostgres%3Apull%2Cpush";
        assert_eq!(hub.token_url(challenge).as_deref(), Some(expected));
        let short = hub.token_url("bearer Realm=https://a.example/t?x=1, error=none");
        assert_eq!(
            short.as_deref(),
            Some("https://a.example/t?x=1&scope=repository%3Alibrary%2Fpostgres%3Apull")
        );
        // Nothing is sent where anybody could read it, nor to what this machine keeps to itself.
        for challenge in [
            "Basic realm=\"https://a.example\"",
            "Bearer realm=\"http://169.254.169.254/latest\"",
            "Bearer realm=\"file:///etc/passwd\"",
            "Bearer realm=\"https://a.example/\t\"",
            "Bearer",
            "",
        ] {
            assert_eq!(hub.token_url(challenge), None, "{challenge}");
        }
    }

    #[test]
    fn broken_fields_come_to_an_end() {
        assert_eq!(fields("a=\"b"), [("a", "b".to_owned())]);
        assert_eq!(fields("a=,b=c"), [("a", String::new()), ("b", "c".to_owned())]);
        assert!(fields("nothing").is_empty());
    }

    #[test]
    fn a_digest_is_sixty_four_digits() {
        assert!(is_digest(&format!("sha256:{}", "0a".repeat(32))));
        for text in ["sha256:00".to_owned(), format!("sha256:{}", "0A".repeat(32)), "0".repeat(64)] {
            assert!(!is_digest(&text), "{text}");
        }
    }
}
