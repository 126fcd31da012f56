//! Any text is replaced or refused; the variables that it names are those that are asked for, and what is escaped stays.
#![no_main]

use compose_reader::budget::Budget;
use compose_reader::interpolation::{Words, escape, expand, substitute, variables};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for value in [None, Some("")] {
        let _ = substitute(text, &|_| value, Words::All, &mut Budget::default());
        let _ = expand(text, &|_| value);
    }
    // Where every variable has a value, only what is no variable can be wrong.
    if variables(text).is_ok() {
        assert!(expand(text, &|_| Some("value")).is_some(), "{text:?}");
    }
    let kept = substitute(&escape(text), &|_| None, Words::All, &mut Budget::default());
    assert_eq!(kept.ok().map(|expansion| expansion.text).as_deref(), Some(text));
});
