//! All tests of the program in one binary, a module for what each is about.

mod accepted;
mod architecture;
mod bad_stacks;
mod beside;
mod breaking_out;
mod broken_stacks;
#[cfg(unix)]
mod cli_docker;
mod cli_graph;
mod cli_language;
mod cli_lint;
mod cli_render;
#[cfg(unix)]
mod cli_secrets;
mod common;
mod compose_agrees;
mod databases;
mod faults;
mod gateway_files;
#[cfg(target_os = "linux")]
mod gateways;
mod generated;
mod growth;
#[cfg(unix)]
mod hostile;
mod hurts;
mod importing;
mod linting;
#[cfg(target_os = "linux")]
mod loopback;
mod lsp;
#[cfg(unix)]
mod makefile;
mod managed;
mod noise;
mod observability;
mod precision;
mod reader;
mod readme;
mod references;
#[cfg(unix)]
mod registry;
#[cfg(unix)]
mod robustness;
mod rules;
mod schema;
#[cfg(unix)]
mod secret_values;
mod self_check;
mod shape;
mod speaking;
mod stacks;
mod templates;
mod users_key_wins;
mod variables;
