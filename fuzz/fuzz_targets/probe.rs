//! Any text is the script of a health check, of a command and of an entrypoint, by a shell and without, of images with and
//! without tools.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackgen::quote::literal;
use stackgen_fuzz::linted;

const IMAGES: [&str; 6] = ["nginx:1.29", "postgres:18", "alpine:3", "redis:8", "kafka:4", "example/own:1"];

fuzz_target!(|text: &str| {
    let script = literal(text);
    let words: Vec<String> = text.split(' ').map(literal).collect();
    let words = words.join(", ");
    let services: String = (0..)
        .zip(IMAGES)
        .map(|(at, image)| {
            format!(
                "  shell{at}: {{image: '{image}', healthcheck: {{test: [CMD-SHELL, {script}]}}, command: {script}}}\n  \
                 words{at}: {{image: '{image}', healthcheck: {{test: [CMD, {words}]}}, entrypoint: [{words}]}}\n  \
                 sh{at}: {{image: '{image}', healthcheck: {{test: {script}}}, command: [bash, -c, {script}]}}\n"
            )
        })
        .collect();
    linted(&format!("services:\n{services}"));
});
