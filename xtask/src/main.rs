//! Tasks of the build that cargo has no word for.
//!
//! `cargo xtask wasm [--release] --out DIR` builds the WebAssembly module and every file that browsers fetch, named by the
//! hash of its content, with a manifest that the server reads, and prints their sizes. It needs no tool besides cargo and
//! the target `wasm32-unknown-unknown`. `cargo xtask lint` runs clippy over that module's code.

mod site;
mod wasm;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask wasm [--release] --out DIR | cargo xtask lint";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?.to_owned();
    match arguments.next().as_deref() {
        Some("wasm") => {}
        Some("lint") => return wasm::lint(&root),
        _ => bail!(USAGE),
    }
    let mut release = false;
    let mut out = None;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--release" => release = true,
            "--out" => out = arguments.next().map(PathBuf::from),
            other => bail!("{other}: not known. {USAGE}"),
        }
    }
    let out = out.context(USAGE)?;
    let module = wasm::build(&root, release)?;
    let files = site::write(&root, &out, &module)?;
    for file in files {
        println!("{:<16} {:>8} bytes  br {:>7}  gz {:>7}  {}", file.logical, file.bytes, file.brotli, file.gzip, file.path);
    }
    Ok(())
}
