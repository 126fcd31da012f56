//! Renders Docker Compose files from one `stack.yaml`, and lints any compose file.

pub mod catalog;
pub mod definition;
pub mod diagnostic;
pub mod graph;
pub mod interpolation;
pub mod merge;
pub mod plan;
pub mod render;
pub mod source;
pub mod yaml;
