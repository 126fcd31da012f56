//! A variable that a bundler reads when the image is built, set when the container runs.
//!
//! `NEXT_PUBLIC_`, `VITE_` and their kind are put into the JavaScript of the browser while that is bundled. In a container of a finished
//! build they come too late, and the browser gets what stood there at build time, or `undefined`.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     build:
//!       dockerfile_inline: |
//!         FROM node:22-alpine
//!         COPY . .
//!         RUN npm ci && npm run build
//!         CMD ["npm", "start"]
//!     environment: {NEXT_PUBLIC_API_URL: "https://api.example.org"}
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     build:
//!       args: {NEXT_PUBLIC_API_URL: "https://api.example.org"}
//!       dockerfile_inline: |
//!         FROM node:22-alpine
//!         ARG NEXT_PUBLIC_API_URL
//!         COPY . .
//!         RUN npm ci && npm run build
//!         CMD ["npm", "start"]
//! ```
//!
//! ## Source
//!
//! Next.js, "Environment Variables", bundling for the browser; Vite, "Env Variables and Modes"; Create React App, "Adding Custom Environment
//! Variables".

use crate::lint::{Findings, Rule, Set};
use compose_reader::compose::Project;
use compose_reader::diagnostic::Severity;
use compose_reader::values::Pair;
use compose_reader::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG610",
    name: "build-time-variable",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Beginnings of the names that bundlers put in.
const PREFIXES: [&str; 6] = ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "GATSBY_", "EXPO_PUBLIC_", "VUE_APP_"];

/// What bundles.
const BUILDS: [&str; 8] = [
    "npm run build",
    "yarn build",
    "yarn run build",
    "pnpm build",
    "pnpm run build",
    "next build",
    "vite build",
    "bun run build",
];

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(dockerfile) = &service.dockerfile else { continue };
        let is_bundled = BUILDS.iter().any(|command| dockerfile.runs(command));
        let develops = service.arguments.iter().any(|text| {
            [" dev", " start:dev", " build", "vite", "serve"].iter().any(|word| text.raw().contains(word))
        });
        if !is_bundled || develops {
            continue;
        }
        for (name, value) in &service.environment {
            if !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                || is_given(service.build.as_ref(), name)
            {
                continue;
            }
            let message = format!("`{name}` is read when `{}` is built, not when it runs", service.name);
            findings.push(
                RULE.at(value.span, message)
                    .related(dockerfile.from, "the image is finished by then")
                    .help(format!("give it to the build, `build: {{args: {{{name}: …}}}}`, and write `ARG {name}` before the build")),
            );
        }
    }
}

/// Whether the build is given an argument, too.
fn is_given(build: Option<&Node>, name: &str) -> bool {
    let arguments = build.and_then(|build| build.get("args"));
    arguments.into_iter().flat_map(Pair::each).any(|(pair, _)| pair.key == name)
}
