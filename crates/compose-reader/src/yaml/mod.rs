//! YAML as Docker Compose reads it: text to [`Node`]s that know their bytes, and values to text.

mod build;
mod common;
mod emit;
mod node;
mod parse;
mod parsed;
mod path;
mod scalar;
mod shape;

pub use emit::{Writer, block, flow_text, is_block, key as emit_key};
pub use node::{Entry, History, Kind, Mapping, Node, Scalar, Step};
pub use parse::{parse, parse_within};
pub use parsed::{Alias, Comment, CommentsAbove, Duplicate, Lost, Parsed, SyntaxError};
pub use path::{keys_at, path_at};
pub use scalar::{Resolved, Style, resolve};
pub use shape::{Emit, Shape};
