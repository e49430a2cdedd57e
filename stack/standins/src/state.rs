//! What the Grafana stand-in holds. Kept in a file, so that a restart keeps it.

use crate::kept;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
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
    /// Who sees and changes it.
    #[serde(default = "FolderPermission::defaults")]
    pub permissions: Vec<FolderPermission>,
}

/// One permission of a folder: for a role, a user or a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderPermission {
    /// `Viewer`, `Editor` or `Admin`.
    pub role: Option<String>,
    /// A user; 0 for none.
    pub user_id: u64,
    /// A team; 0 for none.
    pub team_id: u64,
    /// How much.
    pub level: Level,
}

impl FolderPermission {
    /// What a new folder at the root has. A folder in another has none of its own: it inherits.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let of = |role: &str, level| Self { role: Some(role.to_owned()), user_id: 0, team_id: 0, level };
        vec![of("Viewer", Level::View), of("Editor", Level::Edit)]
    }
}

/// How much a permission of a folder gives; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// To see the folder and its dashboards.
    View,
    /// To change and delete them.
    Edit,
    /// To say who may.
    Admin,
}

impl Level {
    /// The level of that number in the API.
    #[must_use]
    pub const fn numbered(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::View),
            2 => Some(Self::Edit),
            4 => Some(Self::Admin),
            _ => None,
        }
    }

    /// Its number in the API.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::View => 1,
            Self::Edit => 2,
            Self::Admin => 4,
        }
    }

    /// Its name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "View",
            Self::Edit => "Edit",
            Self::Admin => "Admin",
        }
    }
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
    /// `None`, `Viewer`, `Editor` or `Admin`.
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
        kept::read(path)
    }

    /// Writes the file beside its place and moves it there, so that a kill leaves the old or the new one.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        kept::write(self, path)
    }
}
