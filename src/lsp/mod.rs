//! The language server: what the linter and the generator know, in the editor.
//!
//! One thread answers requests, one looks at folders. Neither touches the disk: what is asked of it goes through [`Host`].
//!
//! Source: the Language Server Protocol 3.18.

mod actions;
mod commands;
mod completion;
mod context;
mod diagnostics;
mod document;
mod documents;
mod formatting;
mod hints;
mod host;
mod hover;
mod names;
mod navigate;
mod nodes;
mod outline;
mod position;
mod schema;
mod server;
mod session;
mod stack_hover;
mod transport;
mod uri;
mod virtual_text;
mod work;

pub use documents::Texts;
pub use host::{Checked, Checker, Folder, Host, OpenStack, Options, Project};
pub use server::serve;
