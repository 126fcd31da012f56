//! Reads Docker Compose projects as Docker Compose does, and keeps the place of every value.
//!
//! No terminal and no disk: a text is added to [`source::Sources`], and the files around it are handed over by a
//! [`compose::Files`]. The crate builds for `wasm32-unknown-unknown`.
//!
//! # A project and its places
//!
//! ```
//! use compose_reader::compose::Project;
//! use compose_reader::source::Sources;
//!
//! let mut sources = Sources::new();
//! let file = sources.add("compose.yaml", "services:\n  db:\n    image: postgres:17\n    ports: [\"5432:5432\"]\n");
//! let project = Project::load(&mut sources, &[file]);
//!
//! let port = &project.services["db"].ports[0];
//! assert_eq!(project.sources.place(port.span), "compose.yaml:4:13");
//! assert!(!project.is_refused());
//! ```
//!
//! # The model
//!
//! [`compose::resolve`] gives what `docker compose config` prints:
//!
//! ```
//! use compose_reader::compose::{NoFiles, Request, json, resolve};
//! use compose_reader::source::Sources;
//!
//! let mut sources = Sources::new();
//! let base = sources.add("compose.yaml", "name: shop\nservices:\n  api:\n    image: example/api:1\n");
//! let more = sources.add("compose.override.yaml", "services:\n  api:\n    mem_limit: 64m\n");
//! let request = Request::of_texts(&sources, &[base, more]);
//! let resolution = resolve(&mut sources, &NoFiles, &request);
//!
//! let printed = json(&resolution.printed(), true);
//! assert!(printed.contains("\"mem_limit\": \"67108864\""));
//! ```
//!
//! # What is refused
//!
//! Reading never stops at a mistake: each is a [`compose::Problem`] with its place.
//!
//! ```
//! use compose_reader::compose::Project;
//! use compose_reader::source::Sources;
//!
//! let mut sources = Sources::new();
//! let file = sources.add("compose.yaml", "services:\n  api:\n    image: example/api:1\n    depends_on: [db]\n");
//! let project = Project::load(&mut sources, &[file]);
//!
//! let problem = &project.problems[0];
//! assert_eq!(project.sources.place(problem.span), "compose.yaml:4:18");
//! assert!(project.is_refused());
//! ```

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
