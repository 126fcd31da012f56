//! A repository has git run no program, and no argument reaches git as an option.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Repository, ended, said};
use crate::common::stackgen;

const COMPOSE: &str = "services:\n  web:\n    image: nginx:1.29\n    ports: [\"8080:80\", \"8080:81\"]\n";
const STACK: &str = "name: shop\ntiers: { data: {} }\nservices:\n  redis: { tier: data, use: redis@7 }\n";

fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).args([
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "commit.gpgsign=false",
    ]);
    let output = command.args(arguments).output().expect("git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a commit, whose settings name a program for everything that git may run.
fn armed() -> Repository {
    let repository = Repository::new(&[
        ("compose.yaml", COMPOSE),
        ("stack.yaml", STACK),
        (".gitignore", "ignored.yml\n"),
        ("ignored.yml", COMPOSE),
    ]);
    let folder = repository.inside.clone();
    fs::remove_dir(folder.join(".git")).expect("remove");
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "compose.yaml", "stack.yaml"]);
    git(&folder, &["commit", "--quiet", "--message", "first"]);
    let program = folder.join("program");
    fs::write(&program, "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\ncat\n").expect("program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("mode");
    let program = program.display();
    let mut config = fs::read_to_string(folder.join(".git/config")).expect("config");
    config.push_str(&format!(
        "[core]\n\tfsmonitor = {program}\n\tpager = {program}\n\thooksPath = {0}\n\tsshCommand = {program}\n\
         [filter \"x\"]\n\tclean = {program}\n\tsmudge = {program}\n\tprocess = {program}\n\
         [diff]\n\texternal = {program}\n[diff \"x\"]\n\ttextconv = {program}\n\
         [alias]\n\trev-parse = !{program}\n\tcat-file = !{program}\n\tls-files = !{program}\n",
        folder.display()
    ));
    fs::write(folder.join(".git/config"), config).expect("config");
    fs::write(folder.join(".gitattributes"), "* filter=x diff=x\n").expect("attributes");
    fs::copy(folder.join("program"), folder.join("post-index-change")).expect("hook");
    fs::write(folder.join("compose.yaml"), format!("{COMPOSE}# changed\n")).expect("file");
    repository
}

#[test]
fn a_repository_has_git_run_nothing() {
    let repository = armed();
    for arguments in [
        &["lint"][..],
        &["lint", "--changed"],
        &["lint", "--changed=HEAD"],
        &["secrets", "check"],
        &["secrets", "init"],
        &["secrets", "check"],
    ] {
        let output = repository.run(arguments);
        assert!(!repository.inside.join("ran").exists(), "{arguments:?}: {}", said(&output));
    }
    let changed = said(&repository.run(&["lint", "--changed"]));
    assert!(changed.contains("compose.yaml:4:"), "what has changed is seen all the same: {changed}");
    git(&repository.inside, &["-c", "core.fsmonitor=false", "config", "--remove-section", "filter.x"]);
}

#[test]
fn what_has_not_changed_is_left_out() {
    let repository = armed();
    fs::write(repository.inside.join("compose.yaml"), COMPOSE.replace('\n', "\r\n")).expect("file");
    let changed = said(&repository.run(&["lint", "--changed"]));
    assert!(!changed.contains("compose.yaml:4:"), "line ends are git's: {changed}");
}

#[test]
fn a_revision_is_never_an_option() {
    let repository = armed();
    for revision in ["--output=owned", "--upload-pack=./program", "-O./program", "--", "--help"] {
        let output = repository.run(&["lint", &format!("--changed={revision}")]);
        assert_eq!(output.status.code(), Some(2), "{revision}: {}", said(&output));
        assert!(!repository.inside.join("owned").exists() && !repository.inside.join("ran").exists());
    }
}

#[test]
fn a_bare_repository_that_is_committed_is_none() {
    let repository = Repository::new(&[("compose.yaml", COMPOSE)]);
    let bare = repository.inside.join("bare");
    git(&repository.inside, &["init", "--quiet", "--bare", "bare"]);
    fs::write(bare.join("program"), "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\n").expect("program");
    fs::set_permissions(bare.join("program"), fs::Permissions::from_mode(0o755)).expect("mode");
    let config =
        format!("[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = {}/program\n", bare.display());
    fs::write(bare.join("config"), config).expect("config");
    fs::write(bare.join("stack.yaml"), STACK).expect("stack");
    fs::write(bare.join("compose.yaml"), COMPOSE).expect("file");
    for arguments in [&["secrets", "init"][..], &["secrets", "check"], &["lint", "--changed"]] {
        let output = ended(&mut stackgen(&bare, arguments));
        assert!(!bare.join("ran").exists(), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn variables_of_git_are_not_handed_on() {
    let repository = armed();
    let program = repository.inside.join("program");
    let mut command = stackgen(&repository.inside, &["lint", "--changed"]);
    for name in ["GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_SSH_COMMAND", "GIT_ASKPASS"] {
        command.env(name, &program);
    }
    command.env("GIT_DIR", "/nowhere").env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "core.fsmonitor");
    let output = ended(
        command.env("GIT_CONFIG_VALUE_0", &program).env("PATH", std::env::var_os("PATH").expect("PATH")),
    );
    assert!(!repository.inside.join("ran").exists());
    assert!(said(&output).contains("compose.yaml:4:"), "{}", said(&output));
}
