//! Any text is a `stackgen.toml`, or is told what is wrong with it, at places in it.
#![no_main]

use compose_reader::source::Sources;
use libfuzzer_sys::fuzz_target;
use stackgen::config::read;
use stackgen_fuzz::lies_in_its_text;

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let id = sources.add("stackgen.toml", text);
    for problem in read(id, text).err().unwrap_or_default() {
        lies_in_its_text(&sources, &problem);
    }
});
