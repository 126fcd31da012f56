//! What can be wrong with a stack, its templates, its secrets and `stackgen.toml`: one list of codes, each with its page.
//!
//! The rules of the linter have codes of their own.

use compose_reader::diagnostic::{Diagnostic, Severity};
use compose_reader::source::Span;

/// Declares [`Fault`], the list of all and what each is called.
macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $code:literal $name:literal,)*) => {
        /// One fault. Its code is for life; its name may be that of a rule of the linter that says the same of any compose
        /// file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $($(#[$doc])* $fault,)*
        }

        /// Every fault, in the order of their codes.
        pub static FAULTS: &[Fault] = &[$(Fault::$fault),*];

        impl Fault {
            /// Its code, for life: `ST101`.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$fault => $code,)*
                }
            }

            /// The fault as a noun: `unknown-tier`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)*
                }
            }
        }
    };
}

faults! {
    /// A file is no YAML.
    InvalidYaml = "ST001" "invalid-yaml",
    /// A key stands twice in one mapping.
    DuplicateKey = "ST002" "duplicate-key",
    /// A stack has more than one YAML document.
    SeveralDocuments = "ST003" "several-documents",
    /// A stack holds nothing.
    EmptyStack = "ST004" "empty-stack",
    /// A value is of a type that its key does not take.
    WrongType = "ST005" "wrong-type",
    /// A value is of the right type, and its key does not take it.
    WrongValue = "ST006" "wrong-value",
    /// A key is not known at this place.
    UnknownKey = "ST007" "unknown-key",
    /// A key that is needed is not there.
    MissingKey = "ST008" "missing-key",
    /// A service has a key of Compose that the stack says in another way.
    ReplacedKey = "ST009" "replaced-key",
    /// Two things in the stack and its includes have one name.
    DefinedTwice = "ST010" "defined-twice",
    /// A file that is named is not there.
    MissingFile = "ST011" "missing-file",
    /// The name of a service is no name of a host.
    InvalidHostName = "ST012" "invalid-host-name",
    /// A layer says one thing twice, in two ways.
    RivalKeys = "ST013" "rival-keys",
    /// A tier is named that the stack does not define.
    UnknownTier = "ST101" "unknown-tier",
    /// An environment is named that the stack does not have.
    UnknownEnvironment = "ST102" "unknown-environment",
    /// A service is named that the stack does not have.
    UnknownService = "ST103" "unknown-service",
    /// A template is named that does not exist.
    UnknownTemplate = "ST104" "unknown-template",
    /// A template knows nothing of the version behind its `@`, or needs it and the image does not say it.
    UnknownVersion = "ST105" "unknown-version",
    /// An endpoint is named that the service does not have.
    UnknownEndpoint = "ST106" "unknown-endpoint",
    /// A parameter is given that the template does not have.
    UnknownParameter = "ST107" "unknown-parameter",
    /// A reference asks for something that the service does not offer.
    UnknownField = "ST108" "unknown-field",
    /// Nothing is known of how to probe the service from inside its image.
    UnknownProbe = "ST109" "unknown-probe",
    /// A reference `${{ … }}` cannot be read.
    InvalidReference = "ST110" "invalid-reference",
    /// The expressions of a template cannot be evaluated with these parameters.
    TemplateFailure = "ST111" "template-failure",
    /// A `$` begins no variable that Compose knows.
    InvalidVariable = "ST112" "invalid-variable",
    /// A service needs another one that is switched off everywhere.
    DisabledService = "ST113" "disabled-service",
    /// A service needs another one that is not part of the environment.
    LeftOutService = "ST114" "left-out-service",
    /// A managed service does not say what a reference asks of it.
    IncompleteExternal = "ST115" "incomplete-external",
    /// A file that is rendered would hold a variable.
    VariableInFile = "ST116" "variable-in-file",
    /// An environment says something of a volume or network that it does not use.
    UnknownResource = "ST117" "unknown-resource",
    /// Two environments have one compose file or one project.
    EnvironmentCollision = "ST118" "environment-collision",
    /// Nothing says what a service runs.
    MissingImage = "ST201" "missing-image",
    /// A service gives parameters, and uses no template.
    MissingTemplate = "ST202" "missing-template",
    /// A template needs a parameter that is not given.
    MissingParameter = "ST203" "missing-parameter",
    /// A parameter is of a kind or form that the template does not take.
    WrongParameter = "ST204" "wrong-parameter",
    /// A template refuses this combination of parameters.
    RefusedByTemplate = "ST205" "refused-by-template",
    /// A file in `templates/` is no template.
    InvalidTemplate = "ST206" "invalid-template",
    /// A service runs an image that is gone, has moved, or gets no fixes any more.
    WithdrawnImage = "ST207" "withdrawn-image",
    /// Two routes of a gateway are one.
    RouteClash = "ST208" "route-clash",
    /// Two databases keep their data on one volume.
    SharedDataVolume = "ST209" "shared-data-volume",
    /// Exporters are to be added, and nothing scrapes them.
    MissingScraper = "ST210" "missing-scraper",
    /// Services wait for each other in a circle.
    DependencyCycle = "ST301" "dependency-cycle",
    /// A service waits for the end of one that does not end.
    EndlessWait = "ST302" "endless-wait",
    /// A service waits until another one is ready, and nothing says how to see that.
    MissingProbe = "ST303" "missing-probe",
    /// A service is to be reached, published, probed or scraped, and listens nowhere.
    MissingEndpoint = "ST401" "missing-endpoint",
    /// A public address is asked for, and the service publishes no port there, or the environment has no public host.
    UnpublishedEndpoint = "ST402" "unpublished-endpoint",
    /// Two services publish one port of the host.
    PortCollision = "ST403" "port-collision",
    /// A host port lies outside the range of its tier.
    PortOutOfRange = "ST404" "port-out-of-range",
    /// A host port is reserved.
    ReservedPort = "ST405" "reserved-port",
    /// A web page is published on a port that browsers refuse to open.
    BlockedPort = "ST406" "blocked-port",
    /// `listen` moves a port that the template has fixed.
    FixedPort = "ST407" "fixed-port",
    /// A service with several replicas publishes one host port.
    ReplicasWithFixedPort = "ST408" "replicas-with-fixed-port",
    /// A pool has fewer ports than the service has replicas.
    PoolTooSmall = "ST409" "pool-too-small",
    /// Ports of two instances of the stack meet.
    InstanceCollision = "ST410" "instance-collision",
    /// A later instance of the stack would leave the ports that there are.
    InstanceOutOfRange = "ST411" "instance-out-of-range",
    /// A host port is left to the tier, which has no range.
    MissingRange = "ST412" "missing-range",
    /// All host ports of a tier are taken.
    RangeFull = "ST413" "range-full",
    /// `stack.lock` holds a port that the service cannot have any more.
    LockContradiction = "ST414" "lock-contradiction",
    /// `stack.lock` is not as stackgen writes it.
    InvalidLock = "ST415" "invalid-lock",
    /// A container has a name, and the service may have several.
    ContainerNameWithReplicas = "ST416" "container-name-with-replicas",
    /// Nothing of an environment is published, which is for services outside of it.
    UnreachableEnvironment = "ST417" "unreachable-environment",
    /// A secret has no source in an environment.
    MissingSource = "ST501" "missing-source",
    /// A secret from a variable is used by a service with a read-only file system.
    ReadOnlySecret = "ST502" "read-only-secret",
    /// The file of a secret is not there, or is no file.
    MissingSecret = "ST503" "missing-secret",
    /// The file of a secret is empty.
    EmptySecret = "ST504" "empty-secret",
    /// A secret is short, a placeholder, or what development uses.
    WeakSecret = "ST505" "weak-secret",
    /// Every user of the machine can read the file of a secret.
    OpenSecret = "ST506" "open-secret",
    /// `.env` and the file of a secret hold different values.
    DifferentSecret = "ST507" "different-secret",
    /// A secret is in git.
    CommittedSecret = "ST508" "committed-secret",
    /// git does not ignore the file of a secret.
    UnignoredSecret = "ST509" "unignored-secret",
    /// `.env` does not set a variable that the stack asks for.
    MissingVariable = "ST510" "missing-variable",
    /// A variable that must have a value is empty.
    EmptyVariable = "ST511" "empty-variable",
    /// A variable still holds what `.env.example` has in its place.
    Placeholder = "ST512" "placeholder",
    /// `.env` sets a variable that nothing asks for.
    UnusedVariable = "ST513" "unused-variable",
    /// The user of a service cannot read the file of a secret.
    UnreadableSecret = "ST516" "unreadable-secret",
    /// The mode or group of a secret that Docker does not write.
    IneffectiveMode = "ST517" "ineffective-mode",
    /// A value of `.env` breaks the URL that it stands in.
    BrokenUrl = "ST518" "broken-url",
    /// A rendered file was changed by hand.
    EditedFile = "ST601" "edited-file",
    /// A file that was not made by stackgen stands where one would be rendered.
    ForeignFile = "ST602" "foreign-file",
    /// A service runs a module that is not among its sources.
    MissingModule = "ST701" "missing-module",
    /// A service is started by a program that nothing installs.
    MissingRunner = "ST702" "missing-runner",
    /// A Dockerfile copies what its context does not hold.
    MissingCopy = "ST703" "missing-copy",
    /// Production builds a stage for development.
    DevelopmentStage = "ST704" "development-stage",
    /// Packages are installed for root alone, and another user runs the program.
    PackagesOfRoot = "ST705" "packages-of-root",
    /// A variable that belongs into the build is given to the container.
    LateVariable = "ST706" "late-variable",
    /// What a service mounts is not there.
    MissingMount = "ST707" "missing-mount",
    /// `stackgen.toml` is no TOML.
    InvalidToml = "ST901" "invalid-toml",
    /// `stackgen.toml` names a rule that does not exist.
    UnknownRule = "ST902" "unknown-rule",
    /// A rule in `stackgen.toml` has no level.
    MissingLevel = "ST903" "missing-level",
    /// An override in `stackgen.toml` lacks what it is about.
    IncompleteOverride = "ST904" "incomplete-override",
    /// A setting of `stackgen.toml` is none of the words that it takes.
    UnknownWord = "ST905" "unknown-word",
    /// A pattern in `stackgen.toml` cannot be read.
    WrongPattern = "ST906" "wrong-pattern",
    /// A project of `stackgen.toml` names no file.
    IncompleteProject = "ST907" "incomplete-project",
}

/// The pages, each below a heading of its code and name.
const PAGES: &str = include_str!("pages.md");

impl Fault {
    /// A diagnostic of this fault: an error, unless it is said otherwise.
    pub fn at(self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code(), self.name(), Severity::Error, span, message)
    }

    /// Its page, in Markdown: what is wrong, why it matters, what to write.
    pub fn page(self) -> &'static str {
        let heading = format!("# {} {}\n", self.code(), self.name());
        let (_, page) = PAGES.split_once(&heading).unwrap_or_default();
        page.split("\n# ").next().unwrap_or_default().trim()
    }

    /// What is wrong, in one line.
    pub fn summary(self) -> &'static str {
        self.page().lines().next().unwrap_or_default()
    }
}

/// The fault with a code or a name, in any case.
pub fn find(word: &str) -> Option<Fault> {
    let is_it =
        |fault: &&Fault| fault.code().eq_ignore_ascii_case(word) || fault.name().eq_ignore_ascii_case(word);
    FAULTS.iter().find(is_it).copied()
}

#[cfg(test)]
mod tests {
    use super::{FAULTS, PAGES};

    #[test]
    fn every_fault_has_a_page_and_every_page_a_fault() {
        let headings: Vec<&str> = PAGES.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let faults: Vec<String> =
            FAULTS.iter().map(|fault| format!("{} {}", fault.code(), fault.name())).collect();
        assert_eq!(headings, faults);
        assert!(FAULTS.is_sorted_by_key(|fault| fault.code()));
        for fault in FAULTS {
            assert!(fault.summary().ends_with('.'), "{}", fault.name());
            assert!(fault.page().contains("\n## What to write\n"), "{}", fault.name());
        }
    }
}
