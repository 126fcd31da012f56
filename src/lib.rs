//! Renders Docker Compose files from one `stack.yaml`, and lints any compose file.

pub mod cli;
pub mod compose;
pub mod diagnostic;
pub mod graph;
pub mod interpolation;
pub mod lint;
pub mod merge;
pub mod report;
pub mod source;
pub mod yaml;
