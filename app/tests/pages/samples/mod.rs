//! Models as pages show them, made by hand: every page can be drawn without a database.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, reason = "samples of tests")]

mod branding;
mod bulk;
mod cells;
mod change;
mod domain;
mod drift;
mod limits;
pub mod mails;
mod platform;

pub use branding::{branding, compared};
pub use bulk::batch;
pub use cells::cells;
pub use change::{conflicting, plan_of_everything, proposed, removal};
pub use domain::{domain_challenged, domain_custom, domain_unseen, domain_view};
pub use drift::{drift_board, drift_rows};
pub use limits::usage;
pub use platform::{overview, paused, with_open_circuit};

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;
use steward_app::frame::Frame;
use steward_app::visit::{Appearance, Assets, SignedIn, Site};
use steward_core::access::{Actor, Origin};
use steward_core::audit::EntryView;
use steward_core::provisioning::{ResourceRow, RunRow};
use steward_core::tenants::{Reseller, TenantConfig, TenantView};
use steward_domain::cause::{Cause, Nature};
use steward_domain::features::Features;
use steward_domain::limits::Limits;
use steward_domain::plan::{Action, Plan, PlanItem, PreflightCheck, UsualDuration, Verdict};
use steward_domain::region::Region;
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::run::{AttemptView, RunKind, RunState, RunView, StepAction, StepState, StepView};
use steward_domain::system::System;
use steward_domain::tenant::{Attention, AttentionKind, Stage, Status};
use uuid::Uuid;

pub const ID: Uuid = Uuid::from_u128(0xb1c3_e8f4_8123_496c_8dac_f8a7_da74_6e21);

pub fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-03-19T14:32:12.500Z").unwrap().to_utc()
}

pub fn before(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::seconds(seconds)
}

pub fn frame(role: Role, path: &str) -> Frame {
    let (username, display_name) = match role {
        Role::PlatformOps => ("platform-ops", "Platform Ops"),
        Role::ComplianceOfficer => ("compliance-officer", "Compliance Officer"),
        _ => ("support", "Support Person"),
    };
    let origin = Origin { request_id: "01KM3V8Q2NX7F4D0".into(), address: Some("198.51.100.24".into()) };
    Frame {
        site: Arc::new(Site { assets: assets(), base_domain: "inosec.com".into(), public_url: "http://localhost:8080".into() }),
        actor: Actor::person("p-1".into(), username.into(), vec![role], None, origin),
        session: Some(SignedIn { username: username.into(), display_name: display_name.into(), ends_at: now() + TimeDelta::hours(6) }),
        nonce: "nonce".into(),
        request_id: "01KM3V8Q2NX7F4D0".into(),
        path_and_query: path.into(),
        appearance: Appearance::System,
        flash: None,
        recent: Arc::default(),
        open_drift: 7,
        now: now(),
    }
}

fn assets() -> Assets {
    let manifest = std::env::var("STEWARD_MANIFEST").ok().and_then(|path| std::fs::read_to_string(path).ok());
    match manifest {
        Some(manifest) => Assets::from_manifest(&manifest).unwrap(),
        None => Assets {
            stylesheet: "/pkg/steward.css".into(),
            boot: "/pkg/boot.js".into(),
            console: "/pkg/console.js".into(),
            branding: "/pkg/branding.js".into(),
            glue: "/pkg/steward.js".into(),
            wasm: "/pkg/steward.wasm".into(),
            icon: "/pkg/favicon.svg".into(),
        },
    }
}

pub fn signed_out(path: &str) -> Frame {
    let mut frame = frame(Role::Support, path);
    frame.session = None;
    frame.actor = Actor::anonymous(Origin { request_id: frame.request_id.clone(), address: None });
    frame
}

pub fn resellers() -> Vec<Reseller> {
    [("meridian", "Meridian Cloud"), ("nordwerk", "Nordwerk Partners")]
        .into_iter()
        .enumerate()
        .map(|(n, (short_name, name))| Reseller { id: Uuid::from_u128(n as u128 + 1), short_name: short_name.into(), name: name.into() })
        .collect()
}

pub fn attention(kind: AttentionKind, text: &str) -> Attention {
    Attention { kind, text: text.into(), since: before(2_000) }
}

pub fn tenant_rows() -> Vec<steward_app::pages::tenants::list::Row> {
    use AttentionKind as A;
    use Status as S;
    [
        ("Acme Corp", "acme", S::Active, None, Stage::Monitoring, None, 660),
        ("Borrow & Lane", "borrow-lane", S::Active, None, Stage::Monitoring, Some("Meridian Cloud"), 100_000),
        ("Delfin Shipping", "delfin", S::Deactivated, None, Stage::Termination, Some("Nordwerk Partners"), 100_000),
        ("Halden Rail", "halden", S::Active, None, Stage::Activation, None, 22_000),
        ("Hollis & Crane", "hollis-crane", S::Suspended, None, Stage::Monitoring, Some("Meridian Cloud"), 960_000),
        (
            "Kestrel Freight",
            "kestrel",
            S::Provisioning,
            Some((A::Retrying, "Retrying, 3 of 8")),
            Stage::Creation,
            Some("Nordwerk Partners"),
            4,
        ),
        (
            "Lumen Dental",
            "lumen-dental",
            S::Provisioning,
            Some((A::Waiting, "Waits for Keycloak")),
            Stage::Creation,
            Some("Meridian Cloud"),
            340,
        ),
        ("Maren Health", "maren-health", S::Offboarding, None, Stage::Termination, None, 2_040),
        ("Orchard Legal", "", S::Draft, None, Stage::Creation, Some("Nordwerk Partners"), 7_560),
        ("Petit Marché", "petit-marche", S::Active, None, Stage::Monitoring, None, 780_000),
        ("Quarry & Sons", "quarry", S::Provisioning, Some((A::Stopped, "Stopped, foreign")), Stage::Creation, None, 2_520),
        ("Vesper Hotels", "vesper", S::Active, None, Stage::Configuration, Some("Meridian Cloud"), 6_540),
        ("Zenith Archive", "zenith", S::Purged, None, Stage::Termination, None, 1_500_000),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (name, short, status, wrong, stage, reseller, age))| steward_app::pages::tenants::list::Row {
        id: Uuid::from_u128(100 + n as u128),
        name: name.into(),
        domain: (!short.is_empty()).then(|| format!("{short}.inosec.com")),
        status,
        stage,
        attention: wrong.map(|(kind, text)| attention(kind, text)),
        reseller: reseller.map(str::to_owned),
        changed_at: before(age),
    })
    .collect()
}

pub fn tenant(status: Status) -> TenantView {
    let provisioning = status == Status::Provisioning;
    TenantView {
        id: ID,
        status,
        status_since: before(5_400_000),
        stage: if provisioning { Stage::Creation } else { Stage::Configuration },
        stage_since: before(if provisioning { 134 } else { 5_400_000 }),
        name: "Kestrel Freight".into(),
        short_name: Some("kestrel".into()),
        domain: Some("kestrel.inosec.com".into()),
        contact_email: Some("ops@kestrelfreight.example".into()),
        reseller: Some("Nordwerk Partners".into()),
        region: Some(Region::Eu),
        cell: Some("eu".into()),
        config: Some(TenantConfig {
            limits: Limits::default_for(false),
            features: Features::default(),
            without: BTreeSet::new(),
            has_custom_domain: false,
        }),
        attention: provisioning.then(|| attention(AttentionKind::Retrying, "Retrying, 3 of 8")),
        version: 1,
        created_by: "platform-ops".into(),
        created_at: before(5_400_134),
        changed_at: before(4),
    }
}

fn name_of(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Realm | ResourceKind::SecondFactor => "kestrel",
        ResourceKind::Administrator => "ops@kestrelfreight.example",
        ResourceKind::Secrets => "secret/data/tenants/kestrel",
        ResourceKind::Policy => "tenant_kestrel_policy",
        ResourceKind::PrometheusDatasource => "tenant-kestrel-prometheus",
        ResourceKind::LokiDatasource => "tenant-kestrel-loki",
        ResourceKind::DnsRecord | ResourceKind::Certificate | ResourceKind::Validation => "kestrel.inosec.com",
        ResourceKind::TlsSecret => "tenant-kestrel/domain-tls",
        ResourceKind::Ingress => "tenant-kestrel/tenant",
        _ => "tenant-kestrel",
    }
}

pub fn resources(all_present: bool) -> Vec<ResourceRow> {
    ResourceKind::ALL
        .into_iter()
        .enumerate()
        .map(|(n, kind)| {
            let present = all_present || n < 8;
            ResourceRow {
                kind,
                system: kind.system(),
                name: name_of(kind).into(),
                state: if present { "present" } else { "planned" }.into(),
                detail: match kind {
                    ResourceKind::ResourceQuota => Limits::default_for(false).sentence(),
                    ResourceKind::Certificate => "serial 4c:59:4a:95, by Inosec <Tenants> CA".into(),
                    _ => String::new(),
                },
                observed_at: present.then(|| before(22 + n as i64 * 7)),
                link: present.then(|| format!("https://{}.example/{}", kind.system().as_str(), name_of(kind).replace(['/', '@'], "-"))),
            }
        })
        .collect()
}

pub fn run_rows(state: RunState) -> Vec<RunRow> {
    [
        ("Kestrel Freight", state, 4_417, 134),
        ("Acme Corp", RunState::Done, 4_409, 90_000),
        ("Quarry & Sons", RunState::Stopped, 4_402, 100_000),
    ]
    .into_iter()
    .map(|(name, state, number, age)| RunRow {
        id: Uuid::from_u128(number as u128),
        number,
        tenant_id: ID,
        tenant_name: name.into(),
        kind: RunKind::Onboard,
        title: "Onboard".into(),
        state,
        requested_by: "platform-ops".into(),
        created_at: before(age),
        ended_at: (state == RunState::Done).then(|| before(age - 51)),
        took_ms: (state == RunState::Done).then_some(51_200),
        attention: match state {
            RunState::Stopped => Some(attention(AttentionKind::Stopped, "Stopped, foreign")),
            RunState::Running => Some(attention(AttentionKind::Retrying, "1 retrying")),
            RunState::Done | RunState::Cancelled => None,
        },
    })
    .collect()
}

fn cause(system: System, nature: Nature, code: &str, what: &str, helps: &str) -> Cause {
    Cause { code: code.into(), system, nature, what: what.into(), whose: Role::Sre, helps: helps.into() }
}

fn wave(kind: ResourceKind) -> i32 {
    kind.after().iter().map(|before| wave(*before) + 1).max().unwrap_or(0)
}

/// A run in which everything that can be seen is seen.
pub fn run(state: RunState) -> RunView {
    let steps: Vec<StepView> = ResourceKind::ALL
        .into_iter()
        .enumerate()
        .map(|(n, kind)| {
            let step_state = match (state, kind) {
                (RunState::Done, _) => StepState::Done,
                (RunState::Stopped, ResourceKind::Realm) => StepState::Stopped,
                (RunState::Running, ResourceKind::Folder) => StepState::Retrying,
                (RunState::Running, ResourceKind::LokiDatasource) => StepState::Running,
                (RunState::Running, ResourceKind::PrometheusDatasource) => StepState::Ready,
                (RunState::Running, ResourceKind::SecondFactor) => StepState::Waiting,
                (_, ResourceKind::SecondFactor | ResourceKind::Administrator | ResourceKind::Dashboard) => StepState::Blocked,
                _ => StepState::Done,
            };
            let trouble = match step_state {
                StepState::Retrying => Some(cause(
                    System::Grafana,
                    Nature::Passing,
                    "GRA-429",
                    "Grafana answers “too many requests”.",
                    "Wait. The folder is not there yet; nothing is half-done.",
                )),
                StepState::Waiting => Some(cause(
                    System::Keycloak,
                    Nature::Away,
                    "KEY-503",
                    "Keycloak refuses connections.",
                    "SRE brings Keycloak back. Nothing is lost meanwhile.",
                )),
                StepState::Stopped => Some(cause(
                    System::Keycloak,
                    Nature::Lasting,
                    "KEY-409",
                    "A realm called kestrel is there and was not made by Steward.",
                    "Have the realm removed or renamed by who made it, then try again.",
                )),
                _ => None,
            };
            let attempt = match step_state {
                StepState::Retrying => 3,
                StepState::Done | StepState::Running | StepState::Stopped => 1,
                _ => 0,
            };
            let attempts = (1..=attempt)
                .map(|number| AttemptView {
                    number,
                    began_at: before(130 - i64::from(number) * 20),
                    took_ms: Some(412),
                    outcome: if step_state == StepState::Done { "Done".into() } else { "Grafana answered 429".into() },
                    code: trouble.as_ref().map(|cause| cause.code.clone()),
                })
                .collect();
            StepView {
                id: Uuid::from_u128(500 + n as u128),
                kind,
                action: StepAction::Apply,
                title: format!("{} {}", kind.label(), name_of(kind)),
                state: step_state,
                wave: wave(kind),
                after: if step_state == StepState::Blocked {
                    kind.after().iter().map(|before| format!("{} {}", before.label(), name_of(*before))).collect()
                } else {
                    Vec::new()
                },
                attempt,
                attempts_max: 8,
                next_try_at: match step_state {
                    StepState::Retrying => Some(now() + TimeDelta::seconds(58)),
                    StepState::Waiting => Some(now() + TimeDelta::seconds(9)),
                    _ => None,
                },
                waiting_since: (step_state == StepState::Waiting).then(|| before(128)),
                started_at: (attempt > 0).then(|| before(130 - n as i64)),
                took_ms: (step_state == StepState::Done).then_some(400 + n as i64 * 130),
                held_by: None,
                cause: trouble,
                attempts,
            }
        })
        .collect();
    RunView {
        id: Uuid::from_u128(4_417),
        number: 4_417,
        tenant_id: ID,
        tenant_name: "Kestrel Freight".into(),
        kind: RunKind::Onboard,
        title: "Onboard".into(),
        cancel_asked_at: None,
        state,
        requested_by: "platform-ops".into(),
        plan_hash: "9c41e7d0b1c3e8f48123496c8dacf8a7da746e219c41e7d0b1c3e8f48123496c".into(),
        created_at: before(134),
        ended_at: (state == RunState::Done).then(|| before(83)),
        usual: Some(UsualDuration { median_ms: 48_000, slowest_ms: 240_000, runs: 50 }),
        worker: (state == RunState::Running).then(|| "steward-2, lease renewed 3 s ago".into()),
        entries: 31,
        steps,
        paused: None,
        seen_at: now(),
    }
}

pub fn plan(foreign: bool) -> Plan {
    let items = ResourceKind::ALL
        .into_iter()
        .map(|kind| PlanItem {
            action: match kind {
                ResourceKind::Realm if foreign => Action::Foreign,
                ResourceKind::Folder => Action::Keep,
                _ => Action::Create,
            },
            kind,
            name: name_of(kind).into(),
            exactly: match kind {
                ResourceKind::ResourceQuota => Limits::default_for(false).sentence(),
                ResourceKind::Realm if foreign => "A realm of that name without Steward's mark".into(),
                ResourceKind::Realm => "4 roles, brute-force protection, 15 min tokens".into(),
                ResourceKind::Folder => "Ours already, used as it is".into(),
                ResourceKind::Administrator => "Invites ops@kestrelfreight.example".into(),
                ResourceKind::DnsRecord => "CNAME to ingress.inosec.com, at Cloudflare".into(),
                _ => "With the tenant's mark".into(),
            },
            differences: Vec::new(),
            interrupts: None,
        })
        .collect();
    let check = |verdict, what: &str, source: &str, helps: Option<&str>| PreflightCheck {
        verdict,
        what: what.into(),
        source: source.into(),
        helps: helps.map(str::to_owned),
    };
    let mut preflight = vec![
        check(Verdict::Pass, "The short name kestrel is free", "own index", None),
        check(Verdict::Pass, "Namespace tenant-kestrel is free", "Kubernetes, 12 ms", None),
        check(Verdict::Pass, "Every system answers", "6 systems, slowest 41 ms", None),
        check(Verdict::Look, "Storage is at 86 % after this", "above 80 %", Some("Goes ahead. Tell SRE before the next large tenant.")),
    ];
    if foreign {
        preflight.push(check(Verdict::Fail, "Realm kestrel is not ours", "Keycloak, 41 ms", Some("Choose another short name.")));
    }
    Plan {
        hash: "e1b7440cb1c3e8f48123496c8dacf8a7da746e219c41e7d0b1c3e8f48123496c".into(),
        items,
        preflight,
        observed_at: before(20),
        usual: Some(UsualDuration { median_ms: 48_000, slowest_ms: 240_000, runs: 50 }),
    }
}

pub fn entries() -> Vec<EntryView> {
    let entry =
        |n: u128, action: &str, result: &str, kind: &str, name: &str, age: i64, code: Option<&str>, detail: serde_json::Value| EntryView {
            id: Uuid::from_u128(900 + n),
            occurred_at: before(age),
            class: "audit".into(),
            action: action.into(),
            result: result.into(),
            tenant_id: Some(ID),
            tenant_name: Some("Kestrel Freight".into()),
            actor_kind: kind.into(),
            actor_id: name.into(),
            actor_name: name.into(),
            object_kind: "tenant".into(),
            object_id: ID.to_string(),
            address: (kind == "person").then(|| "198.51.100.24".into()),
            request_id: "01KM3V8Q2NX7F4D0".into(),
            correlation: Some(Uuid::from_u128(4_417)),
            code: code.map(str::to_owned),
            detail,
        };
    vec![
        entry(
            1,
            "step.fail",
            "failed",
            "system",
            "provisioner",
            12,
            Some("GRA-429"),
            serde_json::json!({ "step": "folder", "attempt": 3 }),
        ),
        entry(2, "step.done", "done", "system", "provisioner", 120, None, serde_json::json!({ "step": "namespace" })),
        entry(
            3,
            "access.refuse",
            "refused",
            "person",
            "support",
            125,
            Some("APP-403"),
            serde_json::json!({ "permission": "run.retry", "roles": ["support"] }),
        ),
        entry(
            4,
            "tenant.create",
            "done",
            "person",
            "platform-ops",
            134,
            None,
            serde_json::json!({ "status": { "before": "draft", "after": "provisioning" }, "limits.cpu": { "after": 4 }, "plan": "9c41e7d0" }),
        ),
    ]
}
