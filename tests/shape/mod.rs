//! The shape of what is rendered for those who have images, data and scripts already: releases of images, names, files,
//! networks, configuration of one's own.

mod config;
mod images;
mod names;
mod systems;

use std::fs;

use crate::common::{Rendered, canonical, docker_compose, render};
use serde_json::Value;
use stackgen::render::compose_path;

/// A stack of one tier with these services, rendered and accepted by Docker Compose: its files, and the compose file of each
/// environment as Compose reads it.
fn services(services: &str) -> (Rendered, Vec<Value>) {
    stack(&format!("name: shop\ntiers: {{ all: {{}} }}\nservices:\n{services}"))
}

/// A stack, rendered and accepted by Docker Compose.
fn stack(text: &str) -> (Rendered, Vec<Value>) {
    let rendered = render(text, None).unwrap_or_else(|message| panic!("{text}\n{message}"));
    let read = accepted(&rendered);
    (rendered, read)
}

/// The compose file of each environment as Docker Compose reads it.
fn accepted(rendered: &Rendered) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join(".env"), rendered.file(".env.example")).expect("file");
    let command = docker_compose();
    let read = |plan| {
        let path = compose_path(plan);
        fs::write(folder.path().join(&path), rendered.file(&path)).expect("file");
        canonical(&command, folder.path(), &path)
    };
    rendered.plans.iter().map(read).collect()
}

/// What is said of a stack of one tier with these services, which has to be refused.
fn refused(services: &str) -> String {
    let text = format!("name: shop\ntiers: {{ all: {{}} }}\nservices:\n{services}");
    render(&text, None).err().unwrap_or_else(|| panic!("is rendered:\n{text}"))
}

/// Where the named volumes of a service are mounted, in one environment.
fn volumes<'v>(environment: &'v Value, service: &str) -> Vec<(&'v str, &'v str)> {
    let mounts =
        environment["services"][service]["volumes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = mounts.iter().filter(|mount| mount["type"] == "volume");
    let text = |value: &'v Value| value.as_str().unwrap_or_default();
    named.map(|mount| (text(&mount["source"]), text(&mount["target"]))).collect()
}
