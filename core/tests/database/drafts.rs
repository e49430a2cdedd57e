//! Drafts keep what was typed, right or wrong, and are the only tenants that can be deleted.

use crate::{add_reseller, add_tenant, database, owner, person, reseller_person};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::{CreateTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::{NameHolder, discard, draft, save_organisation, save_settings, short_name_holder, start_draft};
use steward_domain::onboarding::{OrganisationForm, SettingsForm};
use steward_domain::role::Role;
use steward_domain::short_name::ShortName;

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_keeps_both_pages_as_typed(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let authority = demand::<CreateTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    let wrong = OrganisationForm { name: "Acme Corp".into(), contact_email: "not yet".into(), ..Default::default() };
    let id = start_draft(&database, &authority, &wrong).await.unwrap().id;
    assert_eq!(draft(&database, &authority, id).await.unwrap().draft.organisation, wrong);

    let right = OrganisationForm { contact_email: "admin@acme.com".into(), ..wrong };
    save_organisation(&database, &authority, id, &right).await.unwrap();
    let settings = SettingsForm { cpu: "many".into(), ..Default::default() };
    let saved = save_settings(&database, &authority, id, &settings).await.unwrap();
    assert_eq!((saved.draft.organisation, saved.draft.settings), (right, Some(settings)));

    discard(&database, &authority, id).await.unwrap();
    assert!(matches!(draft(&database, &authority, id).await, Err(Error::NotFound("draft"))));
    let entries: Vec<String> =
        sqlx::query_scalar("select action from audit_intake order by occurred_at, id").fetch_all(&owner(options).await).await.unwrap();
    assert_eq!(entries, ["draft.start", "draft.save", "draft.save", "draft.discard"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_once_existed_cannot_be_discarded(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    let id = add_tenant(&pool, "Acme", "acme", None).await;
    let authority = demand::<CreateTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    assert!(matches!(discard(&database, &authority, id).await, Err(Error::NotFound("draft"))));
    let forced = sqlx::query("delete from tenant where id = $1").bind(id).execute(&pool).await;
    assert!(forced.unwrap_err().to_string().contains("never deleted"), "the database says so to its owner too");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_taken_name_says_by_whom_only_to_those_who_may_know(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    let (ours, theirs) = (add_reseller(&database, "meridian-cloud").await, add_reseller(&database, "nordwerk").await);
    add_tenant(&pool, "Acme Corp", "acme", Some(theirs)).await;
    let acme = ShortName::parse("acme").unwrap();
    let holder = async |actor| {
        let authority = demand::<CreateTenants>(&database, &actor).await.unwrap();
        short_name_holder(&database, &authority, &acme).await.unwrap()
    };
    assert_eq!(holder(person(Role::PlatformOps)).await, NameHolder::Known { name: "Acme Corp".into() });
    assert_eq!(holder(reseller_person(ours)).await, NameHolder::Hidden);
    assert_eq!(holder(reseller_person(theirs)).await, NameHolder::Known { name: "Acme Corp".into() });
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_too_long_is_refused_at_its_field(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let authority = demand::<CreateTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    let fields = |outcome: Result<_, Error>| match outcome {
        Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let long = "x".repeat(301);
    let wrong = OrganisationForm { name: long.clone(), short_name: long.clone(), contact_email: long.clone(), reseller: long.clone() };
    assert_eq!(fields(start_draft(&database, &authority, &wrong).await), ["name", "short_name", "contact_email", "reseller"]);

    // As much as is allowed also fits into every index: no two characters are alike, each of four bytes.
    let longest: String = ('\u{20000}'..).take(300).collect();
    let right = OrganisationForm { name: longest, ..Default::default() };
    let id = start_draft(&database, &authority, &right).await.unwrap().id;
    assert_eq!(fields(save_organisation(&database, &authority, id, &wrong).await).len(), 4);
    let settings = SettingsForm { cpu: long.clone(), features: vec!["x".into(); 200], ..Default::default() };
    assert_eq!(fields(save_settings(&database, &authority, id, &settings).await), ["cpu", "features"]);
    assert_eq!(draft(&database, &authority, id).await.unwrap().draft.organisation, right);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reseller_that_steward_does_not_know_drafts_nothing(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options).await;
    add_reseller(&database, "nordwerk").await;
    let authority = demand::<CreateTenants>(&database, &person(Role::Reseller)).await.unwrap();
    for named in ["", "nordwerk", "nobody"] {
        let form = OrganisationForm { name: "Acme".into(), reseller: named.into(), ..Default::default() };
        let refused = start_draft(&database, &authority, &form).await;
        assert!(matches!(&refused, Err(Error::Invalid(errors)) if errors[0].field == "reseller"), "{refused:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reseller_drafts_for_itself_only(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let ours = add_reseller(&database, "meridian-cloud").await;
    add_reseller(&database, "nordwerk").await;
    let authority = demand::<CreateTenants>(&database, &reseller_person(ours)).await.unwrap();
    let form = |reseller: &str| OrganisationForm { name: "Acme".into(), reseller: reseller.into(), ..Default::default() };
    assert!(matches!(start_draft(&database, &authority, &form("nordwerk")).await, Err(Error::Invalid(_))));
    assert!(matches!(start_draft(&database, &authority, &form("nobody")).await, Err(Error::Invalid(_))));
    let own = start_draft(&database, &authority, &form("")).await.unwrap();
    let reseller: Option<uuid::Uuid> =
        sqlx::query_scalar("select reseller_id from tenant where id = $1").bind(own.id).fetch_one(&owner(options).await).await.unwrap();
    assert_eq!(reseller, Some(ours));
}
