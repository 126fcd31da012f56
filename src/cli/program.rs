//! Other programs: run by lists of arguments, with nothing to read, and to a deadline.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What a program came to.
pub(super) struct Ended {
    /// How it ended; `None` if it was ended at its deadline.
    pub(super) status: Option<ExitStatus>,
    /// What it printed.
    pub(super) stdout: Vec<u8>,
    /// What it said.
    pub(super) stderr: Vec<u8>,
}

impl Ended {
    /// Whether it ended well.
    pub(super) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Whom a program tells how it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Whoever runs it.
    Kept,
    /// People, on standard error; what it prints is not kept either.
    Shown,
}

/// Runs a program, its name and its arguments, to its end or to its deadline.
///
/// # Errors
///
/// Why it cannot be run.
pub(super) fn run(words: &[&str], said: Said, deadline: Duration) -> io::Result<Ended> {
    let (name, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
    ended(Command::new(name).args(arguments), &[], said, deadline)
}

fn ended(command: &mut Command, input: &[u8], said: Said, deadline: Duration) -> io::Result<Ended> {
    let until = Instant::now() + deadline;
    match said {
        Said::Kept => command.stdout(Stdio::piped()).stderr(Stdio::piped()),
        Said::Shown => command.stdout(Stdio::null()).stderr(Stdio::inherit()),
    };
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // One that ends before it has read everything is told by its status.
        std::thread::spawn(move || stdin.write_all(&input));
    }
    let (stdout, stderr) = (child.stdout.take().map(reader), child.stderr.take().map(reader));
    let status = wait(&mut child, until)?;
    // What a program leaves running may hold its output open.
    let patience = || until.saturating_duration_since(Instant::now()).max(Duration::from_millis(200));
    let text = |reader: Option<mpsc::Receiver<Vec<u8>>>| {
        reader.and_then(|reader| reader.recv_timeout(patience()).ok()).unwrap_or_default()
    };
    Ok(Ended { status, stdout: text(stdout), stderr: text(stderr) })
}

fn reader(mut from: impl Read + Send + 'static) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a failure is what there is.
        let _ = from.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

/// Waits for the end; at the deadline, brings it about.
fn wait(child: &mut Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Settings by which a repository could have git run a program, fetch, or see files as other machines do not.
const HARMLESS: [&str; 8] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.excludesFile=/dev/null",
    "core.attributesFile=/dev/null",
    "core.quotePath=off",
    "core.sshCommand=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
];
/// How long git may take.
const PATIENCE_WITH_GIT: Duration = Duration::from_secs(60);

/// Asks git about the repository of a folder, with none of the power that a repository could take for itself. Only questions
/// are to be asked that compare no file of the working tree, as that is where filters run.
///
/// # Errors
///
/// Why it cannot be run.
pub(super) fn git(folder: &Path, arguments: &[&str], input: &[u8]) -> io::Result<Ended> {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    command
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("LC_ALL", "C");
    command.arg("--no-pager");
    for setting in HARMLESS {
        command.args(["-c", setting]);
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    command.arg("-C").arg(folder).args(arguments);
    ended(&mut command, input, Said::Kept, PATIENCE_WITH_GIT)
}

/// Asks by HTTP: runs curl with its settings, in the syntax of its configuration files, so that no token shows among the
/// machine's processes. What a user has set for curl elsewhere counts for nothing; proxies are found in the environment.
///
/// # Errors
///
/// Why it cannot be run.
pub(super) fn curl(settings: &str, deadline: Duration) -> io::Result<Ended> {
    let mut command = Command::new("curl");
    command.args(["--disable", "--config", "-"]);
    ended(&mut command, settings.as_bytes(), Said::Kept, deadline)
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Said, run};

    #[test]
    fn a_program_ends_at_its_deadline() {
        let start = Instant::now();
        let ended = run(&["sleep", "60"], Said::Kept, Duration::from_millis(50)).expect("runs");
        assert!(ended.status.is_none() && !ended.is_success());
        // What it has started holds its output open still.
        let line = "sleep 60 & echo said";
        let ended = run(&["sh", "-c", line], Said::Kept, Duration::from_millis(500)).expect("runs");
        assert!(ended.is_success());
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn what_a_program_says_is_kept_apart() {
        let ended = run(&["sh", "-c", "echo a; echo b >&2; exit 3"], Said::Kept, Duration::from_secs(60));
        let ended = ended.expect("runs");
        assert_eq!((&ended.stdout[..], &ended.stderr[..]), (&b"a\n"[..], &b"b\n"[..]));
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
    }
}
