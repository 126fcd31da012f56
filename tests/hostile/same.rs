//! Which files are seen depends on the repository alone.

use std::fs;
use std::process::Command;

use super::{ended, said};
use crate::common::{folder, stackgen};

const COMPOSE: &str = "services:\n  web:\n    image: nginx:1.29\n    ports: [\"80:80\", \"80:81\"]\n";

#[test]
fn settings_of_a_machine_hide_nothing() {
    let around = folder(&[
        (".ignore", "*.yml\n"),
        (".gitignore", "*.yml\n"),
        ("home/.config/git/ignore", "*.yml\n"),
        ("home/.gitconfig", "[core]\n\texcludesFile = ~/.config/git/ignore\n"),
        ("repository/a.yml", COMPOSE),
        ("repository/sub/b.yml", COMPOSE),
    ]);
    let repository = around.path().join("repository");
    assert!(Command::new("git").arg("init").arg("-q").arg(&repository).status().expect("git").success());
    fs::write(repository.join(".git/info/exclude"), "*.yml\n").expect("exclude");
    for here in [repository.clone(), repository.join("sub")] {
        let mut command = stackgen(&here, &["lint"]);
        let output = said(&ended(command.env("HOME", around.path().join("home"))));
        assert!(output.contains("b.yml:4"), "{output}");
        assert!(!output.contains("skipped"), "{output}");
    }
}

#[test]
fn patterns_of_the_repository_hold_from_its_root_on() {
    let around = folder(&[
        ("repository/.gitignore", "/sub/a.yml\nbuild/\n!keep.yml\n"),
        ("repository/sub/.gitignore", "keep.yml\n"),
        ("repository/sub/a.yml", COMPOSE),
        ("repository/sub/keep.yml", COMPOSE),
        ("repository/sub/build/c.yml", COMPOSE),
        ("repository/sub/seen.yml", COMPOSE),
        ("repository/.git/HEAD", ""),
    ]);
    for (here, prefix) in [("repository", "sub/"), ("repository/sub", "")] {
        let output = said(&ended(&mut stackgen(&around.path().join(here), &["lint"])));
        assert!(output.contains(&format!("{prefix}seen.yml:4")), "{output}");
        for hidden in ["a.yml:4", "keep.yml:4", "c.yml:4"] {
            assert!(!output.contains(hidden), "{hidden}: {output}");
        }
        assert!(output.contains("skipped: 3 that .gitignore names"), "{output}");
    }
}

#[test]
fn what_git_tracks_counts_even_if_a_pattern_names_it() {
    let repository = folder(&[("ignored/a.yml", COMPOSE), ("b.yml", COMPOSE), ("c.yml", COMPOSE)]);
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(repository.path()).args(arguments).status().expect("git");
        assert!(done.success());
    };
    git(&["init", "--quiet"]);
    git(&["add", "ignored/a.yml", "b.yml"]);
    fs::write(repository.path().join(".gitignore"), "ignored/\n*.yml\n").expect("patterns");
    let mut command = stackgen(repository.path(), &["lint"]);
    let output = said(&ended(command.env("PATH", std::env::var_os("PATH").expect("PATH"))));
    assert!(output.contains("ignored/a.yml:4") && output.contains("b.yml:4"), "{output}");
    assert!(!output.contains("c.yml"), "{output}");
}

#[test]
fn a_secret_that_only_this_machine_ignores_is_not_ignored() {
    let stack = "name: shop\ntiers: { data: {} }\nservices:\n  postgres: { tier: data, use: postgres@17, user: root }\n";
    let around = folder(&[
        ("home/.config/git/ignore", ".env\nsecrets/\n"),
        ("home/.gitconfig", "[core]\n\texcludesFile = ~/.config/git/ignore\n"),
        ("repository/stack.yaml", stack),
        ("repository/.env", "POSTGRES_PASSWORD=a-long-and-random-one\n"),
    ]);
    let repository = around.path().join("repository");
    assert!(Command::new("git").arg("init").arg("-q").arg(&repository).status().expect("git").success());
    fs::write(repository.join(".git/info/exclude"), ".env\n/secrets/\n").expect("exclude");
    let said_by = |arguments: &[&str]| {
        let mut command = stackgen(&repository, arguments);
        said(&ended(command.env("HOME", around.path().join("home"))))
    };
    let checked = said_by(&["secrets", "check"]);
    assert!(checked.contains("git does not ignore `.env`"), "{checked}");
    said_by(&["secrets", "init"]);
    let patterns = fs::read_to_string(repository.join(".gitignore")).expect(".gitignore");
    assert_eq!(patterns, "/.env\n/.stackgen-*\n/secrets/\n");
    let checked = said_by(&["secrets", "check"]);
    assert!(!checked.contains("does not ignore"), "{checked}");
    // A pattern that takes a file back ignores nothing.
    fs::write(repository.join(".gitignore"), format!("{patterns}!.env\n")).expect(".gitignore");
    let checked = said_by(&["secrets", "check"]);
    assert!(checked.contains("git does not ignore `.env`"), "{checked}");
}
