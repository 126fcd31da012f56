//! Images that are gone or given up, each with the template that has taken its place.

use crate::images;
use compose_reader::values::{ImageReference, Sketch};

/// An image that should not be used any more.
#[derive(Debug)]
pub struct Withdrawn {
    /// The image.
    pub image: String,
    /// What has become of it.
    pub what: &'static str,
    /// What to use.
    pub instead: String,
}

/// What is known of an image that is gone, by its reference in a service.
pub fn withdrawn_image(reference: &str) -> Option<Withdrawn> {
    let sketch = Sketch::of(reference);
    let reference = ImageReference::of(&sketch);
    images::withdrawn(reference).map(|gone| of(reference.familiar_name(), gone))
}

/// What is known of an image that is gone, by the name that a template for it would have.
pub fn withdrawn_template(name: &str) -> Option<Withdrawn> {
    images::withdrawn_template(name).map(|gone| of(gone.image, gone))
}

fn of(image: &str, gone: &'static images::Withdrawn) -> Withdrawn {
    let instead = match &gone.template {
        Some(template) => format!("`use: {template}`, {}", gone.instead),
        None => gone.instead.clone(),
    };
    Withdrawn { image: image.to_owned(), what: &gone.what, instead }
}

#[cfg(test)]
mod tests {
    use super::{withdrawn_image, withdrawn_template};
    use crate::catalog::Catalog;

    #[test]
    fn a_stack_is_told_the_template_that_takes_its_place() {
        let gone = withdrawn_image("docker.io/mailhog/mailhog:v1").expect("gone");
        assert_eq!(gone.image, "mailhog/mailhog");
        assert_eq!(gone.instead, "`use: mailpit`, axllent/mailpit");
        assert_eq!(withdrawn_image("axllent/mailpit").map(|gone| gone.image), None);
        let gone = withdrawn_template("promtail").expect("gone");
        assert!(Catalog::new([]).names().any(|name| gone.instead.contains(&format!("`use: {name}`"))));
    }
}
