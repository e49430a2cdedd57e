//! The page of a tenant's domains: what is wrong comes back with what was typed, who may not is turned away, another reseller's tenant is
//! not there, and the API sets no domain that nobody proved.

use crate::harness::{Account, App, Client, name};
use serde_json::json;
use uuid::Uuid;

/// A tenant that can be changed.
async fn tenant(app: &App, reseller: Option<Uuid>) -> Uuid {
    let tenant = app.tenant("acme", reseller).await.tenant;
    sqlx::query("update run set state = 'done', ended_at = now() where ended_at is null").execute(&app.sql).await.unwrap();
    sqlx::query("update tenant set status = 'active', stage = 'activation' where id = $1").bind(tenant).execute(&app.sql).await.unwrap();
    sqlx::query("insert into tenant_config (tenant_id, limits, features) values ($1, $2, $3) on conflict (tenant_id) do nothing")
        .bind(tenant)
        .bind(serde_json::to_value(steward_domain::limits::Limits::default_for(false)).unwrap())
        .bind(serde_json::to_value(steward_domain::features::Features::default()).unwrap())
        .execute(&app.sql)
        .await
        .unwrap();
    tenant
}

/// A name in the zone that stands for a customer's, which nobody wrote anything into.
fn host() -> String {
    format!("{}.customer.example", name())
}

#[tokio::test]
async fn a_domain_that_is_none_comes_back_with_what_was_typed_and_a_good_one_shows_its_records() {
    let (app, account) = (App::start().await, Account::with(&["devops"]).await);
    let (mut browser, tenant) = (app.signed_in(&account).await, tenant(&app, None).await);
    let path = format!("/tenants/{tenant}/domain");
    let page = browser.get(&app, &path).await;
    assert!(page.status == 200 && page.text.contains("acme.inosec.com") && page.text.contains("Not looked at yet"), "{}", page.text);
    for (typed, says) in [
        ("crm.acme.inosec.com", "names below inosec.com are given out by Steward"),
        ("*.customer.example", "a wildcard cannot be a custom domain"),
        ("192.0.2.1", "Enter a name, not an address"),
        ("p\u{430}ypal.example", "mixes letters of several scripts"),
        ("", "Enter the domain"),
    ] {
        let refused = browser.post(&app, &path, &[("custom_domain", typed)]).await;
        assert_eq!((refused.status, refused.url.query()), (422, None), "{typed}");
        assert!(refused.text.contains(says) && refused.text.contains(&format!("value=\"{typed}\"")), "{typed}: {}", refused.text);
        assert!(refused.text.contains("href=\"#custom_domain\""), "{typed}");
    }
    let host = host();
    let begun = browser.post(&app, &path, &[("custom_domain", &format!(" {}", host.to_uppercase()))]).await;
    assert_eq!((begun.status, begun.location().path(), begun.location().query()), (303, path.as_str(), None));
    let page = browser.get(&app, &path).await;
    let token: String = sqlx::query_scalar("select token from domain_challenge").fetch_one(&app.sql).await.unwrap();
    for shown in [
        format!("_steward-challenge.{host}"),
        format!("steward-challenge={token}"),
        "ingress.inosec.com".into(),
        "Not looked for yet".into(),
    ] {
        assert!(page.text.contains(&shown), "{shown} is not there");
    }
    // Nothing of it is proposed before it is verified, whatever is sent.
    let refused = browser.post(&app, &format!("{path}/propose"), &[("custom_domain", &host), ("version", "1")]).await;
    assert!(refused.status == 422 && refused.text.contains("is not verified yet"), "{}", refused.status);
    let checked = browser.post(&app, &format!("{path}/verify"), &[("custom_domain", &host)]).await;
    assert_eq!(checked.status, 303);
    let page = browser.get(&app, &path).await;
    assert!(page.text.contains("There is no name _steward-challenge") && page.text.contains("Not found yet"), "{}", page.text);
    sqlx::query("update domain_challenge set verified_at = now()").execute(&app.sql).await.unwrap();
    let proposed = browser.post(&app, &format!("{path}/propose"), &[("custom_domain", &host), ("version", "1")]).await;
    let change: Uuid = sqlx::query_scalar("select id from change").fetch_one(&app.sql).await.unwrap();
    assert_eq!((proposed.status, proposed.location().path()), (303, format!("/tenants/{tenant}/changes/{change}").as_str()));
    let forgotten = browser.post(&app, &format!("{path}/forget"), &[("custom_domain", &host)]).await;
    assert_eq!(forgotten.status, 303);
    let left: i64 = sqlx::query_scalar("select count(*) from domain_challenge").fetch_one(&app.sql).await.unwrap();
    assert_eq!(left, 0);
    // Signed out meanwhile: what was typed stays.
    sqlx::query("update session set seen_at = now() - interval '16 minutes'").execute(&app.sql).await.unwrap();
    let page = browser.post(&app, &path, &[("custom_domain", &host)]).await;
    assert!(page.status == 401 && page.text.contains(&format!("value=\"{host}\"")) && !page.text.contains("Acme"), "{}", page.text);
}

#[tokio::test]
async fn who_may_not_change_tenants_looks_only_and_anothers_tenant_is_not_there() {
    let app = App::start().await;
    let (one, other) = (app.reseller("nordwerk").await, app.reseller("suedwerk").await);
    let tenant = tenant(&app, Some(one)).await;
    let (path, host) = (format!("/tenants/{tenant}/domain"), host());
    let acts = ["", "/verify", "/propose", "/remove", "/forget"];
    let support = Account::with(&["support"]).await;
    let mut browser = app.signed_in(&support).await;
    let page = browser.get(&app, &path).await;
    assert!(page.status == 200 && !page.text.contains("name=\"custom_domain\"") && !page.text.contains("Check now"), "{}", page.text);
    for act in acts.iter().chain(&["/check", "/renew"]) {
        let refused = browser.post(&app, &format!("{path}{act}"), &[("custom_domain", &host), ("version", "1")]).await;
        assert_eq!(refused.status, 403, "{act}");
    }
    let stranger = Account::of(&["reseller"], Some("suedwerk")).await;
    let mut browser = app.signed_in(&stranger).await;
    assert_eq!(browser.get(&app, &path).await.status, 404);
    for act in acts {
        let gone = browser.post(&app, &format!("{path}{act}"), &[("custom_domain", &host), ("version", "1")]).await;
        assert_eq!(gone.status, 404, "{act}");
    }
    let owner = Account::of(&["reseller"], Some("nordwerk")).await;
    let mut browser = app.signed_in(&owner).await;
    assert_eq!(browser.post(&app, &path, &[("custom_domain", &host)]).await.status, 303);
    let rows: i64 =
        sqlx::query_scalar("select count(*) from domain_challenge where tenant_id = $1").bind(tenant).fetch_one(&app.sql).await.unwrap();
    assert_eq!((rows, one != other), (1, true));
}

#[tokio::test]
async fn the_api_sets_no_domain_that_nobody_proved() {
    let app = App::start().await;
    let tenant = tenant(&app, None).await;
    let client = Client::of(&app).await;
    let path = format!("/v2/tenants/{tenant}");
    let seen = client.get(&path).await.header("etag").to_owned();
    let patch = async |body: serde_json::Value| client.send("PATCH", &path, Some(&seen), &body).await;
    let answer = patch(json!({ "custom_domain": "acme.inosec.com" })).await;
    assert_eq!(answer.status, 422, "{:?}", answer.body);
    let answer = patch(json!({ "custom_domain": host() })).await;
    assert_eq!(answer.status, 422, "{:?}", answer.body);
    assert!(
        answer.body.to_string().contains("is not verified yet") && answer.body.to_string().contains("custom_domain"),
        "{:?}",
        answer.body
    );
    let answer = patch(json!({ "custom_domain": null })).await;
    assert_eq!((answer.status, answer.code()), (409, "TEN-414"), "{:?}", answer.body);
}
