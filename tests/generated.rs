//! Files that are made from the program: committed as it makes them, and made anew with `UPDATE=1 cargo test --test generated`.

use std::fs;
use std::process::Command;

fn is_up_to_date(path: &str, made: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, made).expect("written");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(committed == made, "{path} is stale: run `UPDATE=1 cargo test --test generated`");
}

#[test]
fn the_schema_of_stackgen_toml() {
    let program = env!("CARGO_BIN_EXE_stackgen");
    let output = Command::new(program).args(["schema", "stackgen.toml"]).output().expect("runs");
    is_up_to_date("schema/stackgen.schema.json", &String::from_utf8(output.stdout).expect("UTF-8"));
}
