//! Plans to the texts that lie beside `stack.yaml`. Decides nothing: what is written is what was planned.

mod compose;
mod env_example;
mod mould;
mod seal;

use indexmap::IndexMap;

use crate::plan::Plan;

pub use env_example::ENV_EXAMPLE;
pub use seal::{Seal, seal_of};

/// A file that a stack renders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path from the stack, with `/`.
    pub path: String,
    /// The environments that it is rendered for.
    pub environments: Vec<String>,
    /// Its content.
    pub content: String,
}

/// Every file of a stack: a compose file an environment, the configs that they mount, and `.env.example`.
pub fn files(plans: &[Plan]) -> Vec<OutputFile> {
    let mut files = Vec::new();
    let mut configs: IndexMap<&str, OutputFile> = IndexMap::new();
    for plan in plans {
        let environments = vec![plan.environment.clone()];
        let path = compose_path(&plan.environment);
        let content = compose::text(plan);
        files.push(OutputFile { path, environments: environments.clone(), content });
        for file in plan.files.values() {
            configs
                .entry(&file.path)
                .and_modify(|shared| shared.environments.push(plan.environment.clone()))
                .or_insert_with(|| OutputFile {
                    path: file.path.clone(),
                    environments: environments.clone(),
                    content: seal::sealed(&file.path, &[], &file.content),
                });
        }
    }
    files.extend(configs.into_values());
    files.extend(env_example::file(plans));
    files
}

/// The path of an environment's compose file.
pub fn compose_path(environment: &str) -> String {
    format!("docker-compose.{environment}.yml")
}
