//! What the commands of texts come to.

use super::combination::tests::Paper;
use super::{Combination, may_hold_commands, of_text};

fn found(path: &str, text: &str) -> Vec<String> {
    let names = [
        "/r/a.yml",
        "/r/b.yml",
        "/r/x.dev.yml",
        "/r/x.prod.yml",
        "/r/deploy/c.yml",
        "/r/deploy/d.yml",
        "/r/p.env",
    ];
    let paper = Paper(names.into_iter().map(|name| (name, "")).collect());
    let known: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let shown = |combination: &Combination| {
        let mut shown = combination.files.join("+");
        shown.extend(combination.directory.iter().map(|folder| format!(" in {folder}")));
        shown.extend(combination.env_files.iter().map(|file| format!(" with {file}")));
        shown.extend(combination.profiles.iter().map(|name| format!(" on {name}")));
        shown.push_str(if combination.is_set_elsewhere { " set elsewhere" } else { "" });
        shown.push_str(if combination.is_swarm { " swarm" } else { "" });
        shown.replace("/r/", "")
    };
    let told = of_text(&paper, "/r", &known, (path, text));
    let assembled =
        told.assembled.iter().map(|(file, why)| format!("{}: part {file}", why.line).replace("/r/", ""));
    told.combinations
        .iter()
        .map(|(it, why)| format!("{}: {}", why.line, shown(it)))
        .chain(assembled)
        .collect()
}

#[test]
fn lists_that_are_built_step_by_step_are_followed() {
    for (path, text, expected) in [
        ("/r/x.sh", "F='-f a.yml'\nF=\"$F -f b.yml\"\ndocker compose $F up\n", "3: a.yml+b.yml"),
        ("/r/x.sh", "F=(-f a.yml)\nF+=(-f b.yml)\ndocker compose \"${F[@]}\" up\n", "3: a.yml+b.yml"),
        (
            "/r/x.sh",
            "F=(\n  -f a.yml  \n  # -f x.dev.yml\n  -f b.yml\n)\ndocker compose \"${F[@]}\" up\n",
            "6: a.yml+b.yml",
        ),
        (
            "/r/x.sh",
            "F=\"-f a.yml\"\ncase $1 in\n  dev|d) F+=\" -f x.dev.yml\" ;;\n  prod)\n    F+=\" -f x.prod.yml\"\n    ;;\nesac\ndocker compose $F up\n",
            "8: a.yml+x.dev.yml, 8: a.yml+x.prod.yml",
        ),
        (
            "/r/x.sh",
            "F=\"-f a.yml\"\nif [ $1 = dev ]; then F=\"$F -f x.dev.yml\"; else F=\"$F -f x.prod.yml\"; fi\ndocker compose $F up",
            "3: a.yml+x.dev.yml, 3: a.yml+x.prod.yml",
        ),
        (
            "/r/x.sh",
            "F=\"-f a.yml\"\n[ -n \"$TLS\" ] && F=\"$F -f b.yml\"\nif $DEV; then\n  F=\"$F -f x.dev.yml\"\nfi\ndocker compose $F up",
            "6: a.yml+b.yml, 6: a.yml+x.dev.yml, 6: a.yml+b.yml+x.dev.yml",
        ),
        (
            "/r/x.sh",
            "files=(a.yml b.yml)\nfor f in \"${files[@]}\"; do\n  if [ -n \"$f\" ]; then\n    args+=(\"-f\" \"$f\")\n  fi\ndone\ndocker compose \"${args[@]}\" up",
            "7: a.yml+b.yml",
        ),
        (
            "/r/x.sh",
            "for e in dev prod; do docker compose -f a.yml -f x.$e.yml pull; done",
            "1: a.yml+x.dev.yml, 1: a.yml+x.prod.yml",
        ),
        (
            "/r/x.sh",
            "declare -A m=([\"one\"]=\"a.yml\" [\"two\"]=\"b.yml\")\nm[three]=deploy/c.yml\ndocker compose -f ${m[\"one\"]} -f ${m[three]} up",
            "3: a.yml+deploy/c.yml",
        ),
        ("/r/x.sh", "F=(a.yml b.yml)\ndocker compose \"${F[@]/#/-f }\" up", "2: a.yml+b.yml"),
        ("/r/x.sh", "docker compose -f a.yml ${DEV:+-f b.yml} up", "1: a.yml+b.yml"),
        ("/r/x.sh", "COMPOSE_FILE=a.yml\nCOMPOSE_FILE=\"$COMPOSE_FILE:b.yml\"\n", "2: a.yml+b.yml"),
        ("/r/Makefile", "F = a.yml b.yml\nup:\n\tdocker compose $(addprefix -f ,$(F)) up", "3: a.yml+b.yml"),
        (
            "/r/Makefile",
            "F = a.yml b.yml\nup:\n\tdocker compose $(foreach f,$(F),-f $(f)) up",
            "3: a.yml+b.yml",
        ),
        (
            "/r/Makefile",
            "F = -f a.yml\nifdef DEV\nF += -f x.dev.yml\nelse\nF += -f x.prod.yml\nendif\nup:\n\tdocker compose $(F) up",
            "8: a.yml+x.dev.yml, 8: a.yml+x.prod.yml",
        ),
        // A function runs later than where it stands.
        ("/r/x.sh", "up() {\n  docker compose $F up\n}\nF='-f a.yml -f b.yml'\nup\n", "2: a.yml+b.yml"),
        (
            "/r/run.py",
            "cmd = ['docker', 'compose', '-f', 'a.yml']\nif dev:\n    cmd += ['-f', 'x.dev.yml']\nelse:\n    cmd.extend(['-f', 'x.prod.yml'])\nsubprocess.run(cmd + ['up', '-d'])\n",
            "6: a.yml+x.dev.yml, 6: a.yml+x.prod.yml",
        ),
        (
            "/r/run.py",
            "FILES = [\n    'a.yml',\n    'b.yml',\n]\nargs = []\nfor f in FILES:\n    args += ['-f', f]\nsubprocess.run(['docker', 'compose', *args, 'up'])\n",
            "8: a.yml+b.yml",
        ),
        (
            "/r/run.py",
            "base = 'a'\nos.system(f'docker compose -f {base}.yml -f b.yml up')\n",
            "2: a.yml+b.yml",
        ),
    ] {
        assert_eq!(found(path, text).join(", "), expected, "{text}");
    }
}

#[test]
fn files_of_a_list_that_cannot_be_followed_are_parts() {
    for (path, text, expected) in [
        (
            "/r/x.sh",
            "F=(a.yml)\nfor n in $(ls); do F+=(\"deploy/${n}.yml\"); done\ndocker compose $(args \"${F[@]}\") up",
            "3: part a.yml, 3: part deploy/c.yml, 3: part deploy/d.yml",
        ),
        ("/r/x.sh", "# x.prod.yml\ndocker compose -f $1 up", "2: part x.prod.yml"),
        // What has a value is followed.
        ("/r/x.sh", "V=-q\ndocker compose -f a.yml $V up # b.yml", ""),
        ("/r/README.md", "`docker compose -f FILE $ARGS up`, FILE being a.yml", ""),
    ] {
        assert_eq!(found(path, text).join(", "), expected, "{text}");
    }
}

#[test]
fn command_lines_name_the_files_of_a_project() {
    for (path, text, expected) in [
        ("/r/Makefile", "up:\n\tdocker compose -f a.yml -f b.yml up -d\n", "2: a.yml+b.yml"),
        (
            "/r/Makefile",
            "DC = docker-compose -f a.yml\nup:\n\t$(DC) -f b.yml up\n\t$(DC) logs -f b.yml\n",
            "3: a.yml+b.yml",
        ),
        (
            "/r/Makefile",
            "F=-f a.yml\nF+=-f $(D)/c.yml\nx:\n\t$(COMPOSE) $(F)\n\tdocker compose $(F) up\n",
            "5: a.yml+deploy/c.yml",
        ),
        (
            "/r/package.json",
            r#"{"scripts": {"up": "docker compose -f \"a.yml\" --file=b.yml up"}}"#,
            "1: a.yml+b.yml",
        ),
        (
            "/r/ci.sh",
            "cd deploy && docker compose \\\n  -f c.yml \\\n  -f d.yml up",
            "1: deploy/c.yml+deploy/d.yml",
        ),
        (
            "/r/deploy/run.sh",
            "docker-compose -f \"$(dirname $0)/c.yml\" -f d.yml up",
            "1: deploy/c.yml+deploy/d.yml",
        ),
        ("/r/deploy/run.sh", "docker compose -f a.yml -f deploy/c.yml up", "1: a.yml+deploy/c.yml"),
        (
            "/r/run.sh",
            "docker compose -f a.yml -f x.${STAGE}.yml up",
            "1: a.yml+x.dev.yml, 1: a.yml+x.prod.yml",
        ),
        ("/r/README.md", "Run `docker compose -f a.yml -f b.yml up`.", "1: a.yml+b.yml"),
        (
            "/r/README.md",
            "Run `docker compose -f a.yml up`, then `docker compose -f missing.yml -f a.yml up`.",
            "",
        ),
        ("/r/.env", "COMPOSE_FILE=a.yml:deploy/c.yml\n", "1: a.yml+deploy/c.yml"),
        ("/r/x.sh", "export COMPOSE_FILE=\"a.yml:b.yml\"", "1: a.yml+b.yml"),
        ("/r/.github/workflows/ci.yml", "env:\n  COMPOSE_FILE: a.yml:b.yml\n", "2: a.yml+b.yml"),
        (
            "/r/x.sh",
            "docker compose --env-file p.env --profile dev --project-directory . -f deploy/c.yml up",
            "1: deploy/c.yml in /r with p.env on dev",
        ),
        (
            "/r/x.sh",
            "docker compose --env-file p.env --env-file ~/own.env -f a.yml -f b.yml up",
            "1: a.yml+b.yml with p.env set elsewhere",
        ),
        ("/r/x.sh", "docker stack deploy -c a.yml --compose-file b.yml shop", "1: a.yml+b.yml swarm"),
        (
            "/r/deploy/devcontainer.json",
            "{\n\"dockerComposeFile\": [\"../a.yml\", \"c.yml\"],\n}",
            "2: a.yml+deploy/c.yml",
        ),
        (
            "/r/x.yml",
            "# docker compose -f a.yml -f x.yml -f b.yml up\n# docker compose -f a.yml -f b.yml up\n",
            "2: a.yml+b.yml",
        ),
        ("/r/x.sh", "docker compose ps; echo compose -f a.yml", ""),
    ] {
        assert_eq!(found(path, text).join(", "), expected, "{text}");
    }
}

#[test]
fn a_text_may_be_as_strange_as_it_likes() {
    for part in
        ["docker compose -f ", "$(", "${A:-", "COMPOSE_FILE=", "{{", "\\\n", "docker stack deploy -c", "é*"]
    {
        found("/r/Makefile", &part.repeat(3000));
    }
    let forty: String = (0..40).map(|at| format!("-f x{at}.yml ")).collect();
    assert!(found("/r/x.sh", &format!("docker compose {forty}up")).is_empty());
}

#[test]
fn files_with_commands_are_known_by_their_names() {
    for path in [
        "Makefile",
        "bin/dev",
        "scripts/up.sh",
        "README.md",
        ".github/workflows/ci.yml",
        "a/package.json",
        ".env",
        "run.py",
        "a/scripts/up.py",
    ] {
        assert!(may_hold_commands(path), "{path}");
    }
    for path in ["compose.yaml", "src/main.rs", "src/app/run.py", "package-lock.json", "config/app.yml"] {
        assert!(!may_hold_commands(path), "{path}");
    }
}
