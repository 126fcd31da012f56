//! Runs that are ended at any point: what they wrote is old or new, all of it, and the next run leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::{ended, leftovers, said};
use crate::common::{folder, stackgen};
use tempfile::TempDir;

/// How often each verb is ended; `KILLS` names another number.
fn kills() -> u32 {
    std::env::var("KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(20)
}

fn stack(name: &str) -> String {
    format!(
        "name: {name}\ntiers: {{ data: {{}}, app: {{}} }}\nservices:\n  redis: {{ tier: data, use: redis@7 }}\n  postgres: {{ tier: \
         data, use: postgres@17 }}\n  prometheus: {{ tier: app, use: prometheus }}\n  web: {{ tier: app, image: \"a:1\", environment: {{ \
         URL: \"${{{{ postgres.url }}}}\" }} }}\n"
    )
}

/// Every file of a folder.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(here) = pending.pop() {
        for entry in fs::read_dir(here).expect("folder").flatten() {
            if entry.path().is_dir() {
                pending.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).expect("inside").display().to_string();
                found.insert(name, fs::read_to_string(entry.path()).expect("text"));
            }
        }
    }
    found
}

/// Starts a run, and ends it after some time that is another one each time.
fn killed(folder: &TempDir, arguments: &[&str], round: u32, whole: Duration) {
    let mut run = stackgen(folder.path(), arguments);
    let mut child = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    // The fractions of a golden section are spread evenly.
    let part = (f64::from(round) * 0.618_033_988_749).fract();
    std::thread::sleep(whole.mul_f64(0.3 + part * 0.8));
    child.kill().expect("kill");
    child.wait().expect("end");
}

/// How long a run takes that is not ended.
fn length(folder: &TempDir, arguments: &[&str]) -> Duration {
    let start = std::time::Instant::now();
    let output = ended(&mut stackgen(folder.path(), arguments));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    start.elapsed()
}

#[test]
fn a_render_that_is_ended_is_old_or_new() {
    let (one, other) = (stack("one"), stack("other"));
    let shop = folder(&[("stack.yaml", &one)]);
    let whole = length(&shop, &["render"]);
    let rendered = |text: &str| {
        let folder = folder(&[("stack.yaml", text)]);
        length(&folder, &["render"]);
        let mut texts = texts(folder.path());
        texts.remove("stack.yaml");
        texts
    };
    let states = [rendered(&one), rendered(&other)];
    for round in 0..kills() {
        let wanted = if round % 2 == 0 { &other } else { &one };
        fs::write(shop.path().join("stack.yaml"), wanted).expect("stack");
        killed(&shop, &["render"], round, whole);
        // The next run finishes or undoes, and finds nothing to write.
        fs::write(shop.path().join("stack.yaml"), "services: [\n").expect("stack");
        ended(&mut stackgen(shop.path(), &["render"]));
        let mut found = texts(shop.path());
        found.remove("stack.yaml");
        let names: Vec<&String> = found.keys().collect();
        assert!(states.contains(&found), "round {round}: a mixture of {names:?}");
    }
}

#[test]
fn a_fix_that_is_ended_is_old_or_new() {
    let before = "services:\n  web:\n    image: nginx:1.29\n    environment:\n      - A=1\n      - A=1\n";
    let after = before.replacen("      - A=1\n", "", 1);
    let names: Vec<String> = (0..12).map(|number| format!("{number}/compose.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), before)).collect();
    let projects = folder(&files);
    let reset = || names.iter().for_each(|name| fs::write(projects.path().join(name), before).expect("file"));
    let whole = length(&projects, &["lint", "--fix", "--select", "duplicate-env-key"]);
    for round in 0..kills() {
        reset();
        killed(&projects, &["lint", "--fix"], round, whole);
        // Nothing to fix there: the run only finishes or undoes.
        fs::create_dir_all(projects.path().join("empty")).expect("folder");
        ended(&mut stackgen(projects.path(), &["lint", "--fix", "empty"]));
        let texts: Vec<String> =
            names.iter().map(|name| fs::read_to_string(projects.path().join(name)).expect("text")).collect();
        let is = |wanted: &str| texts.iter().all(|text| text == wanted);
        assert!(is(before) || is(&after), "round {round}: a mixture");
        assert_eq!(leftovers(projects.path()), Vec::<String>::new(), "round {round}");
    }
}

#[test]
fn secrets_that_are_ended_are_whole_and_ignored() {
    let mut whole = Duration::ZERO;
    for round in 0..=kills() {
        let shop = folder(&[("stack.yaml", &stack("one"))]);
        if round == 0 {
            whole = length(&shop, &["secrets", "init"]);
            continue;
        }
        killed(&shop, &["secrets", "init"], round, whole);
        let found = texts(shop.path());
        let ignored = found.get(".gitignore").cloned().unwrap_or_default();
        for (name, text) in &found {
            let is_secret = name.starts_with("secrets/") || text.contains("POSTGRES_PASSWORD=");
            assert!(!is_secret || ignored.contains("/secrets/\n"), "round {round}: {name} is not ignored");
            assert!(
                !name.starts_with("secrets/") || name.contains(".stackgen-") || text.len() == 32,
                "round {round}: {name}"
            );
        }
        let again = ended(&mut stackgen(shop.path(), &["secrets", "init"]));
        assert_eq!(again.status.code(), Some(0), "round {round}: {}", said(&again));
        assert_eq!(leftovers(shop.path()), Vec::<String>::new(), "round {round}");
        let now = texts(shop.path());
        assert!(now[".env"].contains(&format!("POSTGRES_PASSWORD={}\n", now["secrets/postgres_password"])));
    }
}

#[test]
fn who_reads_is_told_that_a_run_was_ended() {
    let compose = "services:\n  web:\n    image: nginx:1.29\n    environment:\n      - A=1\n      - A=1\n";
    let shop = folder(&[("stack.yaml", &stack("one")), ("other/compose.yaml", compose)]);
    ended(&mut stackgen(shop.path(), &["render"]));
    let journal = shop.path().join(".stackgen-journal");
    let readers: [&[&str]; 8] = [
        &["lint"],
        &["lint", "other/compose.yaml"],
        &["lint", "--fix", "--diff"],
        &["render", "--check"],
        &["config", "-f", "other/compose.yaml", "-q"],
        &["graph", "-f", "other/compose.yaml"],
        &["ports"],
        &["secrets", "check"],
    ];
    let told = |arguments: &[&str]| {
        said(&ended(&mut stackgen(shop.path(), arguments))).contains("ended half-way while it wrote in `.`")
    };
    for reader in readers {
        assert!(!told(reader), "{reader:?}");
        fs::write(&journal, "{\"folder\":\"a\"}\n").expect("journal");
        assert!(told(reader), "{reader:?}");
        fs::remove_file(&journal).expect("journal");
    }
    for writer in [&["lint", "--fix"][..], &["render"], &["secrets", "init"]] {
        fs::write(&journal, "{\"folder\":\"a\"}\n").expect("journal");
        assert!(!told(writer), "{writer:?}");
        assert!(!journal.exists(), "{writer:?}");
    }
    // Another run that is writing now is none that was ended.
    fs::write(&journal, "{\"folder\":\"a\"}\n").expect("journal");
    let held = fs::File::open(&journal).expect("journal");
    held.lock().expect("a lock");
    assert!(!told(&["lint"]));
}

#[test]
fn runs_side_by_side_wait_for_each_other() {
    let shop = folder(&[("stack.yaml", &stack("one"))]);
    let start = || stackgen(shop.path(), &["secrets", "init"]).stderr(Stdio::piped()).spawn().expect("runs");
    let runs: Vec<_> = (0..4).map(|_| start()).collect();
    for run in runs {
        let output = run.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let now = texts(shop.path());
    assert!(now[".env"].contains(&format!("POSTGRES_PASSWORD={}\n", now["secrets/postgres_password"])));
    assert_eq!(leftovers(shop.path()), Vec::<String>::new());
}
