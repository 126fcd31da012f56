//! How a service is probed inside an image that somebody names.

use crate::images::{self, Known};
use compose_reader::values::{ImageReference, Sketch};

/// Whether an image is known to bring a `HEALTHCHECK`, or to bring none; `None` where nobody can say.
pub fn ships_probe(image: &str) -> Option<bool> {
    known(image).filter(|known| known.is_exact).map(|known| known.image.ships_probe)
}

/// The `test` that asks an image's container for a path by HTTP, as far as what is inside is known.
pub fn http_test(image: &str, port: u16, path: &str, status: Option<u16>) -> Option<Vec<String>> {
    known(image)?.http_test(port, path, status)
}

/// The `test` that connects to a port of an image's container, as far as what is inside is known.
pub fn tcp_test(image: &str, port: u16) -> Option<Vec<String>> {
    known(image)?.tcp_test(port)
}

fn known(image: &str) -> Option<Known> {
    images::find(ImageReference::of(&Sketch::of(image)))
}
