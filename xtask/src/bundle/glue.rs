//! From rustc's wasm to wasm and JavaScript that a browser runs.

use anyhow::{Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use super::{order, slim::slim};

/// What wasm-bindgen makes of one program.
pub struct Glue {
    pub js: String,
    pub wasm: Vec<u8>,
}

/// Runs wasm-bindgen as a library: its version is that of Cargo.lock and nothing has to be installed.
pub fn generate(name: &str, wasm: Vec<u8>) -> Result<Glue> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes(name, wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // The boot file names the wasm by its hash; the glue must not name one without.
        .omit_default_module_path(true);
    let mut output = bindgen.generate_output()?;
    // Every crate that uses wasm-bindgen has an entry, nearly always an empty one.
    let inline = output.snippets().iter().filter(|(_, scripts)| !scripts.is_empty()).map(|(name, _)| name);
    let snippets: Vec<&str> = inline.chain(output.local_modules().keys()).map(String::as_str).collect();
    ensure!(
        snippets.is_empty(),
        "the app brings JavaScript snippets, which the bundler does not place in dist/: {}",
        snippets.join(", ")
    );
    let js = output.js().to_owned();
    let module = output.wasm_mut();
    let js = slim(module, &js)?;
    Ok(Glue { js, wasm: order::sorted(&module.emit_wasm())? })
}
