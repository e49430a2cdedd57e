//! The review of a change as a person sees it: an old plan does not run, and two people's versions stand side by side until one is chosen.

use crate::changes::{active, settle};
use crate::harness::{Account, App, Browser, Client, Page};
use serde_json::json;

async fn runs(app: &App, kind: &str) -> i64 {
    sqlx::query_scalar("select count(*) from run where kind = $1").bind(kind).fetch_one(&app.sql).await.unwrap()
}

/// The plan that the page's button would start.
fn plan_of(page: &Page) -> String {
    let field = page.text.split("name=\"plan\" value=\"").nth(1).unwrap_or_else(|| panic!("no plan: {}", page.text));
    field.split('"').next().unwrap().to_owned()
}

/// Proposes other limits on the page. Gives the review's path.
async fn propose(browser: &mut Browser, app: &App, tenant: &str, version: &str, cpu: &str) -> String {
    let form = [("cpu", cpu), ("memory_gib", "8"), ("storage_gib", "200"), ("gpu", "0"), ("version", version)];
    let proposed = browser.post(app, &format!("{tenant}/limits"), &form).await;
    assert_eq!(proposed.status, 303, "{}", proposed.text);
    proposed.location().path().to_owned()
}

#[tokio::test]
async fn an_old_plan_does_not_run_and_the_new_one_is_shown_in_its_place() {
    let app = App::start().await;
    let (client, account) = (Client::of(&app).await, Account::with(&["devops"]).await);
    let api = active(&app, &client).await;
    let (tenant, version) = (api.replace("/v2", ""), client.get(&api).await.body["version"].to_string());
    let mut browser = app.signed_in(&account).await;
    let review_path = propose(&mut browser, &app, &tenant, &version, "6").await;
    let reviewed = browser.get(&app, &review_path).await;
    assert!(reviewed.text.contains("<del>4 cores") && reviewed.text.contains("<ins>6 cores"), "{}", reviewed.text);
    let old = plan_of(&reviewed);

    // Somebody changes another setting: what was reviewed is not what would run.
    let changed = client.send("PATCH", &api, Some("*"), &json!({ "features": { "crm_enabled": false } })).await;
    assert_eq!(changed.status, 202, "{}", changed.body);
    settle(&app, "active").await;
    let before = runs(&app, "change").await;
    let start = format!("{review_path}/start");
    let refused = browser.post(&app, &start, &[("plan", &old)]).await;
    assert_eq!((refused.status, refused.url.query()), (409, None), "{}", refused.text);
    for part in ["<title>Error: Review", "The plan changed", "Nothing ran", "TEN-409", "<ins>6 cores", "<h2>Plan</h2>"] {
        assert!(refused.text.contains(part), "{part} is not there: {}", refused.text);
    }
    let new = plan_of(&refused);
    assert_ne!(new, old);
    assert_eq!((runs(&app, "change").await, client.get(&api).await.body["limits"]["cpu"].as_i64()), (before, Some(4)));
    let not_started = app.entries_of(refused.request_id()).await;
    assert_eq!(not_started, [("change.start-fail".to_owned(), "failed".to_owned(), Some("TEN-409".to_owned()))]);

    // What was made up is no plan either; the one that is shown runs, once.
    assert_eq!(browser.post(&app, &start, &[("plan", "made-up")]).await.status, 409);
    let started = browser.post(&app, &start, &[("plan", &new)]).await;
    assert!(started.status == 303 && started.location().path().contains("/runs/"), "{} {}", started.status, started.text);
    let twice = browser.post(&app, &start, &[("plan", &new)]).await;
    assert_eq!((twice.status, twice.location().path()), (303, started.location().path()));
    assert_eq!((runs(&app, "change").await, client.get(&api).await.body["limits"]["cpu"].as_i64()), (before + 1, Some(6)));
}

#[tokio::test]
async fn a_person_goes_on_with_their_own_version_once_they_saw_both() {
    let app = App::start().await;
    let (client, account) = (Client::of(&app).await, Account::with(&["devops"]).await);
    let api = active(&app, &client).await;
    let (tenant, version) = (api.replace("/v2", ""), client.get(&api).await.body["version"].to_string());
    let mut browser = app.signed_in(&account).await;
    let review_path = propose(&mut browser, &app, &tenant, &version, "6").await;
    let plan = plan_of(&browser.get(&app, &review_path).await);
    let theirs = client.send("PATCH", &api, Some("*"), &json!({ "limits": { "cpu": 8 } })).await;
    assert_eq!(theirs.status, 202, "{}", theirs.body);
    settle(&app, "active").await;

    // Whoever presses the button of the page that they had open is shown both, and nothing of theirs runs.
    let before = runs(&app, "change").await;
    let refused = browser.post(&app, &format!("{review_path}/start"), &[("plan", &plan)]).await;
    assert_eq!((refused.status, refused.location().path()), (303, review_path.as_str()), "{}", refused.text);
    let both = browser.get(&app, &review_path).await;
    for part in ["TEN-415", "steward-api-client", "<del>4 cores", ">8 cores", "<ins>6 cores", "Go on with yours", "Keep theirs"] {
        assert!(both.text.contains(part), "{part} is not there: {}", both.text);
    }
    assert!(!both.text.contains("/start\""), "nothing can be started before one is chosen: {}", both.text);
    assert_eq!((runs(&app, "change").await, client.get(&api).await.body["limits"]["cpu"].as_i64()), (before, Some(8)));

    // Somebody who may not change tenants does not choose for them.
    let support = Account::with(&["support"]).await;
    let mut other = app.signed_in(&support).await;
    assert_eq!(other.post(&app, &format!("{review_path}/insist"), &[]).await.status, 403);

    let insisted = browser.post(&app, &format!("{review_path}/insist"), &[]).await;
    assert_eq!((insisted.status, insisted.location().path()), (303, review_path.as_str()), "{}", insisted.text);
    let review = browser.get(&app, &review_path).await;
    assert!(
        review.text.contains("<del>8 cores") && review.text.contains("<ins>6 cores") && !review.text.contains("TEN-415"),
        "{}",
        review.text
    );
    let started = browser.post(&app, &format!("{review_path}/start"), &[("plan", &plan_of(&review))]).await;
    assert_eq!(started.status, 303, "{}", started.text);
    assert_eq!((runs(&app, "change").await, client.get(&api).await.body["limits"]["cpu"].as_i64()), (before + 1, Some(6)));
}
