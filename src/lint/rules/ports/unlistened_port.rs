//! A published port on which nothing in the container listens.
//!
//! The right side of `5433:5433` is the port inside the container, and the image listens on another one. Connections
//! to the host's port are taken and closed at once. Flagged is only an image that is known, where neither its
//! variables nor its command name the port, and a service whose Dockerfile exposes other ports than those it publishes.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5433:5433"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   db:
//!     image: postgres:18
//!     ports: ["127.0.0.1:5433:5432"]
//! ```
//!
//! ## Source
//!
//! The documentation and the Dockerfile of each image; the compose specification, "ports".

use crate::lint::{Findings, Rule, Set, images, ports};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG212",
    name: "unlistened-port",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// The port of a program on ASP.NET from version 8 on, whose images set it, unless the service or the Dockerfile says another.
pub(in crate::lint) fn aspnet_port(service: &Service) -> Option<u16> {
    const SAMPLES: &str = "mcr.microsoft.com/dotnet/samples:aspnetapp";
    let base = match &service.dockerfile {
        Some(dockerfile) => dockerfile.base.clone(),
        None => service.image.as_ref().filter(|_| !service.is_built)?.sketch(),
    };
    let is_aspnet = images::name_of(&base) == "mcr.microsoft.com/dotnet/aspnet"
        && images::tag_of(&base).is_from("8") == Some(true);
    let is_about = |name: &String| {
        ["ASPNETCORE_", "DOTNET_", "URLS", "Kestrel", "PORT"].iter().any(|start| name.starts_with(start))
            && !name.ends_with("_ENVIRONMENT")
    };
    let in_image = service.dockerfile.iter().flat_map(|dockerfile| &dockerfile.variables);
    let is_set = service.variables().map(|(name, _)| name).chain(in_image).any(is_about);
    let is_told = service.arguments.iter().any(|text| text.raw().contains("urls"));
    let is_plain =
        (is_aspnet || &*base == SAMPLES) && service.env_files.is_empty() && service.mounts.is_empty();
    (is_plain && !is_set && !is_told).then_some(8080)
}

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values().filter(|service| service.can_publish()) {
        for port in &service.ports {
            let target = port.target.map(|target| target.first);
            if let Some((own, target)) = aspnet_port(service).zip(target)
                && own != target
                && port.protocol == "tcp"
                && !service.exposes(target)
            {
                findings.push(
                    RULE.at(
                        port.span,
                        format!(
                            "nothing in `{}` listens on {target}: ASP.NET takes {own} from version 8 on",
                            service.name
                        ),
                    )
                    .help(format!(
                        "write {own} on the right side, or set `ASPNETCORE_HTTP_PORTS: \"{target}\"`"
                    )),
                );
                continue;
            }
            let Some(listening) = ports::listening_elsewhere(service, port) else { continue };
            let Some(target) = port.target.map(|target| target.first) else { continue };
            let right = listening.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            let name = &service.name;
            findings.push(match listening.expose {
                None => RULE
                    .on(&[&name], port.span, format!("nothing in `{name}` listens on {target}"))
                    .help(format!("the port inside its container is {right}: write that on the right side")),
                Some(expose) => RULE
                    .on(&[&name], port.span, format!("`{name}` publishes its port {target}, and its Dockerfile exposes {right}"))
                    .related(expose, "exposed here")
                    .help(format!(
                        "write {right} on the right side, or `EXPOSE {target}` in the Dockerfile if it listens there"
                    )),
            });
        }
    }
}
