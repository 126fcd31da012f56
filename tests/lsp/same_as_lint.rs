//! Diagnostics are those of `stackgen lint` on the same texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::client::Client;
use crate::common::{folder, run, write};

/// Where something is said, and what.
type Said = BTreeSet<(String, u64, u64, String)>;

fn of_lint(folder: &tempfile::TempDir) -> Said {
    let output = run(folder, &["lint", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").clone();
    let said = |it: &Value| {
        let number = |key: &str| it[key].as_u64().expect("a number") - 1;
        (
            it["file"].as_str().expect("a file").to_owned(),
            number("line"),
            number("column"),
            it["code"].as_str().expect("a code").to_owned(),
        )
    };
    findings.iter().map(said).collect()
}

/// What the server has said last about each file.
#[derive(Default)]
struct Told(BTreeMap<String, Vec<Value>>);

impl Told {
    /// Hears one more thing; false where nothing comes.
    fn hear(&mut self, client: &mut Client) -> bool {
        let Some(told) = client.next("textDocument/publishDiagnostics") else { return false };
        let params = &told["params"];
        let file = params["uri"].as_str().expect("a file").trim_start_matches(&client.uri("")).to_owned();
        self.0.insert(file, params["diagnostics"].as_array().expect("a list").clone());
        true
    }

    fn all(&self) -> Said {
        let said = |(file, list): (&String, &Vec<Value>)| {
            let file = file.clone();
            list.clone().into_iter().map(move |it| {
                let start = &it["range"]["start"];
                let number = |key: &str| start[key].as_u64().expect("a number");
                (
                    file.clone(),
                    number("line"),
                    number("character"),
                    it["code"].as_str().expect("a code").to_owned(),
                )
            })
        };
        self.0.iter().flat_map(said).collect()
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % most.max(1)
    }
}

const FILES: [(&str, &str); 5] = [
    (
        "compose.yaml",
        "services:\n  web:\n    image: nginx\n    ports: [\"8080:80\"]\n    depends_on:\n      - db\n  db:\n    image: postgres:18\n    environment:\n      POSTGRES_PASSWORD: ${DB_PASSWORD}\n    volumes:\n      - data:/var/lib/postgresql/data\nvolumes:\n  data:\n  other:\n",
    ),
    ("compose.override.yaml", "services:\n  db:\n    ports: [\"8080:5432\"]\n"),
    ("compose.ci.yaml", "services:\n  web:\n    tty: maybe\n"),
    (
        "deploy/compose.yaml",
        "services:\n  app:\n    image: example/app:1\n    container_name: web\n    ports: [\"8080:80\"]\n",
    ),
    (".env", "DB_PASSWORD=x\n"),
];

#[test]
fn after_every_edit_both_say_the_same() {
    let folder = folder(&FILES);
    let mut client = Client::of(folder.path(), "utf-32");
    let names = ["compose.yaml", "compose.override.yaml", "compose.ci.yaml", "deploy/compose.yaml"];
    let mut texts: Vec<String> =
        names.iter().map(|name| fs::read_to_string(folder.path().join(name)).expect("text")).collect();
    let mut told = Told::default();
    for (name, text) in names.iter().zip(&texts) {
        client.open(name, text);
    }
    let pieces = [
        "\n",
        " ",
        "  ",
        ":",
        "#",
        "services:\n",
        "    image: redis\n",
        "- ",
        "x",
        "\"",
        "[",
        "# stackgen: ignore[floating-tag] x\n",
        "🐘",
    ];
    let mut dice = Dice(7);
    for round in 0..60 {
        let which = dice.below(names.len());
        let text = &mut texts[which];
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let start = places[dice.below(places.len())];
        let ends: Vec<usize> = places.iter().copied().filter(|at| *at >= start && *at < start + 12).collect();
        let end = ends.get(dice.below(ends.len())).copied().unwrap_or(start);
        let piece = pieces[dice.below(pieces.len())];
        // Half of the edits are taken back, so that files stay readable for a while.
        let before = text.clone();
        text.replace_range(start..end, piece);
        for state in [text.clone(), before.clone()].into_iter().take(if round % 2 == 0 { 2 } else { 1 }) {
            client.change(names[which], &state);
            write(&folder, names[which], &state);
            let lint = of_lint(&folder);
            // Until the server has got there; it may say the same at once, and then says nothing.
            while told.all() != lint && told.hear(&mut client) {}
            assert_eq!(told.all(), lint, "round {round}, {}:\n{state}", names[which]);
        }
        if round % 2 == 0 {
            *text = before;
        }
        if round % 10 == 9 {
            texts[which] = FILES.iter().find(|(name, _)| *name == names[which]).expect("there").1.to_owned();
            client.change(names[which], &texts[which]);
            write(&folder, names[which], &texts[which]);
        }
    }
}
