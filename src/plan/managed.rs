//! Services that somebody else runs: where they are found, as whom, and what is missing of them.

use indexmap::IndexMap;
use minijinja::Value;

use super::config_file::ConfigFile;
use super::environment::EnvironmentSettings;
use super::facts::{Facts, Member};
use crate::catalog::{Template, Type};
use crate::definition::{Endpoint, External, ExternalPort, Mode};
use crate::fault::Fault;
use compose_reader::diagnostic::{Diagnostic, did_you_mean};
use compose_reader::source::Span;
use compose_reader::yaml::Node;

/// What expressions of every template see of it: whether somebody else runs the service, as whom to sign in there, and
/// whether it speaks TLS.
pub(super) fn context(external: Option<&External>) -> [(String, Value); 3] {
    let user = external.and_then(|external| external.user.as_ref());
    let user = user.map_or(Value::from(()), |user| Value::from(user.value.as_str()));
    let tls = external.is_some_and(External::speaks_tls);
    [("external", Value::from(external.is_some())), ("login", user), ("tls", Value::from(tls))]
        .map(|(name, value)| (name.to_owned(), value))
}

/// Puts the user in the place of the template's, which stays `own_user`: a database that is named after it has that name
/// everywhere. Switches on what the template asks for a password with.
pub(super) fn sign_in(
    external: &External,
    template: Option<&Template>,
    context: &mut IndexMap<String, Value>,
) {
    let Some(template) = template else { return };
    if let Some(parameter) = user_parameter(template) {
        let own = context.get(parameter).cloned().unwrap_or_default();
        context.insert("own_user".to_owned(), own);
        if let Some(user) = &external.user {
            context.insert(parameter.to_owned(), Value::from(user.value.as_str()));
        }
    }
    let switch = template.parameters.get("password").filter(|it| matches!(it.kind, Type::Boolean));
    if external.password.is_some() && switch.is_some() {
        context.insert("password".to_owned(), Value::from(true));
    }
}

/// The parameter that others are told as the user.
fn user_parameter(template: &Template) -> Option<&str> {
    let told = template.references.get("user")?.as_text()?;
    let names = template.parameters.keys().map(String::as_str);
    let mut named = names.filter(|name| told.split(|next: char| !is_name(next)).any(|word| word == *name));
    named.find(|name| !matches!(template.parameters[*name].kind, Type::Boolean))
}

fn is_name(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

/// The secret that others are told as the password, or the only one.
pub(super) fn password_secret(template: Option<&Template>) -> Option<&String> {
    let template = template?;
    let told = template.references.get("password").and_then(Node::as_text).unwrap_or_default();
    let single = || template.secrets.iter().filter(|(_, secret)| secret.each.is_none());
    let named = single().find(|(key, _)| told.contains(&format!("secrets.{key}.")));
    named.or_else(|| single().next().filter(|_| single().count() == 1)).map(|(key, _)| key)
}

/// Says what of the credentials nobody would use, or should not stand there.
pub(super) fn check(
    name: &str,
    external: &External,
    environment: &EnvironmentSettings,
    template: Option<&Template>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut wrong = |span: Span, message: String, help: &str| {
        diagnostics.push(Fault::WrongValue.at(span, message).help(help));
    };
    let signs_in = |template: &Template| {
        let told = template.references.values().any(|told| super::nodes::holds(told, "login"));
        told || user_parameter(template).is_some()
    };
    if let Some(user) = external.user.as_ref().filter(|_| !template.is_some_and(signs_in)) {
        let message = format!("nothing that refers to `{name}` is told a user");
        wrong(user.span, message, "leave it out, and give it to those that need it as a variable");
    }
    let Some(password) = &external.password else { return };
    if password_secret(template).is_none() {
        let message = format!("nothing that refers to `{name}` is told a password");
        wrong(password.span, message, "leave it out, and give it to those that need it as a secret");
    } else if environment.mode == Mode::Production && !password.value.contains("${") {
        let message = format!("the password of `{name}` stands in the stack");
        let help = "write a variable, `password: \"${DB_PASSWORD:?}\"`, or leave it out: then it is the template's secret, \
                    from its variable and its file";
        wrong(password.span, message, help);
    }
}

/// Says which ports are those of endpoints that are not there.
pub(super) fn check_ports(
    name: &str,
    external: &External,
    endpoints: &IndexMap<String, Endpoint>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(ExternalPort::By(ports)) = &external.port else { return };
    for (endpoint, port) in ports.iter().filter(|(endpoint, _)| !endpoints.contains_key(*endpoint)) {
        let message = format!("`{name}` has no endpoint `{endpoint}`");
        let help = did_you_mean(endpoint, endpoints.keys().map(String::as_str));
        diagnostics.push(Fault::UnknownEndpoint.at(port.span, message).help(help));
    }
}

/// The host and the port of an endpoint, where `usual` is its port in a container.
pub(super) fn place(member: &Member, endpoint: &str, usual: u16) -> Option<(String, Value)> {
    let external = member.external?;
    let host = external.host.as_ref()?.value.clone();
    let is_first = member.endpoints.get_index_of(endpoint) == Some(0);
    let number = |text: &str| text.parse::<u16>().map_or_else(|_| Value::from(text), Value::from);
    let port = external.port_of(endpoint, is_first).map_or_else(|| Value::from(usual), number);
    Some((host, port))
}

/// The scheme that says that TLS is spoken, for those that have one.
///
/// Source: IANA, "Uniform Resource Identifier (URI) Schemes"; the clients of Redis, RabbitMQ and NATS.
pub(super) fn secured(scheme: &str) -> &str {
    match scheme {
        "amqp" => "amqps",
        "ftp" => "ftps",
        "http" => "https",
        "ldap" => "ldaps",
        "mqtt" => "mqtts",
        "nats" => "tls",
        "redis" => "rediss",
        "smtp" => "smtps",
        "ws" => "wss",
        other => other,
    }
}

/// That it does not say what a reference or a template asks of it.
pub(super) fn incomplete(
    owner: &str,
    target: &Member,
    external: &External,
    environment: &str,
    field: &str,
    span: Span,
) -> Diagnostic {
    let name = target.name;
    let (lack, help) = match (&external.host, target.endpoints.is_empty()) {
        (None, _) => {
            ("host", format!("write `external: {{ {environment}: {{ host: … }} }}`, or ask for its `url`"))
        }
        (Some(_), true) => ("port", format!("say what it listens on, `listen: 8080` in `{name}`")),
        (Some(_), false) => ("such thing", format!("ask for what `{name}` offers")),
    };
    let message = format!("`{owner}` asks for the {field} of `{name}`, and its `external` says no {lack}");
    Fault::IncompleteExternal
        .at(span, message)
        .about(&[&owner, &name, &field])
        .in_environment(environment)
        .related(external.span, format!("`{name}` is managed here"))
        .help(help)
}

/// Says which rendered files of a service hold a variable of a managed one.
pub(super) fn check_files(
    facts: &Facts,
    owner: &str,
    files: &[ConfigFile],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for member in facts.managed.values().chain(facts.attached_managed.values()) {
        let texts = member.external.into_iter().flat_map(External::texts);
        for (what, text) in texts.filter(|(_, text)| text.value.contains("${")) {
            let Some(ConfigFile { file, .. }) = files.iter().find(|it| it.file.content.contains(&text.value))
            else {
                continue;
            };
            let message = format!(
                "`{owner}` writes the {what} of `{}` into {}, where Compose replaces no variable",
                member.name, file.path
            );
            let found = Fault::VariableInFile.at(text.span, message).about(&[&owner, &member.name, &what]);
            diagnostics.push(
                found
                    .in_environment(&facts.environment.name)
                    .help(format!("write the {what} itself, or leave `{owner}` out of this environment")),
            );
        }
    }
}
