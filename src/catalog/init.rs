//! Images whose entrypoint begins with an init process.

use crate::images;
use compose_reader::values::{ImageReference, Sketch};

/// Whether an image is known to begin with an init process of its own, by its reference in a service.
pub fn begins_with_init(reference: &str) -> bool {
    let sketch = Sketch::of(reference);
    images::find(ImageReference::of(&sketch)).is_some_and(|known| known.image.init)
}
