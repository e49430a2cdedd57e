//! Sessions: inserted once, updated, deleted, never brought back.

use crate::{database, origin, owner};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use steward_core::access::Actor;
use steward_core::access::sessions::{self, EndReason, Ended, NewSession, RefreshTurn, SessionKey};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_domain::role::Role;

fn key() -> SessionKey {
    SessionKey::new(&[7; 32]).unwrap()
}

fn new_session() -> NewSession {
    NewSession {
        person_id: "p1".into(),
        username: "platform-ops".into(),
        display_name: "Platform Ops".into(),
        roles: vec![Role::PlatformOps],
        reseller: None,
        keycloak_session: "kc1".into(),
        refresh_token: "refresh-1".into(),
        amr: vec!["pwd".into(), "otp".into()],
        authenticated_at: Context::default().now(),
    }
}

fn worker() -> Actor {
    Actor::worker("sweeper", "test".into())
}

async fn open(database: &Database, id: &str, new: &NewSession) {
    sessions::open(database, &key(), id, new, &origin()).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn the_table_holds_neither_the_id_nor_a_token_in_clear(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    open(&database, "secret-id", &new_session()).await;
    let row: String = sqlx::query_scalar("select session::text from session").fetch_one(&owner(options).await).await.unwrap();
    for secret in ["secret-id", "refresh-1"] {
        assert!(!row.contains(secret) && !row.contains(&hex::encode(secret)), "{secret}");
    }
    let found = sessions::find(&database, "secret-id").await.unwrap().unwrap();
    assert_eq!(found.roles, [Role::PlatformOps]);
    let later = Context::default().now() + chrono::TimeDelta::seconds(5);
    let other = SessionKey::new(&[8; 32]).unwrap();
    assert!(sessions::take_refresh(&database, &other, &found.id_hash, later).await.is_err());
    sessions::release_refresh(&database, &found.id_hash).await.unwrap();
    let turn = sessions::take_refresh(&database, &key(), &found.id_hash, later).await.unwrap();
    assert!(matches!(turn, RefreshTurn::Yours { refresh_token } if refresh_token == "refresh-1"));
    assert!(matches!(sessions::take_refresh(&database, &key(), &found.id_hash, later).await.unwrap(), RefreshTurn::Busy));
}

#[sqlx::test(migrations = "../migrations")]
async fn idle_and_old_sessions_are_over(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    open(&database, "a", &new_session()).await;
    sqlx::query("update session set seen_at = now() - interval '14 min 59 s'").execute(&pool).await.unwrap();
    assert!(sessions::find(&database, "a").await.unwrap().is_some(), "the click is noted");
    sqlx::query("update session set seen_at = now() - interval '15 min 1 s'").execute(&pool).await.unwrap();
    assert!(sessions::find(&database, "a").await.unwrap().is_none());
    sqlx::query("update session set seen_at = now(), ends_at = now()").execute(&pool).await.unwrap();
    assert!(sessions::find(&database, "a").await.unwrap().is_none());
    let overdue = sessions::end_overdue(&database, &key(), &sessions::hash("a"), &worker()).await.unwrap();
    assert_eq!(overdue, Some(Ended { refresh_token: "refresh-1".into(), shared: false }));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_sweeper_ends_what_is_over_and_tells_whether_keycloaks_session_is_still_used(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    // Of three sessions two came from one Keycloak session, and one of those two lives.
    for (id, keycloak_session) in [("alone", "kc1"), ("former", "kc2"), ("lives", "kc2")] {
        let new = NewSession { keycloak_session: keycloak_session.into(), refresh_token: id.into(), ..new_session() };
        open(&database, id, &new).await;
    }
    sqlx::query("update session set seen_at = now() - interval '16 min' where id_hash <> $1")
        .bind(sessions::hash("lives"))
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(sessions::end_overdue(&database, &key(), &sessions::hash("lives"), &worker()).await.unwrap(), None);
    let mut swept = sessions::sweep(&database, &key(), &worker()).await.unwrap();
    swept.sort_by(|one, other| one.refresh_token.cmp(&other.refresh_token));
    let expected = [("alone", false), ("former", true)].map(|(token, shared)| Ended { refresh_token: token.into(), shared });
    assert_eq!(swept, expected);
    assert!(sessions::find(&database, "lives").await.unwrap().is_some());
    assert_eq!(sessions::sweep(&database, &key(), &worker()).await.unwrap(), []);
    // A token that was sealed with another key does not keep its session alive.
    sqlx::query("update session set seen_at = now() - interval '16 min'").execute(&pool).await.unwrap();
    assert_eq!(sessions::sweep(&database, &SessionKey::new(&[8; 32]).unwrap(), &worker()).await.unwrap(), []);
    let left: i64 = sqlx::query_scalar("select count(*) from session").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_brings_an_ended_session_back(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options).await;
    open(&database, "a", &new_session()).await;
    let found = sessions::find(&database, "a").await.unwrap().unwrap();
    let ended = sessions::end(&database, &key(), &found.id_hash, &worker(), EndReason::SignedOut).await.unwrap();
    assert_eq!(ended.map(|ended| ended.refresh_token).as_deref(), Some("refresh-1"));
    assert!(!sessions::roles_read(&database, &key(), &found.id_hash, &[Role::Ciso], None, "refresh-2").await.unwrap());
    assert!(sessions::find(&database, "a").await.unwrap().is_none());
    assert_eq!(sessions::end(&database, &key(), &found.id_hash, &worker(), EndReason::SignedOut).await.unwrap(), None);
}

#[sqlx::test(migrations = "../migrations")]
async fn keycloak_ends_one_session_or_all_of_a_person(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options).await;
    for (id, keycloak_session) in [("a", "kc1"), ("b", "kc2"), ("c", "kc2")] {
        open(&database, id, &NewSession { keycloak_session: keycloak_session.into(), ..new_session() }).await;
    }
    let end = async |jti, session| sessions::end_from_keycloak(&database, &worker(), jti, session, Some("p1")).await.unwrap();
    assert_eq!(end("j1", Some("kc2")).await, Some(2));
    assert_eq!(end("j1", None).await, None, "each token counts once");
    assert_eq!(end("j2", None).await, Some(1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_logout_token_that_could_not_be_followed_is_not_taken(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    let pool = owner(options).await;
    open(&database, "a", &new_session()).await;
    sqlx::query("alter table audit_intake rename to audit_gone").execute(&pool).await.unwrap();
    assert!(sessions::end_from_keycloak(&database, &worker(), "j1", Some("kc1"), None).await.is_err());
    assert!(sessions::find(&database, "a").await.unwrap().is_some());
    sqlx::query("alter table audit_gone rename to audit_intake").execute(&pool).await.unwrap();
    assert_eq!(sessions::end_from_keycloak(&database, &worker(), "j1", Some("kc1"), None).await.unwrap(), Some(1));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_counts_once_and_only_from_the_browser_that_asked(_: PgPoolOptions, options: PgConnectOptions) {
    let database = database(options.clone()).await;
    sessions::begin_sign_in(&database, &key(), "state", "browser", "nonce", "verifier", "/tenants").await.unwrap();
    assert!(sessions::take_sign_in(&database, &key(), "state", "other browser").await.unwrap().is_none());
    let taken = sessions::take_sign_in(&database, &key(), "state", "browser").await.unwrap().unwrap();
    assert_eq!((taken.pkce_verifier.as_str(), taken.return_to.as_str(), taken.in_time), ("verifier", "/tenants", true));
    assert!(sessions::take_sign_in(&database, &key(), "state", "browser").await.unwrap().is_none());

    sessions::begin_sign_in(&database, &key(), "late", "browser", "nonce", "verifier", "/").await.unwrap();
    sqlx::query("update sign_in set created_at = now() - interval '10 min 1 s'").execute(&owner(options).await).await.unwrap();
    assert!(!sessions::take_sign_in(&database, &key(), "late", "browser").await.unwrap().unwrap().in_time);
}
