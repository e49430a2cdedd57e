//! The outbox under row-level security, and what anybody sees of a tenant.

use crate::{add_reseller, add_tenant, database, owner, person, reseller_person};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::{ReadTenants, SendMails, demand};
use steward_core::error::Error;
use steward_core::mail::{given_up, mails_of, send_again};
use steward_core::tenants::theme::published_page;
use steward_domain::contrast::Colour;
use steward_domain::role::Role;
use steward_domain::theme::Theme;
use uuid::Uuid;

/// A mail that was given up, put in by the owner.
async fn add_mail(pool: &PgPool, tenant: Uuid) -> Uuid {
    let id: (Uuid,) = sqlx::query_as(
        "with r as (insert into run (id, tenant_id, kind, title, plan_hash, plan, wish, state, requested_by, ended_at)
                    values (gen_random_uuid(), $1, 'onboard', 'Onboard', 'h', '{}', '{}', 'done', 't', now()) returning id)
         insert into mail (id, tenant_id, run_id, kind, recipient, state, next_try_at, ended_at, code, failure)
         select gen_random_uuid(), $1, r.id, 'ready', 'a@acme.com', 'given-up', null, now(), 'MAIL-550', 'no' from r returning id",
    )
    .bind(tenant)
    .fetch_one(pool)
    .await
    .unwrap();
    id.0
}

#[sqlx::test(migrations = "../migrations")]
async fn another_resellers_mails_are_not_there_and_nobody_rewrites_one(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let (ours, theirs) = (add_reseller(&database, "meridian-cloud").await, add_reseller(&database, "nordwerk").await);
    let tenant = add_tenant(&pool, "Acme", "acme", Some(theirs)).await;
    let mail = add_mail(&pool, tenant).await;
    let stranger = reseller_person(ours);
    let reads = demand::<ReadTenants>(&database, &stranger).await.unwrap();
    assert!(matches!(mails_of(&database, &reads, tenant).await, Err(Error::NotFound("tenant"))));
    assert_eq!(given_up(&database, &reads, tenant).await.unwrap(), 0);
    let sends = demand::<SendMails>(&database, &stranger).await.unwrap();
    assert!(matches!(send_again(&database, &sends, tenant, mail).await, Err(Error::NotFound("mail"))));
    for role in [Role::Support, Role::Sre, Role::ComplianceOfficer, Role::Ciso] {
        assert!(matches!(demand::<SendMails>(&database, &person(role)).await, Err(Error::Refused(_))), "{role:?}");
    }

    let owner_of_it = reseller_person(theirs);
    let reads = demand::<ReadTenants>(&database, &owner_of_it).await.unwrap();
    assert_eq!((mails_of(&database, &reads, tenant).await.unwrap().rows.len(), given_up(&database, &reads, tenant).await.unwrap()), (1, 1));
    let sends = demand::<SendMails>(&database, &owner_of_it).await.unwrap();
    // Whom it goes to, and that it was sent, nobody changes.
    for forged in ["recipient = 'me@evil.example'", "epoch = 9", "tenant_id = tenant_id", "owner = 'me'"] {
        let mut transaction = database.begin(&sends).await.unwrap();
        let refused = sqlx::query(sqlx::AssertSqlSafe(format!("update mail set {forged}"))).execute(transaction.conn()).await;
        assert!(refused.unwrap_err().to_string().contains("permission denied"), "{forged}");
    }
    send_again(&database, &sends, tenant, mail).await.unwrap();
    assert_eq!(given_up(&database, &reads, tenant).await.unwrap(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn anybody_sees_name_theme_and_suspension_of_active_tenants_and_nothing_of_others(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let tenant = add_tenant(&pool, "Acme", "acme", None).await;
    let theme = Theme { primary: Colour::BLACK, ..Theme::default() };
    sqlx::query("insert into tenant_config (tenant_id, limits, features, theme) values ($1, '{}', '[]', $2)")
        .bind(tenant)
        .bind(sqlx::types::Json(&theme))
        .execute(&pool)
        .await
        .unwrap();
    let page = published_page(&database, "acme").await.unwrap().unwrap();
    assert_eq!((page.organisation.as_str(), &page.theme, page.suspended), ("Acme", &theme, false));
    for status in ["provisioning", "offboarding", "deactivated", "purged"] {
        sqlx::query("update tenant set status = $1").bind(status).execute(&pool).await.unwrap();
        assert!(published_page(&database, "acme").await.unwrap().is_none(), "{status}");
    }
    sqlx::query("update tenant set status = 'suspended'").execute(&pool).await.unwrap();
    assert!(published_page(&database, "acme").await.unwrap().unwrap().suspended);
    // A draft may have any name, also one that is somebody's.
    sqlx::query("insert into tenant (id, status, stage, name, short_name, draft, created_by) values (gen_random_uuid(), 'draft', 'creation', 'D', 'draft', '{}', 't')")
        .execute(&pool)
        .await
        .unwrap();
    for other in ["draft", "", "ACME", "acme ", "acme'--", "nobody"] {
        assert!(published_page(&database, other).await.unwrap().is_none(), "{other}");
    }
}
