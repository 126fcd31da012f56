//! `Makefile`: what people do with a stack day by day, a target each.

use std::fmt::Write;

use indexmap::IndexMap;

use super::{OutputFile, header};
use crate::plan::{ATTACH_PROJECT, Mode, Plan, Planned, PlannedBackup, PlannedProcess};
use crate::quote::{recipe_word, recipe_words};

/// The path of the file.
pub const MAKEFILE: &str = "Makefile";

/// The file, unless the stack does without. That of the first instance serves them all.
pub(super) fn file(planned: &Planned) -> Option<OutputFile> {
    let plans = &planned.plans;
    let first = plans.first().filter(|plan| planned.makefile && plan.instance == 1)?;
    let title = [format!("{MAKEFILE}: what people do with {}. `make` lists it.", first.stack), String::new()];
    let mut makefile = Makefile { text: String::new(), targets: Vec::new() };
    makefile.variables(plans, first);
    makefile.stack(plans);
    for plan in plans {
        makefile.environment(plan, plans);
    }
    makefile.processes(plans);
    makefile.backups(plans);
    let environments = plans.iter().map(|plan| plan.environment.clone()).collect();
    let content = header::with_checksum(MAKEFILE, &title, &makefile.finish());
    Some(OutputFile {
        path: MAKEFILE.to_owned(),
        environments,
        content,
        is_section: false,
        origins: Vec::new(),
    })
}

/// What the targets of an environment begin with: the short word that people use, where it is no other environment's name.
fn prefix(plan: &Plan, plans: &[Plan]) -> String {
    let short = match &*plan.environment {
        "dev-fast" => "dev",
        "observability" => "obs",
        "production" => "prod",
        name => name,
    };
    let is_taken = plans.iter().any(|other| other.environment == short);
    if is_taken { plan.environment.clone() } else { short.to_owned() }
}

/// What stands behind the stack's name in that of an environment's project; none for one with a name of its own.
fn behind_the_stack(plan: &Plan) -> Option<&str> {
    plan.project.strip_prefix(&plan.stack)?.strip_prefix('-')
}

struct Makefile {
    text: String,
    targets: Vec<String>,
}

impl Makefile {
    /// A target with its recipe; one that is explained is listed by `make help`.
    fn target(&mut self, name: &str, needs: &str, explained: &str, recipe: &[String]) {
        let needs = if needs.is_empty() { String::new() } else { format!(" {needs}") };
        let explained = if explained.is_empty() { String::new() } else { format!(" ## {explained}") };
        let _ = writeln!(self.text, "{name}:{needs}{explained}");
        for line in recipe {
            let _ = writeln!(self.text, "\t{line}");
        }
        self.text.push('\n');
        self.targets.push(name.to_owned());
    }

    fn variables(&mut self, plans: &[Plan], first: &Plan) {
        self.text.push_str("STACKGEN ?= stackgen\nDOCKER_COMPOSE ?= docker compose\n");
        let saved = plans.iter().any(|plan| !plan.backups.is_empty());
        let users = if saved { "`smoke`, `backup` and the restores" } else { "`smoke`" };
        let _ = writeln!(self.text, "# The environment of {users}.");
        let _ = writeln!(self.text, "ENVIRONMENT = {}", first.environment);
        self.text.push_str("# One service or several, for the logs.\nSERVICE =\n");
        if let Some(attached) = plans.iter().find_map(|plan| plan.attach.as_ref()) {
            let plan = plans.iter().find(|plan| plan.environment == *attached);
            let attached = plan.and_then(behind_the_stack).unwrap_or(attached);
            self.text.push_str("# The environment that runs beside observability.\n");
            let _ = writeln!(self.text, "ATTACH = {attached}");
        }
        self.text.push('\n');
        // Where an environment has names of its own.
        let mut compose = "docker-compose.$(1).yml".to_owned();
        for plan in
            plans.iter().filter(|plan| plan.file != format!("docker-compose.{}.yml", plan.environment))
        {
            let _ = writeln!(self.text, "file-{} = {}", plan.environment, recipe_word(&plan.file));
            compose = "$(or $(file-$(1)),docker-compose.$(1).yml)".to_owned();
        }
        for plan in plans.iter().filter(|plan| behind_the_stack(plan).is_none()) {
            let _ = writeln!(self.text, "project-{} = {}", plan.environment, plan.project);
        }
        let _ = writeln!(self.text, "compose = $(DOCKER_COMPOSE) -f {compose}");
        self.text
            .push_str("export STACKGEN_DOCKER_COMPOSE := $(DOCKER_COMPOSE)\n\n.DEFAULT_GOAL := help\n\n");
    }

    /// The targets that are not of one environment.
    fn stack(&mut self, plans: &[Plan]) {
        let list =
            r#"@awk -F ':.*## ' '/^[a-z][^ ]*:.*## / { printf "%-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)"#;
        self.target("help", "", "List the targets", &[list.to_owned()]);
        self.target("render", "", "Render the files of the stack", &["$(STACKGEN) render".to_owned()]);
        let lint = "$(STACKGEN) lint --stack .".to_owned();
        self.target("lint", "", "Lint what the stack is rendered to", &[lint]);
        if plans.iter().any(|plan| !plan.secrets.is_empty()) {
            let recipe = ["$(STACKGEN) secrets init".to_owned()];
            self.target("secrets", "", "Make the secrets that are missing", &recipe);
        }
        let smoke = ["$(STACKGEN) smoke $(ENVIRONMENT)".to_owned()];
        self.target("smoke", "", "Start ENVIRONMENT and ask everything in it whether it works", &smoke);
        let running = ["$(STACKGEN) smoke --running $(ENVIRONMENT)".to_owned()];
        self.target(
            "health-check",
            "",
            "Ask the same of ENVIRONMENT as it runs, and start nothing",
            &running,
        );
    }

    fn environment(&mut self, plan: &Plan, plans: &[Plan]) {
        let name = &plan.environment;
        let prefix = prefix(plan, plans);
        let services = || plan.tiers.iter().flat_map(|tier| &tier.services);
        let builds = services().any(|service| service.compose.get("build").is_some());
        let pulls = services().any(|service| service.compose.get("build").is_none());
        let mut compose = format!("$(call compose,{name})");
        let mut beside = "";
        if plan.attach.is_some() {
            let usual = format!("{}-$(ATTACH)", plan.stack);
            let project = match plans.iter().any(|plan| behind_the_stack(plan).is_none()) {
                true => format!("$(or $(project-$(ATTACH)),{usual})"),
                false => usual,
            };
            compose = format!("{ATTACH_PROJECT}={project} {compose}");
            beside = " beside ATTACH";
        }
        let one = |line: String| vec![line];
        let is_daily = name == "dev-fast";
        if is_daily {
            let mut recipe = vec!["$(STACKGEN) render".to_owned(), "$(STACKGEN) lint --stack .".to_owned()];
            recipe.extend((!plan.secrets.is_empty()).then(|| format!("$(STACKGEN) secrets init {name}")));
            recipe.extend(pulls.then(|| format!("{compose} pull --ignore-buildable --policy missing")));
            recipe.extend(builds.then(|| format!("{compose} build")));
            let explained = format!("Prepare {name}: render, lint, fetch and build its images");
            self.target(&format!("{prefix}-setup"), "", &explained, &recipe);
        }
        if builds && plan.mode == Mode::Production {
            let explained = format!("Build the images of {name}");
            self.target(&format!("{prefix}-build"), "", &explained, &one(format!("{compose} build")));
        }
        let build = if builds && plan.mode == Mode::Development { " --build" } else { "" };
        let explained = format!("Start {name}{beside}, and wait until all of it is healthy");
        let up = format!("{compose} up --detach --wait{build}");
        self.target(&format!("{prefix}-up"), "", &explained, &one(up));
        let explained = format!("Stop {name}; its volumes stay");
        self.target(&format!("{prefix}-down"), "", &explained, &one(format!("{compose} down")));
        if is_daily {
            for (name, same) in [("start", "up"), ("stop", "down")] {
                let (name, same) = (format!("{prefix}-{name}"), format!("{prefix}-{same}"));
                self.target(&name, &same, &format!("The same as {same}"), &[]);
            }
        }
        let explained = format!("What runs of {name}");
        let status = one(format!("$(STACKGEN) status {name}"));
        self.target(&format!("{prefix}-status"), "", &explained, &status);
        let explained = format!("Follow the logs of {name}, or of SERVICE");
        let logs = one(format!("{compose} logs --follow --tail 100 $(SERVICE)"));
        self.target(&format!("{prefix}-logs"), "", &explained, &logs);
    }

    /// Services of the machine itself: all of a tier at once, each beside the first environment that has it so.
    fn processes(&mut self, plans: &[Plan]) {
        let mut tiers: IndexMap<&str, IndexMap<&str, (&PlannedProcess, &str)>> = IndexMap::new();
        for plan in plans {
            for process in &plan.processes {
                let of_tier = tiers.entry(&process.tier).or_default();
                of_tier.entry(&process.service).or_insert((process, &plan.environment));
            }
        }
        for (tier, processes) in tiers {
            let names: Vec<String> = processes.keys().map(|name| format!("run-{name}")).collect();
            let explained = format!("Start the services of {tier} on this machine, in their folders");
            let all = format!("@$(MAKE) --no-print-directory --jobs {} {}", names.len(), names.join(" "));
            self.target(&format!("{tier}-all"), "", &explained, &[all]);
            for (name, (process, environment)) in processes {
                let variables = format!("$$($(STACKGEN) env {name} --environment {environment})");
                let command = recipe_words(&process.command);
                let folder = recipe_word(&process.folder);
                let recipe = format!("eval \"{variables}\" && cd {folder} && exec {command}");
                self.target(&format!("run-{name}"), "", "", &[recipe]);
            }
        }
    }

    /// Saving and loading what databases store, each by its own tool.
    fn backups(&mut self, plans: &[Plan]) {
        let mut backups: IndexMap<&str, &PlannedBackup> = IndexMap::new();
        for backup in plans.iter().flat_map(|plan| &plan.backups) {
            backups.entry(&backup.service).or_insert(backup);
        }
        if backups.is_empty() {
            return;
        }
        let all: Vec<String> = backups.keys().map(|service| format!("backup-{service}")).collect();
        let explained = "Save what every database of ENVIRONMENT stores, to backups/";
        self.target("backup", &all.join(" "), explained, &[]);
        for (service, backup) in backups {
            let compose = "$(call compose,$(ENVIRONMENT))";
            let file = format!("backups/$(ENVIRONMENT)/{service}-$$(date +%Y%m%d-%H%M%S).{}", backup.ending);
            // One that stops half way leaves no file that looks like a backup.
            let save = format!(
                "@umask 077 && mkdir -p backups/$(ENVIRONMENT) && echo '*' > backups/.gitignore && file=\"{file}\" && {{ {compose} exec -T {service} {} \
                 > \"$$file.part\" || {{ rm -f \"$$file.part\"; exit 1; }}; }} && mv \"$$file.part\" \"$$file\" && echo \"$$file\"",
                recipe_words(&backup.save)
            );
            self.target(&format!("backup-{service}"), "", "", &[save]);
            let given = "@test -f \"$(FILE)\" || { echo 'FILE=backups/... says which backup' >&2; exit 2; }";
            let load = recipe_words(&backup.load);
            let mut recipe = vec![given.to_owned()];
            if backup.stopped {
                let (first, rest) =
                    backup.load.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
                recipe.extend([
                    format!("{compose} stop {service}"),
                    format!(
                        "{compose} run --rm --no-deps -T --entrypoint {} {service} {} < \"$(FILE)\"",
                        recipe_word(first),
                        recipe_words(rest)
                    ),
                    format!("{compose} up --detach --wait --no-deps {service}"),
                ]);
            } else {
                recipe.push(format!("{compose} exec -T {service} {load} < \"$(FILE)\""));
            }
            let explained = format!("Load FILE into {service} of ENVIRONMENT, over what it stores");
            self.target(&format!("restore-{service}"), "", &explained, &recipe);
        }
    }

    fn finish(self) -> String {
        format!("{}.PHONY: {}\n", self.text, self.targets.join(" "))
    }
}
