//! What the Grafana stand-in holds. Kept in a file, so that a restart keeps it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// A folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Folder {
    /// Number.
    pub id: u64,
    /// Unique id, chosen by the caller or made up.
    pub uid: String,
    /// Title.
    pub title: String,
    /// The folder it lies in.
    pub parent_uid: Option<String>,
    /// Goes up with each change.
    pub version: u64,
}

/// A dashboard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dashboard {
    /// Number.
    pub id: u64,
    /// The folder it lies in; empty for the general one.
    pub folder_uid: String,
    /// Goes up with each save.
    pub version: u64,
    /// The dashboard's own JSON.
    pub model: Value,
}

/// A datasource: its JSON as given, without `secureJsonData`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Datasource {
    /// Number.
    pub id: u64,
    /// Goes up with each change.
    pub version: u64,
    /// The JSON.
    pub model: Value,
    /// Which secret fields are set.
    pub secure_fields: Vec<String>,
}

/// A service account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Number.
    pub id: u64,
    /// Name.
    pub name: String,
    /// `Viewer`, `Editor` or `Admin`.
    pub role: String,
    /// Turned off.
    pub disabled: bool,
    /// Its tokens by name.
    pub tokens: BTreeMap<String, String>,
}

/// Everything.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GrafanaState {
    /// The last number given out.
    pub last_id: u64,
    /// Folders by uid.
    pub folders: BTreeMap<String, Folder>,
    /// Datasources by uid.
    pub datasources: BTreeMap<String, Datasource>,
    /// Dashboards by uid.
    pub dashboards: BTreeMap<String, Dashboard>,
    /// Service accounts by number.
    pub service_accounts: BTreeMap<u64, ServiceAccount>,
}

impl GrafanaState {
    /// The next number.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Reads the file; a missing one is an empty Grafana.
    ///
    /// # Errors
    /// If the file is there and cannot be read or understood.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the file beside its place and moves it there, so that a kill leaves the old or the new one.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let beside = path.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        std::fs::rename(&beside, path)?;
        Ok(())
    }
}
