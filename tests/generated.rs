//! Files that are made from the program: committed as it makes them, and made anew with `UPDATE=1 cargo test --test tests generated`.

use std::fs;
use std::process::Command;

use stackgen::fault::FAULTS;
use stackgen::lint::{RULES, Rule, Set};

fn is_up_to_date(path: &str, made: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, made).expect("written");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(committed == made, "{path} is stale: run `UPDATE=1 cargo test --test tests generated`");
}

#[test]
fn the_schema_of_stackgen_toml() {
    let program = env!("CARGO_BIN_EXE_stackgen");
    let output = Command::new(program).args(["schema", "stackgen.toml"]).output().expect("runs");
    is_up_to_date("schema/stackgen.schema.json", &String::from_utf8(output.stdout).expect("UTF-8"));
}

const INTRODUCTION: &str = "\
# The rules

Generated from the rules themselves; `stackgen explain NAME` shows one. Those of the set `default` are always on, `strict` (what a
production file should have) with `--strict`, `pedantic` (style) with `--pedantic`. A level can be changed in `stackgen.toml`.

";

fn set_of(rule: &Rule) -> &'static str {
    match rule.set {
        Set::Default => "default",
        Set::Strict => "strict",
        Set::Pedantic => "pedantic",
    }
}

#[test]
fn the_page_of_all_rules() {
    let mut page =
        format!("{INTRODUCTION}| code | rule | level | set | flags |\n| --- | --- | --- | --- | --- |\n");
    for rule in RULES {
        let Rule { code, name, severity, .. } = rule;
        let summary = rule.summary().replace('|', "\\|");
        let (level, set) = (severity.name(), set_of(rule));
        page.push_str(
            &format!("| {code} | [{name}](#{code}-{name}) | {level} | {set} | {summary} |\n")
                .replace("(#SG", "(#sg"),
        );
    }
    for rule in RULES {
        let text = rule.page().replace("\n## ", "\n### ");
        let (level, set) = (rule.severity.name(), set_of(rule));
        page.push_str(&format!(
            "\n## {} {}\n\nLevel: {level}. Set: {set}.\n\n{}\n",
            rule.code,
            rule.name,
            text.trim_end()
        ));
    }
    is_up_to_date("docs/rules.md", &page);
}

#[test]
fn the_page_of_all_faults_of_a_stack() {
    let mut page = "\
# Errors of a stack

What can be wrong with a `stack.yaml`, its templates, its `.env` and secrets, and `stackgen.toml`. Generated from the program;
`stackgen explain CODE` shows one. What is wrong with compose files is in [rules.md](rules.md).

| code | fault | what is wrong |
| --- | --- | --- |
"
    .to_owned();
    for fault in FAULTS {
        let (code, name, summary) = (fault.code(), fault.name(), fault.summary());
        let anchor = code.to_lowercase();
        page.push_str(&format!("| {code} | [{name}](#{anchor}-{name}) | {summary} |\n"));
    }
    for fault in FAULTS {
        let text = fault.page().replace("\n## ", "\n### ");
        page.push_str(&format!("\n## {} {}\n\n{text}\n", fault.code(), fault.name()));
    }
    is_up_to_date("docs/stack-errors.md", &page);
}
