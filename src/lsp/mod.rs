//! The language server: what the linter and the generator know, in the editor.
//!
//! One thread answers requests, one looks at folders. Neither touches the disk: what is asked of it goes through [`Host`].
//!
//! Source: the Language Server Protocol 3.18.

mod diagnostics;
mod document;
mod documents;
mod host;
mod hover;
mod position;
mod server;
mod session;
mod transport;
mod uri;
mod virtual_text;
mod work;

pub use documents::Texts;
pub use host::{Checked, Checker, Folder, Host, Options, Project};
pub use server::serve;
