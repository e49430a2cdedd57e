//! Who set a field of an object in Kubernetes: the object itself says which manager owns which field, and since when.

use super::ChangedBy;
use crate::platform::FIELD_MANAGER;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::Value;
use steward_domain::difference::Difference;

/// The manager other than Steward that set one of the differing fields last. None if nobody owns them: of a field that was taken away
/// Kubernetes does not know who did it.
pub(super) fn last_other(managers: &[ManagedFieldsEntry], differences: &[Difference]) -> Option<ChangedBy> {
    let owns = |entry: &&ManagedFieldsEntry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0);
        fields.is_some_and(|fields| differences.iter().any(|found| holds(fields, &found.field)))
    };
    let others = managers.iter().filter(|entry| entry.manager.as_deref().is_some_and(|manager| manager != FIELD_MANAGER));
    let last = others.filter(owns).max_by_key(|entry| entry.time.as_ref().map(|time| time.0))?;
    let at = last.time.as_ref().and_then(|time| chrono::DateTime::from_timestamp(time.0.as_second(), 0));
    Some(ChangedBy { who: last.manager.clone()?, at })
}

/// Whether a set of fields holds the field of that path. Names may have dots in them, so each name is tried as far as it fits; lists that
/// are owned as a whole end the path early.
fn holds(fields: &Value, path: &str) -> bool {
    let Some(fields) = fields.as_object() else { return false };
    fields.iter().any(|(key, below)| {
        let rest = match key.strip_prefix("f:") {
            Some(name) => match path.strip_prefix(name) {
                Some("") => return true,
                Some(rest) => rest.strip_prefix('.'),
                None => None,
            },
            // An element of a list: by key or by value here, by its place in the path.
            None if key.starts_with("k:") || key.starts_with("v:") => path.split_once('.').map(|(_, rest)| rest),
            None => None,
        };
        rest.is_some_and(|rest| below.as_object().is_some_and(serde_json::Map::is_empty) || holds(below, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(manager: &str, time: &str, fields: Value) -> ManagedFieldsEntry {
        serde_json::from_value(json!({ "manager": manager, "operation": "Update", "time": time, "fieldsV1": fields })).unwrap_or_default()
    }

    #[test]
    fn names_with_dots_and_whole_lists_are_found() {
        let fields = json!({ "f:spec": { "f:hard": { "f:requests.cpu": {} }, "f:ingress": {}, "f:list": { "k:{\"name\":\"a\"}": { "f:port": {} } } } });
        for held in ["spec.hard.requests.cpu", "spec.ingress", "spec.ingress.0.ports", "spec.list.0.port"] {
            assert!(holds(&fields, held), "{held}");
        }
        for other in ["spec.hard.requests.memory", "spec.hardly", "metadata.labels.a", "spec.list.0.name"] {
            assert!(!holds(&fields, other), "{other}");
        }
    }

    #[test]
    fn the_last_one_beside_steward_counts() {
        let cpu = json!({ "f:spec": { "f:hard": { "f:requests.cpu": {} } } });
        let managers = [
            entry("steward", "2026-03-19T14:30:00Z", cpu.clone()),
            entry("kubectl-edit", "2026-03-19T14:21:00Z", cpu.clone()),
            entry("terraform", "2026-03-18T09:00:00Z", cpu),
            entry("another", "2026-03-20T09:00:00Z", json!({ "f:status": {} })),
        ];
        let found = last_other(&managers, &[Difference::new("spec.hard.requests.cpu", "6", "4")]);
        assert_eq!(found.as_ref().map(|by| by.who.as_str()), Some("kubectl-edit"));
        assert_eq!(found.and_then(|by| by.at).map(|at| at.to_rfc3339()).as_deref(), Some("2026-03-19T14:21:00+00:00"));
        assert_eq!(last_other(&managers, &[Difference::new("spec.hard.requests.memory", "nothing", "8Gi")]), None);
    }
}
