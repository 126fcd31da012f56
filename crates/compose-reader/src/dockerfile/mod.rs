//! Dockerfiles: what a build puts on top of the image that it begins with, as far as the text says.
//!
//! Source: Docker's "Dockerfile reference".

mod outline;
mod programs;
mod variables;

use std::ops::Range;

use parse_dockerfile::{Command, HealthcheckArguments, Instruction, Source, Stage, UnescapedString};

use crate::budget::Budget;
use crate::source::{SourceId, Span};
use crate::values::{ContainerPort, PortRange, Protocol, Sketch};
use outline::script;
use programs::Step;
use variables::{Variables, unquoted};

pub use outline::{Outline, OutlineStage, OutlineStep};

/// What a Dockerfile makes of one of its stages, those that it begins with included.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// The image that it begins with.
    pub base: Sketch,
    /// Where that is written.
    pub from: Span,
    /// Its health check.
    pub health: Health,
    /// The user that it runs as, with the place; where none is given, that of the image.
    pub user: Option<(Sketch, Span)>,
    /// The ports that it exposes for TCP.
    pub ports: Vec<PortRange>,
    /// Where the first of them is written.
    pub expose: Option<Span>,
    /// Whether it runs another program than the image that it begins with.
    pub has_own_program: bool,
    /// The names of the environment variables that it sets.
    pub variables: Vec<String>,
    /// Their values, where they can be known, each with the place of its `ENV`.
    pub settings: Vec<(String, String, Span)>,
    /// The folder in which it works, where that is known.
    pub workdir: Option<String>,
    /// What `CMD` starts, in one text, with the place.
    pub command: Option<(String, Span)>,
    /// Whether it has an `ENTRYPOINT`, which `CMD` is handed to.
    pub has_entrypoint: bool,
    /// What it runs, while it is built and later, and the values of its variables.
    texts: Vec<String>,
    steps: Vec<Step>,
}

/// What a Dockerfile says of the health of its service.
#[derive(Clone, Debug)]
pub enum Health {
    /// Nothing: what the image says holds.
    Unstated,
    /// `HEALTHCHECK NONE`, here.
    Disabled(Span),
    /// A test.
    Check(Check),
}

/// `HEALTHCHECK … CMD …`
#[derive(Clone, Debug)]
pub struct Check {
    /// The word `HEALTHCHECK`.
    pub key: Span,
    /// What is run.
    pub span: Span,
    /// Whether a shell runs it.
    pub is_shell: bool,
    /// The script, or a program and its arguments, each with its place.
    pub words: Vec<(String, Span)>,
    /// `interval`, `retries` and the like, each with its value and the place of that.
    pub options: Vec<(String, Sketch, Span)>,
}

/// How a Dockerfile is built.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The stage that is wanted, where it is not the last one.
    pub target: Option<String>,
    /// The arguments; `None` for a value that cannot be known.
    pub arguments: Vec<(String, Option<String>)>,
}

/// Where the text of a Dockerfile stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// It is a file.
    File(SourceId),
    /// It is a value of another file, whose parts have no places of their own.
    Value(Span),
}

impl Place {
    fn span(self, range: &Range<usize>) -> Span {
        match self {
            Self::File(id) => Span::new(id, range.start, range.end),
            Self::Value(span) => span,
        }
    }
}

impl Dockerfile {
    /// Reads a Dockerfile; nothing, where it is none, lacks the stage that is wanted, or the budget does not suffice for its
    /// text.
    pub fn read(text: &str, place: Place, order: &Order, budget: &mut Budget) -> Option<Self> {
        budget.bytes(text.len()).ok()?;
        let parsed = parse_dockerfile::parse(text).ok()?;
        let stages: Vec<Stage<'_, '_>> = parsed.stages().collect();
        let mut global = Variables::new(&order.arguments, budget);
        parsed.global_args().for_each(|arg| global.declare(&arg.arguments.value));
        let mut stages = wanted(&stages, order.target.as_deref())?;
        let mut chain = Vec::new();
        let (base, from) = loop {
            let (last, earlier) = stages.split_last()?;
            chain.push(last);
            let image = &last.from.image;
            let base = global.expand(unquoted(&image.value));
            match up_to(earlier, &base) {
                Some(chosen) => stages = chosen,
                None => break (base, place.span(&image.span)),
            }
        };
        let mut dockerfile = Self {
            base,
            from,
            health: Health::Unstated,
            user: None,
            ports: Vec::new(),
            expose: None,
            has_own_program: false,
            variables: Vec::new(),
            settings: Vec::new(),
            workdir: None,
            command: None,
            has_entrypoint: false,
            texts: Vec::new(),
            steps: Vec::new(),
        };
        let mut variables = global.of_stage();
        for stage in chain.into_iter().rev() {
            for instruction in stage.instructions {
                dockerfile.take(instruction, place, &mut variables);
            }
            variables.end_stage();
        }
        Some(dockerfile)
    }

    /// Whether a program is put into the image by what is run and copied; `None` where nobody can say.
    pub fn brings(&self, program: &str) -> Option<bool> {
        programs::bring(&self.steps, program)
    }

    /// Whether what it runs, or a variable that it sets, names a port.
    pub fn mentions(&self, port: u16) -> bool {
        let port = port.to_string();
        self.texts.iter().any(|text| text.contains(&port))
    }

    /// Whether it runs a command while it is built, or later.
    pub fn runs(&self, command: &str) -> bool {
        self.texts.iter().any(|text| text.contains(command))
    }

    /// Whether it exposes a port.
    pub fn exposes(&self, port: u16) -> bool {
        self.ports.iter().any(|range| range.contains(port))
    }

    fn take(&mut self, instruction: &Instruction<'_>, place: Place, variables: &mut Variables<'_>) {
        match instruction {
            Instruction::Arg(arg) => {
                self.texts.push(arg.arguments.value.to_string());
                variables.declare(&arg.arguments.value);
            }
            Instruction::Env(env) => {
                self.texts.push(env.arguments.value.to_string());
                let names = variables.set(&env.arguments.value);
                let span = place.span(&env.env.span);
                let known =
                    names.iter().filter_map(|name| Some((name.clone(), variables.value(name)?, span)));
                self.settings.extend(known);
                self.variables.extend(names);
            }
            Instruction::Run(run) => {
                let script = std::iter::once(script(&run.arguments));
                let documents = run.here_docs.iter().map(|document| document.value.to_string());
                for script in script.chain(documents) {
                    self.texts.push(script.clone());
                    self.steps.push(Step::Script(script));
                }
            }
            Instruction::Copy(copy) => self.steps.push(copied(&copy.src, &copy.dest)),
            Instruction::Add(add) => self.steps.push(copied(&add.src, &add.dest)),
            Instruction::Shell(shell) => {
                let words = shell.arguments.iter().map(|word| &*word.value).collect::<Vec<_>>();
                self.steps.push(Step::Script(words.join(" ")));
            }
            Instruction::Cmd(cmd) => {
                self.has_own_program = true;
                self.command = Some((script(&cmd.arguments), place.span(&cmd.cmd.span)));
                self.texts.push(script(&cmd.arguments));
            }
            Instruction::Entrypoint(entrypoint) => {
                self.has_own_program = true;
                self.has_entrypoint = true;
                self.command = None;
                self.texts.push(script(&entrypoint.arguments));
            }
            Instruction::Workdir(workdir) => {
                let folder = variables.expand(unquoted(&workdir.arguments.value));
                let above = self.workdir.as_deref().unwrap_or_default().trim_end_matches('/');
                self.workdir = folder.known().map(|folder| {
                    if folder.starts_with('/') { folder.to_owned() } else { format!("{above}/{folder}") }
                });
            }
            Instruction::User(user) => {
                let name = variables.expand(unquoted(&user.arguments.value));
                self.user = Some((name, place.span(&user.arguments.span)));
            }
            Instruction::Expose(expose) => {
                let ports = expose.arguments.iter().map(|port| variables.expand(unquoted(&port.value)));
                let ports = ports.filter_map(|port| port.known()?.parse::<ContainerPort>().ok());
                let tcp = ports.filter(|port| port.protocol == Protocol::Tcp);
                self.ports.extend(tcp.map(|port| port.range));
                self.expose.get_or_insert(place.span(&expose.expose.span));
            }
            Instruction::Healthcheck(health) => {
                let key = place.span(&health.healthcheck.span);
                self.health = match &health.arguments {
                    HealthcheckArguments::Cmd { arguments, .. } => {
                        let option = |flag: &parse_dockerfile::Flag<'_>| {
                            let value = flag.value.as_ref()?;
                            let text = variables.expand(unquoted(&value.value));
                            Some((flag.name.value.to_string(), text, place.span(&value.span)))
                        };
                        let options = health.options.iter().filter_map(option).collect();
                        Health::Check(Check { options, ..check(key, arguments, place) })
                    }
                    _ => Health::Disabled(key),
                };
            }
            _ => {}
        }
    }
}

/// The stage that is wanted: by its name or number, or the last one.
/// The stages up to the one that is wanted.
fn wanted<'s, 'i, 'a>(stages: &'s [Stage<'i, 'a>], target: Option<&str>) -> Option<&'s [Stage<'i, 'a>]> {
    let Some(target) = target else { return Some(stages) };
    up_to(stages, target).or_else(|| stages.get(..=target.parse().ok()?))
}

/// The stages up to the last one of a name.
fn up_to<'s, 'i, 'a>(stages: &'s [Stage<'i, 'a>], name: &str) -> Option<&'s [Stage<'i, 'a>]> {
    let is_called = |stage: &Stage<'_, '_>| {
        stage.from.as_.as_ref().is_some_and(|(_, own)| own.value.eq_ignore_ascii_case(name))
    };
    stages.get(..=stages.iter().rposition(is_called)?)
}

fn copied(sources: &[Source<'_>], target: &UnescapedString<'_>) -> Step {
    let paths = sources.iter().filter_map(|source| match source {
        Source::Path(path) => Some(path.value.to_string()),
        _ => None,
    });
    Step::Copied { sources: paths.collect(), target: target.value.to_string() }
}

fn check(key: Span, command: &Command<'_>, place: Place) -> Check {
    let (is_shell, span, words) = match command {
        Command::Shell(script) => {
            let span = place.span(&script.span);
            (true, span, vec![(script.value.to_owned(), span)])
        }
        Command::Exec(words) => {
            let word = |word: &UnescapedString<'_>| (word.value.to_string(), place.span(&word.span));
            (false, place.span(&words.span), words.value.iter().map(word).collect())
        }
        _ => (true, key, Vec::new()),
    };
    Check { key, span, is_shell, words, options: Vec::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Budget, Dockerfile, Health, Order, Place, PortRange};
    use crate::source::{SourceId, Sources, Span};

    fn read_as(text: &str, order: &Order) -> Option<(Sources, Dockerfile)> {
        let mut sources = Sources::new();
        let id: SourceId = sources.add("Dockerfile", text);
        let dockerfile = Dockerfile::read(text, Place::File(id), order, &mut Budget::default())?;
        Some((sources, dockerfile))
    }

    fn read(text: &str) -> (Sources, Dockerfile) {
        read_as(text, &Order::default()).expect("a Dockerfile")
    }

    fn order(target: Option<&str>, arguments: &[(&str, Option<&str>)]) -> Order {
        let argument = |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(str::to_owned));
        Order { target: target.map(str::to_owned), arguments: arguments.iter().map(argument).collect() }
    }

    #[test]
    fn the_base_is_known_through_arguments_and_stages() {
        let stages = "ARG VERSION=3.12\nFROM node:22 AS assets\nFROM python:${VERSION}-slim AS base\nFROM base AS dev\n\
                      FROM base\n";
        for (text, target, arguments, expected) in [
            ("FROM alpine:3.22\n", None, &[][..], Some("alpine:3.22")),
            ("# escape=`\n# a comment\nfrom --platform=linux/amd64 \"alpine\"\n", None, &[], Some("alpine")),
            ("FROM python:${V:-3.13}-slim\n", None, &[], Some("python:3.13-slim")),
            ("ARG V\nFROM python:${V}-slim\n", None, &[], Some("python:…-slim")),
            ("ARG BASE=\"python:3.12\"\nFROM $BASE\n", None, &[], Some("python:3.12")),
            (stages, None, &[], Some("python:3.12-slim")),
            (stages, Some("DEV"), &[("VERSION", Some("3.14"))], Some("python:3.14-slim")),
            (stages, Some("dev"), &[("VERSION", None)], Some("python:…-slim")),
            (stages, Some("assets"), &[], Some("node:22")),
            (stages, Some("0"), &[], Some("node:22")),
            (stages, Some("production"), &[], None),
            ("RUN curl\n", None, &[], None),
            ("", None, &[], None),
        ] {
            let found = read_as(text, &order(target, arguments)).map(|(_, dockerfile)| dockerfile.base);
            assert_eq!(found.as_deref(), expected, "{text} {target:?}");
        }
    }

    #[test]
    fn what_the_last_stage_says_holds() {
        let text = "FROM nginx AS base\nARG PORT=8000\nENV HOME=/srv PORT=$PORT\nENV LEGACY a value\nUSER app\n\
                    EXPOSE 80 $PORT/tcp 53/udp\nHEALTHCHECK NONE\n\
                    FROM base\nEXPOSE 9000-9002\nUSER 1000:1000\n\
                    HEALTHCHECK --interval=5s --start-period=\"1m\" \\\n  # often\n  CMD curl -f http://127.0.0.1/ \\\n    || exit 1\n";
        let (sources, dockerfile) = read(text);
        let ports: Vec<String> = dockerfile.ports.iter().map(PortRange::to_string).collect();
        assert_eq!(ports, ["80", "8000", "9000-9002"]);
        assert!(dockerfile.exposes(9001) && !dockerfile.exposes(53));
        assert_eq!(dockerfile.variables, ["HOME", "PORT", "LEGACY"]);
        let (user, place) = dockerfile.user.expect("a user");
        assert_eq!((&*user, sources.slice(place)), ("1000:1000", "1000:1000"));
        let Health::Check(check) = dockerfile.health else { panic!("no check") };
        assert!(check.is_shell);
        assert_eq!(sources.slice(check.key), "HEALTHCHECK");
        assert_eq!(check.words[0].0, "curl -f http://127.0.0.1/ \\\n    || exit 1");
        let options: Vec<(&str, &str)> =
            check.options.iter().map(|(name, value, _)| (&**name, &**value)).collect();
        assert_eq!(options, [("interval", "5s"), ("start-period", "1m")]);
        assert!(!dockerfile.has_own_program);
    }

    #[test]
    fn a_health_check_may_be_a_list_of_words_or_off() {
        let (sources, dockerfile) =
            read("FROM a\nHEALTHCHECK CMD [\"curl\", \"-f\", \"http://127.0.0.1/\"]\nCMD x\n");
        let Health::Check(check) = dockerfile.health else { panic!("no check") };
        assert!(!check.is_shell);
        let words: Vec<&str> = check.words.iter().map(|(_, place)| sources.slice(*place)).collect();
        assert_eq!(words, ["curl", "-f", "http://127.0.0.1/"]);
        assert!(dockerfile.has_own_program);
        let (sources, dockerfile) = read("FROM a\nHEALTHCHECK NONE\n");
        let Health::Disabled(place) = dockerfile.health else { panic!("not off") };
        assert_eq!(sources.slice(place), "HEALTHCHECK");
    }

    #[test]
    fn a_dockerfile_inside_of_another_file_has_one_place() {
        let mut sources = Sources::new();
        let id = sources.add("compose.yaml", "services: …");
        let value = Span::new(id, 0, 8);
        let budget = &mut Budget::default();
        let read = Dockerfile::read("FROM a\nEXPOSE 80\n", Place::Value(value), &Order::default(), budget);
        let dockerfile = read.expect("a Dockerfile");
        assert_eq!((dockerfile.from, dockerfile.expose), (value, Some(value)));
    }

    #[test]
    fn a_port_is_mentioned_by_what_is_run() {
        let (_, dockerfile) =
            read("FROM a\nENV PORT=8000\nEXPOSE 80\nCMD [\"serve\", \"--port\", \"9000\"]\n");
        let mentioned = [80, 8000, 9000, 7000].map(|port| dockerfile.mentions(port));
        assert_eq!(mentioned, [true, true, true, false]);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(
            lines in prop::collection::vec(
                prop_oneof![
                    Just("FROM a AS b\n".to_owned()),
                    Just("ARG A=${B:-\n".to_owned()),
                    Just("RUN <<EOF cat\n".to_owned()),
                    "(FROM|RUN|COPY|ENV|ARG|EXPOSE|USER|HEALTHCHECK|CMD|# escape=`) ?[-a-z0-9$}{\"'=:/\\\\\\[\\],<#é\t ]{0,20}\n?",
                    ".{0,20}\n?",
                ],
                0..12,
            ),
        ) {
            let text = lines.concat();
            for target in [None, Some("b"), Some("7")] {
                if let Some((sources, dockerfile)) = read_as(&text, &order(target, &[("A", Some("$A"))])) {
                    prop_assert!(sources.get(dockerfile.from.source).text().get(
                        dockerfile.from.start as usize..dockerfile.from.end as usize).is_some());
                    let _ = ["curl", "sh"].map(|program| dockerfile.brings(program));
                }
            }
        }
    }
}
