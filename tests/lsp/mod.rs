//! The language server, as an editor talks to it.

pub(crate) mod client;
mod diagnostics;
mod hover;
mod protocol;
