//! Renders Docker Compose files from one `stack.yaml`, and lints any compose file.

pub mod diagnostic;
pub mod graph;
pub mod interpolation;
pub mod merge;
pub mod source;
pub mod yaml;
