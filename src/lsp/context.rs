//! Where in a text something is typed, by its lines alone: what is half-typed is no YAML yet.

/// A place in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// The keys that lead to what is typed, `0` for an item of a list. The key whose value is typed is the last one.
    pub(super) path: Vec<String>,
    /// Where what is typed begins.
    pub(super) start: usize,
    /// Whether it may become a key of the mapping at `path`.
    pub(super) is_key: bool,
    /// Whether it is an item of a list, or a value behind a key.
    pub(super) is_value: bool,
    /// Whether it stands between brackets or braces.
    pub(super) is_flow: bool,
}

/// What a line has, by column: the dashes of items, then a key.
struct Line<'t> {
    dashes: Vec<usize>,
    column: usize,
    key: Option<&'t str>,
    /// What stands behind the key, or behind the dashes, and where in the line that begins.
    rest: usize,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Self {
        let mut at = line.len() - line.trim_start_matches(' ').len();
        let mut dashes = Vec::new();
        while line[at..].starts_with("- ") || &line[at..] == "-" {
            dashes.push(at);
            let behind = &line[at + 1..];
            at += 1 + behind.len() - behind.trim_start_matches(' ').len();
        }
        let colon = colon_of(&line[at..]);
        let key = colon.map(|colon| line[at..at + colon].trim_end().trim_matches(['"', '\'']));
        let rest = colon.map_or(at, |colon| {
            let behind = &line[at + colon + 1..];
            at + colon + 1 + behind.len() - behind.trim_start_matches(' ').len()
        });
        Self { dashes, column: at, key, rest }
    }
}

/// Where the colon behind a key stands.
fn colon_of(text: &str) -> Option<usize> {
    if text.starts_with(['#', '[', '{', '|', '>', '&', '*']) {
        return None;
    }
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    let behind_quote = match quote {
        Some(quote) => 1 + text[1..].find(quote)? + 1,
        None => 0,
    };
    let found = text[behind_quote..].match_indices(':').map(|(at, _)| at + behind_quote);
    found.into_iter().find(|at| text[at + 1..].is_empty() || text[at + 1..].starts_with(' '))
}

fn is_blank(line: &str) -> bool {
    line.trim_start().is_empty() || line.trim_start().starts_with('#')
}

/// The place of a byte of a text.
pub(super) fn context(text: &str, offset: usize) -> Context {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let typed = &text[start..offset];
    let line = Line::of(typed);
    let mut context = Context::default();
    // What leads to this line, from the inside out.
    let mut inner: Vec<String> = Vec::new();
    match line.key {
        Some(key) => {
            context.is_value = true;
            context.start = start + line.rest;
            flow(&typed[line.rest..], start + line.rest, &mut context, &mut inner);
            inner.push(key.to_owned());
        }
        None => {
            context.is_key = true;
            context.is_value = !line.dashes.is_empty();
            context.start = start + line.column;
            flow(&typed[line.column..], start + line.column, &mut context, &mut inner);
        }
    }
    // Columns that are left of this one lead here; a list may stand in the column of its key.
    let mut limit = line.column;
    let mut is_item = false;
    for dash in line.dashes.iter().rev() {
        inner.push("0".to_owned());
        (limit, is_item) = (*dash, true);
    }
    for above in text[..start].lines().rev().filter(|line| !is_blank(line)) {
        if limit == 0 && !is_item {
            break;
        }
        let above = Line::of(above);
        if let Some(key) = above.key
            && (above.column < limit || is_item && above.column == limit)
        {
            inner.push(key.to_owned());
            (limit, is_item) = (above.column, false);
        }
        for dash in above.dashes.iter().rev().filter(|_| above.key.is_some()) {
            if *dash < limit {
                inner.push("0".to_owned());
                (limit, is_item) = (*dash, true);
            }
        }
    }
    inner.reverse();
    context.path = inner;
    context
}

/// What stands between the brackets or braces that are open at the end of a value.
fn flow(value: &str, start: usize, context: &mut Context, inner: &mut Vec<String>) {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut quote = None;
    for (at, next) in value.char_indices() {
        match (quote, next) {
            (Some(open), _) if open == next => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(next),
            (None, '[' | '{') if !value[..at].ends_with('$') => open.push((next, at + 1)),
            (None, ']' | '}') => drop(open.pop()),
            (None, ',') => {
                if let Some(last) = open.last_mut() {
                    last.1 = at + 1;
                }
            }
            _ => {}
        }
    }
    for (bracket, from) in open.iter().rev() {
        let part = &value[*from..];
        let is_innermost = !context.is_flow;
        let lead = part.len() - part.trim_start().len();
        if *bracket == '[' {
            if is_innermost {
                (context.is_key, context.is_value, context.start) = (false, true, start + from + lead);
            }
            inner.push("0".to_owned());
        } else if let Some((key, behind)) = part.split_once(':') {
            if is_innermost {
                let lead = behind.len() - behind.trim_start().len();
                let at = from + key.len() + 1 + lead;
                (context.is_key, context.is_value, context.start) = (false, true, start + at);
            }
            inner.push(key.trim().trim_matches(['"', '\'']).to_owned());
        } else if is_innermost {
            (context.is_key, context.is_value, context.start) = (true, false, start + from + lead);
        }
        context.is_flow = true;
    }
}

#[cfg(test)]
mod tests {
    use super::context;

    fn path(text: &str) -> String {
        let offset = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        let found = context(&text, offset);
        let kind = match (found.is_key, found.is_value) {
            (true, true) => "item or key",
            (true, false) => "key",
            _ => "value",
        };
        format!("{} {kind} `{}`", found.path.join("."), &text[found.start..offset])
    }

    #[test]
    fn lines_lead_to_a_place() {
        for (text, expected) in [
            ("|", " key ``"),
            ("ser|", " key `ser`"),
            ("services:\n  |", "services key ``"),
            ("services:\n  web:\n    im|", "services.web key `im`"),
            ("services:\n  web:\n    image: ngi|", "services.web.image value `ngi`"),
            ("services:\n  web:\n    image: x\n    # c\n\n    po|", "services.web key `po`"),
            ("services:\n  web:\n    depends_on:\n      - d|", "services.web.depends_on.0 item or key `d`"),
            (
                "services:\n  web:\n    depends_on:\n    - a\n    - d|",
                "services.web.depends_on.0 item or key `d`",
            ),
            (
                "services:\n  web:\n    volumes:\n      - type: bind\n        so|",
                "services.web.volumes.0 key `so`",
            ),
            ("services:\n  web:\n    volumes:\n    - type: bi|", "services.web.volumes.0.type value `bi`"),
            (
                "services:\n  web:\n    depends_on:\n      db:\n        condition: |",
                "services.web.depends_on.db.condition value ``",
            ),
            ("services:\n  web:\n    networks: [front, b|", "services.web.networks.0 value `b`"),
            ("services:\n  web: { ima|", "services.web key `ima`"),
            ("services:\n  web: { image: a, ports: [\"80:80\", \"8|", "services.web.ports.0 value `\"8`"),
            ("services:\n  web:\n    image: a:${T|", "services.web.image value `a:${T`"),
            ("services:\n  web:\n    image: x\nvol|", " key `vol`"),
            ("services:\n  \"a b\":\n    |", "services.a b key ``"),
        ] {
            assert_eq!(path(text), expected, "{text}");
        }
    }
}
