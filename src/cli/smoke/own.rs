//! The checks that a stack or a template brings, each asked again until it passes or its deadline is over.

use std::time::{Duration, Instant};

use super::{Answer, Check, http, judged};
use crate::cli::docker::{Compose, Container};
use crate::cli::env::Variables;
use crate::cli::error::CliError;
use crate::plan::{Plan, PlannedCheck, PlannedPort, PlannedQuestion};

/// How long it takes until it is asked again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a command may take that is run shortly before the deadline.
const LEAST: Duration = Duration::from_secs(5);

/// Asks a check.
pub(super) fn ask(
    plan: &Plan,
    compose: &Compose,
    containers: &[&Container],
    check: &PlannedCheck,
    variables: &Variables,
) -> Result<Check, CliError> {
    let until = Instant::now() + check.deadline;
    let (asked, answer) = match &check.question {
        PlannedQuestion::Http { path, endpoint, status } => {
            let Some((address, port)) = place(plan, containers, &check.service, endpoint) else {
                let answer = Answer::Skipped(format!("`{endpoint}` has no port on the host here"));
                return Ok(Check::new(&check.service, &check.name, answer));
            };
            let ask = || {
                let answer = http::get(&address, port, path)?;
                let status = judged(answer.status, *status, true)?;
                holds(check, &answer.body).map(|()| status)
            };
            (format!("{} (http://{address}:{port}{path})", check.name), again(until, &mut || Ok(ask()))?)
        }
        PlannedQuestion::Command(words) => {
            let words: Option<Vec<String>> = words.iter().map(|word| variables.expanded(word)).collect();
            let answer = match words {
                Some(words) => again(until, &mut || run(compose, check, &words, until))?,
                None => Err("a variable of its command has no value; set it in .env".to_owned()),
            };
            (check.name.clone(), answer)
        }
    };
    Ok(Check::new(&check.service, asked, answer))
}

/// Where an endpoint is on the host: where a container has it, or a process of the machine itself.
fn place(plan: &Plan, containers: &[&Container], service: &str, endpoint: &str) -> Option<(String, u16)> {
    let of_endpoint = |port: &&PlannedPort| port.service == service && port.endpoint == endpoint;
    let port = plan.ports.iter().find(of_endpoint)?;
    if port.hosted {
        let (address, ports) = (port.address.to_string(), port.ports.known()?);
        let taken = (ports.first..=ports.last).find(|port| http::listens(&address, *port).is_ok());
        return Some((address, taken.unwrap_or(ports.first)));
    }
    let mut published = containers.iter().flat_map(|container| container.published());
    let publisher = published.find(|publisher| publisher.target_port == port.target)?;
    Some((publisher.address.clone(), publisher.published_port))
}

/// Asks until the answer is good or the time is over.
fn again(
    until: Instant,
    ask: &mut dyn FnMut() -> Result<Result<String, String>, CliError>,
) -> Result<Result<String, String>, CliError> {
    loop {
        let answer = ask()?;
        if answer.is_ok() || Instant::now() + PAUSE >= until {
            return Ok(answer);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Runs a command in a container of the service.
fn run(
    compose: &Compose,
    check: &PlannedCheck,
    words: &[String],
    until: Instant,
) -> Result<Result<String, String>, CliError> {
    let left = until.saturating_duration_since(Instant::now()).max(LEAST);
    let mut arguments = vec!["exec", "-T", &check.service];
    arguments.extend(words.iter().map(String::as_str));
    let output = compose.output_within(&arguments, left)?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last =
        || [&stderr, &stdout].into_iter().find_map(|text| text.lines().rfind(|line| !line.trim().is_empty()));
    Ok(match output.status {
        None => Err(format!("it was ended at its deadline, {} s", check.deadline.as_secs_f64())),
        Some(status) if !status.success() => {
            Err(last().map_or_else(|| "its command fails".to_owned(), |line| line.trim().to_owned()))
        }
        Some(_) => holds(check, &stdout).map(|()| "passes".to_owned()),
    })
}

/// Whether an answer holds what it has to.
fn holds(check: &PlannedCheck, answer: &str) -> Result<(), String> {
    match check.contains.as_deref().filter(|text| !answer.contains(*text)) {
        Some(text) => Err(format!("the answer does not contain `{text}`")),
        None => Ok(()),
    }
}
