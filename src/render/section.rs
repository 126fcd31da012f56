//! A marked section of a file that people write, such as `.env.example`.

use super::header::{self, FileState};
use crate::checksum::checksum;
use compose_reader::dotenv::variables;

const BEGIN: &str = "# >>> stackgen: what the compose files ask for besides; to change it, edit stack.yaml.";
const END: &str = "# <<< stackgen";

/// A file with its section made anew, in its place or at the end. Entries, with blank lines between, for variables that the
/// rest of the file sets are left out; without entries there is no section.
pub(super) fn within(there: &str, entries: &str) -> String {
    let there = there.replace("\r\n", "\n");
    let (before, after) = match (parts(&there), header::state_of("", &there, None)) {
        (Some((before, _, after)), _) => (before, after),
        // What was rendered as a whole is a section from now on.
        (None, FileState::Unchanged) => ("", ""),
        (None, _) => (there.as_str(), ""),
    };
    let is_set = |name: &str| {
        variables(before).into_iter().chain(variables(after)).any(|variable| variable.name == name)
    };
    let name = |entry: &str| -> Option<String> {
        let line = entry.trim_end().lines().next_back()?.trim_start_matches("# ");
        Some(line.split_once('=')?.0.to_owned())
    };
    let kept: Vec<&str> = entries
        .split("\n\n")
        .map(str::trim_end)
        .filter(|entry| !name(entry).is_some_and(|name| is_set(&name)))
        .collect();
    let before = before.trim_end_matches('\n');
    if kept.is_empty() {
        let end = if before.is_empty() { "" } else { "\n" };
        return format!("{before}{end}{after}");
    }
    let body = kept.join("\n\n");
    let gap = if before.is_empty() { "" } else { "\n\n" };
    format!("{before}{gap}{BEGIN}\n# {}{}\n\n{body}\n{END}\n{after}", header::MARK, checksum(&body))
}

/// Whether the section of a file is as it was rendered; a file without one may get one.
pub(super) fn state_of(there: &str) -> FileState {
    let there = there.replace("\r\n", "\n");
    let Some((_, section, _)) = parts(&there) else { return FileState::Unchanged };
    let written = section.split_once(header::MARK).and_then(|(_, rest)| rest.split_once("\n\n"));
    match written {
        Some((sum, body)) if sum.trim() == checksum(body.trim_end_matches('\n')) => FileState::Unchanged,
        _ => FileState::Edited,
    }
}

/// Whether a file has a section.
pub(super) fn is_in(there: &str) -> bool {
    parts(there).is_some()
}

/// What is before the section, in it and behind it.
fn parts(there: &str) -> Option<(&str, &str, &str)> {
    let start = there.find(BEGIN)?;
    let (before, rest) = there.split_at(start);
    let inside = rest.strip_prefix(BEGIN)?;
    let end = inside.find(END)?;
    let after = inside.get(end + END.len()..)?;
    Some((before, inside.get(..end)?, after.strip_prefix('\n').unwrap_or(after)))
}

#[cfg(test)]
mod tests {
    use super::{FileState, state_of, within};

    const ENTRIES: &str = "# Needed.\nDB_PASSWORD=change-me\n\n# Handed on.\n# MAIL=\n";

    #[test]
    fn the_rest_stays_as_it_is() {
        let first = within("# Ours.\nTOKEN=abc\n", ENTRIES);
        insta::assert_snapshot!(first);
        assert_eq!(within(&first, ENTRIES), first);
        assert_eq!(
            within(&format!("{first}\n# Behind.\nLAST=1\n"), ENTRIES),
            format!("{first}\n# Behind.\nLAST=1\n")
        );
        assert_eq!(state_of(&first), FileState::Unchanged);
        assert_eq!(state_of(&first.replace("change-me", "x")), FileState::Edited);
        assert_eq!(state_of(&first.replace("abc", "x")), FileState::Unchanged);
    }

    #[test]
    fn what_the_rest_sets_is_not_repeated() {
        let once = within("DB_PASSWORD=x\n", ENTRIES);
        assert!(!once.contains("DB_PASSWORD=change-me") && once.contains("# MAIL="), "{once}");
        assert_eq!(within("DB_PASSWORD=x\nMAIL=y\n", ENTRIES), "DB_PASSWORD=x\nMAIL=y\n");
    }

    #[test]
    fn a_section_may_stand_alone() {
        let alone = within("", ENTRIES);
        assert!(alone.starts_with("# >>> stackgen"), "{alone}");
        assert_eq!(within(&alone, ENTRIES), alone);
    }
}
