//! Who may do what: Grafana's role-based access control, for the calls that the stand-in knows.
//!
//! An account has a basic role, whose rights in a folder are what the folder's permissions give that role, or a custom role: actions
//! with scopes. Steward's is `stack/policies/grafana-steward.json`, and that file is all the rights it has.

use crate::state::{FolderPermission, GrafanaState, Level};
use serde::Deserialize;
use std::sync::Arc;

const STEWARD: &str = include_str!("../../policies/grafana-steward.json");

/// The uid by which Grafana names the place of what lies in no folder.
pub const ROOT: &str = "general";

/// Every action that a call may need. A policy that names another has a typing error in it.
const ACTIONS: [&str; 16] = [
    "folders:create",
    "folders:read",
    "folders:write",
    "folders:delete",
    "folders.permissions:read",
    "folders.permissions:write",
    "dashboards:create",
    "dashboards:read",
    "dashboards:write",
    "dashboards:delete",
    "datasources:create",
    "datasources:read",
    "datasources:write",
    "datasources:delete",
    "serviceaccounts:create",
    "serviceaccounts:write",
];

/// Who calls.
#[derive(Clone, Debug)]
pub enum Caller {
    /// No token, or one that nobody gave out.
    Unknown,
    /// An account with one of Grafana's own roles.
    Basic(BasicRole),
    /// An account with no basic role and this one.
    Custom(Arc<CustomRole>),
}

/// Grafana's own roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasicRole {
    /// May nothing.
    None,
    /// What folders give viewers.
    Viewer,
    /// What folders give editors. Nothing with data sources: Grafana gives those to administrators.
    Editor,
    /// Everything.
    Admin,
}

impl BasicRole {
    /// The role of that name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "None" => Some(Self::None),
            "Viewer" => Some(Self::Viewer),
            "Editor" => Some(Self::Editor),
            "Admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// A custom role, in the form in which Grafana's API and provisioning take it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CustomRole {
    /// `custom:…`.
    pub name: String,
    /// The name for people.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

/// One permission of a custom role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// `folders:read`.
    pub action: String,
    /// `folders:*`, `folders:uid:abc`; none where the action is about no one thing.
    #[serde(default)]
    pub scope: String,
}

/// What a call asks for: an action on one of these scopes. Without scopes the action alone is enough.
#[derive(Clone, Debug)]
pub struct Need {
    /// `folders:read`.
    pub action: &'static str,
    /// `folders:uid:abc`.
    pub scopes: Vec<String>,
}

impl Need {
    /// An action on a folder; an empty uid is the place of what lies in none.
    #[must_use]
    pub fn on_folder(action: &'static str, uid: &str) -> Self {
        Self { action, scopes: vec![folder_scope(uid)] }
    }

    /// An action on a dashboard, which a right on its folder gives as well.
    #[must_use]
    pub fn on_dashboard(action: &'static str, state: &GrafanaState, uid: &str) -> Self {
        let folder = state.dashboards.get(uid).map(|dashboard| folder_scope(&dashboard.folder_uid));
        Self { action, scopes: std::iter::once(format!("dashboards:uid:{uid}")).chain(folder).collect() }
    }
}

fn folder_scope(uid: &str) -> String {
    format!("folders:uid:{}", if uid.is_empty() { ROOT } else { uid })
}

impl Caller {
    /// Steward's service account.
    ///
    /// # Errors
    /// When its policy is not a custom role, or names an action that no call needs.
    pub fn steward() -> anyhow::Result<Self> {
        let role: CustomRole = serde_json::from_str(STEWARD)?;
        for Permission { action, .. } in &role.permissions {
            anyhow::ensure!(ACTIONS.contains(&action.as_str()), "grafana-steward.json: there is no action {action}");
        }
        Ok(Self::Custom(Arc::new(role)))
    }

    /// Whether this caller may do it.
    #[must_use]
    pub fn may(&self, state: &GrafanaState, need: &Need) -> bool {
        match self {
            Caller::Unknown | Caller::Basic(BasicRole::None) => false,
            Caller::Basic(BasicRole::Admin) => true,
            Caller::Basic(role) => level_of(need.action).is_some_and(|level| {
                let folders = need.scopes.iter().filter_map(|scope| scope.strip_prefix("folders:uid:"));
                folders.into_iter().any(|uid| gives(state, uid, *role, level))
            }),
            Caller::Custom(role) => role.permissions.iter().any(|permission| {
                permission.action == need.action
                    && (need.scopes.is_empty() || need.scopes.iter().any(|scope| covers(&permission.scope, scope)))
            }),
        }
    }
}

/// A scope ends in `*` or names one thing.
fn covers(held: &str, wanted: &str) -> bool {
    held.strip_suffix('*').map_or(held == wanted, |prefix| !prefix.is_empty() && wanted.starts_with(prefix))
}

/// The level of a folder's permissions that brings an action with it; none if no folder gives it.
fn level_of(action: &str) -> Option<Level> {
    match action {
        "folders:read" | "dashboards:read" => Some(Level::View),
        "folders:create" | "folders:write" | "folders:delete" | "dashboards:create" | "dashboards:write" | "dashboards:delete" => {
            Some(Level::Edit)
        }
        "folders.permissions:read" | "folders.permissions:write" => Some(Level::Admin),
        _ => None,
    }
}

/// Whether a folder, or one that it lies in, gives the role at least this level. Nobody can take anything away below.
fn gives(state: &GrafanaState, uid: &str, role: BasicRole, level: Level) -> bool {
    let enough = |permissions: &[FolderPermission]| {
        permissions.iter().any(|given| given.level >= level && given.role.as_deref().and_then(BasicRole::named) == Some(role))
    };
    if uid == ROOT {
        return enough(&FolderPermission::defaults());
    }
    let Some(folder) = state.folders.get(uid) else { return false };
    enough(&folder.permissions) || folder.parent_uid.as_ref().is_some_and(|parent| gives(state, parent, role, level))
}
