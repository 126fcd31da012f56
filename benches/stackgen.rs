//! How long render, lint and config take in process, from text to files, findings and JSON: on the stack of experimento-uno, and on one
//! of 1,000 services that is made here.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use compose_reader::compose::{NoFiles, Project, Request, json, resolve};
use compose_reader::source::{SourceId, Sources, Span};
use compose_reader::yaml::parse;
use criterion::{Criterion, criterion_group, criterion_main};
use stackgen::catalog::{Catalog, Engine};
use stackgen::definition;
use stackgen::lint::{Selection, lint, secrets};
use stackgen::plan::{Circumstances, plan};
use stackgen::render::{OutputFile, files};

/// The files of a stack.
fn render(text: &str) -> Vec<OutputFile> {
    let mut sources = Sources::new();
    let id = sources.add("stack.yaml", text);
    let parsed = parse(id, text).expect("YAML");
    let (stack, diagnostics) = definition::read((&parsed, Span::new(id, 0, 0)), &[]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let stack = stack.expect("a stack");
    let mut catalog = Catalog::new([]);
    for service in stack.services.values() {
        for used in stack.layers_of(service).filter_map(|layer| layer.template.as_ref()) {
            catalog.load(&used.name, &mut sources);
        }
    }
    let circumstances = Circumstances { instance: 1, ..Circumstances::default() };
    files(&plan(&stack, &catalog, &Engine::new(), &circumstances).expect("plans"))
}

/// How many findings compose files have, each a project of its own.
fn check(texts: &[(String, String)]) -> usize {
    let mut sources = Sources::new();
    let ids: Vec<SourceId> = texts.iter().map(|(name, text)| sources.add(name, text)).collect();
    let selection = Selection::default();
    let mut count = |id: &SourceId| {
        let project = Project::load(&mut sources, &[*id]);
        lint(&project, &selection, &secrets(&project)).len()
    };
    ids.iter().map(&mut count).sum()
}

/// How long the JSON of compose files is, each a project of its own.
fn config(texts: &[(String, String)]) -> usize {
    let mut sources = Sources::new();
    let ids: Vec<SourceId> = texts.iter().map(|(name, text)| sources.add(name, text)).collect();
    let lengths = ids.iter().map(|id| {
        let request = Request::of_texts(&sources, &[*id]);
        let resolution = resolve(&mut sources, &NoFiles, &request);
        json(&resolution.printed(), true).len()
    });
    lengths.sum()
}

/// The compose files among those of a stack.
fn compose_files(files: Vec<OutputFile>) -> Vec<(String, String)> {
    let compose = files.into_iter().filter(|file| file.path.ends_with(".yml") && !file.path.contains('/'));
    compose.map(|file| (file.path, file.content)).collect()
}

/// A stack of 1,000 services: ten tiers of Python programs that refer to each other and to a few databases and caches,
/// some with a port on the host, some with secrets, some with an override.
fn made() -> String {
    const TIERS: usize = 10;
    const STORES: usize = 10;
    let mut text = "name: made\ntiers:\n  data: { kind: infrastructure }\n".to_owned();
    for tier in 0..TIERS {
        let first = 10_000 + tier * 1000;
        let _ = writeln!(text, "  tier-{tier}: {{ host_ports: {first}-{} }}", first + 999);
    }
    text.push_str("services:\n");
    for store in 0..STORES {
        let _ = writeln!(
            text,
            "  postgres-{store}:\n    tier: data\n    use: postgres@16\n    with: {{ databases: [a, b, c] }}\n    \
             publish: {}\n  redis-{store}:\n    tier: data\n    use: redis",
            5400 + store
        );
    }
    for number in 0..1000 - 2 * STORES {
        let tier = number / (1000 / TIERS);
        let _ = write!(
            text,
            "  service-{number}:\n    tier: tier-{tier}\n    use: python\n    build: ./services/{number}\n    listen: \
             {{ http: 8000, metrics: 9100 }}\n    health: /health\n    environment:\n      DATABASE_URL: \
             ${{{{ postgres-{store}.url | scheme(\"postgresql+asyncpg\") }}}}\n      CACHE: ${{{{ redis-{store}.url }}}}\n",
            store = number % STORES
        );
        if number > 0 {
            let _ = writeln!(
                text,
                "      UPSTREAM: ${{{{ service-{}.url }}}}/api",
                number - 1 - number % 7.min(number)
            );
        }
        if number % 3 == 0 {
            let _ = writeln!(text, "    publish: {}", 10_000 + tier * 1000 + number % 1000);
        }
        if number % 5 == 0 {
            let _ = writeln!(text, "    secrets: [key-{}]", number % 50);
        }
        if number % 4 == 0 {
            let _ = writeln!(
                text,
                "    overrides: {{ dev-fast: {{ volumes: [\"./services/{number}:/app\"] }} }}"
            );
        }
    }
    text
}

fn stackgen(criterion: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks/experimento-uno");
    let real = fs::read_to_string(folder.join("stack.yaml")).expect("text");
    for (name, text) in [("experimento-uno", real), ("1000 services", made())] {
        let mut group = criterion.benchmark_group(name);
        group.bench_function("render", |bencher| bencher.iter(|| render(black_box(&text))));
        let compose = compose_files(render(&text));
        group.bench_function("lint", |bencher| bencher.iter(|| check(black_box(&compose))));
        group.bench_function("config", |bencher| bencher.iter(|| config(black_box(&compose))));
        group.finish();
    }
}

criterion_group!(benches, stackgen);
criterion_main!(benches);
