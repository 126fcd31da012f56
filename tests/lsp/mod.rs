//! The language server, as an editor talks to it.

mod actions;
mod client;
mod completion;
mod diagnostics;
mod formatting;
mod hover;
mod names;
mod outline;
mod protocol;
mod same_as_lint;
mod stacks;

use serde_json::Value;

/// A text with edits applied, columns in units of UTF-16.
fn edited(text: &str, edits: &[Value]) -> String {
    let offset = |position: &Value| {
        let line = position["line"].as_u64().expect("a line") as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut units = position["character"].as_u64().expect("a column") as usize;
        let mut at = start;
        for next in text[start..].chars() {
            if units == 0 {
                break;
            }
            units -= next.len_utf16();
            at += next.len_utf8();
        }
        at
    };
    let mut all: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().expect("a text"))
        })
        .collect();
    all.sort();
    let mut out = text.to_owned();
    for (start, end, new) in all.into_iter().rev() {
        out.replace_range(start..end, new);
    }
    out
}
