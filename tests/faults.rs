//! The list of faults is what the program raises, and each is raised by a fixture.

use std::fs;
use std::path::Path;

use stackgen::fault::FAULTS;

/// The texts of the files below a folder that end so.
fn texts(folder: &Path, end: &str) -> String {
    let mut out = String::new();
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            out.push_str(&texts(&path, end));
        } else if path.to_string_lossy().ends_with(end) && !path.starts_with("src/fault") {
            out.push_str(&fs::read_to_string(&path).expect("text"));
        }
    }
    out
}

#[test]
fn every_fault_is_raised_somewhere_and_shown_by_a_test() {
    let code = texts(Path::new("src"), ".rs");
    let shown = texts(Path::new("tests"), ".snap");
    for fault in FAULTS {
        assert!(code.contains(&format!("Fault::{fault:?}")), "nothing raises {}", fault.name());
        let code = fault.code();
        assert!(shown.contains(&format!("[{code}] ")), "no snapshot shows {code} {}", fault.name());
    }
}
