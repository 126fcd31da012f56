//! Any text, in any place of any parameter of any template, is refused or stays one value to whoever reads what is rendered.
//! The first two characters choose the template and the parameter.
#![no_main]

#[path = "../../tests/breaking_out/values.rs"]
mod values;

use std::sync::LazyLock;

use compose_reader::source::Sources;
use libfuzzer_sys::fuzz_target;
use stackgen::catalog::Catalog;
use stackgen_fuzz::rendered;
use values::{WORD, broken, stack, with};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = Catalog::new([]);
    let names: Vec<String> = catalog.names().map(str::to_owned).collect();
    for name in &names {
        assert!(catalog.load(name, &mut Sources::new()).is_empty(), "{name}");
    }
    catalog
});

fuzz_target!(|text: &str| {
    let mut characters = text.chars();
    let mut choice = |count: usize| Some(characters.next()? as usize % count.max(1));
    let names: Vec<&str> = CATALOG.names().collect();
    let Some(template) = choice(names.len()).and_then(|at| CATALOG.get(names[at])) else { return };
    let Some(at) = choice(template.parameters.len()) else { return };
    let Some((name, parameter)) = template.parameters.iter().nth(at) else { return };
    let text = characters.as_str();
    let texts = [text.to_owned(), format!("{text}{WORD}"), format!("{text}\n{WORD}: 1\n{WORD}=1\n{WORD}\n")];
    // A value that is the word itself may be a name, and so a key: that of a volume.
    for text in texts.into_iter().filter(|text| text.trim() != WORD) {
        for value in with(&parameter.kind, &text) {
            for file in rendered(&stack(template, name, value)).into_iter().flatten() {
                let wrong = broken(&file.path, &file.content);
                assert!(wrong.is_none(), "{wrong:?} of {}:\n{}", file.path, file.content);
            }
        }
    }
});
