//! What a database server is given to make its databases and users, under the server itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::common::{render, skip};

/// Where Debian keeps the programs of the server, the newest version of it.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max()
}

/// PostgreSQL, on a socket in a folder of its own.
struct Postgres {
    bin: PathBuf,
    folder: TempDir,
}

impl Postgres {
    fn start(bin: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let here = folder.path().to_path_buf();
        fs::write(here.join("password"), "superuser").expect("file");
        let server = Self { bin, folder };
        // It refuses to run as root.
        let own = Command::new("chown").args(["-R", "postgres"]).arg(&here).stderr(Stdio::null()).status();
        assert!(own.expect("chown").success() || !is_root());
        server.done(
            "initdb",
            &[
                "--no-sync",
                "--auth=scram-sha-256",
                "--username=postgres",
                "--pwfile=password",
                "--pgdata=data",
            ],
        );
        let options = format!("-F -c listen_addresses='' -k {}", here.display());
        server.done("pg_ctl", &["--pgdata=data", "--log=log", "--wait", "--options", &options, "start"]);
        server
    }

    fn done(&self, program: &str, arguments: &[&str]) {
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
                .arg(self.bin.join(program));
            command
        } else {
            Command::new(self.bin.join(program))
        };
        // The server outlives its starter, and would keep a pipe open.
        command.args(arguments).current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("runs");
        assert!(status.success(), "{program}");
    }

    /// Runs psql as a user, as the image's entrypoint does.
    fn psql(&self, user: &str, password: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.bin.join("psql"));
        command.args(["-v", "ON_ERROR_STOP=1", "--no-psqlrc", "--tuples-only", "--no-align", "-h"]);
        command.arg(self.folder.path()).args(["-U", user, "-d", "postgres"]).args(arguments);
        command.env("PGPASSWORD", password).current_dir(self.folder.path()).output().expect("psql")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.done("pg_ctl", &["--pgdata=data", "--mode=immediate", "stop"]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    id.stdout == b"0\n"
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Values that would end a quote, a line or a statement, or call a command of psql.
const PASSWORDS: [&str; 7] = [
    "plain",
    "it's",
    "a\\'; DROP ROLE u0; --",
    "a' \\! touch PWNED",
    "`touch PWNED`",
    ":u0 :'u0' :\"u0\"",
    "a\\nb\\x41\"$body$ É",
];

#[test]
fn a_hostile_password_is_a_password_to_psql() {
    let Some(bin) = programs() else {
        skip("there is no PostgreSQL in /usr/lib/postgresql");
        return;
    };
    let users: Vec<String> = (0..PASSWORDS.len()).map(|at| format!("u{at}")).collect();
    let with: serde_json::Map<String, serde_json::Value> =
        users.iter().map(|user| (user.clone(), serde_json::json!({}))).collect();
    let secrets: serde_json::Map<String, serde_json::Value> = users
        .iter()
        .zip(PASSWORDS)
        .map(|(user, password)| {
            (format!("db_{user}_user_password"), serde_json::json!({ "development": password }))
        })
        .collect();
    let stack = format!(
        "name: shop\ntiers: {{ all: {{}} }}\nsecrets: {}\nservices:\n  db: {{ tier: all, use: postgres@17, with: {{ databases: \
         [shop, \"a.b-c_d\"], users: {} }} }}\n",
        serde_json::Value::Object(secrets),
        serde_json::Value::Object(with)
    );
    let rendered = render(&stack, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    let server = Postgres::start(bin);
    let own = Path::new(server.folder.path());
    let mut ran = 0;
    for file in &rendered.files {
        let is_script =
            file.path.ends_with(".sql") && file.environments.iter().any(|name| name == "dev-fast");
        if is_script {
            fs::write(own.join("script.sql"), &file.content).expect("file");
            let output = server.psql("postgres", "superuser", &["-f", "script.sql"]);
            assert!(output.status.success(), "{}\n{}", text(&output), file.content);
            ran += 1;
        }
    }
    assert_eq!(ran, 2);
    let made = server.psql(
        "postgres",
        "superuser",
        &["-c", "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY 1"],
    );
    assert_eq!(text(&made), format!("postgres\n{}\n", users.join("\n")));
    let made = server.psql("postgres", "superuser", &["-c", "SELECT datname FROM pg_database ORDER BY 1"]);
    assert_eq!(text(&made), "a.b-c_d\npostgres\ntemplate0\ntemplate1\n");
    for (user, password) in users.iter().zip(PASSWORDS) {
        let output = server.psql(user, password, &["-c", "SELECT current_user"]);
        assert_eq!(text(&output), format!("{user}\n"), "{password}");
        assert!(!server.psql(user, "another", &["-c", "SELECT 1"]).status.success());
    }
    assert!(!own.join("PWNED").exists());
}
