//! What a stack of twice as many services costs, in counts: never in time.

use std::fmt::Write as _;

use compose_reader::source::{Sources, Span};
use compose_reader::yaml::parse;
use stackgen::catalog::{Catalog, Engine};
use stackgen::definition;
use stackgen::plan::{Circumstances, plan, prepare};

/// A stack of so many programs, each with a database of its own; one in two refers to the one before it.
fn stack(services: usize) -> String {
    let mut text =
        "name: made\ntiers: { data: { kind: infrastructure }, apps: { host_ports: 10000-29999 } }\n"
            .to_owned();
    text.push_str("services:\n");
    for number in 0..services {
        let _ = writeln!(text, "  db-{number}: {{ tier: data, use: postgres@17 }}");
        let _ = write!(
            text,
            "  app-{number}:\n    tier: apps\n    use: python\n    build: ./{number}\n    listen: 8000\n    health: /health\n    \
             publish: auto\n    secrets: [key_{number}]\n    environment:\n      DB: ${{{{ db-{number}.url }}}}\n"
        );
        if number % 2 == 1 {
            let _ = writeln!(text, "      UPSTREAM: ${{{{ app-{}.url }}}}", number - 1);
        }
    }
    text
}

/// How many texts are compiled and evaluated to plan a stack.
fn cost(services: usize) -> (usize, usize) {
    let text = stack(services);
    let mut sources = Sources::new();
    let id = sources.add("stack.yaml", text.as_str());
    let parsed = parse(id, &text).expect("YAML");
    let (stack, diagnostics) = definition::read((&parsed, Span::new(id, 0, 0)), &[]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let mut stack = stack.expect("a stack");
    let mut catalog = Catalog::new([]);
    assert!(prepare(&mut stack, &mut catalog, &mut sources).is_empty());
    let engine = Engine::new();
    let circumstances = Circumstances { instance: 1, ..Circumstances::default() };
    let planned = plan(&stack, &catalog, &engine, &circumstances).expect("plans");
    assert_eq!(planned.plans.len(), 3);
    (engine.compiled(), engine.evaluated())
}

#[test]
fn twice_as_many_services_are_twice_the_work() {
    let (few, many) = (cost(20), cost(40));
    assert!(few.0 > 20 && few.1 > 20, "{few:?}");
    // What a template says is compiled once, however many services use it.
    assert_eq!(few.0, many.0);
    assert!(many.1 <= few.1 * 2, "{few:?}, {many:?}");
}
