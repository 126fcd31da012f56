//! `Makefile`: what people do with a stack day by day, a target each.

use std::fmt::Write;

use indexmap::IndexMap;

use super::{OutputFile, header};
use crate::plan::{ATTACH_PROJECT, Mode, Plan, Planned, PlannedBackup, PlannedProcess, SavedVolume};
use crate::quote::{recipe_word, recipe_words};

/// The path of the file.
pub const MAKEFILE: &str = "Makefile";

/// The file, unless the stack does without. That of the first instance serves them all.
pub(super) fn file(planned: &Planned) -> Option<OutputFile> {
    let plans = &planned.plans;
    let first = plans.first().filter(|plan| planned.makefile && plan.instance == 1)?;
    let title = [format!("{MAKEFILE}: what people do with {}. `make` lists it.", first.stack), String::new()];
    let mut makefile = Makefile { planned, text: String::new(), targets: Vec::new() };
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

/// A line that stops a restore without a backup.
const GIVEN: &str = "@test -f \"$(FILE)\" || { echo 'FILE=backups/... says which backup' >&2; exit 2; }";

/// What stands behind the stack's name in that of an environment's project; none for one with a name of its own.
fn behind_the_stack(plan: &Plan) -> Option<&str> {
    plan.project.strip_prefix(&plan.stack)?.strip_prefix('-')
}

/// Whether something of an environment is saved.
fn is_saved(plan: &Plan) -> bool {
    !plan.backups.is_empty() || !plan.saved_volumes.is_empty()
}

/// A command that notes TAG as the release that is up, unless it is.
fn noted(name: &str) -> String {
    let file = format!("$(call releases,{name})");
    format!(
        "mkdir -p releases && {{ test \"$$(tail -n 1 {file} 2>/dev/null)\" = \"$(TAG)\" || echo \"$(TAG)\" >> {file}; }}"
    )
}

struct Makefile<'p> {
    planned: &'p Planned,
    text: String,
    targets: Vec<String>,
}

impl Makefile<'_> {
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

    /// What stands behind the names of files and projects of a further instance.
    fn instance(&self) -> &'static str {
        if self.planned.has_instances { "$(instance)" } else { "" }
    }

    /// A verb of stackgen with an environment of the instance that is meant.
    fn verb(&self, verb: &str, environment: &str) -> String {
        let instance =
            if self.planned.has_instances { "$(if $(instance), --instance $(INSTANCE))" } else { "" };
        format!("$(STACKGEN) {verb} {environment}{instance}")
    }

    fn variables(&mut self, plans: &[Plan], first: &Plan) {
        self.text.push_str("STACKGEN ?= stackgen\nDOCKER_COMPOSE ?= docker compose\n");
        let saved = plans.iter().filter(|plan| is_saved(plan)).count();
        let users = match saved {
            0 => "`smoke` and `health-check`",
            1 => "`smoke`, `health-check`, `backup` and the restores",
            _ => "`smoke` and `health-check`; `backup` and the restores want it named",
        };
        let _ = writeln!(self.text, "# The environment of {users}.");
        let _ = writeln!(self.text, "ENVIRONMENT = {}", first.environment);
        self.text.push_str("# One service or several, for the logs and the like.\nSERVICE =\n");
        if let Some(attached) = plans.iter().find_map(|plan| plan.attach.as_ref()) {
            let plan = plans.iter().find(|plan| plan.environment == *attached);
            let attached = plan.and_then(behind_the_stack).unwrap_or(attached);
            self.text.push_str("# The environment that runs beside observability.\n");
            let _ = writeln!(self.text, "ATTACH = {attached}");
        }
        if let Some(keep) = self.planned.keep {
            let _ = writeln!(self.text, "# How many backups of each are kept.\nKEEP = {keep}");
        }
        if self.planned.has_instances {
            self.text.push_str("# Which instance.\nINSTANCE = 1\ninstance = $(if $(filter-out 1,$(INSTANCE)),-$(INSTANCE))\n");
        }
        self.text.push('\n');
        // Where an environment has names of its own.
        let instance = self.instance();
        let mut compose = format!("docker-compose.$(1){instance}.yml");
        for plan in
            plans.iter().filter(|plan| plan.file != format!("docker-compose.{}.yml", plan.environment))
        {
            let (stem, ending) = plan.file.rsplit_once('.').unwrap_or((&plan.file, "yml"));
            let file = format!("{}{instance}.{ending}", recipe_word(stem));
            let _ = writeln!(self.text, "file-{} = {file}", plan.environment);
            compose = format!("$(or $(file-$(1)),docker-compose.$(1){instance}.yml)");
        }
        for plan in plans.iter().filter(|plan| behind_the_stack(plan).is_none()) {
            let _ = writeln!(self.text, "project-{} = {}{instance}", plan.environment, plan.project);
        }
        let mut release = "";
        if self.planned.has_registry {
            // The tag of `make prod-up TAG=1.4` holds until another one is named.
            self.text.push_str("# The release that is up, of those that have been, the last one last.\n");
            self.text.push_str("releases = releases/$(1)\n");
            self.text.push_str("tag = $(or $(TAG),$(shell tail -n 1 $(releases) 2>/dev/null))\n");
            self.text.push_str("release = $(if $(tag),TAG=$(tag) )\n");
            release = "$(release)";
        }
        let _ = writeln!(self.text, "compose = {release}$(DOCKER_COMPOSE) -f {compose}");
        if saved > 1 {
            self.text
                .push_str("# What may be lost or overwritten is in no environment that nobody has named.\n");
            self.text.push_str(
                "named = $(if $(findstring command,$(origin ENVIRONMENT)),,$(error say which: make $@ ENVIRONMENT=production))\n",
            );
        }
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
        if let Some(first) = plans.first().filter(|_| self.planned.has_instances) {
            let recipe = [format!("$(DOCKER_COMPOSE) ls --filter name={}", first.stack)];
            self.target("instances", "", "List the instances that run", &recipe);
        }
        let release = if self.planned.has_registry { "$(call release,$(ENVIRONMENT))" } else { "" };
        let smoke = [format!("{release}{}", self.verb("smoke", "$(ENVIRONMENT)"))];
        self.target("smoke", "", "Start ENVIRONMENT and ask everything in it whether it works", &smoke);
        let running = [self.verb("smoke --running", "$(ENVIRONMENT)")];
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
            let usual = format!("{}-$(ATTACH){}", plan.stack, self.instance());
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
        let mut up = Vec::new();
        if self.planned.has_instances {
            up.push(format!("$(if $(instance),$(STACKGEN) render {name} --instance $(INSTANCE))"));
        }
        up.push(format!("{compose} up --detach --wait{build}"));
        let released = builds && plan.mode == Mode::Production && self.planned.has_registry;
        up.extend(released.then(|| format!("$(if $(TAG),@{})", noted(name))));
        self.target(&format!("{prefix}-up"), "", &explained, &up);
        let explained = format!("Stop {name}; its volumes stay");
        self.target(&format!("{prefix}-down"), "", &explained, &one(format!("{compose} down")));
        if is_daily {
            for (name, same) in [("start", "up"), ("stop", "down")] {
                let (name, same) = (format!("{prefix}-{name}"), format!("{prefix}-{same}"));
                self.target(&name, &same, &format!("The same as {same}"), &[]);
            }
        }
        let explained = format!("What runs of {name}");
        let status = one(self.verb("status", name));
        self.target(&format!("{prefix}-status"), "", &explained, &status);
        let explained = format!("Follow the logs of {name}, or of SERVICE");
        let logs = one(format!("{compose} logs --follow --tail 100 $(SERVICE)"));
        self.target(&format!("{prefix}-logs"), "", &explained, &logs);
        if plan.mode == Mode::Production && plan.attach.is_none() {
            let explained = format!("Start the containers of {name} anew, or those of SERVICE");
            let restart = one(format!("{compose} restart $(SERVICE)"));
            self.target(&format!("{prefix}-restart"), "", &explained, &restart);
            if builds {
                self.releases(name, &prefix, &compose);
            }
        }
    }

    /// What brings a new release of the images that are built, and the one before.
    fn releases(&mut self, name: &str, prefix: &str, compose: &str) {
        let service = "@test -n \"$(SERVICE)\" || { echo 'SERVICE=... says which' >&2; exit 2; }";
        let explained = format!("Bring SERVICE of {name} up to date, and leave the others alone");
        let up = format!("{compose} up --detach --wait --no-deps");
        if !self.planned.has_registry {
            let recipe = [service.to_owned(), format!("{up} --build $(SERVICE)")];
            self.target(&format!("{prefix}-update"), "", &explained, &recipe);
            return;
        }
        let tag = "@test -n \"$(TAG)\" || { echo 'TAG=... says which release' >&2; exit 2; }";
        let push = [tag.to_owned(), format!("{compose} build"), format!("{compose} push")];
        let explained_push = format!("Build the images of {name} as release TAG, and push them");
        self.target(&format!("{prefix}-push"), "", &explained_push, &push);
        let pull = [format!("{compose} pull $(SERVICE)")];
        self.target(
            &format!("{prefix}-pull"),
            "",
            &format!("Pull the images of {name}, or of SERVICE"),
            &pull,
        );
        let recipe = [
            service.to_owned(),
            format!("{compose} pull $(SERVICE)"),
            format!("{up} $(SERVICE)"),
            format!("$(if $(TAG),@{})", noted(name)),
        ];
        self.target(&format!("{prefix}-update"), "", &format!("{explained}: to release TAG"), &recipe);
        let releases = format!("$(call releases,{name})");
        let before = format!("$$(tail -n 2 {releases} 2>/dev/null | head -n 1)");
        let rollback = [
            format!(
                "@test \"$$(cat {releases} 2>/dev/null | wc -l)\" -gt 1 || {{ echo 'no release was up before' >&2; exit 2; }}"
            ),
            format!("@$(MAKE) --no-print-directory {prefix}-up TAG=\"{before}\""),
        ];
        let explained = format!("Start the release of {name} that was up before");
        self.target(&format!("{prefix}-rollback"), "", &explained, &rollback);
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
                let verb = self.verb(&format!("env {name} --environment"), environment);
                let variables = format!("$$({verb})");
                let command = recipe_words(&process.command);
                let folder = recipe_word(&process.folder);
                let recipe = format!("eval \"{variables}\" && cd {folder} && exec {command}");
                self.target(&format!("run-{name}"), "", "", &[recipe]);
            }
        }
    }

    /// Saving and loading what databases store, each by its own tool, and volumes whole.
    fn backups(&mut self, plans: &[Plan]) {
        let mut backups: IndexMap<&str, &PlannedBackup> = IndexMap::new();
        for backup in plans.iter().flat_map(|plan| &plan.backups) {
            backups.entry(&backup.service).or_insert(backup);
        }
        let mut volumes: IndexMap<&str, &SavedVolume> = IndexMap::new();
        for saved in plans.iter().flat_map(|plan| &plan.saved_volumes) {
            volumes.entry(&saved.volume).or_insert(saved);
        }
        let several = plans.iter().filter(|plan| is_saved(plan)).count();
        if several == 0 {
            return;
        }
        for plan in plans.iter().filter(|plan| is_saved(plan)) {
            let services = plan.backups.iter().map(|backup| backup.service.clone());
            let whole = plan.saved_volumes.iter().map(|saved| format!("volume-{}", saved.volume));
            let all: Vec<String> = services.chain(whole).map(|name| format!("backup-{name}")).collect();
            let _ = writeln!(self.text, "saved-{} = {}", plan.environment, all.join(" "));
        }
        self.text.push('\n');
        let guard = (several > 1).then(|| "$(named)".to_owned());
        let nothing = "@test -n \"$(saved-$(ENVIRONMENT))\" || { echo 'nothing of $(ENVIRONMENT) is saved' >&2; exit 2; }";
        let recipe: Vec<String> = guard.clone().into_iter().chain([nothing.to_owned()]).collect();
        let explained = "Save what ENVIRONMENT stores, to backups/";
        self.target("backup", "$(saved-$(ENVIRONMENT))", explained, &recipe);
        let compose = "$(call compose,$(ENVIRONMENT))";
        for (service, backup) in backups {
            let save = format!("{compose} exec -T {service} {}", recipe_words(&backup.save));
            self.saving(service, &backup.ending, &save, guard.clone());
            let load = recipe_words(&backup.load);
            let mut recipe: Vec<String> = guard.clone().into_iter().chain([GIVEN.to_owned()]).collect();
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
        for (volume, SavedVolume { service, target, .. }) in volumes {
            let name = format!("volume-{volume}");
            let from = recipe_word(&format!("{service}:{target}/."));
            self.saving(&name, "tar", &format!("{compose} cp {from} -"), guard.clone());
            let recipe = guard.clone().into_iter().chain([
                GIVEN.to_owned(),
                format!("{compose} stop {service}"),
                format!(
                    "{compose} cp --archive - {} < \"$(FILE)\"",
                    recipe_word(&format!("{service}:{target}"))
                ),
                format!("{compose} up --detach --wait --no-deps {service}"),
            ]);
            let explained =
                format!("Load FILE into the volume {volume} of ENVIRONMENT, over what lies there");
            self.target(&format!("restore-{name}"), "", &explained, &recipe.collect::<Vec<_>>());
        }
    }

    /// A target that keeps what a command prints.
    fn saving(&mut self, name: &str, ending: &str, save: &str, guard: Option<String>) {
        let folder = format!("backups/$(ENVIRONMENT){}", self.instance());
        let file = format!("{folder}/{name}-$$(date +%Y%m%d-%H%M%S).{ending}");
        // One that stops half way leaves no file that looks like a backup.
        let mut line = format!(
            "@umask 077 && mkdir -p {folder} && echo '*' > backups/.gitignore && file=\"{file}\" && {{ {save} \
             > \"$$file.part\" || {{ rm -f \"$$file.part\"; exit 1; }}; }} && mv \"$$file.part\" \"$$file\" && echo \"$$file\""
        );
        if self.planned.keep.is_some() {
            let dated = format!("{}-{}", "[0-9]".repeat(8), "[0-9]".repeat(6));
            let _ = write!(
                line,
                " && ls -r {folder}/{name}-{dated}.{ending} | tail -n +$$(($(KEEP) + 1)) | while read -r old; do rm -f \"$$old\"; done"
            );
        }
        let recipe: Vec<String> = guard.into_iter().chain([line]).collect();
        self.target(&format!("backup-{name}"), "", "", &recipe);
    }

    fn finish(self) -> String {
        format!("{}.PHONY: {}\n", self.text, self.targets.join(" "))
    }
}
