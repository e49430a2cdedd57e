//! While Keycloak is away (`docs/decisions/roles-while-keycloak-is-away.md`): the server starts, reading goes on, nothing is changed.

use crate::harness::{App, Browser};
use steward_core::access::Origin;
use steward_core::access::sessions::{self, NewSession};
use steward_domain::role::Role;

/// A server whose Keycloak refuses connections.
async fn without_keycloak() -> App {
    App::start_changed(|configuration| configuration.sign_in.issuer = "http://localhost:9/realms/platform".parse().unwrap()).await
}

/// A browser with a session whose roles were read so long ago.
async fn signed_in(app: &App, roles_age_seconds: i32) -> Browser {
    let id = format!("session-{roles_age_seconds}");
    let new = NewSession {
        person_id: "p".into(),
        username: "p".into(),
        display_name: "P".into(),
        roles: vec![Role::PlatformOps],
        reseller: None,
        keycloak_session: "k".into(),
        refresh_token: "r".into(),
        amr: vec!["pwd".into(), "otp".into()],
        authenticated_at: app.steward.database().context().now(),
    };
    sessions::open(app.steward.database(), &app.steward.session_key, &id, &new, &Origin { request_id: "test".into(), address: None })
        .await
        .unwrap();
    sqlx::query("update session set roles_read_at = now() - make_interval(secs => $1) where id_hash = $2")
        .bind(roles_age_seconds)
        .bind(sessions::hash(&id))
        .execute(&app.sql)
        .await
        .unwrap();
    let mut browser = Browser::new();
    browser.put_cookie(app, "__Host-sid", &id);
    browser
}

#[tokio::test]
async fn reading_goes_on_for_a_quarter_of_an_hour_and_nothing_is_changed() {
    let app = without_keycloak().await;
    assert_eq!(Browser::new().get(&app, "/health/ready").await.status, 200);
    for (age, status) in [(0, 200), (300, 200), (890, 200), (901, 503)] {
        let page = signed_in(&app, age).await.get(&app, "/tenants").await;
        assert_eq!(page.status, status, "roles of {age} s: {}", page.text);
        assert_eq!(page.text.contains("AUTH-101"), status == 503);
    }
    let mut browser = signed_in(&app, 1).await;
    let page = browser.post(&app, "/tenants/new", &[("name", "Acme"), ("contact_email", "a@acme.com")]).await;
    assert_eq!(page.status, 503, "{}", page.text);
    assert!(page.text.contains("AUTH-101"));
    assert_eq!(app.entries_of(page.request_id()).await, [("request.refuse".into(), "refused".into(), Some("AUTH-101".into()))]);
    // What was typed comes back, and is in no address.
    assert!(
        page.text.contains(r#"value="Acme""#)
            && page.text.contains(r#"value="a@acme.com""#)
            && page.text.contains(r#"action="/tenants/new""#)
    );
    let drafts: i64 = sqlx::query_scalar("select count(*) from tenant").fetch_one(&app.sql).await.unwrap();
    assert_eq!(drafts, 0);
}

#[tokio::test]
async fn signing_in_says_so_and_signing_out_works() {
    let app = without_keycloak().await;
    let page = Browser::new().get(&app, "/auth/sign-in").await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("AUTH-101"));
    let mut browser = signed_in(&app, 1).await;
    let out = browser.post(&app, "/auth/sign-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, "/auth/signed-out"));
    assert!(browser.get(&app, "/auth/signed-out").await.text.contains("Keycloak could not be reached"));
    assert_eq!(app.sessions().await, 0);
    let api = Browser::new()
        .send(
            "GET",
            &format!("{}/v2/tenants", app.url).parse().unwrap(),
            &[("authorization", &format!("Bearer {}", crate::harness_token().await))],
            None,
        )
        .await;
    assert_eq!((api.status, api.header("content-type")), (503, "application/problem+json"));
    assert_eq!(app.entries_of(api.request_id()).await, [("request.refuse".into(), "refused".into(), Some("AUTH-101".into()))]);
}
