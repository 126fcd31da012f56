//! The rules, one file each in `rules/`, and the run of them over a project.
//!
//! A rule is a function from a [`Project`] to diagnostics. Its `//!` header is its page: one line that says what it
//! flags, a paragraph that says why, and an example under `## Bad` and under `## Good`, both of them tests.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::indexing_slicing))]

mod across;
mod addresses;
mod edits;
mod images;
mod jobs;
mod order;
mod ports;
mod probes;
mod script;
mod secrets;
mod selection;
mod shared;
mod suppression;
mod words;

pub use across::{Footprint, Part, excused, is_about_lack, is_across, is_otherwise_in_swarm, lint_across};
pub use images::{config_path, is_configured};
pub use secrets::{SHORTEST_SECRET, secrets};
pub use selection::{Level, Override, Selection};
pub use suppression::{drop_suppressed, selected};
use words::{with_rest, words};

use std::fmt::Display;

use compose_reader::compose::{Problem, Project};
use compose_reader::diagnostic::{Diagnostic, Severity, nearest};
use compose_reader::source::Span;
use compose_reader::yaml::Duplicate;

/// What a rule has found.
pub type Findings = Vec<Diagnostic>;

/// When a rule is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    /// Always: what is wrong in any file.
    Default,
    /// With `--strict`: what a production file should have.
    Strict,
    /// With `--pedantic`: style.
    Pedantic,
}

/// One rule: what it is called, how much it matters, and the check itself.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code, for life: `SG301`.
    pub code: &'static str,
    /// The fault as a noun: `dependency-cycle`.
    pub name: &'static str,
    /// How much its findings matter, unless one says otherwise.
    pub severity: Severity,
    /// When it is on.
    pub set: Set,
    /// The check.
    pub check: fn(&Project<'_>, &mut Findings),
    /// The text of its file, whose header is its page.
    pub source: &'static str,
}

impl Rule {
    /// A finding of this rule.
    pub fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, self.name, self.severity, span, message)
    }

    /// A finding of this rule about something that has a name: those that the message has.
    pub fn on(&self, names: &[&dyn Display], span: Span, message: impl Into<String>) -> Diagnostic {
        self.at(span, message).about(names)
    }

    /// A finding of this rule about something that Docker Compose refuses, or warns of.
    pub fn of(&self, problem: &Problem) -> Diagnostic {
        let mut finding = self.at(problem.span, problem.message.clone());
        finding.names.clone_from(&problem.names);
        finding.help.clone_from(&problem.help);
        finding.related.clone_from(&problem.related);
        finding
    }

    /// Its page, in Markdown.
    pub fn page(&self) -> String {
        let header = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        header.flat_map(|line| [line.strip_prefix(' ').unwrap_or(line), "\n"]).collect()
    }

    /// What it flags, in one line.
    pub fn summary(&self) -> &'static str {
        self.source.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default()
    }

    /// Why it matters: the paragraphs above its examples.
    pub fn reason(&self) -> String {
        let page = self.page();
        let prose = page.split("## ").next().unwrap_or_default();
        prose.split_once('\n').map(|(_, reason)| reason.trim().to_owned()).unwrap_or_default()
    }

    /// The files beside the examples under a heading of its page, each with its path: blocks whose first line names one.
    pub fn files(&self, heading: &str) -> Vec<(String, String)> {
        let page = self.page();
        let section =
            page.split_once(&format!("## {heading}\n")).map(|(_, section)| section).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        let blocks = section.split("```").skip(1).step_by(2);
        let file = |block: &str| {
            let (info, text) = block.split_once('\n')?;
            Some((info.split_once(' ')?.1.to_owned(), text.to_owned()))
        };
        blocks.filter_map(file).collect()
    }

    /// The YAML under a heading of its page, `Bad` or `Good`: one text, or several for a rule about several projects.
    pub fn examples(&self, heading: &str) -> Vec<String> {
        let page = self.page();
        let section =
            page.split_once(&format!("## {heading}\n")).map(|(_, section)| section).unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        let blocks = section.split("```yaml\n").skip(1);
        blocks.filter_map(|block| block.split_once("```").map(|(yaml, _)| yaml.to_owned())).collect()
    }
}

/// Declares the module of each rule, by family, and [`RULES`].
macro_rules! rules {
    ($($family:ident { $($rule:ident),* $(,)? })*) => {
        mod rules {
            $(pub(super) mod $family {
                $(pub(in crate::lint) mod $rule;)*
            })*
        }

        /// Every rule, in the order of their codes.
        pub static RULES: &[Rule] = &[$($(
            Rule {
                source: include_str!(concat!("rules/", stringify!($family), "/", stringify!($rule), ".rs")),
                ..rules::$family::$rule::RULE
            },
        )*)*];
    };
}

rules! {
    reading {
        invalid_yaml,
        duplicate_key,
        unknown_key,
        wrong_type,
        invalid_value,
        interpolation_syntax,
        missing_variable,
        unset_variable,
        missing_file,
        extends_cycle,
        include_cycle,
        merge_conflict,
        obsolete_version,
        yaml11_boolean,
        reinterpreted_value,
        oversized_project,
        env_file_variable,
        ignored_file,
        lost_merge,
    }
    definitions {
        undefined_reference,
        missing_image,
        exclusive_keys,
        unused_resource,
        mount_collision,
        relative_mount_target,
        drive_letter_volume,
        duplicate_env_key,
        invalid_host_name,
        shared_data_volume,
        mount_option_mismatch,
        missing_mount_source,
        missing_build_file,
        invalid_image_name,
        quoted_item,
        hidden_build,
    }
    ports {
        port_collision,
        container_name_collision,
        replicas_with_fixed_port,
        container_name_with_replicas,
        address_collision,
        ignored_ports,
        image_collision,
        exposed_admin_port,
        unbound_port,
        bypassed_gateway,
        blocked_port,
        unlistened_port,
        port_collision_across_files,
        container_name_across_files,
        loopback_listener,
        appended_port,
        shared_project_name,
    }
    dependencies {
        dependency_cycle,
        unknown_dependency,
        ungated_dependency,
        gate_without_probe,
        inactive_dependency,
        ungated_job,
        unawaited_job,
        endless_job,
        unreachable_dependency,
        undeclared_dependency,
        sleep_as_gate,
    }
    health {
        missing_probe,
        absent_tool,
        unfit_probe,
        localhost_probe,
        shell_mismatch,
        unescaped_dollar,
        wrong_probe_port,
        hasty_probe,
        secret_blind_probe,
        unprobed_service,
        inherited_probe,
        foreign_probe,
    }
    addresses {
        localhost_reference,
        unknown_host,
        host_port_inside,
        internal_address_in_browser,
        missing_external_network,
        literal_config_variable,
        host_gateway,
        default_bridge,
        advertised_localhost,
        unreachable_route,
        config_address,
        prefixed_network,
        plain_address,
    }
    images {
        floating_tag,
        unpinned_digest,
        withdrawn_image,
        image_pitfall,
        missing_restart,
        build_and_image,
        absent_command,
        ended_container,
        bind_under_user,
        build_time_variable,
    }
    security {
        privileged_service,
        host_namespace,
        container_socket,
        sensitive_mount,
        dangerous_capability,
        unconfined_profile,
        host_device,
        shared_propagation,
        executable_tmpfs,
        inline_secret,
        unusable_secret,
        example_as_env_file,
        root_user,
        privilege_escalation,
        kept_capabilities,
        writable_root,
        unlimited_resources,
        unlimited_logs,
        trusting_database,
        host_network,
    }
    style {
        key_order,
        service_order,
        unquoted_port,
        mixed_pairs,
        unnamed_project,
        unused_suppression,
    }
}

/// What the rules that are on have to say about a project, apart from what its comments suppress, sorted by file, place
/// and code. None of it quotes what stands at the places of its [`secrets`](fn@secrets).
pub fn lint(project: &Project<'_>, selection: &Selection, secrets: &[Span]) -> Vec<Diagnostic> {
    let mut findings = selection.with_levels(project.sources, lint_with(project, selection.rules()));
    suppression::apply(project.sources, selection, &mut findings);
    secrets::mask(project, secrets, &mut findings);
    sort(&mut findings);
    findings
}

/// What some rules have to say about a project, sorted by file, place and code; the same thing is said once.
pub fn lint_with<'r>(project: &Project<'_>, rules: impl IntoIterator<Item = &'r Rule>) -> Vec<Diagnostic> {
    let mut findings = Findings::new();
    for rule in rules {
        (rule.check)(project, &mut findings);
    }
    sort(&mut findings);
    shared::join(project, findings)
}

/// What the rules that are always on call an error in a project, sorted by file and place; rules that only warn are not asked.
pub fn errors(project: &Project<'_>) -> Findings {
    let rules = RULES.iter().filter(|rule| rule.severity == Severity::Error && rule.set == Set::Default);
    let mut findings = lint_with(project, rules);
    findings.retain(|finding| finding.severity == Severity::Error);
    findings
}

/// What Docker Compose refuses in a project, or warns of, as the rules that say the same have it; sorted by file and place.
pub fn refusals(problems: &[Problem], duplicates: &[Duplicate]) -> Vec<Diagnostic> {
    let of_problem = |problem: &Problem| {
        let severity = if problem.fault.is_warning() { Severity::Warning } else { Severity::Error };
        find(problem.fault.rule()).map(|rule| rule.of(problem).severity(severity))
    };
    let mut findings: Findings = problems.iter().filter_map(of_problem).collect();
    findings.extend(duplicates.iter().map(rules::reading::duplicate_key::finding));
    sort(&mut findings);
    findings
}

fn sort(findings: &mut Findings) {
    findings.sort_by(|left, right| {
        (left.span, left.code, &left.message).cmp(&(right.span, right.code, &right.message))
    });
}

/// The rule with a code or a name, in any case.
pub fn find(word: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.eq_ignore_ascii_case(word) || rule.name.eq_ignore_ascii_case(word))
}

/// The name or code that `word` was probably meant to be.
pub fn nearest_name(word: &str) -> Option<&'static str> {
    nearest(word, RULES.iter().flat_map(|rule| [rule.name, rule.code]))
}
