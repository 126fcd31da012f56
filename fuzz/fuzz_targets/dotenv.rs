//! Any text is an env file whose names and values lie in it; a value that is written by us is read back.
#![no_main]

use compose_reader::dotenv::{parse, parse_raw, quoted, variables};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let nothing_is_set = |_: &str| None;
    let _ = parse(text, &nothing_is_set);
    let _ = parse_raw(text, &nothing_is_set);
    let _ = variables(text);
    if text.chars().all(|next| !next.is_control()) {
        let line = format!("NAME={}", quoted(text));
        let values = parse(&line, &nothing_is_set).unwrap_or_else(|error| panic!("{line}: {error:?}"));
        assert_eq!(values.last().map(|assignment| assignment.value.as_str()), Some(text), "{line}");
    }
});
