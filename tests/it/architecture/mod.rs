//! Who may use whom: reads `src/` and fails on any other edge.

mod circles;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use paths::uses;

/// Each module and what it may use. The order is the order of the layers: a module uses only what stands above.
const LAYERS: &[(&str, &[&str])] = &[
    ("language", &[]),
    ("secret", &[]),
    ("text", &[]),
    ("time", &[]),
    ("region", &[]),
    ("site", &["secret"]),
    ("tokens", &["secret", "time"]),
    ("host", &["secret", "site", "time"]),
    ("loopback_server", &["host", "secret", "time"]),
    ("reply", &["host", "secret", "site", "text", "time"]),
    ("config", &["secret", "site", "text", "time", "tokens"]),
    ("logins", &["config", "host", "secret", "site", "time", "tokens"]),
    ("oauth", &["host", "language", "loopback_server", "reply", "secret", "site", "text", "time", "tokens"]),
    ("openapi", &["host", "reply", "secret", "site", "text", "time"]),
    ("applications", &["host", "oauth", "openapi", "reply", "secret", "site", "text", "time", "tokens"]),
    ("login", &["config", "host", "logins", "oauth", "reply", "secret", "site", "time", "tokens"]),
    ("credentials", &["config", "host", "logins", "oauth", "reply", "secret", "site", "time", "tokens"]),
    ("serve", &["credentials", "host", "loopback_server", "secret", "text", "time"]),
    ("doctor", &["config", "credentials", "host", "logins", "loopback_server", "oauth", "site", "time"]),
    ("sandbox", &["secret", "time"]),
    (
        "cli",
        &[
            "applications",
            "config",
            "credentials",
            "doctor",
            "host",
            "language",
            "login",
            "logins",
            "oauth",
            "openapi",
            "region",
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
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    for file in rust_files(Path::new("src")) {
        let path = module_path(&file);
        let Some(module) = path.first().filter(|module| *module != "main") else { continue };
        let allowed = layers.get(module.as_str()).unwrap_or_else(|| panic!("`{module}` is in no layer"));
        let depth = if module == "lib" { 0 } else { path.len() };
        for other in uses(&fs::read_to_string(&file).unwrap(), depth) {
            let is_allowed = other == *module || allowed.contains(&other.as_str());
            assert!(is_allowed, "{}: `{module}` must not use `{other}`", file.display());
        }
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    for (code, expected) in [
        ("use crate::host::Host;", "host"),
        ("use crate::{host::Host, cli as _};", "cli host"),
        ("use crate::{\n    host::{self, Env},\n    r#time::{now, Timestamp},\n};", "host time"),
        ("use {crate::{site::{Cloud, Site}, text}, std::fs};", "site text"),
        ("use crate :: cli\n:: run ;", "cli"),
        ("pub use crate::cli;", "cli"),
        ("use crate::*;", "*"),
        ("use crate as root;", "crate"),
        ("use super::super::cli::run;", "cli"),
        ("use super::{super::{host, sts::{self}}, Config};", "host sts"),
        ("mod tests { use super::super::super::cli; use super::*; }", "cli"),
        ("mod tests { mod deep { fn f() { super::super::super::super::cli::f() } } use super::super::x; }", "cli"),
        ("use self::super::super::cli;", "cli"),
        ("fn f() { crate::cli::run(&crate::host::Host::new()) }", "cli host"),
        ("type T = Vec<<crate::cli::X as crate::text::Y>::Z>;", "cli text"),
        ("macro_rules! m { () => { $crate::cli::f() } }", "cli"),
        ("fn f() { println!(\"{}\", crate::cli::X); }", "cli"),
        ("pub(in crate::cli) struct S; pub(crate) struct T;", "cli"),
        ("/// [`crate::cli`]\nstruct S; // crate::cli\nfn f() -> &'static str { \"\" }", ""),
        ("use super::Config; use std::fs; use serde::de; fn f() { super::g() }", ""),
    ] {
        let found: Vec<String> = uses(code, 2).into_iter().collect();
        assert_eq!(found.join(" "), expected, "{code}");
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

/// The texts of errors are stable codes, which JSON errors carry; sentences are in `cli/messages`.
#[test]
fn the_text_of_each_error_is_a_code() {
    let mut seen = 0;
    for file in rust_files(Path::new("src")) {
        for text in fs::read_to_string(&file).unwrap().split("#[error(\"").skip(1) {
            let code = text.split('"').next().unwrap();
            let is_code = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-{}".contains(c));
            assert!(is_code && !code.is_empty(), "{}: `{code}`", file.display());
            seen += 1;
        }
    }
    assert!(seen > 20);
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

/// The path of the module in a file, as in `["config", "store"]`.
fn module_path(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix("src").unwrap().with_extension("");
    let names = inside.components().map(|part| part.as_os_str().to_str().unwrap().to_owned());
    names.filter(|name| name != "mod").collect()
}
