//! Reads Docker Compose projects as Docker Compose does, and keeps the place of every value.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::indexing_slicing))]

pub mod browser;
pub mod budget;
pub mod compose;
pub mod diagnostic;
pub mod dockerfile;
pub mod dotenv;
pub mod graph;
pub mod interpolation;
pub mod merge;
pub mod source;
pub mod spec;
pub mod values;
pub mod yaml;
