//! What differs, by hand.

use super::{ID, before, name_of};
use steward_core::provisioning::{DriftRow, TenantBoard, Unseen};
use steward_domain::difference::Difference;
use steward_domain::drift::{Decision, Finding};
use steward_domain::resource::ResourceKind;
use uuid::Uuid;

pub fn drift_rows() -> Vec<DriftRow> {
    let row = |id: u128, kind: ResourceKind, finding, differences: &[(&str, &str, &str)]| DriftRow {
        id: Uuid::from_u128(id),
        tenant_id: ID,
        tenant_name: "Kestrel & Freight".into(),
        kind,
        system: kind.system(),
        name: name_of(kind).into(),
        finding,
        differences: differences.iter().map(|(field, seen, wanted)| Difference::new(*field, *seen, *wanted)).collect(),
        revision: 2,
        since: before(700),
        last_seen_at: before(12),
        unseen: None,
        changed_by: None,
        changed_at: None,
        decision: Decision::Open,
        decided_by: None,
        decided_at: None,
        ignored_until: None,
        reason: None,
    };
    vec![
        DriftRow {
            changed_by: Some("kubectl-edit".into()),
            changed_at: Some(before(702)),
            ..row(
                1,
                ResourceKind::ResourceQuota,
                Finding::Differs,
                &[("spec.hard.requests.cpu", "64", "4"), ("spec.hard.requests.memory", "<b>64Gi</b>", "8Gi")],
            )
        },
        row(2, ResourceKind::NetworkPolicy, Finding::Absent, &[("resource", "nothing", "present")]),
        DriftRow {
            unseen: Some("KEY-503".into()),
            changed_by: Some("administrator b2d445a9-8eae-4416-91fd-7e03f8e6540c".into()),
            ..row(3, ResourceKind::Realm, Finding::Partial, &[("missing", "roles tenant-auditor", "nothing")])
        },
        row(4, ResourceKind::Folder, Finding::Foreign, &[("resource", "a folder that Steward did not make", "this tenant's own")]),
        DriftRow {
            decision: Decision::Accepted,
            decided_by: Some("sre".into()),
            decided_at: Some(before(90_000)),
            ..row(5, ResourceKind::LimitRange, Finding::Differs, &[("spec.limits.0.default.cpu", "1", "500m")])
        },
        DriftRow {
            decision: Decision::Ignored,
            decided_by: Some("sre".into()),
            decided_at: Some(before(90_000)),
            ignored_until: Some(before(-500_000)),
            reason: Some("A load test until Thursday".into()),
            ..row(6, ResourceKind::Dashboard, Finding::Differs, &[("title", "Kestrel, old", "Kestrel")])
        },
    ]
}

pub fn drift_board(rows: Vec<DriftRow>) -> TenantBoard {
    let unseen = Unseen { kind: ResourceKind::Realm, code: "KEY-503".into(), looked_at: Some(before(700)) };
    TenantBoard {
        tenant_id: ID,
        tenant_name: "Kestrel & Freight".into(),
        unseen: if rows.is_empty() { Vec::new() } else { vec![unseen] },
        rows,
        looked_at: Some(before(12)),
        repair_silently: false,
        version: 3,
        run_open: false,
    }
}
