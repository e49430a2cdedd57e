//! What the API refuses of changes and runs: what is another reseller's, what is wrong in a body, what does not fit what is there now.

use crate::changes::{active, settle};
use crate::harness::{Admin, App, Client};
use serde_json::{Value, json};
use steward_core::provisioning::Capacity;

#[tokio::test]
async fn a_tenant_of_another_reseller_is_not_there_whatever_is_asked_of_it() {
    let app = App::start().await;
    let ops = Client::of(&app).await;
    let tenant = active(&app, &ops).await;
    let (own, admin) = (app.reseller("reseller-a").await, Admin::new().await);
    app.reseller("reseller-b").await;
    sqlx::query("update tenant set reseller_id = $1").bind(own).execute(&app.sql).await.unwrap();
    let seen = ops.get(&tenant).await;
    let proposed = ops.send("POST", &format!("{tenant}/plan"), None, &json!({ "limits": { "cpu": 8 } })).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    let start = json!({ "change": proposed.body["change"], "plan_hash": proposed.body["plan"]["hash"] });
    let (mut clients, mut ids) = (Vec::new(), Vec::new());
    for reseller in ["reseller-a", "reseller-b"] {
        let (token, id) = admin.api_client(&format!("test-refusals-{reseller}-{}", std::process::id()), "reseller", Some(reseller)).await;
        clients.push(Client::with(&app, token));
        ids.push(id);
    }
    let everything = async || -> (i64, i64, i64) {
        let counts = sqlx::query_as(
            "select (select count(*) from run), (select count(*) from change where ended_at is null), (select max(version) from tenant)",
        );
        counts.fetch_one(&app.sql).await.unwrap()
    };
    let before = everything().await;
    let by_name = format!("/v2/tenants/{}", seen.body["short_name"].as_str().unwrap());
    for tenant in [&tenant, &by_name] {
        let (plan, features, runs) = (format!("{tenant}/plan"), format!("{tenant}/features"), format!("{tenant}/runs"));
        let run = format!("{runs}/{}", seen.body["last_run"]["number"]);
        for path in [tenant, &plan, &features, &runs, &run] {
            let hidden = clients[1].get(path).await;
            assert_eq!((hidden.status, hidden.code(), hidden.header("etag")), (404, "APP-404", ""), "GET {path}");
            assert_eq!(clients[0].get(path).await.status, 200, "GET {path}");
        }
        // Not even which version there is shows: another one is no 412, none at all no 428.
        for (method, path, body) in [
            ("PATCH", tenant, json!({ "limits": { "cpu": 8 } })),
            ("PATCH", &features, json!({ "ml_enabled": true })),
            ("POST", &plan, json!({ "name": "Other" })),
            ("POST", &runs, start.clone()),
        ] {
            for tag in [None, Some("\"v1\""), Some(seen.header("etag"))] {
                let hidden = clients[1].send(method, path, tag, &body).await;
                assert_eq!((hidden.status, hidden.code()), (404, "APP-404"), "{method} {path} {tag:?}: {}", hidden.body);
                let entries = app.entries_of(hidden.header("x-request-id")).await;
                assert!(entries.iter().any(|(_, result, _)| result == "refused"), "{method} {path}: {entries:?}");
            }
        }
        // What no reseller may do is refused before anything is looked for.
        for path in [format!("{tenant}/deactivate"), format!("{run}/cancel"), format!("{run}/retry")] {
            let refused = clients[1].send("POST", &path, None, &json!({})).await;
            assert_eq!((refused.status, refused.code()), (403, "APP-403"), "{path}");
        }
    }
    assert_eq!(everything().await, before);
    let taken = clients[0].send("POST", &format!("{tenant}/runs"), None, &start).await;
    assert_eq!(taken.status, 202, "its own reseller's people may: {}", taken.body);
    for id in ids {
        admin.must("DELETE", &format!("/clients/{id}"), None).await;
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_named_wherever_a_change_begins() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let run = format!("/runs/{}", client.get(&tenant).await.body["last_run"]["number"]);
    let (cancel, retry) = (format!("{run}/cancel"), format!("{run}/retry"));
    for (path, body, wrong) in [
        ("/plan", json!([]), vec![""]),
        ("/plan", json!({ "limits": { "cpu": 0 }, "x": 1 }), vec!["/x", "/limits/cpu"]),
        ("/plan", json!({ "suspended": 1, "name": "x" }), vec!["/name", "/suspended"]),
        ("/plan", json!({ "suspended": true, "reason": 7 }), vec!["/reason"]),
        ("/plan", json!({ "repair": [] }), vec!["/repair"]),
        ("/plan", json!({ "repair": ["moon"] }), vec!["/repair"]),
        ("/plan", json!({ "roll_back": "yes" }), vec!["/roll_back"]),
        ("/runs", json!({}), vec!["/change", "/plan_hash"]),
        ("/runs", json!({ "change": "x", "plan_hash": 7 }), vec!["/plan_hash", "/change"]),
        ("/deactivate", json!({ "reason": 7, "when": "now" }), vec!["/when", "/reason"]),
        (&retry, json!({ "step": "x" }), vec!["/step"]),
    ] {
        let refused = client.send("POST", &format!("{tenant}{path}"), None, &body).await;
        assert_eq!((refused.status, refused.code(), refused.pointers()), (422, "APP-422", wrong), "{path} {body}");
    }
    // What is done is neither cancelled nor tried again.
    for path in [cancel, retry] {
        let late = client.send("POST", &format!("{tenant}{path}"), None, &json!({})).await;
        assert_eq!((late.status, late.code()), (409, "APP-409"), "{path}: {}", late.body);
    }
}

#[tokio::test]
async fn what_does_not_fit_what_is_there_says_which_way() {
    let app = App::start_changed(|configuration| {
        configuration.provisioning.capacity = Some(Capacity { cpu: 20, memory_gib: 1000, storage_gib: 10_000, gpu: 0 });
    })
    .await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let (plan, runs, deactivate) = (format!("{tenant}/plan"), format!("{tenant}/runs"), format!("{tenant}/deactivate"));
    let refused = async |method: &str, path: &str, body: Value| {
        let answer = client.send(method, path, Some("*"), &body).await;
        assert_eq!(answer.status, 409, "{method} {path} {body}: {}", answer.body);
        answer.code().to_owned()
    };
    // More than the platform has: the plan says so, and nothing is kept of it.
    let too_much = json!({ "limits": { "cpu": 21 } });
    assert_eq!(refused("PATCH", &tenant, too_much.clone()).await, "TEN-412");
    let planned = client.send("POST", &plan, None, &too_much).await;
    assert_eq!((planned.status, &planned.body["plan"]["may_run"]), (201, &json!(false)), "{}", planned.body);
    let start = |of: &Value| json!({ "change": of["change"], "plan_hash": of["plan"]["hash"] });
    assert_eq!(refused("POST", &runs, start(&planned.body)).await, "TEN-409");
    assert_eq!(client.get(&tenant).await.body["limits"]["cpu"], json!(4));

    // Somebody else changed the same setting after it was proposed: both versions are to be looked at first.
    let mine = client.send("POST", &plan, None, &json!({ "limits": { "cpu": 8 } })).await;
    assert_eq!(client.send("PATCH", &tenant, Some("*"), &json!({ "limits": { "cpu": 6 } })).await.status, 202);
    // Another run is under way, of whatever kind the next one is.
    assert_eq!(refused("PATCH", &format!("{tenant}/features"), json!({ "crm_enabled": false })).await, "TEN-411");
    assert_eq!(refused("POST", &deactivate, json!({})).await, "TEN-411");
    let repair = client.send("POST", &plan, None, &json!({ "repair": true })).await;
    assert_eq!(refused("POST", &runs, start(&repair.body)).await, "TEN-411");
    settle(&app, "active").await;
    assert_eq!(refused("POST", &runs, start(&mine.body)).await, "TEN-415");

    assert_eq!(refused("PATCH", &format!("{tenant}/features"), json!({ "crm_enabled": true })).await, "TEN-414");
    settle(&app, "suspended").await;
    assert_eq!(refused("POST", &deactivate, json!({})).await, "TEN-413");
    assert_eq!(refused("POST", &plan, json!({ "suspended": true })).await, "TEN-413");
    settle(&app, "offboarding").await;
    assert_eq!(refused("PATCH", &tenant, json!({ "name": "Acme SA" })).await, "TEN-413");
    assert_eq!(refused("POST", &plan, json!({ "repair": true })).await, "TEN-413");
}
