//! What stands in a Dockerfile, stage by stage, as it is written: nothing is replaced, and no stage is wanted.

use parse_dockerfile::{Command, Flag, Instruction, Source};

use super::variables::{unquoted, words};

/// The stages of a Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The stages, in order.
    pub stages: Vec<OutlineStage>,
    /// The names that `ARG` declares, in any stage and before the first.
    pub arguments: Vec<String>,
}

/// A stage of a Dockerfile.
#[derive(Clone, Debug)]
pub struct OutlineStage {
    /// The image that it begins with.
    pub image: String,
    /// Its name.
    pub name: Option<String>,
    /// What is done in it, in order.
    pub steps: Vec<OutlineStep>,
}

/// An instruction of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutlineStep {
    /// `RUN`, with its script.
    Run(String),
    /// `USER`, with the name.
    User(String),
    /// `COPY` or `ADD`, with the paths of the build's context, and the word.
    Copy(&'static str, Vec<String>),
    /// What the container starts, of `CMD` or `ENTRYPOINT`.
    Start(String),
    /// Anything else, as it is written.
    Other(String),
}

impl Outline {
    /// Reads a Dockerfile; nothing where it is none.
    ///
    /// ```
    /// use compose_reader::dockerfile::Outline;
    ///
    /// let outline = Outline::of("FROM node:22 AS assets\nFROM alpine\nARG A B=1\nCOPY . /srv\n").expect("a Dockerfile");
    /// assert_eq!(outline.stages[0].name.as_deref(), Some("assets"));
    /// assert_eq!(outline.arguments, ["A", "B"]);
    /// ```
    pub fn of(text: &str) -> Option<Self> {
        let parsed = parse_dockerfile::parse(text).ok()?;
        let mut outline = Self::default();
        for instruction in &parsed.instructions {
            let step = match instruction {
                Instruction::From(from) => {
                    outline.stages.push(OutlineStage {
                        image: unquoted(&from.image.value).to_owned(),
                        name: from.as_.as_ref().map(|(_, name)| name.value.to_string()),
                        steps: Vec::new(),
                    });
                    continue;
                }
                Instruction::Arg(arg) => {
                    let names = words(&arg.arguments.value).into_iter();
                    let names = names.filter_map(|word| word.split('=').next().map(str::to_owned));
                    outline.arguments.extend(names);
                    OutlineStep::Other(arg.arguments.value.to_string())
                }
                Instruction::Run(run) => {
                    let documents = run.here_docs.iter().map(|document| document.value.to_string());
                    let scripts: Vec<String> =
                        std::iter::once(script(&run.arguments)).chain(documents).collect();
                    OutlineStep::Run(scripts.join("\n"))
                }
                Instruction::User(user) => OutlineStep::User(unquoted(&user.arguments.value).to_owned()),
                Instruction::Copy(copy) => copied("COPY", &copy.options, &copy.src),
                Instruction::Add(add) => copied("ADD", &add.options, &add.src),
                Instruction::Cmd(cmd) => OutlineStep::Start(script(&cmd.arguments)),
                Instruction::Entrypoint(entrypoint) => OutlineStep::Start(script(&entrypoint.arguments)),
                Instruction::Env(env) => OutlineStep::Other(env.arguments.value.to_string()),
                Instruction::Label(label) => OutlineStep::Other(label.arguments.value.to_string()),
                Instruction::Workdir(workdir) => OutlineStep::Other(workdir.arguments.value.to_string()),
                _ => continue,
            };
            if let Some(stage) = outline.stages.last_mut() {
                stage.steps.push(step);
            }
        }
        Some(outline)
    }
}

/// What is copied; of another stage or image nothing is known.
fn copied(word: &'static str, options: &[Flag<'_>], sources: &[Source<'_>]) -> OutlineStep {
    let is_from = options.iter().any(|flag| flag.name.value == "from");
    let paths = sources.iter().filter(|_| !is_from).filter_map(|source| match source {
        Source::Path(path) => Some(path.value.to_string()),
        _ => None,
    });
    OutlineStep::Copy(word, paths.collect())
}

/// What a command runs, in one text.
pub(super) fn script(command: &Command<'_>) -> String {
    match command {
        Command::Shell(script) => script.value.to_owned(),
        Command::Exec(words) => words.value.iter().map(|word| &*word.value).collect::<Vec<_>>().join(" "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Outline, OutlineStep};

    #[test]
    fn instructions_are_told_apart() {
        let text = "ARG V=1\nFROM a:$V AS one\nUSER app\nCOPY --from=x /a /b\nADD --chown=a \\\n  # why\n  x y /srv/\n\
                    RUN <<EOF\npip install --user x\nEOF\nCOPY [\"p q\", \"/\"]\nENTRYPOINT [\"run\", \"it\"]\nfrom one\nLABEL a=b\n";
        let outline = Outline::of(text).expect("a Dockerfile");
        assert_eq!(outline.arguments, ["V"]);
        let [first, second] = &outline.stages[..] else { panic!("{outline:?}") };
        assert_eq!((&*first.image, first.name.as_deref()), ("a:$V", Some("one")));
        assert_eq!((&*second.image, second.name.as_deref()), ("one", None));
        let copy = |word, paths: &[&str]| {
            OutlineStep::Copy(word, paths.iter().map(|path| (*path).to_owned()).collect())
        };
        let [user, from, add, run, list, start] = &first.steps[..] else { panic!("{first:?}") };
        assert_eq!(*user, OutlineStep::User("app".to_owned()));
        assert_eq!([from, add], [&copy("COPY", &[]), &copy("ADD", &["x", "y"])]);
        assert!(matches!(run, OutlineStep::Run(script) if script.contains("pip install --user x")));
        assert_eq!(*list, copy("COPY", &["p q"]));
        assert_eq!(*start, OutlineStep::Start("run it".to_owned()));
        assert_eq!(second.steps, [OutlineStep::Other("a=b".to_owned())]);
        assert!(Outline::of("RUN a\nFRO b\n").is_none());
    }
}
