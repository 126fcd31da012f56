//! The example of an environment file that is used as the environment file.
//!
//! `.env.example` is in the repository to be copied and filled in. Used as it is, the service runs with what everybody can
//! read there, and with placeholders.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     env_file: .env.example
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     env_file: .env
//! ```
//!
//! ## Source
//!
//! The compose specification, "env_file"; Docker's manual, "Set environment variables within your container's environment".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::source::range;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG712",
    name: "example-as-env-file",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

const EXAMPLES: [&str; 6] = ["example", "sample", "template", "dist", "tmpl", "tpl"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        for path in &service.env_files {
            let sketch = path.sketch();
            let name = sketch.rsplit('/').next().unwrap_or_default();
            if !name.split('.').any(|part| EXAMPLES.contains(&part)) {
                continue;
            }
            let kept: Vec<&str> = name.split('.').filter(|part| !EXAMPLES.contains(part)).collect();
            let kept = match kept.join(".") {
                name if name == "env" => ".env".to_owned(),
                name => name,
            };
            let real = format!("{}{kept}", range::before(&sketch, name));
            let message =
                format!("`{}` takes its environment from `{sketch}`, which is an example", service.name);
            findings.push(
                RULE.on(&[&service.name, &sketch], path.span, message)
                    .help(format!("copy it to `{real}`, which git ignores, fill it in, and name that here")),
            );
        }
    }
}
