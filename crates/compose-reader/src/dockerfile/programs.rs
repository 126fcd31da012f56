//! Which programs the steps of a build bring along.
//!
//! What is not surely missing counts as unknown: a step that may put anything anywhere makes everything unknown.

/// Something that a build does to its files.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Runs a script.
    Script(String),
    /// Copies files, of the project, of another stage or of another image.
    Copied {
        /// What is copied.
        sources: Vec<String>,
        /// Where it is put.
        target: String,
    },
}

/// A program that probes like, and how images come by it.
struct Program {
    name: &'static str,
    /// Beginnings of the names of packages that hold it, besides its own.
    packages: &'static [&'static str],
    /// Whether many packages need it and bring it along.
    is_needed: bool,
}

const fn seldom(name: &'static str, packages: &'static [&'static str]) -> Program {
    Program { name, packages, is_needed: false }
}

const fn often(name: &'static str, packages: &'static [&'static str]) -> Program {
    Program { name, packages, is_needed: true }
}

/// Source: packages.debian.org and pkgs.alpinelinux.org, "contents", and what depends on each package.
const PROGRAMS: &[Program] = &[
    seldom("curl", &["gettext"]),
    seldom("wget", &["gettext"]),
    seldom("nc", &["netcat", "nmap", "busybox"]),
    seldom("netcat", &["netcat"]),
    seldom("ncat", &["ncat", "nmap"]),
    seldom("telnet", &["telnet", "inetutils", "busybox-extras"]),
    seldom("jq", &[]),
    seldom("lsof", &[]),
    seldom("mysqladmin", &["mysql", "mariadb", "default-mysql"]),
    seldom("mongo", &["mongodb"]),
    often("ping", &["iputils", "inetutils"]),
    often("ss", &["iproute"]),
    often("netstat", &["net-tools"]),
    often("ps", &["procps"]),
    often("pgrep", &["procps"]),
    often("pkill", &["procps"]),
    often("bash", &[]),
    often("sh", &["busybox", "dash", "bash"]),
];

/// Programs that may be run while an image is built, and put no other program of [`PROGRAMS`] into it.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    // package managers, whose packages are looked at
    "apt", "apt-get", "aptitude", "apk", "dnf", "yum", "microdnf", "apt-mark", "apt-cache", "apt-key", "debconf-set-selections",
    // those of languages
    "pip", "pip3", "pipx", "uv", "poetry", "pipenv", "pdm", "python", "python3", "npm", "yarn", "pnpm", "corepack", "node", "bun",
    "gem", "bundle", "bundler", "composer", "php", "docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "pecl",
    "go", "cargo", "rustup", "mvn", "./mvnw", "gradle", "./gradlew", "dotnet", "mix", "java", "a2enmod", "a2dissite", "a2ensite",
    // files and users
    "mkdir", "chmod", "chown", "chgrp", "rm", "rmdir", "cp", "mv", "ln", "touch", "install", "find", "xargs", "sed", "awk", "grep", "tr",
    "cut", "head", "tail", "sort", "cat", "echo", "printf", "tee", "ls", "test", "[", "date", "sha256sum", "gpg", "base64", "basename",
    "useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "id", "chsh", "passwd", "chpasswd", "dpkg-reconfigure",
    "locale-gen", "update-locale", "ldconfig", "update-ca-certificates", "setcap", "unlink", "sync", "sleep", "uname", "dpkg",
    "curl", "wget", "tar", "unzip", "gunzip", "git", "openssl", "ssh-keyscan", "crontab", "pg_config", "nginx",
    // words of the shell
    "set", "cd", "export", "unset", "true", "false", ":", "exit", "if", "then", "else", "elif", "fi", "for", "do", "done", "while", "case",
    "esac", "{", "}", "!", "command", "exec", "env", "sudo", "time", "umask", "which", "type", "shift", "local", "ulimit",
];

/// Words that make what a script installs unknowable.
const OPAQUE: [&str; 6] =
    ["playwright", "puppeteer", "install-deps", "--with-deps", "build-dep", "debootstrap"];

/// Package managers of systems.
const MANAGERS: [&str; 7] = ["apt", "apt-get", "aptitude", "apk", "dnf", "yum", "microdnf"];

/// Folders in which programs are looked up.
const LOOKED_UP: [&str; 6] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// Folders that hold such folders.
const ABOVE: [&str; 3] = ["", "/usr", "/usr/local"];

/// Whether steps bring a program; `None` where nobody can say.
pub(super) fn bring(steps: &[Step], program: &str) -> Option<bool> {
    let named = |path: &str| basename(path) == program;
    let is_named = |step: &Step| match step {
        Step::Script(script) => words(script).any(|word| named(package(word))),
        Step::Copied { sources, target } => sources.iter().chain([target]).any(|path| named(path)),
    };
    if steps.iter().any(is_named) {
        return Some(true);
    }
    let known = PROGRAMS.iter().find(|known| known.name == program)?;
    let may_bring = |step: &Step| match step {
        Step::Script(script) => may_install(script, known),
        Step::Copied { sources, target } => may_hold_programs(sources, target),
    };
    (!steps.iter().any(may_bring)).then_some(false)
}

fn basename(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// A package without its version: `curl=8.*`, `curl~8`, `curl@edge`.
fn package(word: &str) -> &str {
    word.split(['=', '~', '@', '<', '>', ':']).next().unwrap_or_default()
}

/// The words of a script, without quotes and what joins commands.
fn words(script: &str) -> impl Iterator<Item = &str> {
    let joins = |next: char| next.is_whitespace() || ";|&()\"'`,".contains(next);
    script.split(joins).map(|word| word.trim_matches('\\')).filter(|word| !word.is_empty())
}

/// The commands of a script, without what joins them.
fn commands(script: &str) -> Vec<String> {
    let joined = script.replace("\\\r\n", " ").replace("\\\n", " ").replace("`\n", " ");
    joined.split([';', '|', '&', '\n', '(', ')']).map(str::to_owned).collect()
}

/// Whether a script may put a program into the image that it does not name.
fn may_install(script: &str, program: &Program) -> bool {
    let lines = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    let script = lines.collect::<Vec<_>>().join("\n");
    commands(&script).iter().any(|command| {
        let is_assignment = |word: &&str| word.split_once('=').is_some_and(|(name, _)| is_variable(name));
        let words: Vec<&str> = words(command).skip_while(is_assignment).collect();
        // The here-document behind `<<EOF` is a script of its own.
        let Some(first) = words.first().filter(|first| !first.starts_with("<<")) else { return false };
        !HARMLESS.contains(first) && !is_harmless_shell(&words)
            || words.iter().any(|word| OPAQUE.contains(word))
            || unpacks_anywhere(&words)
            || installs(&words, program)
    })
}

/// Whether a command is `sh -c "…"` with a harmless first word; the others are commands of their own.
fn is_harmless_shell(words: &[&str]) -> bool {
    let [first, rest @ ..] = words else { return false };
    let is_script = |word: &&&str| !word.starts_with(['-', '+']) && **word != "pipefail";
    ["sh", "bash", "/bin/sh", "/bin/bash", "ash"].contains(first)
        && rest.iter().any(|word| word.starts_with('-') && word.ends_with('c'))
        && rest.iter().find(is_script).is_none_or(|word| HARMLESS.contains(word))
}

/// Whether a command puts files that it does not name where programs are looked up.
fn unpacks_anywhere(words: &[&str]) -> bool {
    let is_looked_up = |word: &&str| {
        let folder = word.trim_end_matches(['/', '.', '*']);
        word.starts_with('/') && (ABOVE.contains(&folder) || LOOKED_UP.contains(&folder))
    };
    match words.first() {
        Some(&("tar" | "unzip" | "cp" | "mv")) => words.iter().any(is_looked_up),
        Some(&"dpkg") => words.contains(&"-i"),
        _ => false,
    }
}

/// Whether a command installs a package that may hold a program.
fn installs(words: &[&str], program: &Program) -> bool {
    const VERBS: [&str; 4] = ["install", "add", "reinstall", "groupinstall"];
    if !words.iter().any(|word| MANAGERS.contains(word)) || !words.iter().any(|word| VERBS.contains(word)) {
        return false;
    }
    let behind = words.iter().skip_while(|word| !MANAGERS.contains(word)).skip(1);
    let mut packages = behind.filter(|word| !word.starts_with('-') && !VERBS.contains(word));
    let may_hold = |word: &&str| {
        let may_be_any =
            word.contains(['$', '*', '/', '<']) || word.ends_with(".deb") || word.ends_with(".rpm");
        may_be_any || program.is_needed || program.packages.iter().any(|start| word.starts_with(start))
    };
    words.contains(&"xargs") || packages.any(may_hold)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether what is copied may hold programs whose names nobody gives.
fn may_hold_programs(sources: &[String], target: &str) -> bool {
    let folder = target.trim_end_matches('/');
    if !target.starts_with('/') || target.contains('$') {
        return false;
    }
    let is_folder = |source: &String| {
        source.ends_with(['/', '.', '*'])
            || source.contains(['*', '$'])
            || ["bin", "sbin"].contains(&basename(source))
    };
    let is_archive = |source: &String| source.contains(".tar") || source.ends_with(".tgz");
    ABOVE.contains(&folder)
        && sources.iter().any(|source| is_folder(source) || is_archive(source) || !source.contains('.'))
        || LOOKED_UP.contains(&folder) && sources.iter().any(is_folder)
}

#[cfg(test)]
mod tests {
    use super::super::{Dockerfile, Order, Place};
    use crate::source::{Sources, Span};

    fn brings(steps: &str, program: &str) -> Option<bool> {
        let text = format!("FROM x AS other\nRUN apt-get install curl jq\nFROM debian\n{steps}\n");
        let mut sources = Sources::new();
        let id = sources.add("Dockerfile", text.as_str());
        let place = Place::Value(Span::new(id, 0, 0));
        Dockerfile::read(&text, place, &Order::default(), &mut crate::budget::Budget::default())
            .expect("a Dockerfile")
            .brings(program)
    }

    #[test]
    fn what_is_named_is_there() {
        for steps in [
            "RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*",
            "RUN apt-get update \\\n && apt-get install -y \\\n      # to probe\n      curl=7.88.* \\\n      git",
            "RUN apk add --no-cache curl~8",
            "RUN microdnf install -y \"curl\"",
            "RUN [\"apt-get\", \"install\", \"-y\", \"curl\"]",
            "RUN <<EOF\napt-get update\napt-get install -y curl\nEOF",
            "RUN curl -fsSL https://example.com/setup.sh | sh",
            "COPY --from=curlimages/curl /usr/bin/curl /usr/local/bin/",
            "COPY --from=other /build/out /usr/bin/curl",
            "ADD https://example.com/curl /usr/bin/",
        ] {
            assert_eq!(brings(steps, "curl"), Some(true), "{steps}");
        }
        assert_eq!(brings("SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]", "bash"), Some(true));
    }

    #[test]
    fn what_nothing_brings_is_not_there() {
        for steps in [
            "",
            "RUN apt-get update && apt-get install -y libpq-dev libcurl4-openssl-dev gcc && rm -rf /var/lib/apt/lists/*",
            "RUN pip install --no-cache-dir -r requirements.txt",
            "RUN --mount=type=cache,target=/root/.cache set -eux; uv sync --frozen",
            "COPY . /app",
            "COPY docker-entrypoint.sh /usr/local/bin/\nRUN chmod +x /usr/local/bin/docker-entrypoint.sh",
            "COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /uvx /bin/",
            "RUN <<EOF\nset -e\napt-get install -y tini\nEOF",
            "RUN bash -o pipefail -c \"npm ci\"",
            "RUN if [ \"$ENV\" = dev ]; then pip install -r dev.txt; fi",
        ] {
            assert_eq!(brings(steps, "curl"), Some(false), "{steps}");
        }
    }

    #[test]
    fn what_may_bring_anything_leaves_it_open() {
        for steps in [
            "RUN ./install.sh",
            "RUN bash /tmp/setup.sh",
            "RUN apt-get install -y $PACKAGES",
            "RUN apt-get install -y $(cat packages.txt)",
            "RUN xargs apt-get install -y < packages.txt",
            "RUN apt-get install -y gettext",
            "RUN apt-get install -y ./vendor.deb",
            "RUN dpkg -i /tmp/vendor.deb",
            "RUN wget -qO- https://example.com/setup | sh",
            "RUN npx playwright install --with-deps",
            "RUN make tools",
            "COPY rootfs/ /",
            "COPY --from=other /usr/local /usr/local",
            "COPY --from=other /out/* /usr/bin/",
            "ADD rootfs.tar.gz /",
            "RUN tar -xzf /tmp/s6.tar.gz -C /",
        ] {
            assert_eq!(brings(steps, "curl"), None, "{steps}");
        }
        assert_eq!(brings("RUN apt-get install -y apache2", "ps"), None);
        assert_eq!(brings("RUN pip install gunicorn", "ps"), Some(false));
        assert_eq!(brings("", "company-tool"), None);
    }
}
