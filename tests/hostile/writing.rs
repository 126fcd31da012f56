//! What is written stays inside, is whole, and is what the file was: links, devices, modes, owners and other names.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{Repository, ended, leftovers, said};
use crate::common::{folder, skip, stackgen};

/// A file with something to fix.
const FIXABLE: &str =
    "services:\n  web:\n    image: nginx:1.29\n    environment:\n      - A=1\n      - A=1\n";
/// The same, fixed.
const FIXED: &str = "services:\n  web:\n    image: nginx:1.29\n    environment:\n      - A=1\n";
const STACK: &str = "name: shop\ntiers: { data: {}, app: {} }\nservices:\n  redis: { tier: data, use: redis@7 }\n  \
                     prometheus: { tier: app, use: prometheus }\n";

#[test]
fn no_link_leads_what_is_written_outside() {
    let repository = Repository::new(&[("a/x", "")]).link("../outside/secret.yml", "compose.yaml");
    fs::write(repository.around.path().join("outside/secret.yml"), FIXABLE).expect("file");
    repository.run(&["lint", "--fix=unsafe", "compose.yaml"]);
    repository.run(&["lint", "--fix=unsafe"]);
    repository.run(&["lint", "--fix=unsafe", "--allow-outside"]);
    assert_eq!(repository.outside("secret.yml"), FIXABLE);

    let before = "PASSWORD=mine\n";
    for (name, arguments) in [
        (".env", &["secrets", "init"][..]),
        (".gitignore", &["secrets", "init"]),
        ("Makefile", &["render", "--force"]),
        ("stack.lock", &["render", "--force"]),
        ("docker-compose.production.yml", &["render", "--force"]),
        ("stackgen.toml", &["migrate", "dclint"]),
        ("report.sarif", &["lint", "-o", "report.sarif", "compose.yaml"]),
        ("base.json", &["lint", "--write-baseline", "--baseline", "base.json", "compose.yaml"]),
    ] {
        let files = [("stack.yaml", STACK), ("compose.yaml", FIXABLE), (".dclintrc", "{}")];
        let repository = Repository::new(&files).link("../outside/target", name);
        fs::write(repository.around.path().join("outside/target"), before).expect("file");
        let output = said(&repository.run(arguments));
        assert_eq!(repository.outside("target"), before, "{name}, {arguments:?}: {output}");
        assert!(repository.inside.join(name).symlink_metadata().expect("a link").is_symlink(), "{name}");
        assert!(output.starts_with("Some(2)"), "{name}, {arguments:?}: {output}");
    }
}

#[test]
fn no_folder_that_is_a_link_is_written_to_or_cleared() {
    let rendered = Repository::new(&[("stack.yaml", STACK)]);
    assert_eq!(rendered.run(&["render"]).status.code(), Some(0), "{}", said(&rendered.run(&["render"])));
    for (name, arguments) in [("config", &["render", "--force"][..]), ("secrets", &["secrets", "init"])] {
        let repository = Repository::new(&[("stack.yaml", STACK)]);
        let outside = repository.around.path().join("outside/folder");
        let copied = Command::new("cp").arg("-r").arg(rendered.inside.join("config")).arg(&outside).status();
        assert!(copied.expect("cp").success());
        fs::create_dir(outside.join("old")).expect("folder");
        // A file of ours that is rendered no longer.
        let own = fs::read_to_string(rendered.inside.join("docker-compose.dev-fast.yml")).expect("rendered");
        fs::write(outside.join("old/left.yml"), own).expect("file");
        symlink("../outside/folder", repository.inside.join(name)).expect("a link");
        let list = || said(&ended(Command::new("ls").arg("-lR").arg(&outside)));
        let before = list();
        let output = said(&repository.run(arguments));
        assert_eq!(list(), before, "{name}: {output}");
        assert!(output.starts_with("Some(2)"), "{name}: {output}");
    }
}

#[test]
fn a_pipe_or_a_device_is_written_to_and_stays_one() {
    let repository = Repository::new(&[("compose.yaml", FIXABLE)]).pipe("pipe");
    // Nobody reads: that is said, and not waited for.
    let output = said(&repository.run(&["lint", "-o", "pipe"]));
    assert!(output.starts_with("Some(2)"), "{output}");
    let mut reader = Command::new("cat");
    reader.arg("pipe").current_dir(&repository.inside).stdout(std::process::Stdio::piped());
    let mut reader = reader.spawn().expect("cat");
    let output = loop {
        let output = repository.run(&["lint", "-o", "pipe", "--format", "json"]);
        if output.status.code() != Some(2) {
            break reader.wait_with_output().expect("cat");
        }
        assert!(reader.try_wait().expect("cat").is_none());
    };
    assert!(String::from_utf8_lossy(&output.stdout).contains("duplicate-env-key"));
    assert!(repository.inside.join("pipe").symlink_metadata().expect("pipe").file_type().is_fifo());

    let shell = |line: &str| {
        let program = env!("CARGO_BIN_EXE_stackgen");
        let mut command = Command::new("bash");
        said(&ended(command.args(["-c", line, program]).current_dir(&repository.inside)))
    };
    for line in
        ["\"$0\" lint -o >(cat) | cat", "\"$0\" lint -o /dev/stdout", "\"$0\" lint -o /dev/stdout | cat"]
    {
        assert!(shell(line).contains("duplicate-env-key"), "{line}: {}", shell(line));
    }
    shell("\"$0\" lint -o /dev/stdout > file");
    assert!(repository.text("file").contains("duplicate-env-key"));

    let node = Command::new("mknod").current_dir(&repository.inside).args(["null", "c", "1", "3"]).output();
    if !node.is_ok_and(|output| output.status.success()) {
        return skip("only root makes a device");
    }
    for arguments in [
        &["lint", "-o", "null"][..],
        &["lint", "--write-baseline", "--baseline", "null"],
        &["lint", "-o", "/dev/null"],
    ] {
        repository.run(arguments);
        assert!(repository.inside.join("null").metadata().expect("null").file_type().is_char_device());
        assert!(fs::metadata("/dev/null").expect("null").file_type().is_char_device());
    }
}

#[test]
fn a_file_keeps_its_mode_its_owner_and_its_other_names() {
    let repository = Repository::new(&[("compose.yaml", FIXABLE), ("linked.yaml", FIXABLE)]);
    let path = |name: &str| repository.inside.join(name);
    fs::set_permissions(path("compose.yaml"), fs::Permissions::from_mode(0o640)).expect("mode");
    let is_given = std::os::unix::fs::chown(path("compose.yaml"), Some(1234), Some(4321)).is_ok();
    fs::hard_link(path("linked.yaml"), path("other-name")).expect("another name");
    symlink("compose.yaml", path("docker-compose.yml")).expect("a link");
    let output = said(&repository.run(&["lint", "--fix", "compose.yaml", "linked.yaml"]));
    let file = path("compose.yaml").metadata().expect("a file");
    assert!(repository.text("compose.yaml") == FIXED, "{output}");
    assert_eq!(file.mode() & 0o7777, 0o640);
    if is_given {
        assert_eq!((file.uid(), file.gid()), (1234, 4321));
    }
    assert!(repository.text("other-name") == FIXED, "both names are of one file: {output}");
    assert_eq!(path("linked.yaml").metadata().expect("a file").nlink(), 2);
    assert!(path("docker-compose.yml").symlink_metadata().expect("a link").is_symlink());
    assert_eq!(leftovers(&repository.inside), Vec::<String>::new());
}

#[test]
fn a_link_inside_is_followed_and_stays() {
    let repository =
        Repository::new(&[("real/compose.yaml", FIXABLE)]).link("real/compose.yaml", "compose.yaml");
    repository.run(&["lint", "--fix", "compose.yaml"]);
    assert!(repository.inside.join("compose.yaml").symlink_metadata().expect("a link").is_symlink());
    assert!(repository.text("real/compose.yaml") == FIXED);
}

#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let repository = Repository::new(&[("stack.yaml", STACK)]).link("Makefile", "Makefile");
    let output = said(&repository.run(&["render"]));
    assert!(output.starts_with("Some(2)") && output.contains("Makefile"), "{output}");
    assert!(repository.inside.join("Makefile").symlink_metadata().expect("a link").is_symlink());
    assert!(!repository.inside.join("docker-compose.production.yml").exists(), "{output}");
}

#[test]
fn all_files_are_written_or_none() {
    // In the way of one of the last files: a folder, a name that is too long, a file that cannot be changed.
    let repository = Repository::new(&[("stack.yaml", STACK), ("docker-compose.production.yml/x", "")]);
    let output = said(&repository.run(&["render"]));
    assert!(output.starts_with("Some(2)") && output.contains("nothing was written"), "{output}");
    assert!(!repository.inside.join("Makefile").exists(), "{output}");

    let long = "x".repeat(250);
    let stack = format!(
        "name: shop\ntiers: {{ app: {{}} }}\nservices:\n  {long}: {{ tier: app, use: prometheus }}\n"
    );
    let repository = Repository::new(&[("stack.yaml", &stack)]);
    let output = said(&repository.run(&["render"]));
    let there = fs::read_dir(&repository.inside).expect("folder").count();
    assert!(output.starts_with("Some(0)") || there == 2, "{output}");

    let repository = Repository::new(&[("stack.yaml", STACK)]);
    assert_eq!(repository.run(&["render"]).status.code(), Some(0));
    let before: Vec<String> = ["Makefile", "docker-compose.dev-fast.yml", "docker-compose.production.yml"]
        .map(|name| repository.text(name))
        .to_vec();
    let fixed = repository.inside.join("docker-compose.production.yml");
    let is_fixed = Command::new("chattr").arg("+i").arg(&fixed).output().is_ok_and(|it| it.status.success());
    if !is_fixed {
        return skip("no file can be made immutable here");
    }
    fs::write(repository.inside.join("stack.yaml"), STACK.replace("shop", "store")).expect("stack");
    let output = said(&repository.run(&["render"]));
    Command::new("chattr").arg("-i").arg(&fixed).status().expect("chattr");
    assert!(output.starts_with("Some(2)") && output.contains("docker-compose.production.yml"), "{output}");
    for (name, before) in
        ["Makefile", "docker-compose.dev-fast.yml", "docker-compose.production.yml"].iter().zip(before)
    {
        assert_eq!(repository.text(name), before, "{name}: {output}");
    }
    assert_eq!(leftovers(&repository.inside), Vec::<String>::new());
}

#[test]
fn what_is_saved_meanwhile_is_not_overwritten() {
    let names: Vec<String> = (0..40).map(|number| format!("{number:02}/compose.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), FIXABLE)).collect();
    let projects = folder(&files);
    let first = projects.path().join(&names[0]);
    let saved = FIXABLE.replace("nginx:1.29", "nginx:1.30");
    let fixed = FIXED.replace("nginx:1.29", "nginx:1.30");
    let is_signalled = |signal: &str, id: u32| {
        Command::new("kill").args([signal, &id.to_string()]).status().is_ok_and(|status| status.success())
    };
    let mut refused = 0;
    for round in 0..24_u64 {
        names.iter().for_each(|name| fs::write(projects.path().join(name), FIXABLE).expect("file"));
        let mut command = stackgen(projects.path(), &["lint", "--fix"]);
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
        std::thread::sleep(Duration::from_millis(15 * round));
        // Somebody saves a file while the run is held up.
        assert!(is_signalled("-STOP", run.id()));
        let is_written = fs::read_to_string(&first).expect("text") == FIXED;
        fs::write(&first, &saved).expect("file");
        assert!(is_signalled("-CONT", run.id()));
        refused += u32::from(run.wait().expect("an end").code() == Some(2));
        let after = fs::read_to_string(&first).expect("text");
        assert!(after == saved || !is_written && after == fixed, "{round}: {after}");
        assert_eq!(leftovers(projects.path()), Vec::<String>::new());
    }
    assert!(refused > 0);
}

#[test]
fn many_files_are_written_with_few_descriptors() {
    let services: String = (0..30)
        .map(|number| {
            format!("  proxy-{number}: {{ tier: app, use: nginx, with: {{ routes: {{ /: web }} }} }}\n")
        })
        .collect();
    let stack = format!(
        "name: shop\ntiers: {{ app: {{}} }}\nservices:\n  web: {{ tier: app, image: \"x:1\", listen: 80, health: none }}\n{services}"
    );
    let shop = folder(&[("stack.yaml", &stack)]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 24 && exec \"$0\" render", env!("CARGO_BIN_EXE_stackgen")]);
    let output = said(&ended(command.current_dir(shop.path())));
    assert!(output.starts_with("Some(0)"), "{output}");
    let files: usize = output.matches("  wrote  ").count();
    assert!(files > 30, "{output}");
}

#[test]
fn a_journal_that_a_repository_brings_reaches_nothing() {
    let line = |path: &str, before: &str| {
        format!(
            "{{\"file\":{{\"path\":\"{path}\",\"id\":\"1-0\",\"how\":\"replace\",\"before\":{before},\"after\":\"85944171f73967e8\"}}}}\n\"commit\"\n"
        )
    };
    for (path, before) in [
        (".env", "\"cbf29ce484222325\""),
        ("../outside/target", "\"cbf29ce484222325\""),
        (".git/config", "null"),
        ("link/target", "\"cbf29ce484222325\""),
    ] {
        let repository =
            Repository::new(&[("stack.yaml", STACK), (".env", "A=mine\n"), (".stackgen-1-0.new", "foobar")])
                .link("../outside", "link");
        fs::write(repository.around.path().join("outside/target"), "mine").expect("file");
        for folder in ["", ".git"] {
            fs::write(repository.inside.join(folder).join(".stackgen-1-0.new"), "foobar").expect("file");
        }
        fs::write(repository.around.path().join("outside/.stackgen-1-0.new"), "foobar").expect("file");
        fs::write(repository.inside.join(".stackgen-journal"), line(path, before)).expect("file");
        repository.run(&["render"]);
        assert_eq!(repository.text(".env"), "A=mine\n", "{path}");
        assert_eq!(repository.outside("target"), "mine", "{path}");
        assert!(!repository.inside.join(".git/config").exists(), "{path}");
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let disk = tempfile::tempdir().expect("folder");
    let mount = |size: &str| {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size},nr_inodes=200"), "tmpfs"]).arg(disk.path());
        command.output().is_ok_and(|output| output.status.success())
    };
    if !mount("64k") {
        return skip("only root mounts a small disk");
    }
    let write = |name: &str, text: &[u8]| fs::write(disk.path().join(name), text).is_ok();
    let mut failures = Vec::new();
    // The fewer pages are left, the further it gets.
    for pages in 0..14 {
        let _ = fs::remove_file(disk.path().join("filler"));
        for name in ["secrets", ".env", ".gitignore", "Makefile", ".env.example", "stack.lock"] {
            let _ = fs::remove_file(disk.path().join(name));
            let _ = fs::remove_dir_all(disk.path().join(name));
        }
        write("stack.yaml", STACK.as_bytes());
        write("compose.yaml", FIXABLE.as_bytes());
        write("filler", &vec![b'x'; 4096 * (14 - pages)]);
        for arguments in [&["render"][..], &["secrets", "init"], &["lint", "--fix", "compose.yaml"]] {
            let output = said(&ended(&mut stackgen(disk.path(), arguments)));
            let names: Vec<String> = fs::read_dir(disk.path())
                .expect("folder")
                .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
                .collect();
            let rendered = names.iter().filter(|name| name.starts_with("docker-compose.")).count();
            if output.starts_with("Some(2)") && arguments == ["render"] && rendered > 0 {
                failures.push(format!("{pages}: {rendered} files, and {output}"));
            }
            let empty = fs::read_dir(disk.path().join("secrets")).into_iter().flatten().flatten();
            let empty = empty.filter(|entry| entry.metadata().expect("secret").len() == 0).count();
            let compose = fs::read_to_string(disk.path().join("compose.yaml")).expect("compose");
            if empty > 0 || !(compose == FIXABLE || compose == FIXED) {
                failures.push(format!("{pages}: {empty} empty secrets, {compose:?}, {output}"));
            }
            let left = leftovers(disk.path());
            if !left.is_empty() {
                failures.push(format!("{pages}, {arguments:?}: {left:?}: {output}"));
            }
        }
        for name in fs::read_dir(disk.path()).expect("folder").flatten() {
            if name.file_name().to_string_lossy().starts_with("docker-compose.") {
                let _ = fs::remove_file(name.path());
            }
        }
        let _ = fs::remove_dir_all(disk.path().join("config"));
    }
    assert!(Command::new("umount").arg(disk.path()).status().expect("umount").success());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
