//! The invariants of docs/ARCHITECTURE.md that a text search can hold: what each floor may know, how files begin and how
//! long they get, names that say nothing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests say what they expect")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What git tracks or would track.
fn files() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "git ls-files failed");
    let files: Vec<String> =
        String::from_utf8(listed.stdout).unwrap().lines().filter(|file| root().join(file).is_file()).map(str::to_owned).collect();
    assert!(files.len() > 50, "only {} files found: the test would prove nothing", files.len());
    files
}

fn text(file: &str) -> Option<String> {
    std::fs::read_to_string(root().join(file)).ok()
}

fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn each_floor_knows_only_those_under_it() {
    let mut wrong = Vec::new();
    for (floor, banned) in [
        ("domain", &["axum", "leptos", "sqlx", "tokio", "reqwest", "steward-core", "steward-app"][..]),
        ("core", &["axum", "leptos", "openidconnect", "steward-app", "steward-server"]),
        ("app", &["sqlx", "reqwest", "openidconnect", "steward-server"]),
        ("server", &["kube", "vaultrs"]),
    ] {
        let manifest = text(&format!("{floor}/Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
        for line in dependencies.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if banned.contains(&name) {
                wrong.push(format!("{floor}/ depends on {name}"));
            }
        }
    }
    let server = text("server/Cargo.toml").unwrap();
    if server.split("[dev-dependencies]").next().unwrap().contains("steward-standins") {
        wrong.push("the server must never be linked with the stand-ins".to_owned());
    }
    none("a floor knows too much", wrong);
}

#[test]
fn every_rust_file_says_what_it_is_and_stays_readable() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.ends_with(".rs")) {
        let text = text(file).unwrap();
        if !text.trim_start().starts_with("//!") {
            wrong.push(format!("{file} does not begin with a `//!` line"));
        }
        let lines = text.lines().count();
        if lines > 500 {
            wrong.push(format!("{file} has {lines} lines; is it still one thing?"));
        }
    }
    none("Rust files", wrong);
}

#[test]
fn names_say_something() {
    let banned = ["utils", "util", "common", "helpers", "helper", "manager", "misc"];
    let wrong = files()
        .into_iter()
        .filter(|file| file.split('/').any(|part| banned.contains(&part.split('.').next().unwrap_or_default())))
        .collect();
    none("names that say nothing", wrong);
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("test", ".skip"), concat!("test", ".fixme"), concat!("#[ign", "ore")];
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| [".rs", ".ts", ".sh", ".sql", ".css"].iter().any(|end| file.ends_with(end))) {
        let text = text(file).unwrap_or_default();
        for mark in marks {
            if text.contains(mark) {
                wrong.push(format!("{file}: {mark}"));
            }
        }
    }
    none("left for later", wrong);
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let mut numbers: Vec<u32> = files()
        .iter()
        .filter_map(|file| file.strip_prefix("migrations/"))
        .map(|file| file.split('_').next().unwrap().parse().unwrap_or_else(|_| panic!("migrations/{file} has no number")))
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
}

#[test]
fn every_document_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.ends_with(".md")) {
        let folder = root().join(file).parent().unwrap().to_owned();
        for target in text(file).unwrap().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !folder.join(path).exists() {
                wrong.push(format!("{file}: {target}"));
            }
        }
    }
    none("dead links", wrong);
}
