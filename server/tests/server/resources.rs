//! One resource taken away and brought back on a tenant's page, with plain forms: who may, what is refused, and what the review says. No
//! worker runs: nothing is made in the systems.

use crate::changes::{active, settle};
use crate::harness::{Account, App, Browser, Client, Page};

/// The tenant's page, and its version.
async fn tenant(app: &App) -> (Client, String, String) {
    let client = Client::of(app).await;
    let api = active(app, &client).await;
    let seen = client.get(&api).await;
    (client, api.replace("/v2", ""), seen.body["version"].to_string())
}

async fn send(browser: &mut Browser, app: &App, page: &str, act: &str, kind: &str, version: &str) -> Page {
    browser.post(app, &format!("{page}/{act}-resource"), &[("kind", kind), ("version", version)]).await
}

/// The value of a hidden field.
fn hidden(page: &Page, name: &str) -> String {
    let field = page.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {}", page.text));
    field.split('"').next().unwrap().to_owned()
}

async fn open_changes(app: &App) -> i64 {
    sqlx::query_scalar("select count(*) from change where ended_at is null").fetch_one(&app.sql).await.unwrap()
}

#[tokio::test]
async fn a_person_removes_one_resource_and_brings_it_back() {
    let app = App::start().await;
    let account = Account::with(&["devops"]).await;
    let (client, page, version) = tenant(&app).await;
    let mut browser = app.signed_in(&account).await;
    let seen = browser.get(&app, &page).await;
    assert!(seen.text.contains("value=\"limit-range\"") && !seen.text.contains("bring-back-resource"), "{}", seen.text);

    let proposed = send(&mut browser, &app, &page, "remove", "limit-range", &version).await;
    assert_eq!((proposed.status, proposed.location().query()), (303, None), "{}", proposed.text);
    let review_path = proposed.location().path().to_owned();
    let review = browser.get(&app, &review_path).await;
    assert!(review.text.contains("Does without") && review.text.contains("<ins>Limit range"), "{}", review.text);
    assert!(review.text.contains("Remove limit range"), "{}", review.text);
    // Nothing is so yet.
    let api = page.replace("/tenants", "/v2/tenants");
    assert_eq!(client.get(&api).await.body["without"], serde_json::json!([]));
    let started = browser.post(&app, &format!("{review_path}/start"), &[("plan", &hidden(&review, "plan"))]).await;
    assert!(started.status == 303 && started.location().path().contains("/runs/"), "{} {}", started.status, started.text);
    settle(&app, "active").await;
    assert_eq!(client.get(&api).await.body["without"], serde_json::json!(["limit-range"]));

    let without = browser.get(&app, &page).await;
    assert!(without.text.contains("Does without") && without.text.contains(&format!("{page}/bring-back-resource\"")), "{}", without.text);
    let back = send(&mut browser, &app, &page, "bring-back", "limit-range", &hidden(&without, "version")).await;
    let review_path = back.location().path().to_owned();
    let review = browser.get(&app, &review_path).await;
    assert!(review.text.contains("<del>Limit range") && review.text.contains("Bring back limit range"), "{}", review.text);
    let started = browser.post(&app, &format!("{review_path}/start"), &[("plan", &hidden(&review, "plan"))]).await;
    assert_eq!(started.status, 303, "{}", started.text);
    settle(&app, "active").await;
    assert_eq!(client.get(&api).await.body["without"], serde_json::json!([]));
    let actions: Vec<String> =
        sqlx::query_scalar("select action from audit_intake where object_kind = 'change' and actor_id = $1 order by id")
            .bind(&account.id)
            .fetch_all(&app.sql)
            .await
            .unwrap();
    assert_eq!(actions, ["change.propose", "change.start", "change.propose", "change.start"]);
}

#[tokio::test]
async fn what_cannot_be_is_said_on_the_page_and_nothing_is_proposed() {
    let app = App::start().await;
    let account = Account::with(&["platform-ops"]).await;
    let (_, page, version) = tenant(&app).await;
    let mut browser = app.signed_in(&account).await;
    for (act, kind, says) in [
        ("remove", "folder", "Dashboard needs folder: remove it first"),
        ("remove", "moon", "There is no such kind of resource"),
        ("bring-back", "", "There is no such kind of resource"),
    ] {
        let refused = send(&mut browser, &app, &page, act, kind, &version).await;
        assert_eq!((refused.status, refused.url.query()), (422, None), "{act} {kind}: {}", refused.text);
        assert!(refused.text.contains(says) && refused.text.contains("href=\"#without\""), "{act} {kind}: {}", refused.text);
        assert!(refused.text.contains("<title>Error: ") && refused.text.contains("remove-resource\""), "the page is whole");
    }
    // It is there: nothing would change.
    let there = send(&mut browser, &app, &page, "bring-back", "dashboard", &version).await;
    assert_eq!((there.status, there.location().path()), (303, page.as_str()));
    assert!(browser.get(&app, &page).await.text.contains("Nothing would change"));
    assert_eq!(open_changes(&app).await, 0);

    // Both gone, the datasource cannot come back behind the dashboard.
    let id = page.rsplit('/').next().unwrap();
    sqlx::query("update tenant_config set without = '{loki-datasource,dashboard}' where tenant_id = $1::uuid")
        .bind(id)
        .execute(&app.sql)
        .await
        .unwrap();
    let refused = send(&mut browser, &app, &page, "bring-back", "dashboard", &version).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("Dashboard needs Loki datasource: bring that back first"), "{}", refused.text);

    // While it is being made it cannot be changed.
    settle(&app, "provisioning").await;
    let conflict = send(&mut browser, &app, &page, "remove", "limit-range", &version).await;
    assert!(conflict.status == 409 && conflict.text.contains("TEN-413"), "{} {}", conflict.status, conflict.text);
    assert!(!browser.get(&app, &page).await.text.contains("remove-resource"), "nor is it offered");
    assert_eq!(open_changes(&app).await, 0);
}

#[tokio::test]
async fn whoever_comes_later_sees_both_versions_of_the_resources() {
    let app = App::start().await;
    let account = Account::with(&["platform-ops"]).await;
    let (client, page, version) = tenant(&app).await;
    let mut browser = app.signed_in(&account).await;
    let api = page.replace("/tenants", "/v2/tenants");
    let first = client.send("PATCH", &api, Some("*"), &serde_json::json!({ "without": ["dashboard"] })).await;
    assert_eq!(first.status, 202, "{}", first.body);
    settle(&app, "active").await;
    let late = send(&mut browser, &app, &page, "remove", "limit-range", &version).await;
    let review = browser.get(&app, late.location().path()).await;
    assert!(review.text.contains("TEN-415") && review.text.contains("Does without"), "{}", review.text);
    assert!(review.text.contains("<ins>Limit range, Dashboard"), "theirs is not undone by it: {}", review.text);
}

#[tokio::test]
async fn only_those_who_may_change_a_tenant_take_its_resources_away() {
    let app = App::start().await;
    let (_, page, version) = tenant(&app).await;
    for role in ["support", "sre", "ciso", "compliance-officer"] {
        let account = Account::with(&[role]).await;
        let mut browser = app.signed_in(&account).await;
        assert!(!browser.get(&app, &page).await.text.contains("-resource\""), "{role}");
        for (act, kind) in [("remove", "limit-range"), ("bring-back", "limit-range"), ("remove", "moon")] {
            let refused = send(&mut browser, &app, &page, act, kind, &version).await;
            assert_eq!(refused.status, 403, "{role} {act} {kind}: {}", refused.text);
            let entries = app.entries_of(refused.request_id()).await;
            assert_eq!(entries.iter().map(|(_, result, _)| result.as_str()).collect::<Vec<_>>(), ["refused"], "{role} {act}");
        }
    }
    let stranger = Account::of(&["reseller"], Some("suedwerk")).await;
    let mut browser = app.signed_in(&stranger).await;
    assert_eq!(send(&mut browser, &app, &page, "remove", "limit-range", &version).await.status, 404);
    assert_eq!(open_changes(&app).await, 0);
}
