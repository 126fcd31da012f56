//! A health check that passes although the service is not ready.
//!
//! - The database images start a server for their first initialisation that nobody else can reach: PostgreSQL, MySQL
//!   and MariaDB only on the socket, MongoDB and ClickHouse only on 127.0.0.1. A check that asks there is green, and
//!   what waits for it finds the server gone.
//! - `curl` without `-f` succeeds on any answer, "500 Internal Server Error" too.
//! - `redis-cli ping` succeeds on any answer too, "LOADING" and "NOAUTH" among them. This one is a hint.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -U shop"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     healthcheck:
//!       test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U shop"]
//! ```
//!
//! ## Source
//!
//! The entrypoints in docker-library/postgres (`listen_addresses=''`), docker-library/mysql and MariaDB/mariadb-docker
//! (`--skip-networking`), docker-library/mongo (`--bind_ip 127.0.0.1`), ClickHouse/docker-library
//! (`--listen_host=127.0.0.1`); curl's manual, `--fail`; redis-cli's manual, `-e`.

use crate::images::Known;
use crate::lint::script::{Call, Shell, Then, Word, add_arguments, calls_of};
use crate::lint::{Findings, Rule, Set, images, probes};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use compose_reader::source::{Sources, Span, range};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG403",
    name: "unfit-probe",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(probe) = &service.probe else { continue };
        let known = images::of(service).filter(|known| known.is_exact);
        for call in calls_of(probe) {
            let Some(program) = call.words.first() else { continue };
            let case = Case { sources: project.sources, service, known, call: &call, program };
            findings.extend(case.finding());
        }
    }
}

/// One call of a health check.
struct Case<'c> {
    sources: &'c Sources,
    service: &'c Service,
    known: Option<Known>,
    call: &'c Call,
    program: &'c Word,
}

impl Case<'_> {
    fn finding(&self) -> Option<Diagnostic> {
        match self.call.program() {
            "pg_isready" => self.postgres(),
            "mysqladmin" | "mariadb-admin" | "mysql" | "mariadb" => self.mysql(),
            "mongosh" | "mongo" => self.mongo(),
            "curl" => self.clickhouse().or_else(|| self.curl()),
            "wget" | "clickhouse-client" => self.clickhouse(),
            "redis-cli" | "valkey-cli" => self.redis(),
            _ => None,
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.known.is_some_and(|known| known.image.kinds.iter().any(|own| own == kind))
    }

    fn has_argument(&self, fits: impl Fn(&str) -> bool) -> bool {
        self.call.arguments().any(fits)
    }

    fn report(&self, span: Span, message: &str, help: &str, edit: Option<Edit>) -> Diagnostic {
        let message =
            format!("the health check of `{}` passes before it is ready: {message}", self.service.name);
        self.with_fix(RULE.on(&[&self.service.name], span, message).help(help), edit)
    }

    fn with_fix(&self, finding: Diagnostic, edit: Option<Edit>) -> Diagnostic {
        match edit {
            None => finding,
            Some(edit) => finding.fix(Fix {
                title: "make the health check fit".to_owned(),
                applicability: Applicability::Unsafe,
                edits: vec![edit],
            }),
        }
    }

    fn postgres(&self) -> Option<Diagnostic> {
        let names_host = self.call.option("-h", "--host").is_some()
            || self.has_argument(|argument| argument.contains("host=") || argument.contains("://"))
            || self.service.variables().any(|(name, _)| name == "PGHOST");
        if names_host || !self.is("postgres") {
            return None;
        }
        Some(self.report(
            self.program.span,
            "while it initialises, PostgreSQL answers on the socket",
            "ask over TCP, which only the real server answers: `pg_isready -h 127.0.0.1`",
            add_arguments(self.sources, self.call, self.program, &["-h", "127.0.0.1"]),
        ))
    }

    fn mysql(&self) -> Option<Diagnostic> {
        let host = self.call.option("-h", "--host");
        let is_tcp = host.is_some_and(|host| !host.text.ends_with("localhost"))
            || self.has_argument(|argument| argument.starts_with("--protocol"));
        if is_tcp || !self.is("mysql") {
            return None;
        }
        let edit = match host {
            None => add_arguments(self.sources, self.call, self.program, &["-h", "127.0.0.1"]),
            Some(host) => replace_localhost(self.sources, host.span),
        };
        let reason = match host {
            None => {
                "without a host this client asks the socket, where the server answers while it initialises"
            }
            Some(_) => {
                "to this client `localhost` is the socket, where the server answers while it initialises"
            }
        };
        Some(self.report(
            host.unwrap_or(self.program).span,
            reason,
            &format!(
                "ask over TCP, which only the real server answers: `{} -h 127.0.0.1`",
                self.call.program()
            ),
            edit,
        ))
    }

    /// Whether the first start of its image runs a server on 127.0.0.1.
    fn initialises_on_loopback(&self) -> bool {
        let Some(known) = &self.known else { return false };
        let is_set = |name: &String| self.service.variables().any(|(set, _)| set.starts_with(&**name));
        let with = &known.image.initialises_on_loopback_with;
        let has_scripts =
            self.service.mounts.iter().any(|mount| mount.target.starts_with("/docker-entrypoint-initdb.d"));
        with.iter().any(is_set) || !with.is_empty() && has_scripts
    }

    fn mongo(&self) -> Option<Diagnostic> {
        let is_local = |text: &str| text.contains("localhost") || text.contains("127.0.0.1");
        let names_host = |text: &str| text.contains("://") || text.starts_with("--host");
        let elsewhere = self.has_argument(names_host) && !self.has_argument(is_local);
        // Whoever logs in is refused until the user has been made, right at the end.
        let logs_in = self.has_argument(|argument| argument.contains('@') || argument.starts_with("--user"))
            || self.call.option("-u", "--username").is_some();
        if elsewhere || logs_in || !self.is("mongo") || !self.initialises_on_loopback() {
            return None;
        }
        Some(self.report(
            self.program.span,
            "while it initialises, MongoDB answers on 127.0.0.1",
            &probes::probe_help(self.service),
            None,
        ))
    }

    fn clickhouse(&self) -> Option<Diagnostic> {
        let is_local = |text: &str| text.contains("localhost") || text.contains("127.0.0.1");
        let by_default =
            self.call.program() == "clickhouse-client" && self.call.option("-h", "--host").is_none();
        let is_unfit = self.is("clickhouse")
            && self.initialises_on_loopback()
            && (by_default || self.has_argument(is_local));
        is_unfit.then(|| {
            self.report(
                self.program.span,
                "while it initialises, ClickHouse answers on 127.0.0.1",
                &probes::probe_help(self.service),
                None,
            )
        })
    }

    fn curl(&self) -> Option<Diagnostic> {
        let is_http = |argument: &str| {
            argument.starts_with("http")
                || argument.starts_with("localhost")
                || argument.starts_with("127.0.0.1")
        };
        let is_read = self.call.is_captured
            || self.call.then == Then::Pipe
            || self.has_argument(|argument| ["-w", "--write-out", "--http0.9"].contains(&argument));
        // There an answer that asks for a password, or says that nothing is at `/`, is an answer.
        let refuses_root = self.known.is_some_and(|known| known.image.refuses_root);
        let asks_root = || {
            self.call.arguments().filter(|word| is_http(word)).all(|address| {
                let address = address.split_once("://").map_or(address, |(_, rest)| rest);
                address.split_once('/').is_none_or(|(_, path)| path.is_empty())
            })
        };
        let is_guarded = self.is("elasticsearch") || refuses_root && asks_root();
        if is_read || is_guarded || self.has_argument(fails_on_errors) || !self.has_argument(is_http) {
            return None;
        }
        let message = format!(
            "the health check of `{}` passes whatever the answer is: `curl` without `-f` takes an error page for a success",
            self.service.name
        );
        let edit = add_arguments(self.sources, self.call, self.program, &["-f"]);
        Some(self.with_fix(
            RULE.on(&[&self.service.name], self.program.span, message).help("write `curl -f`"),
            edit,
        ))
    }

    fn redis(&self) -> Option<Diagnostic> {
        let pings = self.has_argument(|argument| argument.eq_ignore_ascii_case("ping"));
        let is_read = self.call.is_captured
            || self.call.then == Then::Pipe
            || self.has_argument(|argument| argument == "-e");
        if !pings || is_read {
            return None;
        }
        let program = self.call.program();
        let message = format!(
            "the health check of `{}` passes whatever the answer is: `{program}` ends with 0 on `LOADING` and `NOAUTH` too",
            self.service.name
        );
        let last = self.call.words.last().filter(|_| self.call.shell != Shell::None);
        let edit =
            last.and_then(|last| add_arguments(self.sources, self.call, last, &["|", "grep", "-q", "PONG"]));
        let help = format!("look at the answer:\n\ntest: [\"CMD-SHELL\", \"{program} ping | grep -q PONG\"]");
        let finding = RULE
            .on(&[&self.service.name, &program], self.program.span, message)
            .severity(Severity::Hint)
            .help(help);
        Some(self.with_fix(finding, edit))
    }
}

/// Whether an argument of curl is, or holds, `-f`: `-fsS`, `--fail-with-body`; in `-ofile` the rest is a value.
fn fails_on_errors(argument: &str) -> bool {
    if let Some(long) = argument.strip_prefix("--") {
        return long.starts_with("fail");
    }
    let letters = argument.strip_prefix('-').unwrap_or_default();
    letters
        .chars()
        .take_while(|letter| !"oXuHdmwAebcxTrEFKtyYzQPC".contains(*letter))
        .any(|letter| letter == 'f')
}

fn replace_localhost(sources: &Sources, span: Span) -> Option<Edit> {
    let at = sources.slice(span).find("localhost")?;
    Some(Edit { span: span.part(at, range::after(at, ["localhost"])), content: "127.0.0.1".to_owned() })
}
