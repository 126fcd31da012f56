//! Any text is a Dockerfile or none; what is read from it lies in it, and it is read the same where it is a value.
#![no_main]

use compose_reader::budget::Budget;
use compose_reader::dockerfile::{Dockerfile, Health, Order, Outline, Place};
use compose_reader::source::{Sources, Span};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let id = Sources::new().add("Dockerfile", text);
    let lies_in =
        |span: Span| assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    let _ = Outline::of(text);
    let orders = [
        Order::default(),
        Order { target: Some("a".to_owned()), arguments: vec![("A".to_owned(), Some("x".to_owned()))] },
    ];
    for order in &orders {
        let read = |place| Dockerfile::read(text, place, order, &mut Budget::default());
        let (file, value) = (read(Place::File(id)), read(Place::Value(Span::new(id, 0, 0))));
        assert_eq!(file.is_some(), value.is_some());
        let Some(file) = file else { continue };
        lies_in(file.from);
        file.settings.iter().for_each(|(_, _, span)| lies_in(*span));
        file.user.iter().for_each(|(_, span)| lies_in(*span));
        file.command.iter().for_each(|(_, span)| lies_in(*span));
        match &file.health {
            Health::Check(check) => {
                [check.key, check.span].into_iter().for_each(lies_in);
                check.words.iter().for_each(|(_, span)| lies_in(*span));
                check.options.iter().for_each(|(_, _, span)| lies_in(*span));
            }
            Health::Disabled(span) => lies_in(*span),
            Health::Unstated => {}
        }
        let _ = (file.brings("curl"), file.mentions(80), file.exposes(80), file.runs("curl"));
    }
});
