//! Each rule alone: the examples of its page, and the fixtures in `tests/rules/<name>/`.
//!
//! A fixture `bad-*` has findings, shown in the snapshot beside it together with what its fixes make of it; a fixture
//! `good-*` has none. A fixture that is a folder is one project: its `*.yaml` are merged in the order of their names, and all
//! else, a Dockerfile or an env file, lies beside them; for a rule about several projects, each `*.yaml` is one.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use compose_reader::compose::{FileEntry, Files, NoFiles, Project, Request};
use compose_reader::diagnostic::{Diagnostic, Edit, Fix};
use compose_reader::source::{SourceId, Sources};
use proptest::prelude::*;
use stackgen::lint::{
    Footprint, RULES, Rule, Selection, config_path, find, is_across, is_configured, lint, lint_across,
    lint_with, secrets,
};
use stackgen::report::{Look, human, json, summary};

/// One project, or several for a rule about those.
#[derive(Clone)]
struct Fixture {
    name: String,
    /// The compose files.
    texts: Vec<(String, String)>,
    beside: Beside,
}

/// The files beside the compose files, by their paths as the project sees them.
#[derive(Clone, Default)]
struct Beside(BTreeMap<String, String>);

impl Files for Beside {
    fn entry(&self, path: &str) -> Option<FileEntry> {
        let is_folder =
            || path == "/project" || self.0.keys().any(|file| file.starts_with(&format!("{path}/")));
        let is_file = self.0.contains_key(path);
        is_file.then_some(FileEntry::File).or_else(|| is_folder().then_some(FileEntry::Folder))
    }

    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }

    fn real_path(&self, path: &str) -> Option<String> {
        NoFiles.real_path(path)
    }

    fn display_name(&self, path: &str) -> String {
        NoFiles.display_name(path)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let inside = self.0.keys().filter_map(|file| file.strip_prefix(&format!("{folder}/")));
        let names = inside.filter_map(|rest| rest.split('/').next()).map(str::to_owned);
        names.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
    }
}

/// Sources with the findings of one rule in them.
fn run(
    rule: &Rule,
    texts: &[(String, String)],
    beside: &Beside,
) -> (Sources, Vec<SourceId>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let ids: Vec<SourceId> = texts.iter().map(|(name, text)| sources.add(name, text)).collect();
    // As if a `.env` stood beside them that sets none of their variables.
    let request = |sources: &Sources, ids: &[SourceId]| Request {
        documented: Some(HashSet::new()),
        config_path,
        is_configured,
        ..Request::of_texts(sources, ids)
    };
    let findings = if is_across(rule) {
        // Each file is a project.
        let footprints = ids.iter().map(|id| {
            let request = request(&sources, &[*id]);
            let path = format!("folder/{}", sources.get(*id).name());
            Footprint::of(&Project::read(&mut sources, beside, &request), &path)
        });
        let footprints: Vec<Footprint> = footprints.collect();
        let found = lint_across(&footprints).into_iter().map(|(_, finding)| finding);
        found.filter(|finding| finding.code == rule.code).collect()
    } else {
        let request = request(&sources, &ids);
        lint_with(&Project::read(&mut sources, beside, &request), [rule])
    };
    (sources, ids, findings)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// Every file below a folder, with its path from there.
fn files_below(folder: &Path, path: &str) -> Vec<(String, String)> {
    let files = children(folder).into_iter().flat_map(|file| {
        let path = format!("{path}{}", name_of(&file));
        match file.is_dir() {
            true => files_below(&file, &format!("{path}/")),
            false => vec![(path, fs::read_to_string(&file).expect("text"))],
        }
    });
    files.collect()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

/// The fixtures of a rule whose names begin with `kind`.
fn fixtures(rule: &Rule, kind: &str) -> Vec<Fixture> {
    let folder = Path::new("tests/rules").join(rule.name);
    let wanted = |path: &PathBuf| name_of(path).starts_with(kind) && (path.is_dir() || is_yaml(path));
    let fixture = |path: PathBuf| {
        let name = name_of(&path).replace(".yaml", "");
        if !path.is_dir() {
            let texts = vec![(name_of(&path), fs::read_to_string(&path).expect("text"))];
            return Fixture { name, texts, beside: Beside::default() };
        }
        let (texts, beside): (Vec<_>, Vec<_>) =
            files_below(&path, "").into_iter().partition(|(path, _)| is_yaml(Path::new(path)));
        let beside = beside.into_iter().map(|(path, text)| (format!("/project/{path}"), text));
        Fixture { name, texts, beside: Beside(beside.collect()) }
    };
    children(&folder).into_iter().filter(wanted).map(fixture).collect()
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.content);
    }
    text
}

/// How much of the project cannot be read, and who waits for whom: what no fix may lose.
fn structure(sources: &mut Sources, ids: &[SourceId]) -> (usize, Vec<(String, String)>) {
    let project = Project::load(sources, ids);
    let pairs = project.services.values().flat_map(|service| {
        service.depends_on.iter().map(|entry| (service.name.to_string(), entry.name.to_string()))
    });
    (project.problems.len() + project.duplicates.len(), pairs.collect())
}

/// The texts after the first fix has been applied, and again, until no finding has one. What lies beside is not changed.
fn fixed(rule: &Rule, texts: &[(String, String)], beside: &Beside) -> Option<Vec<(String, String)>> {
    let mut texts = texts.to_vec();
    for pass in 0..20 {
        let (mut sources, ids, findings) = run(rule, &texts, beside);
        let (problems, pairs) = structure(&mut sources, &ids);
        let is_inside = |fix: &&Fix| fix.edits.iter().all(|edit| ids.contains(&edit.span.source));
        let mut fixes = findings.iter().filter_map(|finding| finding.fix.as_ref());
        let Some(fix) = fixes.find(is_inside) else {
            return (pass > 0).then_some(texts);
        };
        let file = ids.iter().position(|id| *id == fix.edits[0].span.source).expect("a file of the project");
        texts[file].1 = apply(&texts[file].1, &fix.edits);
        let (mut sources, after_ids, after) = run(rule, &texts, beside);
        let (problems_after, pairs_after) = structure(&mut sources, &after_ids);
        assert!(problems_after <= problems, "{}", texts[file].1);
        assert!(pairs.iter().all(|pair| pairs_after.contains(pair)), "{}", texts[file].1);
        let shown = human(&after, &sources, Look::default());
        assert!(after.len() < findings.len(), "{}: the fix changed nothing\n{shown}", texts[file].1);
    }
    panic!("{}: the fixes never end", rule.name);
}

#[test]
fn the_examples_of_each_page_are_true() {
    for rule in RULES {
        for (heading, expected) in [("Bad", 1), ("Good", 0)] {
            let texts = rule.examples(heading);
            let (more, beside): (Vec<_>, Vec<_>) =
                rule.files(heading).into_iter().partition(|(path, _)| is_yaml(Path::new(path)));
            let texts = texts.into_iter().map(|text| ("compose.yaml".to_owned(), text));
            let texts: Vec<_> = texts.chain(more).collect();
            assert!(!texts.is_empty(), "{}: no `## {heading}`", rule.name);
            assert!(texts.len() > 1 || !is_across(rule), "{}: `## {heading}`", rule.name);
            let beside = beside.into_iter().map(|(path, text)| (format!("/project/{path}"), text));
            let (sources, _, findings) = run(rule, &texts, &Beside(beside.collect()));
            let shown = human(&findings, &sources, Look::default());
            assert_eq!(findings.len(), expected, "{} {heading}\n{shown}", rule.name);
        }
        assert!(rule.page().contains("\n## Source\n"), "{}: no `## Source`", rule.name);
    }
}

#[test]
fn good_fixtures_are_silent() {
    for rule in RULES {
        let fixtures = fixtures(rule, "good-");
        assert!(!fixtures.is_empty(), "{} has no good fixture", rule.name);
        for Fixture { name, texts, beside } in fixtures {
            let (sources, _, findings) = run(rule, &texts, &beside);
            let shown = human(&findings, &sources, Look::default());
            assert!(findings.is_empty(), "{}/{name}\n{shown}", rule.name);
        }
    }
}

#[test]
fn bad_fixtures_are_reported_and_fixed() {
    for rule in RULES {
        let fixtures = fixtures(rule, "bad-");
        assert!(!fixtures.is_empty(), "{} has no bad fixture", rule.name);
        for Fixture { name, texts, beside } in fixtures {
            let (mut sources, ids, findings) = run(rule, &texts, &beside);
            assert!(!findings.is_empty(), "{}/{name} is silent", rule.name);
            let others = RULES.iter().filter(|other| other.code != rule.code);
            let off = lint_with(&Project::load(&mut sources, &ids), others);
            assert!(off.iter().all(|finding| finding.code != rule.code), "{}/{name}: not off", rule.name);
            let mut shown = human(&findings, &sources, Look::default());
            shown.push_str(&summary(&findings, ids.len()));
            for (file, text) in fixed(rule, &texts, &beside).into_iter().flatten() {
                shown.push_str(&format!("\n\n--- {file}, fixed\n{text}"));
            }
            insta::with_settings!({
                snapshot_path => format!("rules/{}", rule.name),
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(name, shown);
            });
        }
    }
}

#[test]
fn a_fix_adds_no_line_break_at_the_end_of_a_file() {
    let mut fixed = 0;
    for rule in RULES {
        for Fixture { name, mut texts, beside } in fixtures(rule, "bad-") {
            texts.iter_mut().for_each(|(_, text)| text.truncate(text.trim_end().len()));
            let (sources, ids, findings) = run(rule, &texts, &beside);
            let is_inside = |fix: &&Fix| fix.edits.iter().all(|edit| ids.contains(&edit.span.source));
            for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(is_inside) {
                let text = stackgen::fix::apply(sources.get(fix.edits[0].span.source).text(), &fix.edits);
                assert!(!text.ends_with('\n'), "{}/{name}\n{text}", rule.name);
                fixed += 1;
            }
        }
    }
    assert!(fixed > 100, "{fixed}");
}

#[test]
fn codes_and_names_are_unique_and_in_order() {
    let list: Vec<String> =
        RULES.iter().map(|rule| format!("{} {} {}", rule.code, rule.name, rule.severity.name())).collect();
    insta::assert_snapshot!(list.join("\n"), @r"
    SG001 invalid-yaml error
    SG002 duplicate-key error
    SG003 unknown-key error
    SG004 wrong-type error
    SG005 invalid-value error
    SG006 interpolation-syntax error
    SG007 missing-variable error
    SG008 unset-variable warning
    SG009 missing-file error
    SG010 extends-cycle error
    SG011 include-cycle error
    SG012 merge-conflict error
    SG013 obsolete-version warning
    SG014 yaml11-boolean warning
    SG015 reinterpreted-value warning
    SG016 oversized-project error
    SG017 env-file-variable warning
    SG018 ignored-file warning
    SG019 lost-merge warning
    SG101 undefined-reference error
    SG102 missing-image error
    SG103 exclusive-keys error
    SG104 unused-resource warning
    SG105 mount-collision error
    SG106 relative-mount-target error
    SG107 drive-letter-volume error
    SG108 duplicate-env-key warning
    SG109 invalid-host-name hint
    SG110 shared-data-volume warning
    SG111 mount-option-mismatch error
    SG112 missing-mount-source warning
    SG113 missing-build-file warning
    SG114 invalid-image-name error
    SG115 quoted-item warning
    SG116 hidden-build warning
    SG201 port-collision error
    SG202 container-name-collision error
    SG203 replicas-with-fixed-port error
    SG204 container-name-with-replicas error
    SG205 address-collision error
    SG206 ignored-ports warning
    SG207 image-collision warning
    SG208 exposed-admin-port warning
    SG209 unbound-port warning
    SG210 bypassed-gateway hint
    SG211 blocked-port warning
    SG212 unlistened-port warning
    SG213 port-collision-across-files warning
    SG214 container-name-across-files warning
    SG215 loopback-listener warning
    SG216 appended-port warning
    SG217 shared-project-name warning
    SG301 dependency-cycle error
    SG302 unknown-dependency error
    SG303 ungated-dependency warning
    SG304 gate-without-probe error
    SG305 inactive-dependency error
    SG306 ungated-job warning
    SG307 unawaited-job hint
    SG308 endless-job error
    SG309 unreachable-dependency error
    SG310 undeclared-dependency hint
    SG311 sleep-as-gate warning
    SG401 missing-probe warning
    SG402 absent-tool error
    SG403 unfit-probe warning
    SG404 localhost-probe hint
    SG405 shell-mismatch error
    SG406 unescaped-dollar warning
    SG407 wrong-probe-port warning
    SG408 hasty-probe hint
    SG410 secret-blind-probe warning
    SG411 unprobed-service warning
    SG412 inherited-probe warning
    SG413 foreign-probe warning
    SG501 localhost-reference error
    SG502 unknown-host warning
    SG503 host-port-inside error
    SG504 internal-address-in-browser warning
    SG505 missing-external-network hint
    SG506 literal-config-variable warning
    SG507 host-gateway hint
    SG508 default-bridge warning
    SG509 advertised-localhost warning
    SG510 unreachable-route warning
    SG511 config-address warning
    SG512 prefixed-network warning
    SG513 plain-address warning
    SG601 floating-tag warning
    SG602 unpinned-digest warning
    SG603 withdrawn-image warning
    SG604 image-pitfall error
    SG605 missing-restart warning
    SG606 build-and-image warning
    SG607 absent-command warning
    SG608 ended-container warning
    SG609 bind-under-user warning
    SG610 build-time-variable warning
    SG701 privileged-service warning
    SG702 host-namespace warning
    SG703 container-socket warning
    SG704 sensitive-mount warning
    SG705 dangerous-capability warning
    SG706 unconfined-profile warning
    SG707 host-device warning
    SG708 shared-propagation warning
    SG709 executable-tmpfs warning
    SG710 inline-secret warning
    SG711 unusable-secret error
    SG712 example-as-env-file warning
    SG713 root-user warning
    SG714 privilege-escalation warning
    SG715 kept-capabilities warning
    SG716 writable-root warning
    SG717 unlimited-resources warning
    SG718 unlimited-logs warning
    SG719 trusting-database warning
    SG720 host-network warning
    SG801 key-order hint
    SG802 service-order hint
    SG803 unquoted-port hint
    SG804 mixed-pairs hint
    SG805 unnamed-project hint
    SG901 unused-suppression warning
    ");
    assert!(RULES.is_sorted_by_key(|rule| rule.code));
    let names: HashSet<&str> = RULES.iter().flat_map(|rule| [rule.name, rule.code]).collect();
    assert_eq!(names.len(), RULES.len() * 2);
    for rule in RULES {
        let is_kebab = rule.name.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        assert!(is_kebab && rule.name.split('-').count() <= 4, "{}", rule.name);
        assert!(rule.summary().ends_with('.'), "{}: `{}`", rule.name, rule.summary());
        assert_eq!(find(rule.name).map(|found| found.code), find(rule.code).map(|found| found.code));
    }
}

/// Every fixture and example as one text each, to be broken.
fn corpus() -> Vec<String> {
    let mut texts: Vec<String> =
        RULES.iter().flat_map(|rule| [rule.examples("Bad"), rule.examples("Good")].concat()).collect();
    for rule in RULES {
        for fixture in fixtures(rule, "bad-").into_iter().chain(fixtures(rule, "good-")) {
            texts.extend(fixture.texts.into_iter().map(|(_, text)| text));
        }
    }
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn broken_files_never_break_the_linter(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[-:{}\\[\\]$&*!|'\"#,\té\r\n a0]{0,3}"),
            0..6,
        ),
    ) {
        let corpus = corpus();
        let mut sources = Sources::new();
        let mut ids = Vec::new();
        for text in [first.get(&corpus), second.get(&corpus)] {
            let mut characters: Vec<char> = text.chars().collect();
            for (at, length, content) in &cuts {
                let start = at.index(characters.len() + 1);
                let end = (start + length.index(12)).min(characters.len());
                characters.splice(start..end, content.chars());
            }
            ids.push(sources.add("broken.yaml", characters.into_iter().collect::<String>()));
        }
        for files in [&ids[..1], &ids[..]] {
            let project = Project::load(&mut sources, files);
            let findings = lint(&project, &Selection::default(), &secrets(&project));
            let look = Look { color: true, unicode: true, width: 20 };
            prop_assert!(human(&findings, &sources, look).matches("Failed to read").count() == 0);
            let report: Result<serde_json::Value, _> = serde_json::from_str(&json(&findings, &sources, 1));
            prop_assert!(report.is_ok());
        }
    }
}
