//! A device of the host through which its disks or its memory can be read or written.
//!
//! A disk such as `/dev/sda` holds every file of the host, whatever the permissions of those are, and `/dev/mem` and
//! `/dev/kmsg` what the kernel knows. Devices for one purpose, such as `/dev/dri`, `/dev/snd`, `/dev/net/tun` and serial
//! ports, are left alone.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   monitor:
//!     image: example/monitor:1.4
//!     devices: ["/dev/sda:/dev/sda"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   player:
//!     image: example/player:1.4
//!     devices: ["/dev/dri:/dev/dri", "/dev/snd"]
//! ```
//!
//! ## Source
//!
//! The compose specification, "devices"; the manual page mem(4).

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG707",
    name: "host-device",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Disks, by how their names begin.
const DISKS: [&str; 7] = ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dm-"];
/// The kernel's own, and folders with disks in them.
const KERNEL: [&str; 6] = ["mem", "kmem", "port", "kmsg", "mapper", "disk"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    let asks = |service: &&Service| ["devices", "privileged"].iter().any(|it| images::asks_for(service, it));
    for service in project.services.values().filter(|service| !asks(service)) {
        for text in &service.security.devices {
            let sketch = text.sketch();
            let path = sketch.split(':').next().unwrap_or_default();
            let Some(name) = path.strip_prefix("/dev").map(|rest| rest.trim_start_matches('/')) else {
                continue;
            };
            let first = name.split('/').next().unwrap_or_default();
            let is_disk = DISKS.iter().any(|disk| {
                first
                    .strip_prefix(disk)
                    .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
            });
            if !name.is_empty() && !is_disk && !KERNEL.contains(&first) {
                continue;
            }
            findings.push(
                RULE.on(
                    &[&path, &service.name],
                    text.span,
                    format!("through `{path}`, `{}` can get at all of its machine", service.name),
                )
                .help("give it the one device that it needs, or mount a folder instead of a disk"),
            );
        }
    }
}
