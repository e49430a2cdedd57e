//! Signing in and out through the real Keycloak, and every way in which it must not work.

use crate::harness::{Account, Admin, App, Browser};
use serde_json::json;
use std::time::Duration;
use url::Url;

/// Result and code of the last entry about signing in.
async fn last_sign_in(app: &App) -> (String, Option<String>) {
    sqlx::query_as("select result, code from audit_intake where action = 'sign-in' order by occurred_at desc, id desc limit 1")
        .fetch_one(&app.sql)
        .await
        .unwrap()
}

async fn make_roles_old(app: &App, seconds: i32) {
    sqlx::query("update session set roles_read_at = now() - make_interval(secs => $1)").bind(seconds).execute(&app.sql).await.unwrap();
}

#[tokio::test]
async fn password_and_code_open_a_session_and_lead_where_the_person_wanted() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let mut browser = Browser::new();
    let first = browser.get(&app, "/account?x=a%20b").await;
    assert_eq!((first.status, first.location().path()), (303, "/auth/sign-in"));
    let page = browser.sign_in(&app, &account, "/account?x=a%20b").await;
    assert_eq!((page.status, page.url.as_str()), (200, format!("{}/account?x=a%20b", app.url).as_str()));
    let cookie = browser.set_cookies.iter().find(|cookie| cookie.starts_with("__Host-sid=")).unwrap();
    let (value, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/");
    assert_eq!(value.len(), "__Host-sid=".len() + 43, "256 bits");
    assert_eq!(last_sign_in(&app).await, ("done".into(), None));
    // Nothing of Keycloak's tokens is in the page, the table holds a hash and sealed tokens.
    assert!(!page.text.contains("eyJ"));
    let (hash, token): (Vec<u8>, Vec<u8>) = sqlx::query_as("select id_hash, refresh_token from session").fetch_one(&app.sql).await.unwrap();
    assert!(hash.len() == 32 && !String::from_utf8_lossy(&token).contains("eyJ"));
}

#[tokio::test]
async fn each_sign_in_has_a_new_id_and_the_old_one_is_worth_nothing() {
    let (app, account) = (App::start().await, Account::with(&["support"]).await);
    let mut browser = app.signed_in(&account).await;
    let old = browser.cookie(&app, "__Host-sid").unwrap();
    let page = browser.sign_in(&app, &account, "/auth/sign-in?return_to=/account").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_ne!(browser.cookie(&app, "__Host-sid").unwrap(), old);
    assert_eq!(app.sessions().await, 1);
    let mut other = Browser::new();
    other.put_cookie(&app, "__Host-sid", &old);
    assert_eq!(other.get(&app, "/account").await.status, 303);
    // An id that somebody planted in the browser does not become the session's.
    let mut planted = Browser::new();
    planted.put_cookie(&app, "__Host-sid", "planted");
    planted.sign_in(&app, &account, "/account").await;
    assert_ne!(planted.cookie(&app, "__Host-sid").unwrap(), "planted");
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_for_the_browser_that_asked() {
    let (app, account) = (App::start().await, Account::with(&["support"]).await);
    let mut browser = Browser::new();
    let answer = browser.up_to_answer(&app, &account, "/account").await;

    // Another browser, with the right state.
    let stolen = Browser::new().follow(answer.clone(), None).await;
    assert_eq!(stolen.status, 400);
    assert!(stolen.text.contains("AUTH-102"));
    assert_eq!(last_sign_in(&app).await, ("failed".into(), Some("AUTH-102".into())));

    // The right browser, with another state.
    let mut wrong = answer.clone();
    wrong
        .query_pairs_mut()
        .clear()
        .extend_pairs(answer.query_pairs().map(|(key, value)| if key == "state" { (key, "x".into()) } else { (key, value) }));
    assert!(browser.follow(wrong, None).await.text.contains("AUTH-102"));

    // The right one, and then once more.
    assert_eq!(browser.follow(answer.clone(), None).await.status, 200);
    let replayed = browser.send("GET", &answer, &[], None).await;
    assert_eq!(replayed.status, 400);
    assert!(replayed.text.contains("AUTH-102"));

    // Too late.
    let mut late = Browser::new();
    let answer = late.up_to_answer(&app, &account, "/account").await;
    sqlx::query("update sign_in set created_at = now() - interval '11 minutes'").execute(&app.sql).await.unwrap();
    let page = late.follow(answer, None).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("AUTH-104"));
    assert_eq!(last_sign_in(&app).await, ("failed".into(), Some("AUTH-104".into())));
    assert!(late.cookie(&app, "__Host-sid").is_none());
}

/// An answer with other parameters, for a sign-in that this browser began.
async fn changed_answer(app: &App, account: &Account, change: impl Fn(&str, &str) -> Option<String>) -> (u16, String) {
    let mut browser = Browser::new();
    let answer = browser.up_to_answer(app, account, "/account").await;
    let pairs: Vec<(String, String)> =
        answer.query_pairs().filter_map(|(key, value)| Some((key.to_string(), change(&key, &value)?))).collect();
    let mut changed = answer;
    changed.query_pairs_mut().clear().extend_pairs(&pairs);
    let page = browser.follow(changed, None).await;
    assert!(browser.cookie(app, "__Host-sid").is_none());
    (page.status, page.text)
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_with_another_code_is_not_taken() {
    let (app, account) = (App::start().await, Account::with(&["support"]).await);
    let (status, text) =
        changed_answer(&app, &account, |key, value| Some(if key == "iss" { "https://evil.example".into() } else { value.into() })).await;
    assert_eq!(status, 400);
    assert!(text.contains("AUTH-107"));
    let (_, text) = changed_answer(&app, &account, |key, value| (key != "iss").then(|| value.into())).await;
    assert!(text.contains("AUTH-107"));
    let (_, text) = changed_answer(&app, &account, |key, value| Some(if key == "code" { "x".into() } else { value.into() })).await;
    assert!(text.contains("AUTH-108"), "{text}");
    assert_eq!(app.sessions().await, 0);
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_taken() {
    let (app, account) = (App::start().await, Account::with(&["support"]).await);
    let other = app.steward.session_key.seal(app.steward.database(), &"v".repeat(43)).unwrap();
    for (column, code) in [("nonce", "AUTH-106"), ("pkce_verifier", "AUTH-108")] {
        let mut browser = Browser::new();
        let answer = browser.up_to_answer(&app, &account, "/account").await;
        // As if the token had been made for another sign-in, and as if the code had been asked for by somebody else.
        let change = match column {
            "nonce" => sqlx::query("update sign_in set nonce = 'another'"),
            _ => sqlx::query("update sign_in set pkce_verifier = $1").bind(&other),
        };
        assert_eq!(change.execute(&app.sql).await.unwrap().rows_affected(), 1);
        let page = browser.follow(answer, None).await;
        assert!(page.status == 400 && page.text.contains(code), "{column}: {} {}", page.status, page.text);
        assert_eq!(last_sign_in(&app).await, ("failed".into(), Some(code.into())));
        assert!(browser.cookie(&app, "__Host-sid").is_none());
    }
    assert_eq!(app.sessions().await, 0);
}

#[tokio::test]
async fn what_keycloak_refuses_is_said_with_its_code() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let begun = browser.get(&app, "/auth/sign-in?return_to=https://evil.example").await;
    let location = begun.location();
    let asked: std::collections::HashMap<_, _> = location.query_pairs().into_owned().collect();
    assert_eq!((asked["code_challenge_method"].as_str(), asked["response_type"].as_str()), ("S256", "code"));
    assert!(asked["nonce"].len() == 43 && asked["state"].len() == 43);
    let return_to: String = sqlx::query_scalar("select return_to from sign_in").fetch_one(&app.sql).await.unwrap();
    assert_eq!(return_to, "/");
    let mut answer = Url::parse(&app.url).unwrap().join("/auth/callback").unwrap();
    answer.query_pairs_mut().extend_pairs([
        ("error", "access_denied"),
        ("state", &asked["state"]),
        ("iss", &std::env::var("STEWARD_OIDC_ISSUER").unwrap()),
    ]);
    let page = browser.follow(answer, None).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("AUTH-103"));
    assert_eq!(last_sign_in(&app).await, ("failed".into(), Some("AUTH-103".into())));
}

#[tokio::test]
async fn whoever_has_no_second_factor_or_no_role_does_not_get_in() {
    // A client of the same realm whose sign-in asks for a password only.
    let admin = Admin::new().await;
    let name = format!("password-only-{}", std::process::id());
    let (_, flow) = admin
        .must(
            "POST",
            "/authentication/flows",
            Some(json!({ "alias": name, "providerId": "basic-flow", "topLevel": true, "builtIn": false })),
        )
        .await;
    admin
        .must(
            "POST",
            &format!("/authentication/flows/{name}/executions/execution"),
            Some(json!({ "provider": "auth-username-password-form" })),
        )
        .await;
    let (executions, _) = admin.must("GET", &format!("/authentication/flows/{name}/executions"), None).await;
    let mut execution = executions[0].clone();
    execution["requirement"] = "REQUIRED".into();
    admin.must("PUT", &format!("/authentication/flows/{name}/executions"), Some(execution)).await;
    let client = admin.client_like("steward-console", &name, json!({ "authenticationFlowBindingOverrides": { "browser": flow } })).await;

    let app = App::start_changed(|configuration| {
        configuration.sign_in.client_id = name.clone();
        configuration.sign_in.client_secret = steward_core::platform::Secret::new("of-this-test-only");
    })
    .await;
    let account = Account::with(&["platform-ops"]).await;
    let page = Browser::new().sign_in(&app, &account, "/account").await;
    admin.must("DELETE", &format!("/clients/{client}"), None).await;
    admin.call("DELETE", &format!("/authentication/flows/{flow}"), None).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("AUTH-105"));
    assert_eq!((app.sessions().await, last_sign_in(&app).await), (0, ("failed".into(), Some("AUTH-105".into()))));

    let (app, nobody) = (App::start().await, Account::with(&[]).await);
    let mut browser = Browser::new();
    let page = browser.sign_in(&app, &nobody, "/account").await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("AUTH-109"));
    // The next sign-in asks for everything anew, so that another account can be used.
    assert!(browser.get(&app, "/auth/sign-in").await.location().query_pairs().any(|(key, value)| key == "prompt" && value == "login"));
}

#[tokio::test]
async fn signing_out_ends_keycloaks_session_too() {
    let (app, account) = (App::start().await, Account::with(&["support"]).await);
    let mut browser = app.signed_in(&account).await;
    let out = browser.post(&app, "/auth/sign-out", &[]).await;
    // Straight to our own page: no token of Keycloak's goes through the browser.
    assert_eq!((out.status, out.header("location")), (303, "/auth/signed-out"));
    let (sessions, _) = Admin::new().await.must("GET", &format!("/users/{}/sessions", account.id), None).await;
    assert_eq!(sessions.as_array().map(Vec::len), Some(0), "{sessions}");
    assert!(browser.cookie(&app, "__Host-sid").is_none());
    assert_eq!(app.sessions().await, 0);
    let page = browser.follow(out.location(), None).await;
    assert_eq!((page.status, page.url.path()), (200, "/auth/signed-out"), "{}", page.text);
    assert!(page.text.contains("here and at Keycloak has ended"), "{}", page.text);
    // To anybody else the page claims nothing of the kind.
    assert!(!Browser::new().get(&app, "/auth/signed-out").await.text.contains("Keycloak"));
    // Keycloak asks for the password again.
    let again = browser.open(&app, "/account").await;
    assert!(again.text.contains("name=\"password\""), "{}", again.url);
    let entries: i64 = sqlx::query_scalar("select count(*) from audit_intake where action = 'sign-out' and result = 'done'")
        .fetch_one(&app.sql)
        .await
        .unwrap();
    assert_eq!(entries, 1);
}

#[tokio::test]
async fn a_role_that_was_taken_away_counts_within_a_minute_and_at_once_for_changes() {
    let (app, account, admin) = (App::start().await, Account::with(&["platform-ops", "support"]).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    assert_eq!(browser.get(&app, "/audit").await.status, 200);
    admin.roles("DELETE", &account.id, &["platform-ops"]).await;
    // A change asks at once, although the roles were read a moment ago.
    let refused = browser.post(&app, "/tenants/new", &[("name", "Acme Corp"), ("contact_email", "admin@acme.com")]).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(app.entries_of(refused.request_id()).await, [("access.refuse".into(), "refused".into(), Some("APP-403".into()))]);

    admin.roles("POST", &account.id, &["platform-ops"]).await;
    make_roles_old(&app, 61).await;
    assert_eq!(browser.get(&app, "/audit").await.status, 200);
    admin.roles("DELETE", &account.id, &["platform-ops"]).await;
    make_roles_old(&app, 61).await;
    assert_eq!(browser.get(&app, "/audit").await.status, 403);
}

#[tokio::test]
async fn many_requests_at_once_read_the_roles_once() {
    let (app, account, admin) = (App::start().await, Account::with(&["support"]).await, Admin::new().await);
    let browser = app.signed_in(&account).await;
    admin.note_events("REFRESH_TOKEN").await;
    make_roles_old(&app, 100).await;
    let requests = (0..20).map(|_| {
        let mut browser = browser.clone();
        let app = &app;
        async move { browser.get(app, "/account").await.status }
    });
    assert!(futures::future::join_all(requests).await.into_iter().all(|status| status == 200));
    let busy: Option<bool> = sqlx::query_scalar("select refreshing_until is not null from session").fetch_optional(&app.sql).await.unwrap();
    assert_eq!(busy, Some(false));
    // Keycloak's own count.
    assert_eq!(admin.events_of(&account.id, "REFRESH_TOKEN").await, 1);
}

#[tokio::test]
async fn a_disabled_account_is_out_at_its_next_change_and_the_page_says_so() {
    let (app, account, admin) = (App::start().await, Account::with(&["support"]).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    let (mut person, _) = admin.must("GET", &format!("/users/{}", account.id), None).await;
    person["enabled"] = false.into();
    admin.must("PUT", &format!("/users/{}", account.id), Some(person)).await;
    let page = browser.post(&app, "/account/appearance", &[("appearance", "dark")]).await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("AUTH-110"), "{}", page.text);
    assert_eq!(app.sessions().await, 0);
    let (action, result, _) = app.entries_of(page.request_id()).await.remove(0);
    assert_eq!((action.as_str(), result.as_str()), ("session.end", "done"));
}

/// What makes a session be over, and the word of its entry.
const OVER: [(&str, &str); 2] =
    [("seen_at = now() - interval '16 minutes'", "idle"), ("ends_at = now() - interval '1 second'", "at its absolute end")];

/// How many entries say that a session ended for this reason.
async fn ended_because(app: &App, why: &str) -> i64 {
    sqlx::query_scalar(
        "select count(*) from audit_intake where action = 'session.end' and convert_from(body, 'UTF8')::jsonb #>> '{detail,why}' = $1",
    )
    .bind(why)
    .fetch_one(&app.sql)
    .await
    .unwrap()
}

async fn make_over(app: &App, change: &str) {
    sqlx::query(sqlx::AssertSqlSafe(format!("update session set {change}"))).execute(&app.sql).await.unwrap();
}

#[tokio::test]
async fn sessions_end_by_themselves_with_an_entry_here_and_at_keycloak() {
    let (app, account, admin) = (App::start().await, Account::with(&["support"]).await, Admin::new().await);
    for (change, why) in OVER {
        // By the sweeper.
        let mut browser = app.signed_in(&account).await;
        assert_eq!(admin.sessions_of(&account.id).await, 1);
        make_over(&app, change).await;
        steward_server::workers::sweep_once(&app.steward).await.unwrap();
        assert_eq!((app.sessions().await, ended_because(&app, why).await, admin.sessions_of(&account.id).await), (0, 1, 0), "{why}");
        assert_eq!(browser.post(&app, "/account/appearance", &[("appearance", "dark")]).await.status, 401);

        // Before the sweeper came by: whoever comes back to the browser is asked for the password.
        let mut browser = app.signed_in(&account).await;
        make_over(&app, change).await;
        let page = browser.open(&app, "/account").await;
        assert!(page.text.contains("name=\"password\""), "{why}: {}", page.url);
        assert_eq!((app.sessions().await, ended_because(&app, why).await, admin.sessions_of(&account.id).await), (0, 2, 0), "{why}");

        // Signing out of what is over ends Keycloak's session too, and says so.
        let mut browser = app.signed_in(&account).await;
        make_over(&app, change).await;
        let out = browser.post(&app, "/auth/sign-out", &[]).await;
        assert!(browser.follow(out.location(), None).await.text.contains("here and at Keycloak has ended"));
        assert_eq!((app.sessions().await, admin.sessions_of(&account.id).await), (0, 0), "{why}");
    }
}

#[tokio::test]
async fn a_session_that_is_over_does_not_take_along_the_one_that_followed_it() {
    let (app, account, admin) = (App::start().await, Account::with(&["support"]).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    let former = browser.cookie(&app, "__Host-sid").unwrap();
    // The cookie is lost, Keycloak's is not: a second session from the same Keycloak session.
    browser.put_cookie(&app, "__Host-sid", "lost");
    assert_eq!(browser.open(&app, "/account").await.url.path(), "/account");
    assert_eq!((app.sessions().await, admin.sessions_of(&account.id).await), (2, 1));
    sqlx::query("update session set seen_at = now() - interval '16 minutes' where id_hash = $1")
        .bind(steward_core::access::sessions::hash(&former))
        .execute(&app.sql)
        .await
        .unwrap();
    steward_server::workers::sweep_once(&app.steward).await.unwrap();
    assert_eq!((app.sessions().await, admin.sessions_of(&account.id).await), (1, 1));
    assert_eq!(browser.get(&app, "/account").await.status, 200);
}

#[tokio::test]
async fn what_goes_on_by_itself_keeps_nobody_signed_in() {
    let (app, account) = (App::start().await, Account::with(&["support"]).await);
    let (mut browser, planted) = (app.signed_in(&account).await, app.tenant("acme", None).await);
    let run = format!("/tenants/{}/runs/{}", planted.tenant, planted.number);
    // The page of a run that goes on names the address by which it loads itself again.
    sqlx::query("update run_step set state = 'ready'").execute(&app.sql).await.unwrap();
    let page = browser.get(&app, &run).await;
    let again = format!("{run}?refresh=1");
    assert!(page.text.contains(&format!("url={again}\"")), "{}", page.text);
    let idle = async || -> i32 {
        sqlx::query_scalar("select extract(epoch from now() - seen_at)::int from session").fetch_one(&app.sql).await.unwrap()
    };
    make_over(&app, "seen_at = now() - interval '10 minutes'").await;
    assert_eq!(browser.get(&app, &again).await.status, 200);
    let cookie = format!("__Host-sid={}", browser.cookie(&app, "__Host-sid").unwrap());
    let events = steward_core::platform::http::client().unwrap().get(format!("{}{run}/events", app.url)).header("cookie", cookie);
    assert_eq!(events.send().await.unwrap().status(), 200);
    assert!(idle().await >= 600, "looking at it by itself counted as a click");
    assert_eq!(browser.get(&app, &run).await.status, 200);
    assert!(idle().await < 60, "a click counts");
    // Without a click it is over, whatever loads itself.
    make_over(&app, "seen_at = now() - interval '16 minutes'").await;
    assert_eq!(browser.get(&app, &again).await.location().path(), "/auth/sign-in");
}

#[tokio::test]
async fn keycloaks_word_that_a_session_is_over_is_taken_from_keycloak_only() {
    let (app, account, admin) = (App::start_for_backchannel().await, Account::with(&["support"]).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    let url = Url::parse(&app.url).unwrap().join("/auth/backchannel-logout").unwrap();
    let form = [("content-type", "application/x-www-form-urlencoded")];

    // Not a token; no token; an access token of the same realm; the session's own ID token.
    let bearer = crate::harness_token().await;
    for token in ["", "x.y.z", bearer.as_str()] {
        let page = Browser::new().send("POST", &url, &form, Some(format!("logout_token={token}"))).await;
        assert_eq!(page.status, 400, "{}", page.text);
        assert_eq!(app.entries_of(page.request_id()).await, [("request.refuse".into(), "refused".into(), Some("AUTH-112".into()))]);
    }
    assert_eq!(app.sessions().await, 1);

    let (sessions, _) = admin.must("GET", &format!("/users/{}/sessions", account.id), None).await;
    admin.must("DELETE", &format!("/sessions/{}", sessions[0]["id"].as_str().unwrap()), None).await;
    for _ in 0..50 {
        if app.sessions().await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(app.sessions().await, 0, "Keycloak's logout token came and was taken");
    assert_eq!(browser.get(&app, "/account").await.status, 303);
}
