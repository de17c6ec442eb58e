//! The probe of the page, run in Node against browsers that lack something.

use crate::process::{output, root};
use std::process::Command;

/// Runs app/boot/probe.js with the given value as `WebAssembly` and returns what the page then says.
fn page_says(webassembly: &str) -> String {
    let script = format!(
        "const boot = {{ textContent: 'Loading', setAttribute(name, value) {{ this[name] = value; }} }};
         const probe = require('fs').readFileSync('app/boot/probe.js', 'utf8');
         const page = {{ document: {{ getElementById: (id) => id === 'boot' ? boot : null }}, Uint8Array }};
         page.WebAssembly = {webassembly};
         require('vm').runInNewContext(probe, page);
         console.log(boot.textContent + '|' + (boot['data-missing'] ?? ''));"
    );
    output(Command::new("node").current_dir(root()).args(["-e", &script])).unwrap().trim_end().to_owned()
}

#[test]
fn a_browser_of_today_sees_no_word_of_the_probe() {
    assert_eq!(page_says("WebAssembly"), "Loading|");
}

#[test]
fn a_browser_without_webassembly_is_told_so() {
    assert!(page_says("undefined").starts_with("This browser cannot show the wall. It lacks: WebAssembly. "));
}

#[test]
fn a_browser_that_lacks_one_feature_is_told_which() {
    // The section that each module begins with tells the features apart: 4 is the table, 1 the types.
    let no_tables = page_says("{ validate: (bytes) => bytes[8] !== 4 }");
    assert!(no_tables.ends_with("|WebAssembly reference types"), "{no_tables}");
    let no_types = page_says("{ validate: (bytes) => bytes[8] !== 1 }");
    assert!(no_types.ends_with("|WebAssembly bulk memory, WebAssembly multi-value"), "{no_types}");
}

#[test]
fn a_page_policy_that_forbids_webassembly_counts_as_lacking_it() {
    let forbidden = page_says("{ validate() { throw new Error('forbidden'); } }");
    assert!(forbidden.contains("multi-value"), "{forbidden}");
}

#[test]
fn the_modules_of_the_probe_are_real_ones() {
    // Node knows all three features, and a damaged module must not pass for one.
    let damaged = page_says("{ validate: (bytes) => WebAssembly.validate(bytes.slice(0, -1)) }");
    assert!(
        damaged.ends_with("|WebAssembly reference types, WebAssembly bulk memory, WebAssembly multi-value")
    );
}
