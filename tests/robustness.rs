//! Inputs that are made to overflow, to hang or to fill the memory: each is answered, and what it takes grows no faster
//! than it does.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::process::{Command, Output, Stdio};

use compose_reader::compose::{FileEntry, Files, Request, Resolution, resolve};
use compose_reader::source::Sources;
use tempfile::TempDir;

use crate::common::{folder, stackgen, write};

const WEB: &str = "services:\n  web:\n    image: nginx:1.31\n";

/// Runs the program with 200 MiB of address space besides what its own file takes there, and of each of its threads 2 MiB of
/// stack.
fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_stackgen");
    let own = std::fs::metadata(program).expect("the program").len() / 1024;
    let limited = format!("ulimit -v {} && exec \"$0\" \"$@\"", 204_800 + own);
    command.args(["-c", &limited, program]);
    command.args(arguments).current_dir(folder.path()).env_clear().stdin(Stdio::null());
    // Each arena of the allocator takes addresses that nothing is kept at.
    command.env("MALLOC_ARENA_MAX", "1").output().expect("runs")
}

/// What is said of a project, by each verb that reads it; the program ends by itself.
fn said(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    // Several projects are linted on threads, whose stacks are small.
    write(&folder, "other/compose.yaml", WEB);
    let mut said = String::new();
    for arguments in [&["lint", "."][..], &["lint", "--format", "json", "."], &["config", "-q"], &["graph"]] {
        let output = run(&folder, arguments);
        let shown = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code().is_some_and(|code| code < 3),
            "{arguments:?}: {}\n{shown}",
            output.status
        );
        said.push_str(&String::from_utf8_lossy(&output.stdout));
        said.push_str(&shown);
    }
    said
}

fn refused(files: &[(&str, &str)], why: &str) {
    let said = said(files);
    assert!(said.contains("SG016") && said.contains(why), "{}", &said[..said.len().min(3_000)]);
}

/// A text for each number.
fn each(numbers: impl IntoIterator<Item = usize>, text: impl Fn(usize) -> String) -> String {
    numbers.into_iter().map(text).collect()
}

mod depth {
    use super::*;

    const WHY: &str = "nested more than";

    #[test]
    fn of_variables_in_defaults() {
        let nested = format!("{}x{}", "${A:-".repeat(6_000), "}".repeat(6_000));
        refused(&[("compose.yaml", &format!("services:\n  web:\n    image: '{nested}'\n"))], WHY);
        let with_file = format!("{WEB}    env_file: a.env\n");
        refused(&[("compose.yaml", &with_file), ("a.env", &format!("A={nested}\n"))], WHY);
        let dockerfile = format!("FROM nginx:1.31\nENV A={nested}\nUSER $A\nEXPOSE $A\n");
        said(&[("compose.yaml", "services:\n  web:\n    build: .\n"), ("Dockerfile", &dockerfile)]);
    }

    #[test]
    fn of_services_that_extend() {
        let chain = |numbers: &mut dyn Iterator<Item = usize>| {
            let services = each(numbers, |at| format!("  s{at}:\n    extends: s{}\n", at - 1));
            format!("services:\n  s0:\n    image: nginx:1.31\n{services}")
        };
        refused(&[("compose.yaml", &chain(&mut (1..1_200)))], WHY);
        refused(&[("compose.yaml", &chain(&mut (1..1_200).rev()))], WHY);
    }

    #[test]
    fn of_files_that_include() {
        let file = |at: usize| {
            (
                format!("f{at}.yaml"),
                format!("include: [f{}.yaml]\nservices: {{s{at}: {{image: a}}}}\n", at + 1),
            )
        };
        let files: Vec<(String, String)> = (0..900).map(file).collect();
        let mut files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        files.push(("compose.yaml", "include: [f0.yaml]\n"));
        refused(&files, WHY);
    }

    #[test]
    fn of_aliases_in_aliases() {
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let anchors = each(0..95, |at| {
                let inner = if at == 0 { "x".to_owned() } else { format!("*a{}", at - 1) };
                format!("x-{at}: &a{at} {}{inner}{}\n", open.repeat(90), close.repeat(90))
            });
            refused(&[("compose.yaml", &(anchors + WEB))], WHY);
        }
    }

    #[test]
    fn of_collections() {
        refused(&[("compose.yaml", &format!("x: {}", "[".repeat(100_000)))], WHY);
        refused(&[("compose.yaml", &format!("{WEB}    x-a:\n      {}a\n", "- ".repeat(100_000)))], WHY);
    }

    #[test]
    fn of_expressions() {
        for expression in ["not ".repeat(50_000) + "x", "-".repeat(50_000) + "x", "1+".repeat(50_000) + "1"] {
            let stack = format!(
                "name: shop\ntiers: {{all: {{}}}}\nservices:\n  web:\n    tier: all\n    image: nginx:1.31\n    \
                 environment: {{A: '${{{{ {expression} }}}}'}}\n"
            );
            let folder = folder(&[("stack.yaml", &stack)]);
            for arguments in [&["render", "--check"][..], &["lint", "--stack", "."], &["ports"]] {
                let output = run(&folder, arguments);
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.code().is_some(), "{arguments:?}: {}\n{said}", output.status);
            }
        }
    }
}

mod memory {
    use super::*;

    #[test]
    fn of_values_that_grow() {
        let grown = each(1..40, |at| format!("A{at}=${{A{0}}}${{A{0}}}\n", at - 1));
        let with_file = format!("{WEB}    env_file: a.env\n");
        refused(
            &[("compose.yaml", &with_file), ("a.env", &format!("A0=xxxxxxxxxx\n{grown}"))],
            "the values of variables come to more than",
        );
        let grown = each(1..40, |at| format!("ENV A{at}=$A{0}$A{0}\n", at - 1));
        let dockerfile = format!("FROM nginx:1.31\nENV A0=xxxxxxxxxx\n{grown}USER $A39\n");
        said(&[("compose.yaml", "services:\n  web:\n    build: .\n"), ("Dockerfile", &dockerfile)]);
    }

    #[test]
    fn of_repeated_values() {
        let list = "a, ".repeat(1_000);
        let text = format!("x-a: &a [{list}]\nx-b: [{}]\n{WEB}", "*a, ".repeat(300));
        refused(&[("compose.yaml", &text)], "stands for more than");
        let large = each(0..5_000, |at| format!("      L{at}: x\n"));
        let small = each(0..100, |at| format!("  s{at}:\n    extends: web\n"));
        refused(&[("compose.yaml", &format!("{WEB}    labels:\n{large}{small}"))], "stands for more than");
    }
}

mod ranges {
    use super::*;

    #[test]
    fn of_ports_by_the_thousand() {
        let lines = each(1..41, |at| format!("      - \"10.0.0.{at}:1-65535:1-65535\"\n"));
        let said = said(&[("compose.yaml", &format!("{WEB}    ports:\n{lines}"))]);
        assert!(said.len() < 100_000, "{}", said.len());
    }
}

mod templates {
    use super::*;

    /// What is said of a stack with a template of its own, by each verb that fills templates in.
    fn rendered(template: &str, with: &str) {
        let stack = format!(
            "name: shop\ntiers: {{all: {{}}}}\nservices:\n  it:\n    tier: all\n    use: own\n    environment: {{A: '{with}'}}\n"
        );
        let own = format!("summary: Ours\nkind: runtime\n{template}");
        let folder = folder(&[("stack.yaml", &stack), ("templates/own.yaml", &own)]);
        for arguments in [&["render"][..], &["lint", "--stack", "."], &["ports"]] {
            let output = run(&folder, arguments);
            let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{said}");
            assert!(said.contains("it takes too many steps"), "{arguments:?}\n{said}");
        }
    }

    const SERVICE: &str = "service: { image: 'x:1', healthcheck: { disable: true } }\n";

    #[test]
    fn of_loops_in_loops() {
        let loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}";
        let file = format!("files:\n  a.conf:\n    target: /a\n    content: |\n      {loops}\n");
        rendered(&format!("{SERVICE}{file}"), "x");
        rendered(
            &format!(
                "service: {{ image: 'x:1', healthcheck: {{ disable: true }}, labels: {{ a: '{loops}' }} }}\n"
            ),
            "x",
        );
    }

    #[test]
    fn of_texts_that_grow() {
        let replaced = format!("${{{{ \"xxxxxxxxxx\"{} }}}}", " | replace(\"x\", \"xxxxxxxxxx\")".repeat(12));
        let indented = "${{ \"x\\nx\" | indent(2000000000) }}".to_owned();
        for with in [replaced, indented] {
            rendered(SERVICE, &with);
        }
    }
}

mod output {
    use super::*;

    #[test]
    fn of_a_file_in_one_line() {
        let services =
            |count| each(0..count, |at| format!("s{at}: {{image: 'x:latest', privileged: true}}, "));
        let size = |count: usize| {
            let folder = folder(&[("compose.yaml", &format!("{{services: {{{}}}}}\n", services(count)))]);
            run(&folder, &["lint", "."]).stdout.len()
        };
        let (half, whole) = (size(100), size(200));
        assert!(half > 10_000 && whole < half * 21 / 10, "{half} {whole}");
    }

    #[test]
    fn of_a_column_beyond_65535() {
        let text = format!(
            "{{services: {{web: {{image: x, x-a: '{}', privileged: true, foo: bar}}}}}}\n",
            "a".repeat(70_000)
        );
        let said = said(&[("compose.yaml", &text)]);
        assert!(said.contains("`foo`") && said.contains("privileged"), "{}", &said[..said.len().min(3_000)]);
        assert!(said.len() < 50_000, "{}", said.len());
        // A stack in one line, with a mistake behind that column.
        let stack = format!(
            "{{name: shop, x-a: '{}', tiers: {{all: {{}}}}, services: {{web: {{tier: all, image: x, foo: bar}}}}}}\n",
            "a".repeat(70_000)
        );
        let folder = folder(&[("stack.yaml", &stack)]);
        let output = run(&folder, &["render"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("foo") && said.len() < 50_000, "{said}");
    }
}

/// Files that are nowhere but here.
struct InMemory(HashMap<String, String>);

impl Files for InMemory {
    fn entry(&self, path: &str) -> Option<FileEntry> {
        self.0.contains_key(path).then_some(FileEntry::File)
    }

    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }

    fn real_path(&self, _: &str) -> Option<String> {
        None
    }

    fn display_name(&self, path: &str) -> String {
        path.to_owned()
    }
}

fn read(files: impl IntoIterator<Item = (String, String)>) -> Resolution {
    let mut sources = Sources::new();
    let files = InMemory(files.into_iter().map(|(name, text)| (format!("/p/{name}"), text)).collect());
    let id = sources.add("compose.yaml", files.0["/p/compose.yaml"].as_str());
    let request = Request {
        files: vec![(id, "/p/compose.yaml".to_owned())],
        folder: "/p".to_owned(),
        ..Request::of_texts(&sources, &[])
    };
    let resolution = resolve(&mut sources, &files, &request);
    assert!(!resolution.is_refused(), "{:?}", resolution.problems);
    resolution
}

/// What reading takes of the budget grows no faster than twice for twice as much.
fn grows_with_its_input(counted: impl Fn(usize) -> usize, count: usize) {
    let (half, whole) = (counted(count), counted(2 * count));
    assert!(whole > half && whole <= half * 21 / 10, "{half} {whole}");
}

mod growth {
    use super::*;

    #[test]
    fn of_services_that_extend_one() {
        let counted = |count: usize| {
            let services = each(0..count, |at| format!("  s{at}:\n    extends: web\n"));
            read([("compose.yaml".to_owned(), format!("{WEB}{services}"))]).budget.counted()
        };
        grows_with_its_input(counted, 2_000);
    }

    #[test]
    fn of_services_that_extend_each_other() {
        let counted = |count: usize| {
            let mut text = WEB.to_owned();
            for at in 0..count {
                // Ten long, each.
                let base = if at % 10 == 0 { "web".to_owned() } else { format!("s{}", at - 1) };
                let _ = write!(text, "  s{at}:\n    extends: {base}\n");
            }
            read([("compose.yaml".to_owned(), text)]).budget.counted()
        };
        grows_with_its_input(counted, 1_000);
    }

    #[test]
    fn of_files_that_two_others_include() {
        let read = |count: usize| {
            read((0..count).map(|at| {
                let name = if at == 0 { "compose.yaml".to_owned() } else { format!("f{at}.yaml") };
                let next = [at + 1, at + 2].into_iter().filter(|at| *at < count);
                let next: Vec<String> = next.map(|at| format!("f{at}.yaml")).collect();
                let text = format!("include: [{}]\nservices: {{s{at}: {{image: a}}}}\n", next.join(", "));
                (name, text)
            }))
        };
        let names = read(27).model.get("services").and_then(|it| it.as_mapping()).map(|it| it.len());
        assert_eq!(names, Some(27));
        // Each file brings all that it includes, so that a chain of them is a triangle.
        let (half, whole) = (read(20).budget.counted(), read(40).budget.counted());
        assert!(whole < half * 5, "{half} {whole}");
    }

    #[test]
    fn of_dependencies_that_are_not_there() {
        let lint = |count: usize| {
            let services = each(0..count, |at| {
                format!("  service-{at}:\n    image: nginx:1.31\n    depends_on: [missing-{at}]\n")
            });
            let folder = folder(&[("compose.yaml", &format!("services:\n{services}"))]);
            let output = stackgen(folder.path(), &["lint", "--format", "json", "."]).output().expect("runs");
            output.stdout.len()
        };
        grows_with_its_input(lint, 300);
    }
}
