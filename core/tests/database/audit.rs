//! Reading the audit log.

use crate::{database, person};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::{Actor, CreateTenants, ManageResellers, ReadAudit, demand};
use steward_core::audit::{Action, Filter, Outcome, get, list};
use steward_core::tenants::{add_reseller, start_draft};
use steward_domain::onboarding::OrganisationForm;
use steward_domain::role::Role;

#[sqlx::test(migrations = "../migrations")]
async fn a_reseller_renamed_leaves_both_names(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options).await;
    let worker = Actor::worker("command-line", "test".into());
    let authority = demand::<ManageResellers>(&database, &worker).await.unwrap();
    for name in ["Meridian", "Meridian", "Meridian Cloud"] {
        add_reseller(&database, &authority, "meridian-cloud", name).await.unwrap();
    }
    let reader = demand::<ReadAudit>(&database, &person(Role::ComplianceOfficer)).await.unwrap();
    let entries = list(&database, &reader, &Filter::default(), None, 50).await.unwrap().entries;
    assert_eq!(entries.len(), 2, "a name that stays is no change: {entries:?}");
    let renamed = Filter { action: Some(Action::ResellerRenamed), ..Default::default() };
    let entries = list(&database, &reader, &renamed, None, 50).await.unwrap().entries;
    assert_eq!(entries[0].detail, serde_json::json!({ "name": { "before": "Meridian", "after": "Meridian Cloud" } }));
}

#[sqlx::test(migrations = "../migrations")]
async fn entries_are_filtered_and_paged_without_loss(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options).await;
    let operator = demand::<CreateTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    let mut drafts = Vec::new();
    for n in 0..7 {
        let form = OrganisationForm { name: format!("Company {n}"), ..Default::default() };
        drafts.push(start_draft(&database, &operator, &form).await.unwrap().id);
    }
    let _ = demand::<CreateTenants>(&database, &person(Role::Support)).await;
    let reader = demand::<ReadAudit>(&database, &person(Role::ComplianceOfficer)).await.unwrap();

    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list(&database, &reader, &Filter::default(), after, 3).await.unwrap();
        seen.extend(page.entries.into_iter().map(|entry| entry.id));
        match page.next {
            Some(cursor) => after = Some(cursor),
            None => break,
        }
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (8, 8));

    let only = async |filter: Filter| list(&database, &reader, &filter, None, 50).await.unwrap().entries;
    assert_eq!(only(Filter { action: Some(Action::DraftStarted), ..Default::default() }).await.len(), 7);
    assert_eq!(only(Filter { result: Some(Outcome::Refused), ..Default::default() }).await.len(), 1);
    assert_eq!(only(Filter { person: Some("platform".into()), ..Default::default() }).await.len(), 7);
    assert_eq!(only(Filter { person: Some("%".into()), ..Default::default() }).await.len(), 0, "a fragment is taken literally");
    assert_eq!(only(Filter { address: Some("192.0.2.7".into()), ..Default::default() }).await.len(), 8);
    assert_eq!(only(Filter { address: Some("192.0.2.8".into()), ..Default::default() }).await.len(), 0);
    let of_one = only(Filter { tenant: Some(drafts[3]), ..Default::default() }).await;
    assert_eq!(of_one.len(), 1);
    assert_eq!(of_one[0].tenant_name.as_deref(), Some("Company 3"));
    assert_eq!(of_one[0].detail["name"]["after"], "Company 3");
    assert_eq!(get(&database, &reader, of_one[0].id).await.unwrap(), of_one[0]);
}
