//! Builds the frontend for the browser and runs wasm-bindgen over it, as a library: the versions cannot drift apart.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-unknown-unknown";

/// The module and the script that loads it.
pub struct Module {
    /// JavaScript that exports `default` (loads the module) and `hydrate`.
    pub glue: String,
    /// The WebAssembly.
    pub wasm: Vec<u8>,
}

/// Runs clippy over what only the browser runs, with warnings denied: clippy over the server never sees that code. It uses the flags and
/// the target directory of the optimised build, so that what both need is compiled once.
///
/// # Errors
/// When clippy finds something.
pub fn lint(root: &Path) -> Result<()> {
    let status = cargo(root, "clippy", "wasm").args(["--quiet", "--", "--deny", "warnings"]).status().context("cargo")?;
    ensure!(status.success(), "clippy found something in the browser's code");
    Ok(())
}

fn target_directory(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("wasm")
}

fn cargo(root: &Path, task: &str, profile: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args([task, "--package", "steward-frontend", "--target", TARGET, "--profile", profile, "--target-dir"])
        .arg(target_directory(root));
    cargo
}

/// Builds it. Its target directory is its own: other features and flags than the server's would rebuild everything.
///
/// # Errors
/// When cargo or wasm-bindgen fail.
pub fn build(root: &Path, release: bool) -> Result<Module> {
    let target = target_directory(root);
    let (profile, folder) = if release { ("wasm", "wasm") } else { ("dev", "debug") };
    let status = cargo(root, "build", profile).status().context("cargo")?;
    ensure!(status.success(), "the frontend does not build; is the target there? rustup target add {TARGET}");

    let out = target.join("bindgen");
    let built = target.join(TARGET).join(folder).join("steward_frontend.wasm");
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(&built).out_name("steward").web(true)?.typescript(false);
    bindgen.keep_debug(!release).remove_name_section(release).remove_producers_section(true);
    bindgen.generate(&out).context("wasm-bindgen")?;
    Ok(Module { glue: fs::read_to_string(out.join("steward.js"))?, wasm: fs::read(out.join("steward_bg.wasm"))? })
}
