//! Lines that several services share, through an anchor or an override: what is said of them is said once.

use super::Findings;
use compose_reader::compose::{Project, Service};
use compose_reader::diagnostic::{Diagnostic, Label};

/// Joins the findings of one rule on one place that differ in the services they name. The findings are sorted.
pub(super) fn join(project: &Project<'_>, findings: Findings) -> Findings {
    let mut joined: Findings = Vec::with_capacity(findings.len());
    for finding in findings {
        let earlier = joined.iter_mut().rev().take_while(|earlier| earlier.span == finding.span);
        let mut of_rule = earlier.filter(|earlier| earlier.code == finding.code);
        match of_rule.find_map(|earlier| Some((others(project, earlier, &finding)?, earlier))) {
            Some((services, earlier)) => add(earlier, finding, &services),
            None => joined.push(finding),
        }
    }
    joined
}

/// The services that the second finding names and the first one does not, if nothing else tells them apart.
fn others<'p>(project: &'p Project<'_>, first: &Diagnostic, second: &Diagnostic) -> Option<Vec<&'p Service>> {
    // What says the same in other words, and names nothing, says something else.
    if first.names.len() != second.names.len()
        || (first.names == second.names && first.message != second.message)
    {
        return None;
    }
    let mut services = Vec::new();
    for (left, right) in first.names.iter().zip(&second.names).filter(|(left, right)| left != right) {
        project.services.get(&**left)?;
        services.push(project.services.get(&**right)?);
    }
    Some(services)
}

fn add(finding: &mut Diagnostic, other: Diagnostic, services: &[&Service]) {
    for service in services {
        let is_told = finding.related.iter().any(|label| label.span == service.span);
        if !is_told {
            let message = format!("the same for `{}`", service.name);
            finding.related.push(Label { span: service.span, message });
        }
    }
    // Only what mends it for all of them mends it.
    finding.fix = finding.fix.take().zip(other.fix).map(|(mut fix, more)| {
        fix.edits.extend(more.edits);
        fix.edits.sort_by_key(|edit| (edit.span, edit.content.clone()));
        fix.edits.dedup();
        fix
    });
}
