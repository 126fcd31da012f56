//! What starts a Python program, held against its sources: the module that is named, and the program that runs it.

use std::path::Path;

use super::Built;
use crate::fault::Fault;
use compose_reader::diagnostic::Diagnostic;
use compose_reader::dockerfile::OutlineStep;
use compose_reader::yaml::Node;

/// Programs that are packages of Python under their own name, and that run a module.
const RUNNERS: [&str; 4] = ["celery", "flask", "gunicorn", "uvicorn"];

pub(super) fn check(built: &Built, found: &mut Vec<Diagnostic>) {
    let command = built.key("command").and_then(Node::as_sequence).unwrap_or_default();
    let words: Vec<&str> = command.iter().filter_map(Node::as_text).collect();
    let Some(runner) = words.first().copied().filter(|first| RUNNERS.contains(first)) else { return };
    missing_runner(built, runner, found);
    if let Some(module) = module(runner, &words) {
        missing_module(built, runner, module, found);
    }
}

/// The module that a command names.
fn module<'a>(runner: &str, words: &[&'a str]) -> Option<&'a str> {
    let behind = |options: [&str; 2]| {
        let at = words.iter().position(|word| options.contains(word))?;
        words.get(at + 1).copied()
    };
    let named = match runner {
        "celery" => behind(["-A", "--app"]).map(|name| name.split(':').next().unwrap_or(name)),
        "flask" => behind(["--app", "-A"]).map(|name| name.split(':').next().unwrap_or(name)),
        // `module:name`, which is no path and no address.
        _ => words.iter().skip(1).find_map(|word| {
            let (module, name) = word.split_once(':')?;
            let is_name = |text: &str| {
                let letters =
                    |part: &str| !part.is_empty() && part.chars().all(|it| it.is_alphanumeric() || it == '_');
                text.split('.').all(letters) && !text.starts_with(|first: char| first.is_ascii_digit())
            };
            (is_name(module) && is_name(name.split('(').next().unwrap_or(name))).then_some(module)
        }),
    };
    named.filter(|module| !module.contains(['/', '$', '-']))
}

/// A runner that no list of packages names, and the Dockerfile does not either.
fn missing_runner(built: &Built, runner: &str, found: &mut Vec<Diagnostic>) {
    let lists: Vec<&Path> = built.tree.files().filter(|path| is_list(path)).collect();
    let texts = lists.iter().filter_map(|path| built.tree.read(path));
    let names_it = |text: &str| {
        let said = text.lines().map(|line| line.split('#').next().unwrap_or_default().to_ascii_lowercase());
        said.into_iter().any(|line| line.contains(runner) || brings(&line, runner))
    };
    let in_dockerfile = built.dockerfile.stages.iter().any(|stage| {
        names_it(&stage.image)
            || stage.steps.iter().any(|step| match step {
                OutlineStep::Run(text) | OutlineStep::User(text) | OutlineStep::Other(text) => names_it(text),
                OutlineStep::Copy(_, paths) => paths.iter().any(|path| names_it(path)),
                OutlineStep::Start(_) => false,
            })
    });
    if lists.is_empty() || in_dockerfile || texts.into_iter().any(|text| names_it(&text)) {
        return;
    }
    let names: Vec<String> = lists.iter().map(|path| format!("`{}`", path.display())).collect();
    let message = format!(
        "`{}` is started by {runner}, which {} in `{}` {} not name",
        built.service.name,
        names.join(", "),
        built.context,
        if names.len() == 1 { "does" } else { "do" }
    );
    let help = format!("add {runner} to the packages, or leave the image's own command: no `server`");
    found.push(built.warning(Fault::MissingRunner, runner, message).help(help));
}

/// Whether a file lists packages of Python.
fn is_list(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let of_pip = name.contains("requirements") && (name.ends_with(".txt") || name.ends_with(".in"));
    let is_in_folder =
        path.parent().is_some_and(|folder| folder.ends_with("requirements")) && name.ends_with(".txt");
    let others = [
        "environment.yml",
        "pdm.lock",
        "pipfile",
        "pipfile.lock",
        "poetry.lock",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "uv.lock",
    ];
    of_pip || is_in_folder || others.contains(&name.as_str())
}

/// Whether a package brings a runner along.
fn brings(line: &str, runner: &str) -> bool {
    let packages: &[&str] = match runner {
        "uvicorn" => &["chainlit", "fastapi[", "fastapi-cli", "gradio", "mcp", "mlflow", "prefect", "reflex"],
        "gunicorn" => &["apache-airflow", "mlflow", "superset"],
        "flask" => &["apache-airflow", "connexion", "mlflow", "superset"],
        _ => &["apache-airflow", "superset"],
    };
    packages.iter().any(|package| line.contains(package))
}

/// A module that is nowhere among the sources, and of no package.
fn missing_module(built: &Built, runner: &str, module: &str, found: &mut Vec<Diagnostic>) {
    let path = |module: &str| module.replace('.', "/");
    // `tasks.celery` may be the name `celery` in the module `tasks`.
    let outer =
        module.rsplit_once('.').map(|(outer, _)| outer).filter(|_| runner == "celery" || runner == "flask");
    let is_missing = [Some(module), outer].into_iter().flatten().all(|module| {
        let path = path(module);
        built.tree.lacks(&format!("{path}.py")) && built.tree.lacks(&format!("{path}/__init__.py"))
    });
    let first = module.split('.').next().unwrap_or(module);
    // A folder of that name without a file that says so is a package as well.
    let is_package =
        built.tree.files().any(|file| file.parent().is_some_and(|folder| folder.ends_with(path(module))));
    let is_installed = built.tree.files().filter(|file| is_list(file)).any(|list| {
        let text = built.tree.read(list).unwrap_or_default().to_ascii_lowercase();
        text.replace('-', "_").contains(&first.to_ascii_lowercase())
    });
    if !is_missing || is_package || is_installed {
        return;
    }
    let last = module.rsplit('.').next().unwrap_or(module);
    let alike = built.tree.files().find(|file| file.ends_with(format!("{last}.py")));
    let help = match alike {
        Some(file) => {
            let name = file.with_extension("").to_string_lossy().replace('/', ".");
            format!("name the one that is there: `{name}`")
        }
        None => "name the one that is there, as Python imports it".to_owned(),
    };
    let message =
        format!("`{}` runs the module `{module}`, and `{}` has none", built.service.name, built.context);
    found.push(built.warning(Fault::MissingModule, module, message).help(help));
}
