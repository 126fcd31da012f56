//! A volume that binds a folder of the host by a path that is not absolute.
//!
//! The driver `local` hands `device` to mount(2) as it is: it is relative to the folder that the Docker daemon works in, and
//! the container does not start ("no such file or directory"). Docker Compose makes the path absolute only where
//! `driver: local` is written and `o` is `bind` and nothing else.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//! volumes:
//!   data:
//!     driver_opts:
//!       type: none
//!       o: bind
//!       device: ./data
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     volumes: ["data:/var/lib/postgresql"]
//! volumes:
//!   data:
//!     driver: local
//!     driver_opts:
//!       type: none
//!       o: bind
//!       device: ./data
//! ```
//!
//! ## Source
//!
//! moby, `volume/local/local_unix.go`; what `docker compose config` prints for `device` with each driver and `o`.

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::{Project, Text, Volume};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG111",
    name: "mount-option-mismatch",
    severity: Severity::Error,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for (name, volume) in &project.volumes {
        let (Some(options), Some(device)) = (option(volume, "o"), option(volume, "device")) else { continue };
        let (options, path) = (options.sketch(), device.sketch());
        let is_local = volume.driver.as_ref().is_none_or(|driver| *driver == "local");
        let binds = options.split(',').any(|word| matches!(word, "bind" | "rbind"));
        // A drive of Windows, or what only a variable knows.
        let is_absolute = path.is_empty()
            || path.starts_with('/')
            || path.behind_unknown().is_some()
            || path.contains(":\\");
        let is_resolved = volume.driver.is_some() && options == "bind";
        if !is_local || !binds || is_absolute || is_resolved {
            continue;
        }
        let help = match options == "bind" {
            true => "write `driver: local` beside it: Docker Compose then makes the path absolute".to_owned(),
            false => format!("write the absolute path: `${{PWD}}/{}`", path.trim_start_matches("./")),
        };
        let message = format!("the volume `{name}` binds `{path}`, which nobody makes an absolute path");
        findings.push(RULE.on(&[&name, &path], device.span, message).help(help));
    }
}

fn option<'v>(volume: &'v Volume, name: &str) -> Option<&'v Text> {
    volume.options.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
}
