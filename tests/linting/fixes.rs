//! What `--fix` and `--diff` do to files.

use std::fs;
use std::path::Path;

use compose_reader::compose::Project;
use compose_reader::diagnostic::Applicability;
use compose_reader::source::Sources;
use compose_reader::yaml::{parse, path_at};
use proptest::prelude::*;
use serde_json::Value;
use stackgen::fix::{Checked, fix};
use stackgen::lint::{RULES, Selection, lint, secrets};
use tempfile::TempDir;

use crate::common::{canonical, children, code, docker_compose, folder, page, run, write};

/// A wait that has a safe fix, with what people write around it.
const UNGATED: &str = "\
services:
  # the first comment
  web: # behind a key
    image: nginx:1.31
    depends_on: # why
      # above an item
      - db # behind an item
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
# the last comment
";

const GATED: &str = "\
services:
  # the first comment
  web: # behind a key
    image: nginx:1.31
    depends_on: # why
      # above an item
      db: # behind an item
        condition: service_healthy
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
# the last comment
";

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("text")
}

/// What everything that can be fixed makes of a text.
fn fixed(before: &str) -> String {
    fixed_with(before, &["--fix=unsafe", "--strict", "--pedantic"])
}

fn fixed_with(before: &str, options: &[&str]) -> String {
    let folder = folder(&[("compose.yaml", before)]);
    run(&folder, &[&["lint"], options].concat());
    text(&folder, "compose.yaml")
}

/// What the safe fix of a single rule makes of a text.
fn gated(before: &str) -> String {
    fixed_with(before, &["--fix", "--select", "ungated-dependency"])
}

#[test]
fn a_fix_changes_what_it_says_and_nothing_else() {
    let folder = folder(&[("compose.yaml", UNGATED), ("docker-compose.x.yml", GATED)]);
    insta::assert_snapshot!(page(&folder, &["lint", "--diff", "--select", "SG303"]));
    assert_eq!(text(&folder, "compose.yaml"), UNGATED);
    insta::assert_snapshot!(page(&folder, &["lint", "--fix", "--select", "SG303"]), @r"
    $ stackgen lint --fix --select SG303
    no findings in 2 files
    --- standard error
    fixed 1 finding in 1 file
    --- exit code 0
    ");
    assert_eq!(text(&folder, "compose.yaml"), GATED);
    assert_eq!(code(&folder, &["lint", "--diff", "--select", "SG303"]), Some(0));
}

#[test]
fn carriage_returns_and_a_byte_order_mark_stay() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(gated(&windows(UNGATED)), windows(GATED));
}

// The six ways in which another fixer loses what people wrote.

#[test]
fn a_top_level_section_that_few_know_stays() {
    let models = "models:\n  llm: {model: ai/smollm2}\n";
    assert!(fixed(&format!("{UNGATED}{models}")).ends_with(models));
    assert!(fixed(&format!("{models}{UNGATED}")).contains(models));
}

#[test]
fn a_nested_key_that_is_called_version_stays() {
    let nested = ["    environment:\n      version: \"2\"\n", "    labels:\n      version: \"3\"\n"];
    let before =
        UNGATED.replace("    depends_on: # why\n", &format!("{}    depends_on: # why\n", nested.concat()));
    for before in [before.clone(), format!("version: \"3.8\"\n{before}")] {
        let after = fixed(&before);
        assert!(nested.iter().all(|nested| after.contains(nested)), "{after}");
    }
}

#[test]
fn an_anchor_stays_above_its_alias() {
    let before = "\
services:
  web: &web
    image: nginx:1.31
    depends_on: [db]
  api:
    <<: *web
    container_name: api
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
";
    let folder = folder(&[("compose.yaml", before)]);
    run(&folder, &["lint", "--fix", "--strict", "--pedantic"]);
    let after = text(&folder, "compose.yaml");
    assert!(after.find("&web") < after.find("*web"), "{after}");
    // Two services use it: a person decides.
    assert!(after.contains("depends_on: [db]"), "{after}");
    let after = fixed(before);
    assert!(after.find("&web") < after.find("*web"), "{after}");
    assert!(after.contains("service_healthy"), "{after}");
}

#[test]
fn comments_above_the_first_key_stay() {
    let after = fixed(UNGATED);
    for comment in UNGATED.lines().filter_map(|line| Some(&line[line.find('#')?..])) {
        assert!(after.contains(comment), "{comment}\n{after}");
    }
}

#[test]
fn comments_keep_their_columns() {
    let columns = |text: &str| -> Vec<(String, usize)> {
        let alone = text.lines().filter(|line| line.trim_start().starts_with('#'));
        alone.map(|line| (line.trim().to_owned(), line.len() - line.trim_start().len())).collect()
    };
    assert_eq!(columns(&fixed(UNGATED)), columns(UNGATED));
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder =
        folder(&[("a.yaml", "services: ["), ("b.yaml", UNGATED), ("c.yaml", "\t"), ("d.yaml", UNGATED)]);
    let all =
        ["lint", "--fix", "--select=SG001,SG303", "a.yaml", "missing.yaml", "b.yaml", "c.yaml", "d.yaml"];
    assert_eq!(code(&folder, &all), Some(2));
    assert_eq!(text(&folder, "b.yaml"), GATED);
    assert_eq!(text(&folder, "d.yaml"), GATED);
    assert_eq!(text(&folder, "a.yaml"), "services: [");
}

#[test]
fn two_projects_may_share_a_file() {
    let over = "services:\n  api:\n    image: example/api:1\n    depends_on: [db]\n";
    let folder = folder(&[("compose.yaml", UNGATED), ("compose.override.yaml", over)]);
    let output = run(&folder, &["lint", "--fix", "--select", "SG303", ".", "compose.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(text(&folder, "compose.yaml"), GATED);
    assert!(text(&folder, "compose.override.yaml").contains("service_healthy"));
}

#[test]
fn what_is_suppressed_or_off_is_not_fixed() {
    let known = UNGATED.replace("- db # behind", "- db # stackgen: ignore[ungated-dependency] behind");
    assert_eq!(gated(&known), known);
    let folder = folder(&[("compose.yaml", UNGATED)]);
    run(&folder, &["lint", "--fix", "--ignore", "ungated-dependency"]);
    assert_eq!(text(&folder, "compose.yaml"), UNGATED);
}

#[test]
fn a_rendered_file_is_changed_in_its_stack() {
    let folder =
        folder(&[("stack/stack.yaml", "name: a\ntiers: {b: {}}\nservices:\n  c: {tier: b, image: 'd:1'}\n")]);
    assert_eq!(code(&folder, &["render", "--stack", "stack"]), Some(0));
    let name = "stack/docker-compose.production.yml";
    let edited = text(&folder, name).replacen("services:\n", UNGATED, 1);
    write(&folder, name, &edited);
    insta::assert_snapshot!(page(&folder, &["lint", "--fix", "-q", "--select", "SG303", name]));
    assert_eq!(text(&folder, name), edited);
}

#[test]
fn standard_input_is_shown_and_not_changed() {
    let folder = folder(&[]);
    insta::assert_snapshot!(page(&folder, &["lint", "--fix", "-"]), @r"
    $ stackgen lint --fix -
    --- standard error
    error: standard input cannot be changed
      help: `--diff` shows what would be
    --- exit code 2
    ");
}

/// Every fixture of a rule that is one file.
fn fixtures() -> Vec<(String, String)> {
    let folders = children(Path::new("tests/rules"));
    let files = folders.iter().filter(|path| path.is_dir()).flat_map(|folder| children(folder));
    let yaml = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("text"))).collect()
}

/// A text with every fix so far, and the keys that lead to each edit of the fixes of its first findings.
fn fixed_in_process(before: &str, trusted: Applicability) -> (String, Vec<Vec<String>>) {
    let check = |texts: &[String]| {
        let mut sources = Sources::new();
        let files: Vec<_> = texts.iter().map(|text| sources.add("compose.yaml", text.clone())).collect();
        let project = Project::load(&mut sources, &files);
        let findings = lint(&project, &Selection::of(|_| true), &secrets(&project));
        let is_broken = project.is_broken();
        Checked { sources, files, findings, is_broken }
    };
    let first = check(&[before.to_owned()]);
    let documents = parse(first.files[0], before).map(|parsed| parsed.documents).unwrap_or_default();
    let fixes = first.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let edits = fixes.filter(|fix| fix.applicability >= trusted).flat_map(|fix| fix.edits.clone());
    let places = edits.filter_map(|edit| Some(path_at(documents.first()?, edit.span.start))).collect();
    let fixed = fix(first, trusted, check);
    (fixed.checked.sources.get(fixed.checked.files[0]).text().to_owned(), places)
}

/// The keys that lead to each difference between two values.
fn differences(before: &Value, after: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    match (before, after) {
        (Value::Object(left), Value::Object(right)) => {
            let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                let (left, right) =
                    (left.get(key).unwrap_or(&Value::Null), right.get(key).unwrap_or(&Value::Null));
                differences(left, right, &[path, std::slice::from_ref(key)].concat(), found);
            }
        }
        _ if before == after => {}
        _ => found.push(path.to_vec()),
    }
}

#[test]
fn compose_sees_a_change_only_where_a_safe_fix_makes_one() {
    let command = docker_compose();
    let mut compared = 0;
    for (name, before) in fixtures() {
        let (after, places) = fixed_in_process(&before, Applicability::Safe);
        if after == before {
            continue;
        }
        let folder = folder(&[("before.yaml", &before), ("after.yaml", &after)]);
        // What Compose refuses or warns about to begin with cannot be compared.
        let Ok(old) = std::panic::catch_unwind(|| canonical(&command, folder.path(), "before.yaml")) else {
            continue;
        };
        let new = canonical(&command, folder.path(), "after.yaml");
        let mut changed = Vec::new();
        differences(&old, &new, &[], &mut changed);
        for path in changed {
            // A service and a key of it, or a section and a name in it.
            let is_named = |place: &Vec<String>| {
                let depth = path.len().min(place.len()).min(if path[0] == "services" { 3 } else { 2 });
                depth > 0 && place[..depth] == path[..depth]
            };
            assert!(places.iter().any(is_named), "{name}: {} has changed\n{after}", path.join("."));
        }
        compared += 1;
    }
    assert!(compared > 0, "no fixture could be compared");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn fixing_loses_nothing(
        fixture in any::<prop::sample::Index>(),
        is_windows in any::<bool>(),
        is_marked in any::<bool>(),
        comments in prop::collection::vec((any::<prop::sample::Index>(), "[a-z ]{0,8}"), 0..6),
        trusted in prop::sample::select(vec![Applicability::Safe, Applicability::Unsafe]),
    ) {
        let fixtures = fixtures();
        let mut lines: Vec<String> = fixture.get(&fixtures).1.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
        for (at, comment) in &comments {
            let at = at.index(lines.len() + 1);
            lines.insert(at, format!("# {comment}"));
        }
        let newline = if is_windows { "\r\n" } else { "\n" };
        let text = format!("{}{}{newline}", if is_marked { "\u{feff}" } else { "" }, lines.join(newline));
        let (after, _) = fixed_in_process(&text, trusted);
        let mut sources = Sources::new();
        let mut read = |text: &str| parse(sources.add("compose.yaml", text), text);
        let comments = |parsed: &compose_reader::yaml::Parsed| -> Vec<String> {
            // An entry takes its comments with it to another place.
            let mut comments: Vec<String> =
                parsed.comments.iter().map(|comment| comment.text.trim().to_owned()).collect();
            comments.sort();
            comments
        };
        match (read(&text), read(&after)) {
            (Ok(before), Ok(after)) if trusted == Applicability::Safe => {
                prop_assert_eq!(comments(&before), comments(&after));
            }
            (Ok(_), Ok(_)) => {}
            (Ok(_), Err(error)) => prop_assert!(false, "{}\n{after}", error.message),
            (Err(_), _) => prop_assert_eq!(&text, &after),
        }
        prop_assert_eq!(text.starts_with('\u{feff}'), after.starts_with('\u{feff}'));
        if is_windows {
            prop_assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
        }
        // Fixing again changes nothing more.
        prop_assert_eq!(&fixed_in_process(&after, trusted).0, &after);
    }
}

#[test]
fn some_rule_has_a_safe_fix() {
    let is_fixed = |text: String| fixed_in_process(&text, Applicability::Safe).0 != text;
    assert!(RULES.iter().flat_map(|rule| rule.examples("Bad")).any(is_fixed));
}
