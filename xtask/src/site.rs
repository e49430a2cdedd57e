//! Writes what browsers fetch: named by content, compressed ahead, listed in `manifest.json`.

use crate::wasm::Module;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

/// A file of the site.
pub struct File {
    /// The name that the server asks for.
    pub logical: &'static str,
    /// The path that browsers fetch.
    pub path: String,
    /// Its size.
    pub bytes: usize,
    /// Its size compressed with brotli.
    pub brotli: usize,
    /// Its size compressed with gzip.
    pub gzip: usize,
}

/// Writes every file of the site below `out`.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(root: &Path, out: &Path, module: &Module) -> Result<Vec<File>> {
    let pkg = out.join("pkg");
    if pkg.exists() {
        fs::remove_dir_all(&pkg)?;
    }
    fs::create_dir_all(&pkg)?;
    let read = |path: &str| fs::read_to_string(root.join(path)).with_context(|| path.to_owned());

    let wasm = store(&pkg, "steward.wasm", &module.wasm)?;
    let glue = store(&pkg, "steward.js", script(&module.glue).as_bytes())?;
    // The loader names both files, so that a new build is never mixed with an old one.
    let boot = script(&read("public/pkg/boot.js")?).replace("/pkg/steward.js", &glue.path).replace("/pkg/steward.wasm", &wasm.path);
    let files = vec![
        store(&pkg, "boot.js", boot.as_bytes())?,
        glue,
        wasm,
        store(&pkg, "console.js", script(&read("public/pkg/console.js")?).as_bytes())?,
        store(&pkg, "branding.js", script(&read("public/pkg/branding.js")?).as_bytes())?,
        store(&pkg, "steward.css", without_comments(&read("style/steward.css")?).as_bytes())?,
        store(&pkg, "favicon.svg", read("public/pkg/favicon.svg")?.as_bytes())?,
    ];
    let manifest: BTreeMap<&str, &str> = files.iter().map(|file| (file.logical, file.path.as_str())).collect();
    fs::write(out.join("manifest.json"), json(&manifest))?;
    Ok(files)
}

/// Writes one file under the hash of its content, with its compressed forms beside it.
fn store(pkg: &Path, logical: &'static str, content: &[u8]) -> Result<File> {
    let hash = hex::encode(Sha256::digest(content));
    let (stem, extension) = logical.rsplit_once('.').context("a file of the site has an extension")?;
    let name = format!("{stem}-{}.{extension}", hash.get(..12).unwrap_or(&hash));

    let mut brotli = Vec::new();
    // Small blocks suit the WebAssembly best: 0.1 % less.
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, lgblock: 16, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut brotli, &parameters)?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(content)?;
    let gzip = gzip.finish()?;

    fs::write(pkg.join(&name), content)?;
    fs::write(pkg.join(format!("{name}.br")), &brotli)?;
    fs::write(pkg.join(format!("{name}.gz")), &gzip)?;
    Ok(File { logical, path: format!("/pkg/{name}"), bytes: content.len(), brotli: brotli.len(), gzip: gzip.len() })
}

/// The stylesheet without comments and indentation. Strings in it hold no comment marks.
fn without_comments(css: &str) -> String {
    let mut plain = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let lines: Vec<&str> = plain.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// A script without the lines that are comments, and without indentation. No text of ours runs over lines.
fn script(source: &str) -> String {
    let mut in_comment = false;
    let mut plain = String::with_capacity(source.len());
    for line in source.lines().map(str::trim) {
        let comment = in_comment || line.starts_with("/*") || line.starts_with("//");
        in_comment = (in_comment || line.starts_with("/*")) && !line.ends_with("*/");
        if !comment && !line.is_empty() {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    plain
}

/// Names and paths of ours need no escaping.
fn json(manifest: &BTreeMap<&str, &str>) -> String {
    let lines: Vec<String> = manifest.iter().map(|(logical, path)| format!("  \"{logical}\": \"{path}\"")).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}
