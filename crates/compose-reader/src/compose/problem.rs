//! What Docker Compose refuses in a project, or warns of.

use std::fmt::Display;

use crate::diagnostic::Label;
use crate::source::Span;
use crate::yaml::Duplicate;

/// The kinds of problem; each is a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The text is not YAML, or no compose file.
    InvalidYaml,
    /// More than the budget of a project suffices for.
    Oversized,
    /// A key that the specification lacks.
    UnknownKey,
    /// A value of another type than its key takes.
    WrongType,
    /// A value of the right type that its key does not take.
    InvalidValue,
    /// A `${` that begins no variable.
    InterpolationSyntax,
    /// A variable that must be set and is not.
    MissingVariable,
    /// A variable without default that is not set.
    UnsetVariable,
    /// A file that is named and not there.
    MissingFile,
    /// A service that extends itself.
    ExtendsCycle,
    /// A file that includes itself.
    IncludeCycle,
    /// Two definitions that cannot be merged.
    MergeConflict,
    /// A network, volume, secret, config, model or service that is used and not declared.
    UndefinedReference,
    /// A service in `depends_on` that is not there.
    UnknownDependency,
    /// Services that wait for each other.
    DependencyCycle,
    /// A service with neither image nor build.
    MissingImage,
    /// Keys that exclude each other.
    ExclusiveKeys,
    /// Two mounts of a service on one path.
    MountCollision,
    /// Two services with one container name.
    ContainerNameCollision,
    /// A container name for several containers.
    ContainerNameWithReplicas,
    /// The top-level `version`.
    ObsoleteVersion,
    /// `yes`, `no`, `on` or `off` where a boolean is read.
    Yaml11Boolean,
}

impl Fault {
    /// The rule of the linter that says the same.
    pub fn rule(self) -> &'static str {
        match self {
            Self::InvalidYaml => "invalid-yaml",
            Self::Oversized => "oversized-project",
            Self::UnknownKey => "unknown-key",
            Self::WrongType => "wrong-type",
            Self::InvalidValue => "invalid-value",
            Self::InterpolationSyntax => "interpolation-syntax",
            Self::MissingVariable => "missing-variable",
            Self::UnsetVariable => "unset-variable",
            Self::MissingFile => "missing-file",
            Self::ExtendsCycle => "extends-cycle",
            Self::IncludeCycle => "include-cycle",
            Self::MergeConflict => "merge-conflict",
            Self::UndefinedReference => "undefined-reference",
            Self::UnknownDependency => "unknown-dependency",
            Self::DependencyCycle => "dependency-cycle",
            Self::MissingImage => "missing-image",
            Self::ExclusiveKeys => "exclusive-keys",
            Self::MountCollision => "mount-collision",
            Self::ContainerNameCollision => "container-name-collision",
            Self::ContainerNameWithReplicas => "container-name-with-replicas",
            Self::ObsoleteVersion => "obsolete-version",
            Self::Yaml11Boolean => "yaml11-boolean",
        }
    }

    /// Whether Compose only warns of it.
    pub fn is_warning(self) -> bool {
        matches!(self, Self::UnsetVariable | Self::ObsoleteVersion | Self::Yaml11Boolean)
    }
}

/// One thing that Compose refuses, or warns of, with its place.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind of thing.
    pub fault: Fault,
    /// Where.
    pub span: Span,
    /// The names of what it is about, as far as its message has them.
    pub names: Vec<String>,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The other places.
    pub related: Vec<Label>,
    /// Whether it stands where nothing like it can, so that nothing else is said of what is inside.
    pub(super) is_misplaced: bool,
}

impl Problem {
    /// A problem without help and other places.
    pub fn new(fault: Fault, span: Span, message: impl Into<String>) -> Self {
        let (message, names, related) = (message.into(), Vec::new(), Vec::new());
        Self { fault, span, names, message, help: None, related, is_misplaced: false }
    }

    /// Says what it is about, by name.
    pub(super) fn about(mut self, names: &[&dyn Display]) -> Self {
        self.names.extend(names.iter().map(ToString::to_string));
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    pub(super) fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Label { span, message: message.into() });
        self
    }
}

/// Whether Docker Compose refuses a project with such problems.
pub(super) fn is_refused(problems: &[Problem], duplicates: &[Duplicate]) -> bool {
    !duplicates.is_empty() || problems.iter().any(|problem| !problem.fault.is_warning())
}
