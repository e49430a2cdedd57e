//! What was found as a person decides about it, and what they decided already: accepted and ignored differences are left alone by every
//! plan, until they change.

use crate::error::Result;
use crate::provisioning::plan::Picture;
use crate::provisioning::resources::Observation;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use steward_domain::difference::Difference;
use steward_domain::drift::{Decision, Finding};
use steward_domain::plan::{Action, PlanItem};
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

/// In which way something seen is not as wanted, and field by field how. None if it is as wanted, or if nothing is there and nothing is
/// wanted there.
pub(super) fn finding(seen: &Observation, wants: bool) -> Option<(Finding, Vec<Difference>)> {
    let whole = |seen: &str, wanted: &str| vec![Difference::new("resource", seen, wanted)];
    match seen {
        Observation::Absent if wants => Some((Finding::Absent, whole("nothing", "present"))),
        Observation::Absent => None,
        // What is to be away and is not: a removal puts it right.
        Observation::Ours { .. } | Observation::Partial { .. } if !wants => Some((Finding::Differs, whole("present", "nothing"))),
        Observation::Foreign { .. } if !wants => None,
        Observation::Ours { differences, .. } if differences.is_empty() => None,
        Observation::Ours { differences, .. } => Some((Finding::Differs, differences.clone())),
        Observation::Partial { missing } => Some((Finding::Partial, vec![Difference::new("missing", missing, "nothing")])),
        Observation::Foreign { what } => Some((Finding::Foreign, whole(what, "this tenant's own"))),
    }
}

/// Whether a decision is about all of these differences: same field, same value seen, and the same one wanted. If the tenant is to have
/// another value by now, nobody decided about that.
pub(super) fn covers(decided: &[Difference], differences: &[Difference]) -> bool {
    differences.iter().all(|difference| decided.contains(difference))
}

/// What people decided about a tenant's resources.
#[derive(Debug, Default)]
pub(in crate::provisioning) struct Decisions(Vec<(ResourceKind, Decision, Vec<Difference>)>);

#[derive(FromRow)]
struct Row {
    kind: String,
    decision: String,
    decided: Json<Vec<Difference>>,
}

impl Decisions {
    /// The decisions that count now.
    pub(in crate::provisioning) async fn of(connection: &mut PgConnection, tenant_id: Uuid) -> Result<Self> {
        let rows: Vec<Row> = sqlx::query_as(
            "select kind, decision, decided from drift
             where tenant_id = $1 and (decision = 'accepted' or decision = 'ignored' and ignored_until > now())",
        )
        .bind(tenant_id)
        .fetch_all(connection)
        .await?;
        let known =
            rows.into_iter().filter_map(|row| Some((ResourceKind::parse(&row.kind)?, Decision::parse(&row.decision)?, row.decided.0)));
        Ok(Self(known.collect()))
    }

    /// Turns the rows of a plan that would only undo what was accepted or is ignored into rows that keep it.
    pub(in crate::provisioning) fn leave_alone(&self, items: &mut [PlanItem], picture: &Picture) {
        for item in items.iter_mut().filter(|item| matches!(item.action, Action::Create | Action::Change | Action::Remove)) {
            let Some((_, decision, decided)) = self.0.iter().find(|(kind, ..)| *kind == item.kind) else { continue };
            let found = picture.seen(item.kind).and_then(|seen| finding(seen, item.action != Action::Remove));
            if found.is_some_and(|(_, differences)| covers(decided, &differences)) {
                let fields: Vec<String> = decided.iter().map(|found| format!("{}: {}", found.field, found.seen)).collect();
                item.action = Action::Keep;
                item.exactly = format!("{}, left as found: {}", decision.label().to_lowercase(), fields.join(", "));
                item.differences = Vec::new();
                item.interrupts = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_about_what_was_seen_and_wanted_then() {
        let decided = [Difference::new("cpu", "6", "4"), Difference::new("memory", "9", "8")];
        assert!(covers(&decided, &decided[..1]));
        assert!(!covers(&decided, &[Difference::new("cpu", "7", "4")]), "it changed again");
        assert!(!covers(&decided, &[Difference::new("cpu", "6", "8")]), "another value is wanted by now");
        assert!(!covers(&decided[..1], &decided), "another field differs too");
    }

    #[test]
    fn what_is_not_wanted_is_found_when_it_is_there() {
        let ours = Observation::Ours { differences: Vec::new(), detail: String::new() };
        assert_eq!(finding(&ours, true), None);
        assert_eq!(finding(&ours, false).map(|(finding, _)| finding), Some(Finding::Differs));
        assert_eq!(finding(&Observation::Absent, false), None);
        assert_eq!(finding(&Observation::Absent, true).map(|(finding, _)| finding), Some(Finding::Absent));
    }
}
