//! Which files are read as one project: what commands, names and `stackgen.toml` say.

use super::codes;
use crate::common::{code, folder, page, run, write};

const BASE: &str = "\
services:
  web:
    image: nginx:1.31
    depends_on:
      db: {condition: service_healthy}
  db:
    image: postgres:18
    environment: {POSTGRES_PASSWORD_FILE: /run/pw}
volumes:
  data:
";

const OVERLAY: &str = "\
services:
  db:
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
    volumes: ['data:/var/lib/postgresql']
";

#[test]
fn what_a_file_lacks_may_stand_in_one_that_a_command_names() {
    let files = [("deploy/base.yml", BASE), ("deploy/more.yml", OVERLAY)];
    let alone = folder(&files);
    assert_eq!(codes(&alone, &["deploy/base.yml"]), ["SG304", "SG104"]);
    let makefile =
        ("Makefile", "F = -f deploy/base.yml\nup:\n\tdocker compose $(F) -f deploy/more.yml up -d\n");
    let together = folder(&[files[0], files[1], makefile]);
    assert_eq!(codes(&together, &[]), Vec::<String>::new());
    insta::assert_snapshot!(page(&together, &["lint", "--explain-projects"]));
    let stated = ("stackgen.toml", "[[projects]]\nfiles = ['deploy/base.yml', 'deploy/more.yml']\n");
    let stated = folder(&[files[0], files[1], stated]);
    assert_eq!(codes(&stated, &[]), Vec::<String>::new());
}

#[test]
fn a_fix_leaves_what_a_combination_needs() {
    let makefile = ("Makefile", "up:\n\tdocker compose -f base.yml -f more.yml up\n");
    let folder = folder(&[("base.yml", BASE), ("more.yml", OVERLAY), makefile]);
    run(&folder, &["lint", "--fix"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("base.yml")).expect("text"), BASE);
}

#[test]
fn a_file_laid_over_another_by_its_name_is_linted_with_it() {
    let folder = folder(&[("docker-compose.yml", BASE), ("docker-compose.prod.yml", OVERLAY)]);
    assert_eq!(codes(&folder, &[]), Vec::<String>::new());
    // What both have together is said.
    let ports = "    ports: ['80:5432']\n  web:\n    ports: ['80:80']\n";
    write(&folder, "docker-compose.prod.yml", &format!("{OVERLAY}{ports}"));
    assert_eq!(codes(&folder, &[]), ["SG201", "SG208"]);
}

#[test]
fn a_project_is_read_with_what_the_command_line_says() {
    let text = "services:\n  web:\n    image: nginx:${TAG}\n    env_file: web.env\n    profiles: [dev]\n";
    let folder =
        folder(&[("deploy/compose.yaml", text), ("ci.env", "TAG=1.31\n"), (".env.example", "OTHER=\n")]);
    assert_eq!(codes(&folder, &["-f", "deploy/compose.yaml", "--project-directory", "."]), ["SG008"]);
    let with = [
        "lint",
        "-f",
        "deploy/compose.yaml",
        "--project-directory",
        ".",
        "--env-file",
        "ci.env",
        "--profile",
        "dev",
    ];
    assert_eq!(code(&folder, &with), Some(0));
}

#[test]
fn an_env_file_that_cannot_be_read_is_told() {
    let folder =
        folder(&[("compose.yaml", "services:\n  web:\n    image: nginx:${TAG}\n"), (".env", "TAG='1\n")]);
    assert_eq!(codes(&folder, &[]), ["SG005"]);
    let bytes = [0xff, 0xfe, b'T', 0, b'=', 0, b'1', 0];
    std::fs::write(folder.path().join(".env"), bytes).expect("file");
    insta::assert_snapshot!(page(&folder, &["lint"]));
}

#[test]
fn a_project_that_names_no_file_is_told() {
    let toml = "[[projects]]\nfiles = []\nprofile = 'dev'\n";
    let folder = folder(&[("compose.yaml", BASE), ("stackgen.toml", toml)]);
    insta::assert_snapshot!(page(&folder, &["lint"]));
}

/// A file that uses what another one declares, which is neither beside it nor above it.
const PART: &str = "\
services:
  probe:
    image: example/probe:1
    depends_on: [web]
    volumes: ['data:/data']
";

#[test]
fn a_part_laid_over_another_part_is_no_whole() {
    let build = "services:\n  probe:\n    build: .\n";
    let files = [
        ("deploy/base.yml", BASE),
        ("deploy/more.yml", OVERLAY),
        ("probes/a/compose.yml", PART),
        ("probes/a/compose-tests.yml", build),
    ];
    let makefile = ("Makefile", "up:\n\tdocker compose -f deploy/base.yml -f deploy/more.yml up\n");
    let folder = folder(&[&files[..], &[makefile]].concat());
    assert_eq!(codes(&folder, &["--ignore=missing-build-file"]), Vec::<String>::new());
}

#[test]
fn a_file_of_a_list_that_cannot_be_followed_lacks_nothing() {
    // Nothing here declares what it uses.
    let files = [("parts/one.yml", PART), ("parts/two.yml", PART)];
    let lacks = ["SG302", "SG101", "SG302", "SG101"];
    assert_eq!(codes(&folder(&files), &["--select=SG101,SG302"]), lacks);
    let script = "files=(\"$(base)\")\nfor name in $(chosen); do files+=(\"parts/${name}.yml\"); done\n\
                  docker compose $(options \"${files[@]}\") up\n";
    let assembled = folder(&[files[0], files[1], ("start", script)]);
    assert_eq!(codes(&assembled, &["--select=SG101,SG302"]), Vec::<String>::new());
    insta::assert_snapshot!(page(&assembled, &["lint", "--explain-projects"]));
    // What is wrong whatever else there is stays said.
    write(&assembled, "parts/two.yml", &format!("{PART}    imagine: x\n"));
    assert_eq!(codes(&assembled, &[]), ["SG003"]);
}

#[test]
fn what_files_merged_by_a_command_lack_is_said_to_be_declared_nowhere() {
    let folder = folder(&[
        ("a.yml", "services:\n  web:\n    image: nginx:1.31\n    volumes: ['data:/data']\n"),
        ("b.yml", "services:\n  web:\n    ports: ['127.0.0.1:80:80']\n"),
    ]);
    let told = run(&folder, &["lint", "-f", "a.yml", "-f", "b.yml", "--format=json"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("uses the volume `data`, which is not declared"), "{told}");
}

#[test]
fn an_env_file_that_lies_elsewhere_may_set_every_variable() {
    let text = "services:\n  web:\n    image: nginx:${TAG:?}\n";
    let files =
        [("compose.yaml", text), ("ci.yaml", "services: {web: {init: true}}\n"), (".env.example", "A=\n")];
    let run = |options: &str| ("up.sh", format!("docker compose {options} -f compose.yaml -f ci.yaml up\n"));
    let codes_with = |options: &str| {
        let (name, script) = run(options);
        codes(&folder(&[&files[..], &[(name, script.as_str())]].concat()), &[])
    };
    assert_eq!(codes_with(""), ["SG007"]);
    assert_eq!(codes_with("--env-file ~/own.env"), Vec::<String>::new());
}
