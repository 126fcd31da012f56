//! The name of a service in a variable that ends up in a browser.
//!
//! Frameworks copy variables with certain prefixes into the pages that they build: `NEXT_PUBLIC_`, `VITE_`, `REACT_APP_`.
//! The browser runs on somebody's machine, which knows nothing of the names in Docker's network.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     environment:
//!       NEXT_PUBLIC_API_URL: http://api:8000
//!   api:
//!     image: example/api:1.4
//!     ports: ["127.0.0.1:8000:8000"]
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   web:
//!     image: example/web:1.4
//!     environment:
//!       NEXT_PUBLIC_API_URL: http://localhost:8000
//!       API_URL: http://api:8000
//!   api:
//!     image: example/api:1.4
//!     ports: ["127.0.0.1:8000:8000"]
//! ```
//!
//! ## Source
//!
//! The documentation of Next.js ("Environment Variables"), Vite ("Env Variables and Modes"), Create React App, Nuxt
//! ("Runtime Config"), Vue CLI, Gatsby and Expo, each on variables for the browser.

use crate::lint::addresses::hosts;
use crate::lint::{Findings, Rule, Set, words};
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::Severity;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG504",
    name: "internal-address-in-browser",
    severity: Severity::Warning,
    set: Set::Default,
    check,
    source: "",
};

/// Beginnings of the names of variables that end up in a page.
const FOR_BROWSER: [&str; 7] =
    ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_PUBLIC_", "VUE_APP_", "GATSBY_", "EXPO_PUBLIC_"];

/// Words in the name of a variable that the server of the pages reads for itself.
const FOR_SERVER: [&str; 5] = ["proxy", "internal", "ssr", "server", "backend"];

/// Words in the name of a service whose browser runs inside of Docker's network.
const BROWSERS: [&str; 6] = ["playwright", "cypress", "selenium", "e2e", "test", "tests"];

fn check(project: &Project<'_>, findings: &mut Findings) {
    let is_browser = |service: &&Service| words(&service.name).iter().any(|word| BROWSERS.contains(&&**word));
    for service in project.services.values().filter(|service| !is_browser(service)) {
        for (name, value) in service.variables() {
            let is_for_server = words(name).iter().any(|word| FOR_SERVER.contains(&&**word));
            if is_for_server || !FOR_BROWSER.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            let sketch = value.sketch();
            for host in hosts(&sketch, false) {
                let scheme = host.scheme(&sketch);
                let Some(peer) = project.services.get(&sketch[host.host.clone()]) else { continue };
                if !["http", "https", "ws", "wss"].contains(&scheme) {
                    continue;
                }
                let published = peer.ports.iter().find_map(|port| port.published);
                let help = match published {
                    Some(port) => {
                        format!(
                            "write the address that a browser opens: `{scheme}://localhost:{}`",
                            port.first
                        )
                    }
                    None => format!(
                        "publish a port of `{}`, or let a gateway lead to it, and write that address",
                        peer.name
                    ),
                };
                let place = sketch.place(host.host).and_then(|origin| value.part(origin.range));
                findings.push(
                    RULE.on(
                        &[&name, &peer.name],
                        place.unwrap_or(value.span),
                        format!("`{name}` ends up in a browser, which does not know `{}`", peer.name),
                    )
                    .related(peer.span, "known inside of Docker's network only")
                    .help(help),
                );
            }
        }
    }
}
