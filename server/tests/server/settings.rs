//! The pages Settings and Drift, with plain forms: a change is proposed, reviewed, started, and then is so.

use crate::changes::{active, settle};
use crate::harness::{Account, App, Browser, Client};
use serde_json::json;

/// Starts what is reviewed there, and ends its run.
async fn start(browser: &mut Browser, app: &App, review_path: &str) {
    let review = browser.get(app, review_path).await;
    let plan = review.text.split("name=\"plan\" value=\"").nth(1).unwrap_or_else(|| panic!("no plan: {}", review.text));
    let plan = plan.split('"').next().unwrap().to_owned();
    let started = browser.post(app, &format!("{review_path}/start"), &[("plan", &plan)]).await;
    assert!(started.status == 303 && started.location().path().contains("/runs/"), "{} {}", started.status, started.text);
    settle(app, "active").await;
}

#[tokio::test]
async fn name_contact_and_features_are_changed_together() {
    let app = App::start().await;
    let (client, account) = (Client::of(&app).await, Account::with(&["devops"]).await);
    let api = active(&app, &client).await;
    let settings = format!("{}/settings", api.replace("/v2", ""));
    let mut browser = app.signed_in(&account).await;
    let page = browser.get(&app, &settings).await;
    assert!(page.text.contains("value=\"Acme Corp\"") && page.text.contains("value=\"admin@acme.com\""), "{}", page.text);
    let version = client.get(&api).await.body["version"].to_string();
    let typed = |contact: &'static str, version: &str| {
        [("name", "Acme <SA>"), ("contact_email", contact), ("features", "crm_enabled"), ("features", "ml_enabled"), ("version", version)]
            .map(|(field, value)| (field.to_owned(), value.to_owned()))
    };
    let post = async |browser: &mut Browser, form: &[(String, String)]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
        browser.post(&app, &settings, &form).await
    };
    let wrong = post(&mut browser, &typed("nobody", &version)).await;
    assert_eq!((wrong.status, wrong.url.query()), (422, None), "{}", wrong.text);
    for part in ["href=\"#contact_email\"", "value=\"nobody\"", "value=\"Acme &lt;SA&gt;\"", "value=\"ml_enabled\" checked"] {
        assert!(wrong.text.contains(part), "{part} is not there: {}", wrong.text);
    }

    let proposed = post(&mut browser, &typed("ops@acme.com", &version)).await;
    assert_eq!((proposed.status, proposed.location().query()), (303, None), "{}", proposed.text);
    let review_path = proposed.location().path().to_owned();
    let review = browser.get(&app, &review_path).await;
    for part in ["<del>Acme Corp", "<ins>Acme &lt;SA&gt;", "<del>admin@acme.com", "<ins>ops@acme.com", "Features", "Apply settings"] {
        assert!(review.text.contains(part), "{part} is not there: {}", review.text);
    }
    start(&mut browser, &app, &review_path).await;
    let now = client.get(&api).await.body;
    assert_eq!((&now["name"], &now["contact_email"]), (&json!("Acme <SA>"), &json!("ops@acme.com")));
    let on: Vec<&str> =
        now["features"].as_object().unwrap().iter().filter(|(_, on)| **on == json!(true)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(on, ["crm_enabled", "ml_enabled"]);
    let page = browser.get(&app, &settings).await;
    assert!(page.text.contains("value=\"Acme &lt;SA&gt;\"") && page.text.contains("value=\"ops@acme.com\""), "{}", page.text);
    assert!(page.text.contains("value=\"ml_enabled\" checked") && !page.text.contains("value=\"erp_enabled\" checked"), "{}", page.text);

    // The same once more changes nothing.
    let same = post(&mut browser, &typed("ops@acme.com", &now["version"].to_string())).await;
    assert_eq!((same.status, same.location().path()), (303, settings.as_str()), "{}", same.text);
    assert!(browser.get(&app, &settings).await.text.contains("Nothing would change"));
}

#[tokio::test]
async fn a_tenant_says_whether_it_is_repaired_by_itself() {
    let app = App::start().await;
    let (client, account) = (Client::of(&app).await, Account::with(&["devops"]).await);
    let api = active(&app, &client).await;
    let board = format!("{}/drift", api.replace("/v2", ""));
    let mut browser = app.signed_in(&account).await;
    let silently = async || {
        let silently: bool = sqlx::query_scalar("select repair_silently from tenant_config").fetch_one(&app.sql).await.unwrap();
        silently
    };
    for (wanted, was, is, button) in [
        ("true", "Reported, never repaired silently", "Repaired by itself", "Only report it"),
        ("false", "Repaired by itself", "Reported, never repaired silently", "Repair by itself"),
    ] {
        let page = browser.get(&app, &board).await;
        assert!(page.text.contains(was) && page.text.contains(&format!("name=\"silently\" value=\"{wanted}\"")), "{}", page.text);
        let version = page.text.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let proposed = browser.post(&app, &format!("{board}/silently"), &[("silently", wanted), ("version", &version)]).await;
        assert_eq!((proposed.status, proposed.location().query()), (303, None), "{}", proposed.text);
        let review_path = proposed.location().path().to_owned();
        let review = browser.get(&app, &review_path).await;
        assert!(review.text.contains(&format!("<del>{was}")) && review.text.contains(&format!("<ins>{is}")), "{}", review.text);
        let so = wanted == "true";
        assert_eq!(silently().await, !so, "nothing is so before the plan was agreed to");
        start(&mut browser, &app, &review_path).await;
        assert_eq!(silently().await, so);
        let page = browser.get(&app, &board).await;
        assert!(page.text.contains(is) && page.text.contains(button), "{}", page.text);
    }
    let support = Account::with(&["support"]).await;
    let mut browser = app.signed_in(&support).await;
    assert!(!browser.get(&app, &board).await.text.contains("/drift/silently"));
    assert_eq!(browser.post(&app, &format!("{board}/silently"), &[("silently", "true"), ("version", "1")]).await.status, 403);
}
