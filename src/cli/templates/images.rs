//! `stackgen templates --check-images`: whether registries have what templates declare.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::catalog::{Catalog, Engine, Template};
use crate::cli::error::CliError;
use crate::cli::registry::{self, Answer};
use crate::cli::table::table;
use crate::cli::{Outcome, complain, tell};
use crate::plan::{DeclaredImage, images};
use crate::report::count;

/// Asks for the image of each declared version of some templates.
pub(super) fn check(
    catalog: &Catalog,
    templates: &[&Template],
    patience: Duration,
) -> Result<Outcome, CliError> {
    let engine = Engine::new();
    let declared: Vec<(&str, DeclaredImage)> = templates
        .iter()
        .flat_map(|template| {
            let images = images(catalog, &engine, template).into_iter();
            images.map(|declared| (template.name.as_str(), declared))
        })
        .collect();
    let mut wanted: Vec<&str> = declared.iter().map(|(_, declared)| declared.image.as_str()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let answers = registry::ask_all(&wanted, patience)?;
    let answers: BTreeMap<&str, &Answer> = wanted.into_iter().zip(&answers).collect();
    let row = |(template, declared): &(&str, DeclaredImage)| {
        let answer = answers.get(&*declared.image).map(ToString::to_string).unwrap_or_default();
        [(*template).to_owned(), declared.version.clone(), declared.image.clone(), answer]
    };
    let rows: Vec<[String; 4]> = declared.iter().map(row).collect();
    tell(&table(["template", "version", "image", "registry"], &rows))?;
    let published = answers.values().filter(|answer| matches!(answer, Answer::Published(_))).count();
    complain(&format!("{published} of {} published\n", count(answers.len(), "image")));
    registry::verdict(answers.into_iter())
}
