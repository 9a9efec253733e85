//! Who may use whom: reads `src/` and fails on any other edge.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module and what it may use. The order is the order of the layers: a module uses only what stands above.
const LAYERS: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("text", &[]),
    ("time", &[]),
    ("site", &["secret"]),
    ("tokens", &["secret", "time"]),
    ("host", &["secret", "time"]),
    ("loopback_server", &["host", "secret", "time"]),
    ("reply", &["host", "secret", "text", "time"]),
    ("config", &["secret", "site", "text", "time", "tokens"]),
    ("logins", &["config", "host", "secret", "site", "time", "tokens"]),
    ("oauth", &["host", "loopback_server", "reply", "secret", "site", "text", "time", "tokens"]),
    ("openapi", &["host", "reply", "secret", "site", "text", "time"]),
    ("login", &["config", "host", "logins", "oauth", "reply", "secret", "site", "time", "tokens"]),
    ("credentials", &["config", "host", "logins", "oauth", "reply", "secret", "site", "time", "tokens"]),
    ("serve", &["credentials", "host", "loopback_server", "secret", "text", "time"]),
    ("sandbox", &["secret", "time"]),
    (
        "cli",
        &[
            "config",
            "credentials",
            "host",
            "login",
            "logins",
            "oauth",
            "openapi",
            "reply",
            "sandbox",
            "secret",
            "serve",
            "site",
            "text",
            "time",
            "tokens",
        ],
    ),
    ("lib", &["cli", "host"]),
];

#[test]
fn modules_use_only_what_they_may() {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in rust_files(Path::new("src")) {
        let module = module_of(&file);
        let text = fs::read_to_string(&file).unwrap();
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let used = code.split("crate::").skip(1).filter_map(first_word).map(str::to_owned);
        edges.entry(module.clone()).or_default().extend(used.filter(|used| *used != module));
    }
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    for (module, used) in edges {
        if module == "main" {
            continue;
        }
        let allowed = layers.get(module.as_str()).unwrap_or_else(|| panic!("`{module}` is in no layer"));
        for other in used.iter().filter(|other| other.as_str() != "run" && layers.contains_key(other.as_str())) {
            assert!(allowed.contains(&other.as_str()), "`{module}` must not use `{other}`");
        }
    }
}

#[test]
fn the_layers_have_no_cycle() {
    let mut above = BTreeSet::new();
    for (module, allowed) in LAYERS {
        for other in *allowed {
            assert!(above.contains(other), "`{module}` may use `{other}`, which stands below it");
        }
        above.insert(*module);
    }
}

#[test]
fn every_module_opens_with_its_promise() {
    for file in rust_files(Path::new("src")).into_iter().chain(rust_files(Path::new("tests"))) {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} does not open with `//!`", file.display());
    }
}

#[test]
fn the_doorstep_stays_a_doorstep() {
    assert!(fs::read_to_string("src/main.rs").unwrap().lines().count() <= 30);
}

#[test]
fn no_test_file_is_forgotten() {
    // Rust files alone: a snapshot that failed leaves others behind.
    for path in rust_files(Path::new("tests/it")) {
        let (folder, name) = (path.parent().unwrap(), path.file_stem().unwrap().to_str().unwrap());
        let (folder, name) = match name {
            "main" => continue,
            "mod" => (folder.parent().unwrap(), folder.file_name().unwrap().to_str().unwrap()),
            _ => (folder, name),
        };
        let root = ["main.rs", "mod.rs"].map(|root| folder.join(root)).into_iter().find(|root| root.exists()).unwrap();
        let declared = fs::read_to_string(&root).unwrap().contains(&format!("mod {name};"));
        assert!(declared, "{} lacks `mod {name};`", root.display());
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn first_word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    Some(&text[..end]).filter(|word| !word.is_empty())
}
