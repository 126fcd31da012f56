//! Health checks to suggest: made from what a service says of itself, and held against what is in its image.

use super::images::{self, Known};
use super::with_rest;
use compose_reader::compose::{MountKind, Service};
use compose_reader::diagnostic::enumerate;

/// How to give a service a health check: the very one where enough is known of it, else what it should ask.
pub(super) fn probe_help(service: &Service) -> String {
    let name = &service.name;
    match images::of(service).map(|known| suggestion(service, &known)) {
        Some(Suggestion::Test(test)) => format!(
            "give `{name}` one that works in its image:\n\nhealthcheck:\n  test: {test}\n  interval: 5s\n  retries: 10\n  \
             start_period: 30s"
        ),
        Some(Suggestion::Words(words)) => format!("give `{name}` a `healthcheck` of its own: {words}"),
        _ if images::is_scratch(service) => format!(
            "nothing in the image of `{name}` can probe it: wait with `condition: service_started`, and write \
             `healthcheck: {{disable: true}}` to say so"
        ),
        _ => {
            let tools = images::inside(service).map(|inside| inside.tools()).unwrap_or_default();
            let tool = match tools[..] {
                [] => "a tool that is in the image".to_owned(),
                _ => format!("what is in its image: {}", enumerate(&tools)),
            };
            let unseen = match service.is_built && service.dockerfile.is_none() {
                true => " (its Dockerfile is not here, so that a `HEALTHCHECK` in it cannot be seen)",
                false => "",
            };
            format!(
                "give `{name}` a `healthcheck` with a `test` that passes once it answers, done with {tool}{unseen}"
            )
        }
    }
}

/// What to suggest for a service.
enum Suggestion {
    /// A `test`, as it is written in a compose file.
    Test(String),
    /// What to ask, where the test depends on what is not known.
    Words(&'static str),
    /// Nothing.
    Nothing,
}

fn suggestion(service: &Service, known: &Known) -> Suggestion {
    let Some(test) = known.probe().map(str::to_owned) else { return Suggestion::Nothing };
    let is = |kind: &str| known.image.kinds.iter().any(|own| own == kind);
    let told = Told::of(service);
    let found = if is("redis") {
        redis(&told, &test)
    } else if is("postgres") {
        with_port(&test, told.port(&["-p", "--port", "port"], &["PGPORT"]), "pg_isready", "-p")
    } else if is("mysql") || is("mariadb") {
        mysql(&told, &test)
    } else if is("mongo") {
        mongo(service, &told, &test)
    } else if is("kafka") {
        kafka(service, &told, &test)
    } else if is("elasticsearch") {
        elastic(service, &told, &test)
    } else if is("keycloak") {
        keycloak(&told, &test)
    } else if is("nginx") {
        nginx(service, &told, &test)
    } else {
        general(known, &told, &test)
    };
    match found {
        Suggestion::Test(test) if !is_runnable(service, &test) => Suggestion::Nothing,
        found => found,
    }
}

/// Whether every program that a test calls may be in the image.
fn is_runnable(service: &Service, test: &str) -> bool {
    const PROGRAMS: [&str; 12] = [
        "curl",
        "wget",
        "mongosh",
        "mongo",
        "mc",
        "nc",
        "redis-cli",
        "valkey-cli",
        "pg_isready",
        "mysqladmin",
        "bash",
        "python3",
    ];
    let inside = images::inside(service);
    let is_called = |program: &str| test.split(['"', ' ', '(', ';']).any(|word| word == program);
    PROGRAMS
        .iter()
        .filter(|program| is_called(program))
        .all(|program| inside.as_ref().is_none_or(|inside| inside.has(program) != Some(false)))
}

/// What a service is told by its command and its environment.
struct Told {
    words: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Told {
    fn of(service: &Service) -> Self {
        let text =
            service.arguments.iter().map(|text| text.sketch().to_string()).collect::<Vec<_>>().join(" ");
        let words = text.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned());
        let variables = service.variables().map(|(name, value)| (name.clone(), value.sketch().to_string()));
        Self { words: words.collect(), variables: variables.collect() }
    }

    /// The value of an option: `-p 1`, `--port=1`.
    fn option(&self, names: &[&str]) -> Option<&str> {
        with_rest(&self.words).find_map(|(word, rest)| {
            if names.contains(&&**word) {
                return rest.first().map(String::as_str);
            }
            let (name, value) = word.split_once('=')?;
            names.contains(&name).then_some(value)
        })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn port(&self, options: &[&str], variables: &[&str]) -> Option<&str> {
        self.option(options).or_else(|| variables.iter().find_map(|name| self.variable(name)))
    }

    fn mentions(&self, parts: &[&str]) -> bool {
        self.words.iter().any(|word| parts.iter().any(|part| word.contains(part)))
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The test with a port behind its program.
fn with_port(test: &str, port: Option<&str>, program: &str, option: &str) -> Suggestion {
    match port {
        None => Suggestion::Test(test.to_owned()),
        Some(port) if is_number(port) => {
            Suggestion::Test(test.replacen(program, &format!("{program} {option} {port}"), 1))
        }
        Some(_) => Suggestion::Words("ask on the port that it is told to listen on"),
    }
}

fn redis(told: &Told, test: &str) -> Suggestion {
    let has_file = told.words.iter().any(|word| word.ends_with(".conf"));
    if told.mentions(&["--tls"]) {
        return Suggestion::Words(
            "let its client ask over TLS, with the certificate and the password that it wants",
        );
    }
    if told.mentions(&["requirepass", "--user", "aclfile"]) {
        return Suggestion::Words(
            "a `ping` with its password, which the client takes from the variable `REDISCLI_AUTH`, and `grep -q PONG` behind it",
        );
    }
    if has_file {
        return Suggestion::Words("a `ping` on the port and with the password of its configuration");
    }
    let program = if test.contains("valkey-cli") { "valkey-cli" } else { "redis-cli" };
    with_port(test, told.option(&["--port", "-p"]), program, "-p")
}

fn mysql(told: &Told, test: &str) -> Suggestion {
    let port = told.port(&["--port", "-P"], &["MYSQL_TCP_PORT"]);
    match port {
        None => Suggestion::Test(test.to_owned()),
        Some(port) if is_number(port) && test.contains("\"mysqladmin\"") => {
            Suggestion::Test(test.replacen("\"127.0.0.1\"", &format!("\"127.0.0.1\", \"-P\", \"{port}\""), 1))
        }
        Some(_) => Suggestion::Words("ask on the port that it is told to listen on, over TCP"),
    }
}

fn mongo(service: &Service, told: &Told, test: &str) -> Suggestion {
    let is_asked = service
        .probe
        .as_ref()
        .is_some_and(|probe| probe.words.iter().any(|word| word.raw().contains("rs.initiate")));
    if is_asked {
        return Suggestion::Words(
            "let a job of its own call `rs.initiate` once, and ask here only whether the member is writable",
        );
    }
    if told.mentions(&["tls", "ssl", "--config", "-f"]) {
        return Suggestion::Words(
            "let its shell ask the way its clients do: port, TLS and user as it is configured",
        );
    }
    let shell = images::inside(service).map(|inside| (inside.has("mongosh"), inside.has("mongo")));
    let test = match shell {
        Some((Some(false), Some(true))) => test.replace("mongosh", "mongo"),
        Some((Some(true), _)) => test.to_owned(),
        _ => {
            return Suggestion::Words(
                "a `ping` with the shell that its version has: `mongo` before 5, the new one from 6",
            );
        }
    };
    let program = if test.contains("mongosh") { "mongosh" } else { "mongo" };
    with_port(&test, told.option(&["--port"]), program, "--port")
}

fn kafka(service: &Service, told: &Told, test: &str) -> Suggestion {
    let setting = |name: &str| {
        told.variable(&format!("KAFKA_{name}"))
            .or_else(|| told.variable(&format!("KAFKA_CFG_{name}")))
            .unwrap_or_default()
    };
    let controllers: Vec<&str> = setting("CONTROLLER_LISTENER_NAMES").split(',').collect();
    let protocols: Vec<(&str, &str)> = setting("LISTENER_SECURITY_PROTOCOL_MAP")
        .split(',')
        .filter_map(|pair| pair.split_once(':'))
        .collect();
    let protocol = |name: &str| {
        protocols
            .iter()
            .find(|(own, _)| *own == name)
            .map_or(name.to_owned(), |(_, protocol)| (*protocol).to_owned())
    };
    let listeners: Vec<(&str, &str)> = setting("LISTENERS")
        .split(',')
        .filter_map(|part| part.trim().split_once("://"))
        .filter(|(name, _)| !controllers.contains(name))
        .collect();
    if listeners.is_empty() {
        let is_known =
            !service.variables().any(|(name, _)| name.contains("LISTENER")) || test.contains("nc -z");
        return match is_known {
            true => Suggestion::Test(test.to_owned()),
            false => Suggestion::Words("let its own tool ask on the listener for services"),
        };
    }
    let plain = listeners.iter().find(|(name, _)| protocol(name) == "PLAINTEXT");
    let Some((host, port)) = plain.and_then(|(_, address)| address.rsplit_once(':')) else {
        return Suggestion::Words(
            "let its own tool ask with the user and the certificate that its listeners want",
        );
    };
    let host = if ["", "0.0.0.0", "localhost"].contains(&host) { "127.0.0.1" } else { host };
    if !is_number(port) {
        return Suggestion::Words("let its own tool ask on the listener for services");
    }
    Suggestion::Test(
        test.replace("127.0.0.1:9092", &format!("{host}:{port}"))
            .replace("127.0.0.1 9092", &format!("{host} {port}")),
    )
}

fn elastic(service: &Service, told: &Told, test: &str) -> Suggestion {
    let Some(reference) = images::reference(service) else { return Suggestion::Nothing };
    let tag = images::tag_of(&reference);
    let is_off =
        |name: &str| told.variable(name) == Some("false") || told.mentions(&[&format!("{name}=false")]);
    let is_secured = tag.is_from("8") != Some(false)
        && !reference.contains("opensearch")
        && !is_off("xpack.security.enabled");
    match is_secured {
        true => Suggestion::Words(
            "ask for `/_cluster/health` over HTTPS (or HTTP, where that is switched off), and with its password; 401 is an answer, too",
        ),
        false
            if reference.contains("opensearch")
                && told.variable("DISABLE_SECURITY_PLUGIN") == Some("true") =>
        {
            Suggestion::Test(
                "[\"CMD-SHELL\", \"curl -fsS http://127.0.0.1:9200/_cluster/health\"]".to_owned(),
            )
        }
        false => Suggestion::Test(test.to_owned()),
    }
}

fn keycloak(told: &Told, test: &str) -> Suggestion {
    let is_told = |part: &str| told.variables.iter().any(|(name, _)| name.contains(part));
    let is_changed = is_told("KC_HTTP") || is_told("KC_HTTPS") || told.mentions(&["--http", "--https"]);
    match is_changed {
        true => Suggestion::Words(
            "switch `KC_HEALTH_ENABLED` on, and ask for `/health/ready` on the port of the management interface, 9000 from version 25 on",
        ),
        false => Suggestion::Test(test.to_owned()),
    }
}

fn nginx(service: &Service, told: &Told, test: &str) -> Suggestion {
    let is_configured = service.mounts.iter().any(|mount| {
        mount.target.starts_with("/etc/nginx")
            && matches!(mount.kind, MountKind::Bind | MountKind::Volume | MountKind::Other)
    }) || service.grants.iter().any(|grant| grant.target.starts_with("/etc/nginx"));
    match is_configured || told.mentions(&["listen", ".conf"]) || service.dockerfile.is_some() {
        true => {
            Suggestion::Words("ask for a page that its configuration serves, on the port that it listens on")
        }
        false => Suggestion::Test(test.to_owned()),
    }
}

/// The test of an image, where nothing changes how it listens; with another port, where one option or variable says so.
fn general(known: &Known, told: &Told, test: &str) -> Suggestion {
    const OPTIONS: [&str; 8] = [
        "-p",
        "--port",
        "--http-port",
        "--address",
        "--listen",
        "--web.listen-address",
        "--bind",
        "--server.port",
    ];
    const PARTS: [&str; 4] = ["tls", "ssl", "https", "cert"];
    let words = "ask on the port and in the way that it is told to listen";
    let is_about_port = |name: &str| {
        ["_PORT", "_ADDRESS", "_LISTEN", "_BIND"].iter().any(|end| name.ends_with(end)) || name == "PORT"
    };
    let port = told.option(&OPTIONS).or_else(|| {
        told.variables
            .iter()
            .find(|(name, _)| is_about_port(name) && !name.contains("DB_") && !name.contains("SMTP"))
            .map(|(_, value)| value.as_str())
    });
    let is_secured = told.mentions(&PARTS)
        || told.variables.iter().any(|(name, value)| {
            name.ends_with("_PROTOCOL") && value == "https" || name.contains("TLS_CERT")
        });
    let Some(port) = port.filter(|_| !is_secured) else {
        return if is_secured { Suggestion::Words(words) } else { Suggestion::Test(test.to_owned()) };
    };
    let port = port.rsplit(':').next().unwrap_or(port);
    let asked = known
        .image
        .ports
        .iter()
        .find(|own| test.contains(&format!(":{own}")) || test.contains(&format!(" {own}")));
    match asked {
        Some(own) if is_number(port) => Suggestion::Test(test.replace(&own.to_string(), port)),
        _ if !is_number(port) || asked.is_none() => Suggestion::Words(words),
        _ => Suggestion::Test(test.to_owned()),
    }
}
