//! The filters that templates and references share.

use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::quote;
use compose_reader::values::ByteSize;

/// Adds the filters to an environment.
pub(super) fn add(environment: &mut Environment) {
    environment.add_filter("scheme", scheme);
    environment.add_filter("each", each);
    environment.add_filter("field", field);
    environment.add_filter("having", having);
    environment.add_filter("quoted", |text: String| quote::literal(&text));
    environment.add_filter("shell", |text: String| quote::shell(&text));
    environment.add_filter("psql", |text: String| quote::psql(&text));
    environment.add_filter("userinfo", |text: String| quote::userinfo(&text));
    environment.add_filter("regex", |text: String| quote::regex(&text));
    environment.add_filter("yaml", |text: String| quote::yaml(&text));
    environment.add_filter("mount", mount);
    environment.add_filter("mount_for", mount_for);
    environment.add_filter("share", share);
}

/// `url | scheme("postgresql+asyncpg")`: the URL with another scheme.
fn scheme(url: String, scheme: String) -> Result<String, Error> {
    match url.split_once("://") {
        Some((_, rest)) => Ok(format!("{scheme}://{rest}")),
        None => {
            Err(Error::new(ErrorKind::InvalidOperation, format!("`{url}` is no URL, so it has no scheme")))
        }
    }
}

/// `paths | each("{item}:/target/{name}")`: a text for each item, with the item, its last path component, and a
/// number that sorts as the items do.
fn each(_: &State, items: Vec<Value>, pattern: String) -> Vec<String> {
    let fill = |(index, item): (usize, Value)| {
        let item = item.to_string();
        let name = item.rsplit('/').next().unwrap_or(&item);
        pattern
            .replace("{name}", name)
            .replace("{number}", &(index + 10).to_string())
            .replace("{item}", &item)
    };
    items.into_iter().enumerate().map(fill).collect()
}

/// `users | field("name")`: that field of each value of a mapping.
fn field(values: Value, name: String) -> Result<Vec<Value>, Error> {
    let keys = values.try_iter()?;
    keys.map(|key| values.get_item(&key)?.get_attr(&name)).collect()
}

/// `secrets | having(receivers, "email.user")`: the entries whose name has something in that field in another mapping.
fn having(values: Value, others: Value, path: String) -> Result<Value, Error> {
    let mut kept = Vec::new();
    for key in values.try_iter()? {
        let field = path.split('.').try_fold(others.get_item(&key)?, |value, name| value.get_attr(name).ok());
        if field.is_some_and(|field| field.is_true()) {
            kept.push((key.clone(), values.get_item(&key)?));
        }
    }
    Ok(Value::from_pairs(kept))
}

/// `path | mount("/target")`: a volume with a file of the machine, to be read; Compose refuses to start without the file.
fn mount(source: String, target: String) -> Value {
    Value::from_pairs([
        ("type", Value::from("bind")),
        ("source", Value::from(source)),
        ("target", Value::from(target)),
        ("read_only", Value::from(true)),
        ("bind", Value::from_pairs([("create_host_path", false)])),
    ])
}

/// `variables.PGDATA | mount_for("/var/lib/postgresql/data")`: the folder to mount a volume at, so that the path lies in it:
/// the usual one, where nothing else is said or it holds the path.
fn mount_for(path: Value, usual: String) -> String {
    let Some(path) = path.as_str().filter(|path| path.starts_with(['/', '$'])) else { return usual };
    let is_inside = path.strip_prefix(&usual).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_inside { usual } else { path.to_owned() }
}

/// `memory | share(75, "512m")`: so many percent of a memory limit in whole megabytes, and the last size at most, in whose
/// form it is. A limit that is not known is no reason for less.
fn share(memory: Value, percent: i64, most: Value) -> Value {
    let text = most.to_string();
    let unit = text.trim_start_matches(|next: char| next.is_ascii_digit());
    let megabytes = |size: ByteSize| size.0 >> 20;
    let limit = memory.as_str().and_then(|memory| memory.parse().ok()).map(megabytes);
    let most_of = if unit.is_empty() { format!("{text}m") } else { text.clone() };
    match (limit.and_then(|limit| limit.checked_mul(percent)), most_of.parse().map(megabytes)) {
        (Some(limit), Ok(known)) if limit / 100 < known => {
            let share = (limit / 100).max(1);
            if unit.is_empty() { Value::from(share) } else { Value::from(format!("{share}{unit}")) }
        }
        _ => most,
    }
}
