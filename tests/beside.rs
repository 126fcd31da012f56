//! What `render` and `lint` say of the sources that lie beside a stack, and what they keep to themselves.

use crate::common::{folder, page, run, write};
use tempfile::TempDir;

/// A service in Python beside its sources, as its author has them.
const STACK: &str = "\
name: shop
tiers: { web: {} }
services:
  reports:
    tier: web
    use: python
    build: ./reports
    with: { server: gunicorn, app: 'shop.wsgi:application' }
    listen: 8000
    health: /health
";
const DOCKERFILE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n\
                          RUN pip install -r requirements.txt\nCOPY . .\n";

fn sources() -> TempDir {
    folder(&[
        ("stack.yaml", STACK),
        ("reports/Dockerfile", DOCKERFILE),
        ("reports/requirements.txt", "Django==5.2\ngunicorn==23.0 # serves it\n"),
        ("reports/shop/wsgi.py", "application = None\n"),
    ])
}

/// What `render` says on standard error; it has to succeed all the same, and `lint` to say the same.
fn said(folder: &TempDir) -> String {
    let output = run(folder, &["render"]);
    let said = String::from_utf8_lossy(&output.stderr).replace("\n  | ", " ");
    assert_eq!(output.status.code(), Some(0), "{said}");
    let linted = run(folder, &["lint", "--stack", "."]);
    let linted = String::from_utf8_lossy(&linted.stdout).replace("\n  | ", " ");
    for line in said.lines().filter(|line| line.contains("warning[")) {
        assert!(linted.contains(line), "{line}\nis not in\n{linted}");
    }
    said
}

#[track_caller]
fn finds(folder: &TempDir, name: &str, message: &str) {
    let said = said(folder);
    assert!(said.contains("warning[ST7") && said.contains(&format!("] {name}\n")), "{said}");
    assert!(said.contains(message), "{said}");
}

#[track_caller]
fn is_silent(folder: &TempDir) {
    let said = said(folder);
    assert!(!said.contains("warning"), "{said}");
}

/// Everything at once, as it is shown.
#[test]
fn what_is_said() {
    let stack = "name: shop\ntiers: { web: {} }\nservices:\n  front:\n    tier: web\n    use: node\n    build: ./front\n    listen: 3000\n    \
                 health: /\n    environment: { NEXT_PUBLIC_API: https://api.example.org }\n    volumes: ['./pages.html:/srv/pages.html']\n  \
                 reports:\n    tier: web\n    use: python\n    build: ./reports\n    with: { server: gunicorn, app: 'config.wsgi:application' }\n    \
                 listen: 8000\n    health: /health\n";
    let folder = folder(&[
        ("stack.yaml", stack),
        (
            "front/Dockerfile",
            "FROM node:22 AS production\nFROM node:22 AS development\nCOPY ../shared ./shared\n",
        ),
        (
            "reports/Dockerfile",
            "FROM python:3.12\nCOPY . .\nRUN pip install --user -r requirements.txt\nUSER app\n",
        ),
        ("reports/requirements.txt", "Django==5.2\n"),
        ("reports/shop/wsgi.py", "application = None\n"),
    ]);
    insta::assert_snapshot!("beside", page(&folder, &["render"]));
}

#[test]
fn sources_that_fit_are_not_mentioned() {
    is_silent(&sources());
}

#[test]
fn a_stack_without_its_sources_is_not_held_against_them() {
    let stack =
        STACK.replace("    health", "    volumes: ['./settings.ini:/app/settings.ini:ro']\n    health");
    is_silent(&folder(&[("stack.yaml", &stack)]));
}

#[test]
fn a_module_that_is_not_there() {
    let folder = sources();
    write(&folder, "stack.yaml", &STACK.replace("shop.wsgi", "config.wsgi"));
    write(&folder, "reports/config.py", "");
    finds(&folder, "missing-module", "`reports` runs the module `config.wsgi`, and `./reports` has none");
    assert!(said(&folder).contains("name the one that is there: `shop.wsgi`"));
    // One of an installed package.
    write(&folder, "reports/requirements.txt", "gunicorn\nour-config\n");
    is_silent(&folder);
}

#[test]
fn a_runner_that_nothing_installs() {
    let folder = sources();
    write(&folder, "reports/requirements.txt", "Django==5.2\n# gunicorn\n");
    finds(
        &folder,
        "missing-runner",
        "`reports` is started by gunicorn, which `requirements.txt` in `./reports` does not name",
    );
    for (file, text) in [
        ("reports/pyproject.toml", "dependencies = ['gunicorn>=23']\n"),
        (
            "reports/Dockerfile",
            &*DOCKERFILE.replace("RUN pip install", "RUN pip install gunicorn && pip install"),
        ),
    ] {
        let folder = sources();
        write(&folder, "reports/requirements.txt", "Django==5.2\n");
        write(&folder, file, text);
        is_silent(&folder);
    }
}

#[test]
fn a_copy_from_outside_of_the_context() {
    let folder = sources();
    write(&folder, "requirements.txt", "gunicorn\n");
    let outside = DOCKERFILE.replace("COPY requirements.txt .", "COPY ../shared ./shared");
    write(&folder, "reports/Dockerfile", &outside);
    write(&folder, "shared/models.py", "");
    finds(
        &folder,
        "missing-copy",
        "reports/Dockerfile of `reports` copies `../shared`, which is not in its context `./reports`",
    );
    let elsewhere = "FROM a AS b\nFROM c\nCOPY --from=b /x /x\nCOPY *.toml ./\nCOPY <<EOF /y\nCOPY nothing .\nEOF\n\
                     ADD https://example.org/z /z\nCOPY $FILE .\n";
    write(&folder, "reports/Dockerfile", elsewhere);
    is_silent(&folder);
}

#[test]
fn a_last_stage_for_development() {
    let stages = "FROM node:22 AS builder\nFROM node:22 AS development\nFROM node:22 AS production\nFROM development\n";
    let stack = "name: shop\ntiers: { web: {} }\nservices:\n  front: { tier: web, use: node, build: ./front, listen: 3000, health: / }\n";
    let folder = folder(&[("stack.yaml", stack), ("front/Dockerfile", stages)]);
    finds(
        &folder,
        "development-stage",
        "production builds `front` as `development`, the last stage of front/Dockerfile",
    );
    write(
        &folder,
        "stack.yaml",
        &stack.replace("build: ./front", "build: { context: ./front, target: production }"),
    );
    is_silent(&folder);
    write(&folder, "stack.yaml", stack);
    write(&folder, "front/Dockerfile", "FROM node:22 AS development\nFROM node:22 AS production\n");
    is_silent(&folder);
}

#[test]
fn packages_that_only_root_finds() {
    let folder = sources();
    let of_root = "FROM python:3.12\nCOPY . .\nRUN apt-get update \\\n && pip install --user -r requirements.txt\nUSER app\n";
    write(&folder, "reports/Dockerfile", of_root);
    finds(
        &folder,
        "packages-of-root",
        "installs packages for root with `pip install --user`, and runs as `app`",
    );
    let of_app = "FROM python:3.12\nCOPY . .\nUSER app\nRUN pip install --user -r requirements.txt\n";
    write(&folder, "reports/Dockerfile", of_app);
    is_silent(&folder);
    let copied = "FROM python:3.12 AS builder\nCOPY . .\nRUN pip install --user -r requirements.txt\nFROM python:3.12\n\
                  COPY --from=builder /root/.local /home/app/.local\nUSER app\n";
    write(&folder, "reports/Dockerfile", copied);
    is_silent(&folder);
}

#[test]
fn a_variable_that_pages_have_been_built_without() {
    let stack = "name: shop\ntiers: { web: {} }\nservices:\n  front:\n    tier: web\n    use: node\n    with: { next: true }\n    \
                 build: { context: ./front }\n    listen: 3000\n    health: /\n    environment: { NEXT_PUBLIC_API: https://api.example.org }\n";
    let folder = folder(&[("stack.yaml", stack), ("front/Dockerfile", "FROM node:22\nCOPY . .\n")]);
    finds(&folder, "late-variable", "`NEXT_PUBLIC_API` of `front` comes too late");
    let given = "context: ./front, args: { NEXT_PUBLIC_API: https://api.example.org }";
    write(&folder, "stack.yaml", &stack.replace("context: ./front", given));
    is_silent(&folder);
}

#[test]
fn a_mounted_file_that_is_not_there() {
    let folder = sources();
    let mounted = |path: &str| STACK.replace("    health", &format!("    volumes: ['{path}']\n    health"));
    write(&folder, "stack.yaml", &mounted("./settings.ini:/app/settings.ini"));
    finds(&folder, "missing-mount", "`reports` mounts the file `./settings.ini`, which is not there");
    write(&folder, "settings.ini/other", "");
    finds(&folder, "missing-mount", "`reports` mounts the file `./settings.ini`, which is a folder");
    write(&folder, "stack.yaml", &mounted("./pages:/srv/pages:ro"));
    finds(&folder, "missing-mount", "`reports` reads the folder `./pages`, which is not there");
    for made in ["./logs:/app/logs", "data.d:/app/data.d", "./shop:/app/shop:ro"] {
        write(&folder, "stack.yaml", &mounted(made));
        write(&folder, "reports/shop/wsgi.py", "");
        write(&folder, "shop/a", "");
        is_silent(&folder);
    }
}
