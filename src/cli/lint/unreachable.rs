//! Environments of which nothing on this machine is reached.

use crate::fault::Fault;
use crate::plan::{Mode, Plan, TierKind};
use compose_reader::diagnostic::{Diagnostic, Severity};

/// A hint for each environment that holds what services on this machine need, in development, and publishes none of it.
pub(super) fn hints(plans: &[Plan]) -> Vec<Diagnostic> {
    let holds = |plan: &Plan, kind: TierKind| plan.tiers.iter().any(|tier| tier.kind == kind);
    // Without applications every environment is the same.
    if !plans.iter().any(|plan| holds(plan, TierKind::Application)) {
        return Vec::new();
    }
    let is_for_others = |plan: &&Plan| {
        plan.mode == Mode::Development
            && plan.attach.is_none()
            && plan.tiers.iter().all(|tier| tier.kind == TierKind::Infrastructure)
    };
    let is_unreachable = |plan: &&Plan| plan.ports.is_empty() && !plan.endpoints.is_empty();
    let hint = |plan: &Plan| {
        let service = plan.tiers.iter().flat_map(|tier| &tier.services).next()?;
        let name = &plan.environment;
        let message = format!("nothing of `{name}` is published, so no process on this machine reaches it");
        let help = format!(
            "publish what they need, `publish: {{ {name}: 5432 }}`; or, where all of them run in containers, leave the environment \
             out: `environments: {{ {name}: {{ enabled: false }} }}`"
        );
        let found = Fault::UnreachableEnvironment.at(service.definition, message).severity(Severity::Hint);
        Some(found.help(help))
    };
    plans.iter().filter(is_for_others).filter(is_unreachable).filter_map(hint).collect()
}
