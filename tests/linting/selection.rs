//! Which rules are on, and what fails a run.

use super::{THREE_LEVELS, codes};
use crate::common::{code, folder, page, run};

#[test]
fn rules_are_chosen_by_name_and_by_code() {
    let folder = folder(&[("compose.yaml", THREE_LEVELS)]);
    assert_eq!(codes(&folder, &[]), ["SG303", "SG201", "SG303"]);
    assert_eq!(codes(&folder, &["--select", "port-collision"]), ["SG201"]);
    assert_eq!(codes(&folder, &["--select", "sg201,missing-probe", "--select", "SG001"]), ["SG201"]);
    assert_eq!(codes(&folder, &["--ignore", "SG303"]), ["SG201"]);
    assert_eq!(codes(&folder, &["--ignore", "port-collision,ungated-dependency"]), Vec::<String>::new());
    assert_eq!(code(&folder, &["lint", "--ignore", "SG303,SG201"]), Some(0));
}

#[test]
fn an_unknown_rule_is_an_error_and_nothing_is_linted() {
    let folder = folder(&[("compose.yaml", THREE_LEVELS)]);
    insta::assert_snapshot!(page(&folder, &["lint", "--select", "port-colision,SG201", "--ignore", "everything"]), @r"
    $ stackgen lint --select port-colision,SG201 --ignore everything
    --- standard error
    error: there is no rule `port-colision`
      help: did you mean `port-collision`?
    --- exit code 2
    ");
}

#[test]
fn hints_never_fail_a_run() {
    let folder = folder(&[("compose.yaml", THREE_LEVELS)]);
    let fails = |arguments: &[&str]| code(&folder, &[&["lint"], arguments].concat());
    assert_eq!(fails(&["--ignore", "port-collision"]), Some(1));
    assert_eq!(fails(&["--ignore", "port-collision", "--fail-on", "error"]), Some(0));
    assert_eq!(fails(&["--fail-on", "error"]), Some(1));
    assert_eq!(fails(&["--fail-on", "hint"]), Some(2));
    let hint = THREE_LEVELS.replace("    depends_on: [db]\n", "");
    let folder = crate::common::folder(&[("compose.yaml", &hint)]);
    assert_eq!(code(&folder, &["lint", "--ignore", "port-collision"]), Some(0));
}

#[test]
fn quiet_tells_only_what_fails_the_run() {
    let folder = folder(&[("compose.yaml", THREE_LEVELS)]);
    assert_eq!(codes(&folder, &["--quiet"]), ["SG303", "SG201"]);
    assert_eq!(codes(&folder, &["--quiet", "--fail-on", "error"]), ["SG201"]);
    let quiet = ["lint", "-q", "--ignore", "port-collision,ungated-dependency"];
    insta::assert_snapshot!(page(&folder, &quiet), @r"
    $ stackgen lint -q --ignore port-collision,ungated-dependency
    --- exit code 0
    ");
}

#[test]
fn comments_suppress_findings_and_say_so_when_they_do_not() {
    let text = "\
# stackgen: ignore-file[ungated-dependency] nothing waits here
services:
  web:
    image: nginx:1.31 # stackgen: ignore[missing-probe] nothing to suppress
    ports: ['8080:80']
    depends_on: [db]
  api:
    image: example/api:1.4
    # stackgen: ignore[port-collision] one of the two is started at a time
    #
    # (a comment between is passed over)

    ports: ['8080:8000']
  old:
    image: example/old:1
    # stackgen: ignore[port-collision] not the line of the finding
    ports:
      - '8080:8000'
      - '8080:8000/udp'
  db:
    image: postgres:18
    healthcheck: {test: [CMD, pg_isready, -h, 127.0.0.1]}
";
    let folder = folder(&[("compose.yaml", text)]);
    insta::assert_snapshot!(page(&folder, &["lint"]));
    // What is off is neither needed nor unneeded.
    assert_eq!(codes(&folder, &["--ignore", "missing-probe,port-collision"]), Vec::<String>::new());
    assert_eq!(codes(&folder, &["--ignore", "unused-suppression"]), ["SG201"]);
}

#[test]
fn a_suppression_holds_in_its_own_file_only() {
    let over = "# stackgen: ignore-file[port-collision]\nservices:\n  api:\n    ports: ['8080:8000']\n";
    let base = "services:\n  web:\n    image: nginx:1.31\n    ports: ['8080:80']\n  api:\n    image: example/api:1.4\n";
    let folder = folder(&[("compose.yaml", base), ("compose.override.yaml", over)]);
    assert_eq!(run(&folder, &["lint"]).status.code(), Some(0));
    let unneeded = format!("# stackgen: ignore-file[port-collision]\n{base}");
    crate::common::write(&folder, "compose.yaml", &unneeded);
    assert_eq!(codes(&folder, &[]), ["SG901"]);
}
