//! State in a file, so that a restart keeps it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::Path;

/// Reads the file; a missing one is an empty system.
pub fn read<T: DeserializeOwned + Default>(path: &Path) -> anyhow::Result<T> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error.into()),
    }
}

/// Writes the file beside its place and moves it there, so that a kill leaves the old or the new one.
pub fn write<T: Serialize>(state: &T, path: &Path) -> anyhow::Result<()> {
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(&serde_json::to_vec(state)?)?;
    std::fs::rename(&beside, path)?;
    Ok(())
}
