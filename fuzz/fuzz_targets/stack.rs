//! Any text is a stack whose files can be read, and its compose files linted, or is told what is wrong with it.
#![no_main]

use compose_reader::source::Sources;
use compose_reader::yaml::parse;
use libfuzzer_sys::fuzz_target;
use stackgen_fuzz::{linted, rendered};

fuzz_target!(|text: &str| {
    let Ok(files) = rendered(text) else { return };
    for file in files.iter().filter(|file| file.path.ends_with(".yml")) {
        let id = Sources::new().add(&*file.path, &*file.content);
        parse(id, &file.content).unwrap_or_else(|error| panic!("{}: {}", file.path, error.message));
        if file.path.starts_with("docker-compose") {
            linted(&file.content);
        }
    }
});
