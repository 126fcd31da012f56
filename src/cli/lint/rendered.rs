//! What a stack would be rendered to, as files that are linted.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::unreachable;
use crate::cli::disk::Disk;
use crate::cli::origin::Origins;
use crate::cli::{beside, display, stack};
use crate::render;
use compose_reader::diagnostic::Diagnostic;

/// What a stack would be rendered to.
pub(super) struct Rendered {
    /// Its compose files.
    pub(super) paths: BTreeSet<PathBuf>,
    /// Where what they hold comes from.
    pub(super) origins: Origins,
    /// What the sources beside the stack do not fit.
    pub(super) warnings: Vec<Diagnostic>,
}

impl Rendered {
    /// Renders a stack; all of it is taken as if it were there.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub(super) fn of(opened: &stack::Opened, disk: &mut Disk) -> Result<Self, Vec<Diagnostic>> {
        let mut planned = opened.plan(1)?;
        let compose: BTreeSet<String> = planned.plans.iter().map(render::compose_path).collect();
        let (mut paths, mut origins) = (BTreeSet::new(), Origins::default());
        for mut file in render::files(&planned) {
            let path = stack::place(&opened.folder, &file.path);
            if compose.contains(&file.path) {
                let plan = planned.plans.iter_mut().find(|plan| render::compose_path(plan) == file.path);
                plan.into_iter().for_each(|plan| origins.add(display(&path), &mut file, plan));
                paths.insert(path.clone());
            }
            let there = if file.is_section { opened.files.text_if_there(&path).ok().flatten() } else { None };
            let text = file.over(there.as_deref()).into_owned();
            disk.put(&path, text);
        }
        let mut warnings = beside::warnings(&opened.folder, &opened.files, &planned);
        warnings.extend(unreachable::hints(&planned.plans));
        Ok(Self { paths, origins, warnings })
    }
}
