//! Renders Docker Compose files from one `stack.yaml`, and lints any compose file.
//!
//! ARCHITECTURE.md says which module may know which; `tests/architecture.rs` holds the code to it.

pub mod catalog;
pub mod checksum;
pub mod cli;
pub mod compose;
pub mod config;
pub mod definition;
pub mod diagnostic;
pub mod dockerfile;
pub mod dotenv;
pub mod fix;
pub mod graph;
pub mod images;
pub mod interpolation;
pub mod lint;
pub mod merge;
pub mod plan;
pub mod promql;
pub mod render;
pub mod report;
pub mod source;
pub mod yaml;
