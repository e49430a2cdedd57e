//! `/api/folders/{uid}/permissions`: who sees and changes a folder.

use crate::answer::Answer;
use crate::grafana::{folder_missing, unknown_field};
use crate::rights::BasicRole;
use crate::state::{Folder, FolderPermission, GrafanaState, Level};
use serde_json::{Value, json};

/// The list of a folder's own permissions; what it inherits is not among them.
pub(crate) fn list(state: &GrafanaState, uid: &str) -> Answer {
    let Some(folder) = state.folders.get(uid) else { return folder_missing() };
    Answer::new(200, folder.permissions.iter().map(|permission| permission_json(folder, permission)).collect())
}

/// Puts a list in place of the former one.
pub(crate) fn replace(state: &mut GrafanaState, uid: &str, body: &Value) -> Answer {
    let items = body.get("items").and_then(Value::as_array).filter(|_| unknown_field(body, &["items"]).is_none());
    let Some(items) = items else { return Answer::message(400, "bad request data") };
    let permissions = match items.iter().map(permission_of).collect::<Result<Vec<_>, _>>() {
        Ok(permissions) => permissions,
        Err(refused) => return refused,
    };
    let Some(folder) = state.folders.get_mut(uid) else { return folder_missing() };
    folder.permissions = permissions;
    Answer::message(200, "Folder permissions updated")
}

/// Each item is for one role, one user or one team.
fn permission_of(item: &Value) -> Result<FolderPermission, Answer> {
    let refused = |why: &str| Err(Answer::message(400, why));
    if !item.is_object() || unknown_field(item, &["role", "userId", "teamId", "permission"]).is_some() {
        return refused("bad request data");
    }
    let number = |field: &str| item.get(field).map_or(Some(0), Value::as_u64);
    let role = item.get("role").map_or(Some(None), |role| role.as_str().map(|role| Some(role.to_owned())));
    let (Some(user_id), Some(team_id), Some(role)) = (number("userId"), number("teamId"), role) else {
        return refused("bad request data");
    };
    if role.as_deref().is_some_and(|role| matches!(BasicRole::named(role), None | Some(BasicRole::None))) {
        return refused("invalid role");
    }
    if usize::from(user_id > 0) + usize::from(team_id > 0) + usize::from(role.is_some()) != 1 {
        return refused("a permission is for a role, a user or a team");
    }
    let Some(level) = item.get("permission").and_then(Value::as_u64).and_then(Level::numbered) else {
        return refused("invalid permission");
    };
    Ok(FolderPermission { role, user_id, team_id, level })
}

/// Grafana knows when each was set; the stand-in has no clock and answers what Grafana's own language has for no time.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

fn permission_json(folder: &Folder, permission: &FolderPermission) -> Value {
    let mut json = json!({
        "folderId": folder.id, "uid": folder.uid, "title": folder.title, "slug": "", "isFolder": true, "inherited": false,
        "url": format!("/dashboards/f/{}", folder.uid), "created": NO_TIME, "updated": NO_TIME,
        "userId": permission.user_id, "userUid": "", "userLogin": "", "userEmail": "", "userAvatarUrl": "",
        "teamId": permission.team_id, "teamUid": "", "teamEmail": "", "teamAvatarUrl": "", "team": "",
        "permission": permission.level.number(), "permissionName": permission.level.name(),
    });
    if let (Some(role), Some(fields)) = (&permission.role, json.as_object_mut()) {
        fields.insert("role".into(), json!(role));
    }
    json
}
