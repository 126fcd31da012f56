//! Compose files by their names and contents, and those that are laid over another one of their folder.

use std::collections::BTreeMap;

use super::combination::{Combination, Reason, is_file, name_of};
use compose_reader::compose::DEFAULT_FILES;
use compose_reader::compose::{Files, parent};

/// Words between the dots of the name of a file that others are laid over.
const BASES: [&str; 4] = ["base", "common", "default", "main"];

/// `compose.yaml`, `docker-compose.yml`, and both with a word behind: `docker-compose.dev.yml`, `compose-ci.yaml`.
pub fn is_compose_name(name: &str) -> bool {
    let rest = name.strip_prefix("docker-").unwrap_or(name).strip_prefix("compose");
    rest.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

/// Whether a text looks like a compose file: a top-level `services`, which is no list, in which a service has an image or
/// is built, and none has the tier that a service of a stack has.
pub fn holds_compose(text: &str) -> bool {
    let services = services(text);
    let has = |wanted: &str| services.values().flatten().any(|key| *key == wanted);
    let is_list = services.keys().any(|name| name.starts_with("- "));
    (has("image") || has("build")) && !has("tier") && !is_list
}

/// Whether a file is no project by itself: a service lacks what Compose asks of each, and it has no name that Compose takes
/// by itself.
pub fn is_fragment(path: &str, text: &str) -> bool {
    !DEFAULT_FILES.contains(&name_of(path))
        && !includes(text)
        && services(text).values().any(|keys| is_bare(keys))
}

/// Whether a file brings in others by itself.
fn includes(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("include:"))
}

/// Whether a file is deployed to a swarm, by its name: `docker-stack.yml`, `stack.prod.yml`, `compose.swarm.yaml`.
pub fn is_stack_name(path: &str) -> bool {
    let mut words = name_of(path).split(['.', '-', '_']);
    words.any(|word| matches!(word, "stack" | "swarm"))
}

/// Whether a service says nothing of what it runs.
fn is_bare(keys: &[&str]) -> bool {
    !keys.iter().any(|key| ["image", "build", "extends", "provider", "<<"].contains(key))
}

/// What other files are read with a file for: as long as it is the same, so are the projects of a repository.
pub fn outline(text: &str) -> impl PartialEq + use<> {
    let services = services(text).into_iter();
    let owned = |(name, keys): (&str, Vec<&str>)| {
        (name.to_owned(), keys.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    (includes(text), services.map(owned).collect::<Vec<_>>())
}

/// The services of a text in block style, each with its keys.
fn services(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_empty = |line: &&str| line.trim_start().is_empty() || line.trim_start().starts_with('#');
    let mut lines = text.lines().skip_while(|line| !line.starts_with("services:"));
    lines.next();
    let mut below = lines.filter(|line| !is_empty(line)).take_while(|line| indent(line) > 0).peekable();
    let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let Some(column) = below.peek().map(|line| indent(line)) else { return services };
    let key_of = |line: &'_ str| -> usize { line.trim_start().find(':').unwrap_or(line.trim_start().len()) };
    let mut keys = None;
    let mut current = None;
    for line in below {
        let inner = line.trim_start();
        let key = &inner[..key_of(line)];
        if indent(line) <= column {
            keys = None;
            let listed = services.entry(key).or_default();
            // `db: { image: postgres }`
            let flow = inner[key.len()..].trim_start_matches(':').trim_start().strip_prefix('{');
            let items = flow.into_iter().flat_map(|flow| flow.split(','));
            listed.extend(items.filter_map(|item| Some(item.split_once(':')?.0.trim())));
            current = Some(key);
        } else if *keys.get_or_insert(indent(line)) == indent(line)
            && let Some(listed) = current.and_then(|name| services.get_mut(name))
        {
            listed.push(key);
        }
    }
    services
}

/// The files that are laid over another one, among the YAML files of a repository: by their names, where what they hold is
/// no project by itself, or only says how the images of the other file are built.
pub fn of_names(files: &dyn Files, known: &[String]) -> Vec<(Combination, Reason)> {
    let mut found = Vec::new();
    for path in known {
        let Some(base) = base_of(files, path, known) else { continue };
        let Some((own, below)) = files.read(path).ok().zip(files.read(&base).ok()) else { continue };
        if is_laid_over(&own, &below) {
            let combination = Combination::of(vec![base.clone(), path.clone()]);
            let text = format!("laid over `{}`, by its name", name_of(&base));
            found.push((combination, Reason { file: path.clone(), line: 0, text }));
        }
    }
    found
}

/// The file of the same folder that a file is laid over, by its name: `compose.yaml` for `compose.dev.yaml`,
/// `dev.yaml` for `dev.override.yaml`.
fn base_of(files: &dyn Files, path: &str, known: &[String]) -> Option<String> {
    let (folder, name) = (parent(path), name_of(path));
    let (stem, extension) = name.rsplit_once('.')?;
    let at = |name: &str| format!("{folder}/{name}");
    // Compose takes these by itself.
    if DEFAULT_FILES.contains(&name) || DEFAULT_FILES.iter().any(|base| overrides(base) == stem) {
        return None;
    }
    let shorter = stem.rsplit_once(['.', '-', '_']).map(|(shorter, _)| shorter);
    let same =
        shorter.map(|shorter| at(&format!("{shorter}.{extension}"))).filter(|path| is_file(files, path));
    if same.is_some() || !is_compose_name(name) && !stem.ends_with("override") {
        return same.filter(|base| known.contains(base));
    }
    let defaults = DEFAULT_FILES.iter().map(|name| at(name));
    let others = ["docker-compose", "compose"].into_iter().flat_map(|start| {
        BASES.into_iter().flat_map(move |word| ["yml", "yaml"].map(|end| format!("{start}.{word}.{end}")))
    });
    let mut bases = defaults.chain(others.map(|name| at(&name)));
    bases.find(|base| base != path && is_file(files, base))
}

/// The stem of the override that Compose takes by itself: `compose.override` for `compose.yaml`.
fn overrides(base: &str) -> String {
    format!("{}.override", base.rsplit_once('.').map_or(base, |(stem, _)| stem))
}

/// Whether a file is laid over another one: a service of it has neither image nor build, or all of its services are
/// built and are services of the other file.
fn is_laid_over(own: &str, base: &str) -> bool {
    if includes(own) {
        return false;
    }
    let (own, base) = (services(own), services(base));
    let has = |keys: &Vec<&str>, wanted: &[&str]| keys.iter().any(|key| wanted.contains(key));
    let is_shared = own.keys().any(|name| base.contains_key(name));
    let only_builds = || own.iter().all(|(name, keys)| has(keys, &["build"]) && base.contains_key(name));
    let bases_have_images =
        || own.keys().all(|name| base.get(name).is_some_and(|keys| has(keys, &["image"])));
    is_shared && (own.values().any(|keys| is_bare(keys)) || only_builds() && bases_have_images())
}

#[cfg(test)]
mod tests {
    use super::super::combination::tests::Paper;
    use super::{holds_compose, is_compose_name, of_names};

    #[test]
    fn compose_files_are_known_by_name() {
        for name in ["compose.yaml", "docker-compose.yml", "docker-compose.dev.yml", "compose-ci.yaml"] {
            assert!(is_compose_name(name), "{name}");
        }
        for name in ["composer.yaml", "my-compose.yaml", "docker.yaml"] {
            assert!(!is_compose_name(name), "{name}");
        }
    }

    #[test]
    fn compose_files_are_known_by_content() {
        for text in [
            "services:\n  web:\n    image: nginx\n",
            "# a\nname: x\n\nservices: # all\n\n    # one\n    web:\n        ports: []\n        build: .\nvolumes:\n",
            "services:\n  web: {image: nginx}\n",
        ] {
            assert!(holds_compose(text), "{text}");
        }
        for text in [
            "",
            "services:\n",
            "services:\n- docker:dind\n",
            "services:\n  - image: docker\n",
            "services:\n  - name: app\n    image: {repository: app}\n",
            "services:\n  App\\:\n    resource: '../src'\n",
            "jobs:\n  test:\n    services:\n      db:\n        image: postgres\n",
            "tiers:\n  data: {}\nservices:\n  db:\n    tier: data\n    image: postgres\n",
            "services:\n  web:\n    environment:\n      image: nginx\n",
        ] {
            assert!(!holds_compose(text), "{text}");
        }
    }

    #[test]
    fn files_are_laid_over_others_by_name() {
        const IMAGE: &str = "services:\n  web:\n    image: x\n";
        const BUILD: &str = "services:\n  web:\n    build: .\n";
        const PORTS: &str = "services:\n  web:\n    ports: ['80:80']\n";
        for (names, expected) in [
            (
                &[("/r/compose.yaml", IMAGE), ("/r/compose.dev.yaml", PORTS)][..],
                "/r/compose.yaml+/r/compose.dev.yaml",
            ),
            (
                &[("/r/docker-compose.yml", IMAGE), ("/r/docker-compose.build.yml", BUILD)],
                "/r/docker-compose.yml+/r/docker-compose.build.yml",
            ),
            // Another way to run the same.
            (&[("/r/docker-compose.yml", IMAGE), ("/r/docker-compose.dev.yml", IMAGE)], ""),
            (&[("/r/docker-compose.yml", BUILD), ("/r/docker-compose.dev.yml", BUILD)], ""),
            (&[("/r/dev.yml", IMAGE), ("/r/dev.override.yml", PORTS)], "/r/dev.yml+/r/dev.override.yml"),
            (
                &[("/r/docker-compose.base.yml", IMAGE), ("/r/docker-compose.prod.yml", PORTS)],
                "/r/docker-compose.base.yml+/r/docker-compose.prod.yml",
            ),
            (&[("/r/compose.yaml", IMAGE), ("/r/compose.override.yaml", PORTS)], ""),
            (&[("/r/compose.yaml", IMAGE), ("/q/compose.dev.yaml", PORTS)], ""),
        ] {
            let paper = Paper(names.iter().copied().collect());
            let known: Vec<String> = names.iter().map(|(name, _)| (*name).to_owned()).collect();
            let found = of_names(&paper, &known);
            let shown: Vec<String> = found.iter().map(|(it, _)| it.files.join("+")).collect();
            assert_eq!(shown.join(", "), expected);
        }
    }
}
