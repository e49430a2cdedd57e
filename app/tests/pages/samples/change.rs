//! Proposed changes and their plans, by hand.

use super::{ID, before, name_of};
use std::collections::{BTreeMap, BTreeSet};
use steward_core::provisioning::{ChangeView, Conflicting};
use steward_core::tenants::TenantFacts;
use steward_domain::change::{SettingsPatch, TenantSettings, changed_settings};
use steward_domain::difference::Difference;
use steward_domain::email::EmailAddress;
use steward_domain::features::Features;
use steward_domain::limits::Limits;
use steward_domain::plan::{Action, Plan, PlanItem, PreflightCheck, UsualDuration, Verdict};
use steward_domain::region::Region;
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunKind;
use steward_domain::short_name::ShortName;
use steward_domain::tenant::Status;
use steward_domain::theme::Theme;
use uuid::Uuid;

fn settings(without: &[ResourceKind]) -> TenantSettings {
    TenantSettings {
        name: "Kestrel & Freight".into(),
        contact_email: EmailAddress::parse("ops@kestrelfreight.example").unwrap(),
        limits: Limits::default_for(false),
        features: Features::default(),
        suspended: false,
        without: without.iter().copied().collect(),
        repair_silently: false,
        theme: Theme::default(),
        custom_domain: None,
    }
}

fn change(title: &'static str, patch: SettingsPatch, current: TenantSettings) -> ChangeView {
    ChangeView {
        id: Uuid::from_u128(7),
        kind: RunKind::Change,
        title,
        changed: changed_settings(&current, &patch.on(&current)),
        tenant: TenantFacts {
            id: ID,
            short_name: ShortName::parse("kestrel").unwrap(),
            region: Region::Eu,
            reseller: Some("nordwerk".into()),
            cell: None,
            status: Status::Active,
            version: 3,
            settings: current,
            proofs: BTreeMap::new(),
        },
        only: None,
        reason: None,
        proposed_by: "platform-ops".into(),
        proposed_at: before(40),
        conflict: None,
        run_number: None,
        ended_at: None,
        patch,
        renews: BTreeSet::new(),
    }
}

/// Other limits than those of now.
pub fn proposed() -> ChangeView {
    let limits = Limits { cpu: 6, memory_gib: 16, ..Limits::default_for(false) };
    change("Change limits", SettingsPatch { limits: Some(limits), ..SettingsPatch::default() }, settings(&[]))
}

/// The same when somebody else was faster.
pub fn conflicting() -> ChangeView {
    let both = |label: &str, base: &str, theirs: &str, mine: &str| Conflicting {
        label: label.into(),
        base: base.into(),
        theirs: theirs.into(),
        mine: mine.into(),
    };
    let conflict = vec![both("CPU", "4 cores", "8 cores", "6 cores"), both("Memory", "8 GiB", "12 GiB", "16 GiB")];
    ChangeView { conflict: Some((conflict, "devops <b>".into())), ..proposed() }
}

/// The limit range taken away, or brought back; and what its plan does about it.
pub fn removal(back: bool) -> (ChangeView, Plan) {
    let (now, then): (&[ResourceKind], &[ResourceKind]) =
        if back { (&[ResourceKind::LimitRange], &[]) } else { (&[], &[ResourceKind::LimitRange]) };
    let patch = SettingsPatch { without: Some(then.iter().copied().collect()), ..SettingsPatch::default() };
    let action = if back { Action::Create } else { Action::Remove };
    let interrupts = (!back).then_some("What runs goes on; the quota refuses new containers that ask for nothing");
    let items = vec![
        item(ResourceKind::Namespace, Action::Keep, "pod security restricted", &[], None),
        item(ResourceKind::LimitRange, action, "containers that ask for nothing get 0.25 cores and 256 MiB", &[], interrupts),
    ];
    (change("Change resources", patch, settings(now)), Plan { items, ..plan_of_everything(true) })
}

fn item(kind: ResourceKind, action: Action, exactly: &str, differences: &[(&str, &str, &str)], interrupts: Option<&str>) -> PlanItem {
    PlanItem {
        action,
        kind,
        name: name_of(kind).into(),
        exactly: exactly.into(),
        differences: differences.iter().map(|(field, seen, wanted)| Difference::new(*field, *seen, *wanted)).collect(),
        interrupts: interrupts.map(str::to_owned),
    }
}

/// A plan with a row of each action.
pub fn plan_of_everything(may_run: bool) -> Plan {
    let cpu = ("spec.hard.requests.cpu", "4", "6");
    let quota = Some("What runs goes on; what is new must fit the new limits");
    let logs = Some("Panels and alerts that ask it for logs show nothing; the logs themselves stay");
    let mut preflight =
        vec![PreflightCheck { verdict: Verdict::Pass, what: "Kubernetes answers".into(), source: "Kubernetes, 12 ms".into(), helps: None }];
    if !may_run {
        preflight.push(PreflightCheck {
            verdict: Verdict::Fail,
            what: "Keycloak refuses connections".into(),
            source: "Keycloak, KEY-503".into(),
            helps: Some("SRE brings Keycloak back.".into()),
        });
    }
    Plan {
        hash: "a91c7440cb1c3e8f48123496c8dacf8a7da746e219c41e7d0b1c3e8f4812349".into(),
        items: vec![
            item(ResourceKind::Namespace, Action::Keep, "pod security restricted", &[], None),
            item(ResourceKind::ResourceQuota, Action::Change, "6 cores", &[cpu], quota),
            item(ResourceKind::NetworkPolicy, Action::Create, "deny all traffic", &[], Some("Connections that it does not allow end")),
            item(ResourceKind::Folder, Action::Foreign, "a folder tenant-kestrel that Steward did not make", &[], None),
            item(ResourceKind::LokiDatasource, Action::Remove, "logs of namespace tenant-kestrel", &[], logs),
        ],
        preflight,
        observed_at: before(20),
        usual: Some(UsualDuration { median_ms: 6_400, slowest_ms: 21_000, runs: 12 }),
    }
}
