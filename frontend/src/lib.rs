//! The entry point of the WebAssembly module. It holds no code of its own: islands live in `steward-app`.
#![allow(missing_docs, reason = "wasm-bindgen generates public items")]

use steward_app as _; // keeps the islands' exports linked

/// Wakes every island of the page that loaded the module.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
