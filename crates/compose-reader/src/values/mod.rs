//! The values of a compose file that are more than text: each has one type here, which reads what Docker Compose reads and
//! prints what Docker Compose prints.

use crate::source::Span;

mod address;
mod boolean;
mod byte_size;
mod duration;
mod health_test;
mod image;
mod mount;
mod number;
mod pairs;
mod port;
mod port_index;
mod sketch;
mod subnet;

pub use address::Address;
pub use boolean::Boolean;
pub use byte_size::ByteSize;
pub use duration::Duration;
pub use health_test::{HealthTest, TestForm};
pub use image::ImageReference;
pub use mount::{InvalidMount, MountParts, MountSpec, is_host_path};
pub use pairs::Pair;
pub use port::{
    ContainerPort, HostPort, InvalidPort, PortMapping, PortParts, PortRange, Protocol, in_url, ip_address,
};
pub use port_index::PortIndex;
pub use sketch::{Part, Place, Sketch};
pub use subnet::Subnet;

/// A value and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// Where it is written.
    pub span: Span,
    /// What it is; `None` where only a variable without a value knows, or where it is none of its type.
    pub value: Option<T>,
}

/// A text that is not a value of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What would be one, with examples: `a duration: `500ms`, `10s`, `1m30s``.
    pub expected: &'static str,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "not {}", self.expected)
    }
}

impl std::error::Error for Invalid {}
