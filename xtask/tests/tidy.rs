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

/// The crates of a manifest by table: `[dependencies]`, those of a target, those of builds; with `dev` those of tests.
fn dependencies(manifest: &str, dev: bool) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            let counts = |kind: &str| dev == (kind == "dev-dependencies");
            let kind = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
            inside = table.ends_with("dependencies") && counts(&kind(table));
            // `[dependencies.sqlx]`
            if let Some((of, name)) = table.rsplit_once('.')
                && of.ends_with("dependencies")
                && counts(&kind(of))
            {
                names.push(name.to_owned());
            }
            continue;
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if inside && !name.is_empty() && !name.starts_with('#') {
            names.push(name.to_owned());
            // `db = { package = "sqlx" }`
            names.extend(line.split("package = \"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    names
}

#[test]
fn dependencies_are_found_in_every_table() {
    let manifest = "[dependencies]\na.workspace = true\n# no\nb = { package = \"c\" }\n[dependencies.d]\nversion = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\ne = \"1\"\n[dev-dependencies]\nf = \"1\"\n[build-dependencies]\ng = \"1\"\n[lints]\nh = 1\n";
    assert_eq!(dependencies(manifest, false), ["a", "b", "c", "d", "e", "g"]);
    assert_eq!(dependencies(manifest, true), ["f"]);
}

#[test]
fn each_floor_knows_only_those_under_it() {
    const OUTSIDE: [&str; 6] = ["kube", "k8s-openapi", "vaultrs", "reqwest", "hyper", "openidconnect"];
    let mut wrong = Vec::new();
    for (floor, banned) in [
        ("domain", &["axum", "leptos", "sqlx", "tokio", "reqwest", "steward-core", "steward-app", "steward-server"][..]),
        ("core", &["axum", "leptos", "openidconnect", "steward-app", "steward-server"]),
        ("app", &["sqlx", "axum", "tokio", "steward-server", "steward-standins"]),
        ("frontend", &["sqlx", "axum", "tokio", "steward-core", "steward-server"]),
        ("server", &["kube", "k8s-openapi", "vaultrs", "leptos", "steward-standins"]),
    ] {
        let calls_nobody: &[&str] = if matches!(floor, "domain" | "app" | "frontend") { &OUTSIDE } else { &[] };
        let manifest = text(&format!("{floor}/Cargo.toml")).unwrap();
        let found = dependencies(&manifest, false);
        assert!(!found.is_empty(), "{floor}/Cargo.toml has no dependencies: the test would prove nothing");
        for name in found.into_iter().filter(|name| banned.contains(&name.as_str()) || calls_nobody.contains(&name.as_str())) {
            wrong.push(format!("{floor}/ depends on {name}"));
        }
    }
    none("a floor knows too much", wrong);
}

#[test]
fn only_core_speaks_sql() {
    // The server names the type of a database's address, for reading its settings; a statement is something else.
    const ADDRESS: &str = "use sqlx::postgres::PgConnectOptions;";
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| ["app/src/", "server/src/", "frontend/src/"].iter().any(|floor| file.starts_with(floor))) {
        let text = text(file).unwrap_or_default();
        wrong
            .extend(text.lines().filter(|line| line.contains("sqlx::") && *line != ADDRESS).map(|line| format!("{file}: {}", line.trim())));
    }
    none("SQL outside core", wrong);
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

/// "TEN-409", but not "SHA-256".
fn is_code(word: &str) -> bool {
    word.split_once('-').is_some_and(|(area, number)| {
        area != "SHA"
            && (3..=4).contains(&area.len())
            && area.bytes().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
            && number.len() == 3
            && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[test]
fn every_code_that_a_person_can_see_is_explained_once() {
    let page = text("docs/errors.md").unwrap();
    let rows: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let mut wrong: Vec<String> = rows
        .iter()
        .filter(|code| rows.iter().filter(|other| other == code).count() > 1)
        .map(|code| format!("docs/errors.md explains {code} more than once"))
        .collect();
    let sources = ["core/src/", "app/src/", "server/src/", "domain/src/"];
    for file in files().iter().filter(|file| sources.iter().any(|floor| file.starts_with(floor))) {
        let code = text(file).unwrap_or_default();
        let shown = code.split("#[cfg(test)]").next().unwrap_or_default();
        let said = shown.split('"').filter(|word| is_code(word) && !rows.contains(word));
        wrong.extend(said.map(|code| format!("{file}: {code} is not in docs/errors.md")));
    }
    none("codes", wrong);
}
