//! Logos and versions of themes: what is kept, who may see it, what anybody gets.

use crate::{add_reseller, add_tenant, database, owner, person, reseller_person};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::{ConfigureTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::theme::{Logo, logo, published_logo, store_logo, themes, version};
use steward_domain::role::Role;
use steward_domain::theme::{LogoKind, Theme};
use uuid::Uuid;

fn mark(number: usize) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"><path d=\"M{number} 0\" /></svg>")
}

async fn with_settings(pool: &PgPool, tenant: Uuid) {
    sqlx::query("insert into tenant_config (tenant_id, limits, features) values ($1, '{}', '[]')")
        .bind(tenant)
        .execute(pool)
        .await
        .unwrap();
}

/// A version, put in by the owner.
async fn put_version(pool: &PgPool, tenant: Uuid, number: i32, theme: &Theme) -> Result<(), sqlx::Error> {
    sqlx::query("insert into tenant_theme (tenant_id, version, theme, saved_by) values ($1, $2, $3, 'test')")
        .bind(tenant)
        .bind(number)
        .bind(sqlx::types::Json(theme))
        .execute(pool)
        .await
        .map(|_| ())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_logo_is_kept_once_made_safe_with_an_entry_and_shown_to_anybody(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let tenant = add_tenant(&pool, "Acme", "acme", None).await;
    let authority = demand::<ConfigureTenants>(&database, &person(Role::DevOps)).await.unwrap();
    let unsafe_mark = mark(1).replace("<path", "<script>alert(1)</script><path");
    let stored = store_logo(&database, &authority, tenant, "C:\\acme-mark.svg", unsafe_mark.as_bytes()).await.unwrap();
    assert_eq!((stored.removed, stored.logo.kind, stored.logo.name.as_str()), (1, LogoKind::Svg, "acme-mark.svg"));
    let again = store_logo(&database, &authority, tenant, "other.svg", unsafe_mark.as_bytes()).await.unwrap();
    assert_eq!(again.logo.hash, stored.logo.hash);
    assert_eq!(logo(&database, &authority, tenant, &stored.logo.hash).await.unwrap(), Some(stored.clone()));

    let published = published_logo(&database, &stored.logo.hash).await.unwrap().unwrap();
    assert_eq!(published, Logo { kind: LogoKind::Svg, bytes: mark(1).into_bytes() });
    for other in ["", "x", &"0".repeat(64), &stored.logo.hash.to_uppercase()] {
        assert_eq!(published_logo(&database, other).await.unwrap(), None, "{other}");
    }
    let entries: Vec<(String, String)> = sqlx::query_as("select action, object_id from audit_intake").fetch_all(&pool).await.unwrap();
    assert_eq!(entries, [("logo.store".to_owned(), stored.logo.hash)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_logo_is_refused_at_its_field_and_leaves_nothing(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let tenant = add_tenant(&pool, "Acme", "acme", None).await;
    let authority = demand::<ConfigureTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    for (name, file) in [("logo.png", b"GIF89a".to_vec()), ("logo.svg", vec![b'<'; 300 * 1024]), ("logo.svg", b"<html/>".to_vec())] {
        let refused = store_logo(&database, &authority, tenant, name, &file).await;
        assert!(matches!(&refused, Err(Error::Invalid(errors)) if errors[0].field == "logo"), "{refused:?}");
    }
    assert!(matches!(store_logo(&database, &authority, Uuid::nil(), "x.svg", mark(1).as_bytes()).await, Err(Error::NotFound("tenant"))));
    let kept: i64 = sqlx::query_scalar("select (select count(*) from tenant_logo) + (select count(*) from audit_intake)")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn logos_that_no_version_has_are_forgotten_but_for_the_newest(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let tenant = add_tenant(&pool, "Acme", "acme", None).await;
    let authority = demand::<ConfigureTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    let first = store_logo(&database, &authority, tenant, "0.svg", mark(0).as_bytes()).await.unwrap().logo;
    put_version(&pool, tenant, 1, &Theme { logo: Some(first.clone()), ..Theme::default() }).await.unwrap();
    for number in 1..=12 {
        store_logo(&database, &authority, tenant, &format!("{number}.svg"), mark(number).as_bytes()).await.unwrap();
    }
    let mut names: Vec<String> = sqlx::query_scalar("select name from tenant_logo").fetch_all(&pool).await.unwrap();
    names.sort_by_key(|name| name.trim_end_matches(".svg").parse::<u32>().unwrap());
    assert_eq!(names, ["0.svg", "3.svg", "4.svg", "5.svg", "6.svg", "7.svg", "8.svg", "9.svg", "10.svg", "11.svg", "12.svg"]);

    // The database itself keeps what a version has, and takes no version whose logo is not there.
    let forced = sqlx::query("delete from tenant_logo where name = '0.svg'").execute(&pool).await;
    assert!(forced.unwrap_err().to_string().contains("tenant_theme_logo_is_there"));
    let gone = Theme { logo: Some(steward_domain::theme::LogoRef { hash: "0".repeat(64), ..first }), ..Theme::default() };
    assert!(put_version(&pool, tenant, 2, &gone).await.unwrap_err().to_string().contains("tenant_theme_logo_is_there"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_tenant_has_the_defaults_until_it_chooses_and_then_every_version_that_was(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let tenant = add_tenant(&pool, "Acme", "acme", None).await;
    with_settings(&pool, tenant).await;
    let authority = demand::<ConfigureTenants>(&database, &person(Role::PlatformOps)).await.unwrap();
    let untouched = themes(&database, &authority, tenant).await.unwrap();
    assert_eq!((untouched.tenant_name.as_str(), &untouched.current, untouched.versions.len()), ("Acme", &Theme::default(), 0));
    let black = Theme { primary: steward_domain::contrast::Colour::BLACK, ..Theme::default() };
    put_version(&pool, tenant, 1, &Theme::default()).await.unwrap();
    put_version(&pool, tenant, 2, &black).await.unwrap();
    let numbers: Vec<i32> = themes(&database, &authority, tenant).await.unwrap().versions.into_iter().map(|v| v.version).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(version(&database, &authority, tenant, 2).await.unwrap().theme, black);
    assert!(matches!(version(&database, &authority, tenant, 3).await, Err(Error::NotFound("version"))));
}

#[sqlx::test(migrations = "../migrations")]
async fn another_resellers_logos_and_themes_are_not_there(_: PgPoolOptions, options: PgConnectOptions) {
    let (database, pool) = (database(options.clone()).await, owner(options).await);
    let (ours, theirs) = (add_reseller(&database, "meridian-cloud").await, add_reseller(&database, "nordwerk").await);
    let tenant = add_tenant(&pool, "Acme", "acme", Some(theirs)).await;
    with_settings(&pool, tenant).await;
    let owner_of_it = demand::<ConfigureTenants>(&database, &reseller_person(theirs)).await.unwrap();
    let stored = store_logo(&database, &owner_of_it, tenant, "mark.svg", mark(1).as_bytes()).await.unwrap().logo;
    put_version(&pool, tenant, 1, &Theme { logo: Some(stored.clone()), ..Theme::default() }).await.unwrap();
    assert!(themes(&database, &owner_of_it, tenant).await.is_ok());

    let stranger = demand::<ConfigureTenants>(&database, &reseller_person(ours)).await.unwrap();
    assert!(matches!(themes(&database, &stranger, tenant).await, Err(Error::NotFound("tenant"))));
    assert!(matches!(version(&database, &stranger, tenant, 1).await, Err(Error::NotFound("version"))));
    assert_eq!(logo(&database, &stranger, tenant, &stored.hash).await.unwrap(), None);
    let refused = store_logo(&database, &stranger, tenant, "mark.svg", mark(2).as_bytes()).await;
    assert!(matches!(refused, Err(Error::NotFound("tenant"))), "{refused:?}");
    for role in [Role::Support, Role::Sre, Role::ComplianceOfficer] {
        assert!(matches!(demand::<ConfigureTenants>(&database, &person(role)).await, Err(Error::Refused(_))), "{role:?}");
    }
}
