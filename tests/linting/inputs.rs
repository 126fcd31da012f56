//! Which files are read, and which of them belong together.

use std::io::Write;
use std::process::Stdio;

use super::{THREE_LEVELS, codes};
use crate::common::{code, folder, page, run, stackgen, write};

const GOOD: &str = "services:\n  web:\n    image: nginx:1.31\n";

/// What is said about the files of a folder: one finding each, in order.
fn told(arguments: &[&str], files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let output = run(&folder, &[&["lint", "--format", "json"], arguments].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    let mut names: Vec<&str> = findings.map(|finding| finding["file"].as_str().expect("a file")).collect();
    names.dedup();
    format!("{} of {}", names.join(" "), report["files"])
}

#[test]
fn a_folder_is_walked_as_git_sees_it() {
    let files = [
        ("compose.yaml", THREE_LEVELS),
        ("services.yml", THREE_LEVELS),
        ("kubernetes.yaml", "kind: Service\nspec: {}\n"),
        ("b/docker-compose.yml", THREE_LEVELS),
        ("b/docker-compose.override.yml", GOOD),
        ("b/docker-compose.ci.yml", THREE_LEVELS),
        (".devcontainer/docker-compose.yml", THREE_LEVELS),
        ("node_modules/x/compose.yaml", THREE_LEVELS),
        ("b/generated/compose.yaml", THREE_LEVELS),
        (".git/compose.yaml", THREE_LEVELS),
        (".gitignore", "node_modules\n"),
        ("b/.gitignore", "/generated\n"),
        ("stack/stack.yaml", "name: a\ntiers: {}\nservices:\n  web:\n    tier: a\n    image: nginx\n"),
        ("notes.txt", "services:\n  web:\n    image: nginx\n"),
    ];
    let all = "compose.yaml services.yml .devcontainer/docker-compose.yml b/docker-compose.yml b/docker-compose.ci.yml of 6";
    assert_eq!(told(&[], &files), all);
    assert_eq!(told(&["."], &files), all);
    assert_eq!(told(&[".", "b", "compose.yaml"], &files), all);
    assert_eq!(told(&["b"], &files), "b/docker-compose.yml b/docker-compose.ci.yml of 3");
    // What is named is read, whatever git says.
    assert_eq!(told(&["b/generated/compose.yaml"], &files), "b/generated/compose.yaml of 1");
}

#[test]
fn patterns_are_matched_where_the_shell_has_not() {
    let files = [
        ("a/one/compose.yaml", THREE_LEVELS),
        ("a/two/compose.yaml", THREE_LEVELS),
        ("a/two/deep/compose.yaml", THREE_LEVELS),
        ("a/two/other.txt", ""),
    ];
    assert_eq!(told(&["a/*/compose.yaml"], &files), "a/one/compose.yaml a/two/compose.yaml of 2");
    assert_eq!(
        told(&["a/**/compose.yaml"], &files),
        "a/one/compose.yaml a/two/compose.yaml a/two/deep/compose.yaml of 3"
    );
    assert_eq!(told(&["a/t*/"], &files), "a/two/compose.yaml a/two/deep/compose.yaml of 2");
    assert_eq!(told(&["*/{one,none}/*"], &files), "a/one/compose.yaml of 1");
    let folder = folder(&files);
    insta::assert_snapshot!(page(&folder, &["lint", "b/*.yaml", "a/[z-"]), @r"
    $ stackgen lint b/*.yaml a/[z-
    --- standard error
    error: no compose file matches `b/*.yaml`
      help: a folder stands for the compose files in it and below, apart from what .gitignore names; name any other file itself
    error: `a/[z-` is no pattern: unclosed character class; missing ']'
    --- exit code 2
    ");
}

#[test]
fn standard_input_is_a_file_called_dash() {
    let folder = folder(&[("over.yaml", "services:\n  web:\n    ports: ['81:80']\n")]);
    for (arguments, expected) in [(&["lint", "-"][..], 1), (&["lint", "-f", "-", "-f", "over.yaml"], 1)] {
        let mut child = stackgen(folder.path(), arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("runs");
        child.stdin.take().expect("a pipe").write_all(THREE_LEVELS.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(expected));
        assert!(String::from_utf8_lossy(&output.stdout).contains(",-[-:8:13]"), "{arguments:?}");
    }
    insta::assert_snapshot!(page(&folder, &["lint", "-"]));
}

#[test]
fn one_bad_file_never_stops_the_rest() {
    let folder = folder(&[("a/compose.yaml", "services: ["), ("c/compose.yaml", THREE_LEVELS)]);
    std::fs::create_dir(folder.path().join("b")).expect("folder");
    std::fs::write(folder.path().join("b/compose.yaml"), b"\xff\xfe").expect("file");
    let output = run(&folder, &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("a/compose.yaml:1:") && said.contains("c/compose.yaml:8:13"), "{said}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("cannot read `b/compose.yaml`: it is not UTF-8")
    );
}

#[test]
fn many_projects_are_told_in_the_same_order_every_time() {
    let names: Vec<String> = (0..40).map(|number| format!("p{number:02}/compose.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, THREE_LEVELS)).collect();
    let folder = folder(&files);
    let first = run(&folder, &["lint"]).stdout;
    for _ in 0..5 {
        assert!(run(&folder, &["lint"]).stdout == first);
    }
    assert!(String::from_utf8_lossy(&first).ends_with("40 errors, 40 warnings and 40 hints in 40 files\n"));
}

#[test]
fn nothing_is_cut_in_a_pipe() {
    let services: String =
        (0..1000).map(|n| format!("  s{n}:\n    image: example/s{n}:1\n    depends_on: [db]\n")).collect();
    let folder = folder(&[("compose.yaml", &format!("{THREE_LEVELS}{services}"))]);
    let output = run(&folder, &["lint", "--format", "json"]);
    assert!(output.stdout.len() > 1 << 20, "{}", output.stdout.len());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["findings"].as_array().expect("findings").len(), 1003);
}

#[test]
fn a_folder_with_nothing_to_lint_is_an_error_wherever_it_stands() {
    let folder = folder(&[("a/compose.yaml", GOOD), ("b/readme.md", "")]);
    assert_eq!(code(&folder, &["lint", "a", "b"]), Some(2));
    write(&folder, "b/compose.yaml", GOOD);
    assert_eq!(code(&folder, &["lint", "a", "b"]), Some(0));
}

#[test]
fn projects_that_a_network_connects_are_held_against_each_other() {
    let shop = "services:\n  web:\n    image: nginx:1.31\n    ports: ['8080:80']\nnetworks: {default: {name: front}}\n";
    let panel = "services:\n  panel:\n    image: nginx:1.31\n    ports: ['127.0.0.1:8080:80']\nnetworks: {default: {name: front, \
                 external: true}}\n";
    let folder = folder(&[("a/compose.yaml", shop), ("b/compose.yaml", panel), ("c/compose.yaml", shop)]);
    insta::assert_snapshot!(page(&folder, &["lint", "a", "b"]));
    assert_eq!(code(&folder, &["lint", "b"]), Some(0));
    assert_eq!(code(&folder, &["lint", "a", "b", "--ignore", "port-collision-across-files"]), Some(0));
    let known = panel
        .replace("    ports", "    # stackgen: ignore[port-collision-across-files] never at once\n    ports");
    write(&folder, "b/compose.yaml", &known);
    assert_eq!(code(&folder, &["lint", "a", "b"]), Some(0));
    write(&folder, "stackgen.toml", "rules.SG213 = 'off'\n");
    write(&folder, "b/compose.yaml", panel);
    assert_eq!(code(&folder, &["lint", "a", "b"]), Some(0));
}

#[test]
fn a_file_for_the_project_of_its_folder_or_one_above_lacks_nothing() {
    let whole =
        "services:\n  web:\n    image: nginx:1.31\n    networks: [front]\nnetworks:\n  front:\n  back:\n";
    let part =
        "services:\n  agent:\n    image: example/agent:1\n    networks: [back]\n    depends_on: [web]\n";
    let bare = "services:\n  web: {}\n";
    let folder = folder(&[
        ("compose.yaml", whole),
        ("compose.agent.yaml", part),
        ("extensions/agent/agent-compose.yml", part),
        ("ci/compose.yaml", bare),
    ]);
    assert_eq!(codes(&folder, &["."]), Vec::<String>::new());
    // Alone, it does; so does what nobody above declares.
    assert_eq!(codes(&folder, &["compose.agent.yaml"]), ["SG101", "SG302"]);
    assert_eq!(codes(&folder, &["compose.yaml"]), ["SG104"]);
    write(&folder, "compose.typo.yaml", &part.replace("back", "bakc").replace("[web]", "[wbe]"));
    assert_eq!(codes(&folder, &["."]), ["SG101", "SG302"]);
}

#[test]
fn what_is_to_be_filled_in_is_no_project() {
    let folder = folder(&[
        ("compose.yaml", GOOD),
        ("compose.extra.yaml", "# services of one's own\n\n"),
        ("{{project}}/compose.yaml", "services:\n  {{ name }}:\n    image: x\n"),
    ]);
    assert_eq!(codes(&folder, &["."]), Vec::<String>::new());
    assert_eq!(codes(&folder, &["compose.extra.yaml"]), ["SG001"]);
}

#[test]
fn a_file_that_two_projects_include_is_told_once() {
    let both = "include: [common.yaml]\n";
    let common = "services:\n  db:\n    image: example/db:1\nvolumes:\n  unused:\n";
    let folder = folder(&[("a/compose.yaml", ""), ("one.compose.yaml", ""), ("common.yaml", common)]);
    write(&folder, "a/compose.yaml", "include: [../common.yaml]\n");
    write(&folder, "one.compose.yaml", both);
    assert_eq!(codes(&folder, &["a/compose.yaml", "one.compose.yaml", "common.yaml"]), ["SG104"]);
}

#[test]
fn what_a_project_names_is_read_with_it() {
    let compose = "\
services:
  api:
    build: ./api
    env_file: api.env
    depends_on: [db, alertmanager]
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
  alertmanager:
    image: prom/alertmanager:v0.34.0
    volumes: [./alertmanager.yml:/etc/alertmanager/alertmanager.yml]
";
    let files = [
        ("compose.yaml", compose),
        (
            "api/Dockerfile",
            "FROM python:3.14-slim\nHEALTHCHECK CMD curl -f http://127.0.0.1:8000/\nCMD [\"serve\"]\n",
        ),
        ("api.env", "DATABASE_URL=postgresql://shop@localhost:5432/shop\n"),
        ("alertmanager.yml", "receivers: [{ name: \"${TEAM}\" }]\n"),
    ];
    let rules = ["--select", "absent-tool,localhost-reference,literal-config-variable"];
    assert_eq!(told(&rules, &files), "api.env api/Dockerfile alertmanager.yml of 1");
    // A comment in any of them says that a finding is known.
    let [(_, compose), (_, dockerfile), (_, env), (_, config)] = files;
    let known = [
        ("compose.yaml", compose.to_owned()),
        ("api/Dockerfile", dockerfile.replace("HEALTH", "# stackgen: ignore[absent-tool] soon\nHEALTH")),
        ("api.env", format!("# stackgen: ignore-file[localhost-reference]\n{env}")),
        ("alertmanager.yml", format!("# stackgen: ignore[literal-config-variable]\n{config}")),
    ];
    let known = known.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(told(&rules, &known), " of 1");
    // Standard input lies in the current folder, as for Docker Compose.
    let folder = folder(&files);
    let arguments = ["lint", "-", "--quiet", "--select", "absent-tool"];
    let mut stackgen = stackgen(folder.path(), &arguments);
    let mut child = stackgen.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("runs");
    child.stdin.take().expect("standard input").write_all(compose.as_bytes()).expect("written");
    assert_eq!(child.wait().expect("ends").code(), Some(1));
}
