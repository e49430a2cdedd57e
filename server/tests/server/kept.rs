//! Forms that are sent when nobody is signed in any more, or Keycloak or the database is away: nothing typed is lost, nothing of it is
//! in an address, and every link leads somewhere.

use crate::harness::{Account, Admin, App, Browser};
use http::Method;
use steward_server::router::Door;

const ORGANISATION: [(&str, &str); 4] =
    [("name", "Orchard & Lane"), ("short_name", "orchard-lane"), ("contact_email", "admin@orchard.example"), ("reseller", "nordwerk")];

/// What must be on the page that comes back.
const KEPT: [&str; 5] = [
    r#"value="Orchard &amp; Lane""#,
    r#"value="orchard-lane""#,
    r#"value="admin@orchard.example""#,
    r#"<option value="nordwerk" selected>"#,
    r#"action="/tenants/new""#,
];

#[tokio::test]
async fn a_form_sent_without_a_session_comes_back_and_can_be_sent_again() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    app.reseller("nordwerk").await;
    let mut browser = app.signed_in(&account).await;
    sqlx::query("update session set seen_at = now() - interval '16 minutes'").execute(&app.sql).await.unwrap();
    let page = browser.post(&app, "/tenants/new", &ORGANISATION).await;
    assert_eq!(page.status, 401, "{}", page.text);
    for kept in KEPT.into_iter().chain(["AUTH-111", page.request_id(), r#"href="/auth/sign-in?return_to=/account""#]) {
        assert!(page.text.contains(kept), "{kept} is not there: {}", page.text);
    }
    assert!(!page.text.contains("name=Orchard"), "what was typed is in an address");
    assert_eq!(app.entries_of(page.request_id()).await.last().unwrap().2.as_deref(), Some("AUTH-111"));
    // Signed in in another tab of the same browser, the form is taken.
    browser.sign_in(&app, &account, "/auth/sign-in?return_to=/account").await;
    let taken = browser.post(&app, "/tenants/new", &ORGANISATION).await;
    assert_eq!(taken.status, 303, "{}", taken.text);

    // The second page likewise. Of the draft itself nothing is shown to somebody who is not signed in.
    let settings = taken.location();
    let settings = settings.path();
    let form = [("cpu", "12"), ("memory_gib", "24"), ("storage_gib", "200"), ("gpu", "0"), ("region", "eu"), ("features", "crm_enabled")];
    let page = Browser::new().post(&app, settings, &form).await;
    assert_eq!(page.status, 401);
    for kept in [r#"value="12""#, r#"value="24""#, r#"value="crm_enabled" checked"#, r#"<option value="eu" selected>"#, "AUTH-111"] {
        assert!(page.text.contains(kept), "{kept} is not there: {}", page.text);
    }
    assert!(!page.text.contains("Orchard"));
    assert!(page.text.contains(&format!("action=\"{settings}\"")));
    // Programs get a problem document.
    let url = format!("{}/tenants/new", app.url).parse().unwrap();
    let headers = [("origin", app.url.as_str()), ("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
    let answer = Browser::new().send("POST", &url, &headers, Some("name=Orchard".into())).await;
    assert_eq!((answer.status, answer.header("content-type")), (401, "application/problem+json"));
}

#[tokio::test]
async fn a_form_sent_when_keycloak_has_ended_the_session_or_the_database_is_away_comes_back() {
    let (app, account, admin) = (App::start().await, Account::with(&["platform-ops"]).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    admin.must("POST", &format!("/users/{}/logout", account.id), None).await;
    let page = browser.post(&app, "/tenants/new", &ORGANISATION).await;
    assert_eq!(page.status, 401);
    for kept in KEPT.into_iter().chain(["AUTH-110"]) {
        assert!(page.text.contains(kept), "{kept} is not there: {}", page.text);
    }
    let mut browser = app.signed_in(&account).await;
    // A draft cannot be written: a failure after the person was let in.
    sqlx::query("alter table tenant add constraint refuses check (created_by = 'nobody')").execute(&app.sql).await.unwrap();
    app.reseller("nordwerk").await;
    let page = browser.post(&app, "/tenants/new", &ORGANISATION).await;
    assert_eq!(page.status, 500, "{}", page.text);
    for kept in KEPT.into_iter().chain(["APP-500", page.request_id()]) {
        assert!(page.text.contains(kept), "{kept} is not there: {}", page.text);
    }
    // Nobody can be let in.
    sqlx::query("alter table session rename to session_gone").execute(&app.sql).await.unwrap();
    let page = browser.post(&app, "/tenants/new", &ORGANISATION).await;
    assert_eq!(page.status, 503);
    for kept in KEPT.into_iter().chain(["APP-503", page.request_id()]) {
        assert!(page.text.contains(kept), "{kept} is not there: {}", page.text);
    }
}

#[tokio::test]
async fn the_address_of_every_form_opens_a_page() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let (mut browser, planted) = (app.signed_in(&account).await, app.tenant("acme", None).await);
    let draft = browser.post(&app, "/tenants/new", &[("name", "D"), ("later", "1")]).await;
    assert_eq!(draft.status, 303, "{}", draft.text);
    let draft: uuid::Uuid = sqlx::query_scalar("select id from tenant where status = 'draft'").fetch_one(&app.sql).await.unwrap();
    // A proposed change, as a person would propose it.
    sqlx::query("update tenant set status = 'active' where id = $1").bind(planted.tenant).execute(&app.sql).await.unwrap();
    let change = steward_core::context::Context::default().id().unwrap();
    sqlx::query("insert into change (id, tenant_id, kind, patch, base_version, proposed_by) values ($1, $2, 'change', '{\"name\":\"Other\"}', 1, 't')")
        .bind(change)
        .bind(planted.tenant)
        .execute(&app.sql)
        .await
        .unwrap();
    let batch = steward_core::context::Context::default().id().unwrap();
    sqlx::query("insert into batch (id, requested_by) values ($1, 't')").bind(batch).execute(&app.sql).await.unwrap();
    let forms = app
        .steward
        .routes()
        .iter()
        .filter(|route| route.method == Method::POST && matches!(route.door, Door::Form | Door::OpenForm | Door::Upload));
    let mut seen = 0;
    for route in forms {
        let id = if route.path.contains("/draft/") { draft } else { planted.tenant };
        let path = route
            .path
            .replace("{id}", &id.to_string())
            .replace("{number}", &planted.number.to_string())
            .replace("{change}", &change.to_string())
            .replace("{batch}", &batch.to_string());
        let page = browser.open(&app, &path).await;
        assert_eq!(page.status, 200, "{path} ended at {}", page.url);
        seen += 1;
        if route.door == Door::OpenForm {
            continue;
        }
        // Signed out, the page of the failure leads back there.
        let turned = Browser::new().post(&app, &path, &[]).await;
        let again = serde_urlencoded::to_string([("return_to", &path)]).unwrap();
        let kept = turned.text.contains(&format!("action=\"{path}\""));
        assert_eq!(turned.status, 401, "{path}");
        assert!(kept || turned.text.contains(&again), "{path}: {}", turned.text);
    }
    assert!(seen >= 8, "{seen} forms");
    // Nothing was signed out or thrown away by looking.
    assert_eq!(app.sessions().await, 1);
}

#[tokio::test]
async fn a_refusal_at_review_comes_back_at_the_page_that_has_the_field() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let mut browser = app.signed_in(&account).await;
    let form = [("name", "Acme"), ("short_name", "acme"), ("contact_email", "a@acme.com"), ("reseller", ""), ("later", "1")];
    browser.post(&app, "/tenants/new", &form).await;
    let draft: uuid::Uuid = sqlx::query_scalar("select id from tenant").fetch_one(&app.sql).await.unwrap();
    for (settings, field, page) in [
        (r#"{"cpu":"lots","memory_gib":"8","storage_gib":"200","gpu":"0","region":"eu","features":[]}"#, "cpu", "settings"),
        (r#"{"cpu":"4","memory_gib":"8","storage_gib":"200","gpu":"2","region":"eu","features":[]}"#, "gpu", "settings"),
    ] {
        sqlx::query("update tenant set draft = jsonb_set(draft, '{settings}', $1::jsonb)").bind(settings).execute(&app.sql).await.unwrap();
        let refused = browser.post(&app, &format!("/tenants/{draft}/draft/create"), &[("plan", "x")]).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains(&format!("action=\"/tenants/{draft}/draft/{page}\"")), "{}", refused.text);
        for part in [format!("href=\"#{field}\""), format!("id=\"{field}\""), format!("id=\"{field}-error\"")] {
            assert!(refused.text.contains(&part), "{part} is not there: {}", refused.text);
        }
    }
}

#[tokio::test]
async fn a_reseller_without_a_reseller_is_told_at_a_field_that_is_there() {
    let (app, account) = (App::start().await, Account::of(&["reseller"], Some("unknown")).await);
    let mut browser = app.signed_in(&account).await;
    let page = browser.post(&app, "/tenants/new", &[("name", "Acme"), ("short_name", "acme"), ("contact_email", "a@acme.com")]).await;
    assert_eq!(page.status, 422, "{}", page.text);
    assert!(page.text.contains("href=\"#reseller\"") && page.text.contains("id=\"reseller\""), "{}", page.text);
}

#[tokio::test]
async fn no_link_leads_to_a_refusal_in_the_persons_own_name() {
    let app = App::start().await;
    let (ops, ciso) = (Account::with(&["platform-ops"]).await, Account::with(&["ciso"]).await);
    let (mut ops, mut ciso) = (app.signed_in(&ops).await, app.signed_in(&ciso).await);
    ops.post(&app, "/tenants/new", &[("name", "Orchard"), ("later", "1")]).await;
    let (entry, draft): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select id, tenant_id from audit_intake where action like 'draft.%'").fetch_one(&app.sql).await.unwrap();
    let link = format!("href=\"/tenants/{draft}\"");
    assert!(ops.get(&app, &format!("/audit/{entry}")).await.text.contains(&link));
    assert!(!ciso.get(&app, &format!("/audit/{entry}")).await.text.contains(&link));
    // Whoever has the address sees what it is.
    let page = ciso.get(&app, &format!("/tenants/{draft}")).await;
    assert!(page.status == 200 && page.text.contains("A draft: nothing is made yet"), "{}", page.text);
    assert_eq!(app.entries_of(page.request_id()).await, []);
    ops.post(&app, &format!("/tenants/{draft}/draft/discard"), &[]).await;
    assert!(!ops.get(&app, &format!("/audit/{entry}")).await.text.contains(&link), "it is gone");
}

#[tokio::test]
async fn the_switcher_offers_the_tenants_that_a_person_sees() {
    let app = App::start().await;
    let (a, b) = (app.reseller("reseller-a").await, app.reseller("reseller-b").await);
    app.tenant("kestrel", Some(a)).await;
    app.tenant("petrel", Some(b)).await;
    let (staff, reseller) = (Account::with(&["support"]).await, Account::of(&["reseller"], Some("reseller-a")).await);
    let (mut staff, mut reseller) = (app.signed_in(&staff).await, app.signed_in(&reseller).await);
    let switcher = async |browser: &mut Browser| {
        let page = browser.get(&app, "/account").await;
        page.text.split("class=\"menu where\"").nth(1).unwrap().split("</details>").next().unwrap().to_owned()
    };
    let (of_staff, of_reseller) = (switcher(&mut staff).await, switcher(&mut reseller).await);
    assert!(of_staff.contains("kestrel") && of_staff.contains("petrel"), "{of_staff}");
    assert!(of_reseller.contains("kestrel") && !of_reseller.contains("petrel"), "{of_reseller}");
}
