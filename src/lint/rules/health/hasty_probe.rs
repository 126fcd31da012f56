//! A health check that gives up before the service can be ready.
//!
//! What fails `retries` times in a row is unhealthy, and `docker compose up` then stops whatever waits for it. Failures
//! count from `start_period` on. Flagged are checks of images that are known to start slowly, where others wait for
//! them to be healthy and the time that the check allows is shorter than that. `start_interval` holds only within
//! `start_period`; without one it does nothing.
//!
//! ## Bad
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on:
//!       auth:
//!         condition: service_healthy
//!   auth:
//!     image: quay.io/keycloak/keycloak:26.6
//!     healthcheck:
//!       test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]
//!       interval: 5s
//!       retries: 5
//! ```
//!
//! ## Good
//!
//! ```yaml
//! services:
//!   api:
//!     image: example/api:1.4
//!     depends_on:
//!       auth:
//!         condition: service_healthy
//!   auth:
//!     image: quay.io/keycloak/keycloak:26.6
//!     healthcheck:
//!       test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]
//!       interval: 5s
//!       retries: 5
//!       start_period: 60s
//! ```
//!
//! ## Source
//!
//! Docker's reference, "HEALTHCHECK": the defaults are 30s, 3 retries and no start period; moby, `daemon/health.go`. How
//! long images take is in `catalog/images.yaml`.

use crate::lint::{Findings, Rule, Set, images};
use compose_reader::compose::{Condition, Probe, Project};
use compose_reader::diagnostic::Severity;
use compose_reader::values::{Duration, Written};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "SG408",
    name: "hasty-probe",
    severity: Severity::Hint,
    set: Set::Default,
    check,
    source: "",
};

fn check(project: &Project<'_>, findings: &mut Findings) {
    for service in project.services.values() {
        let Some(probe) = &service.probe else { continue };
        let name = &service.name;
        let Some(start_period) = seconds(probe.start_period, 0.0) else { continue };
        if let Some(start_interval) = probe.start_interval.filter(|_| start_period == 0.0) {
            let message = format!("`start_interval` of `{name}` does nothing without a `start_period`");
            findings.push(RULE.on(&[&name], start_interval.span, message).help("add `start_period: 30s`"));
        }
        let slow = images::of(service).filter(|known| known.is_exact);
        let Some(needed) = slow.and_then(|known| known.image.start_seconds) else { continue };
        let awaits = |condition| condition == Some(Condition::Healthy);
        let mut dependents = project.dependents(name);
        let Some((dependent, dependency)) = dependents.find(|(_, entry)| awaits(entry.condition)) else {
            continue;
        };
        let Some(interval) = seconds(probe.interval, 30.0) else { continue };
        let Some(retries) = retries(probe) else { continue };
        let allowed = start_period + interval * retries;
        if allowed < f64::from(needed) {
            let message = format!(
                "`{name}` is given up after {allowed:.0} seconds, and can take {needed} on its first start"
            );
            findings.push(
                RULE.on(&[&name], probe.key, message)
                    .related(dependency.span, format!("`{}` is not started then", dependent.name))
                    .help(format!("failures before it do not count: `start_period: {needed}s`")),
            );
        }
    }
}

/// How long a timing is, Docker's default where it is not given; nothing where that cannot be known.
fn seconds(timing: Option<Written<Duration>>, default: f64) -> Option<f64> {
    timing.map_or(Some(default), |timing| Some(timing.value?.seconds()))
}

/// How many failures in a row make a service unhealthy; nothing where that cannot be known.
fn retries(probe: &Probe) -> Option<f64> {
    const DEFAULT: u32 = 3;
    let retries = probe.retries.map_or(Some(DEFAULT), |retries| retries.value)?;
    Some(f64::from(if retries == 0 { DEFAULT } else { retries }))
}
