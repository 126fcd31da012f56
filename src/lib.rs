//! Renders Docker Compose files from one `stack.yaml`, and lints any compose file.
//!
//! ARCHITECTURE.md says which module may know which; `tests/architecture.rs` holds the code to it.

pub mod catalog;
pub mod checksum;
pub mod cli;
pub mod config;
pub mod definition;
pub mod fault;
pub mod fix;
pub mod format;
pub mod images;
pub mod import;
pub mod lint;
pub mod lsp;
pub mod plan;
pub mod projects;
pub mod promql;
pub mod quote;
pub mod render;
pub mod report;
