//! Managed services: what runs elsewhere under the name of a service.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::forms;
use super::spanned::Spanned;
use compose_reader::source::Span;

/// Where a service is found that somebody else runs, and as whom. Each text may be a variable of Compose: `${DB_HOST:?}`.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(deny_unknown_fields, transform = forms::without_null)]
pub struct External {
    /// Where the environment is named.
    #[schemars(skip)]
    pub span: Span,
    /// The host that it is found at.
    #[schemars(with = "Option<String>")]
    pub host: Option<Spanned<String>>,
    /// Its port, or one for each endpoint; that of the container unless given.
    #[schemars(with = "Option<forms::ExternalPort>")]
    pub port: Option<ExternalPort>,
    /// The user to sign in as, in the place of the template's.
    #[schemars(with = "Option<String>")]
    pub user: Option<Spanned<String>>,
    /// The password, as a variable; the variable and the file of the template's secret unless given.
    #[schemars(with = "Option<String>")]
    pub password: Option<Spanned<String>>,
    /// Whether it speaks TLS.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    pub tls: Option<Spanned<bool>>,
    /// The whole URL, where nothing else is known: other references than `url` have nothing then.
    #[schemars(with = "Option<String>")]
    pub url: Option<Spanned<String>>,
}

/// Ports of a managed service, each a number or a variable.
#[derive(Clone, Debug)]
pub enum ExternalPort {
    /// That of the first endpoint.
    First(Spanned<String>),
    /// By endpoint.
    By(IndexMap<String, Spanned<String>>),
}

impl External {
    /// Whether it speaks TLS.
    pub fn speaks_tls(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.value)
    }

    /// The port that is given for an endpoint.
    pub fn port_of(&self, endpoint: &str, is_first: bool) -> Option<&str> {
        match self.port.as_ref()? {
            ExternalPort::First(port) => Some(port.value.as_str()).filter(|_| is_first),
            ExternalPort::By(ports) => ports.get(endpoint).map(|port| port.value.as_str()),
        }
    }

    /// Its texts that Compose may have to fill in, each with what it is.
    pub fn texts(&self) -> impl Iterator<Item = (&'static str, &Spanned<String>)> {
        let ports = match &self.port {
            None => Vec::new(),
            Some(ExternalPort::First(port)) => vec![port],
            Some(ExternalPort::By(ports)) => ports.values().collect(),
        };
        let named =
            [("host", &self.host), ("user", &self.user), ("password", &self.password), ("url", &self.url)];
        let named = named.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        named.chain(ports.into_iter().map(|port| ("port", port)))
    }
}
