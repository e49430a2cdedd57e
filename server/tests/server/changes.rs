//! Changes of a tenant through the API, on the real systems as far as a plan looks at them. No worker runs: nothing is made in them.

use crate::harness::{Admin, Answer, App, Client, InUse, name};
use serde_json::{Value, json};

/// A tenant that is active as far as Steward knows, with nothing of it in any system. Gives its path.
async fn active(app: &App, client: &Client) -> String {
    let short_name = name();
    let body = json!({ "name": "Acme Corp", "domain": format!("{short_name}.inosec.com"), "contact_email": "admin@acme.com" });
    let created = client.create(None, &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    settle(app, "active").await;
    created.header("location").to_owned()
}

/// Ends every run as if its workers had done it.
async fn settle(app: &App, status: &str) {
    sqlx::query("update run_step set state = 'done' where state <> 'cancelled'").execute(&app.sql).await.unwrap();
    sqlx::query("update run set state = 'done', ended_at = now() where ended_at is null").execute(&app.sql).await.unwrap();
    sqlx::query("update tenant set status = $1, stage = 'monitoring'").bind(status).execute(&app.sql).await.unwrap();
}

async fn open_changes(app: &App) -> i64 {
    sqlx::query_scalar("select count(*) from change where ended_at is null").fetch_one(&app.sql).await.unwrap()
}

fn items(plan: &Value) -> Vec<(&str, &str)> {
    plan["items"].as_array().unwrap().iter().map(|item| (item["kind"].as_str().unwrap(), item["action"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn settings_change_against_the_version_that_was_seen() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let seen = client.get(&tenant).await;
    let tag = seen.header("etag").to_owned();
    assert_eq!(tag, format!("\"v{}\"", seen.body["version"]));
    // By its short name it is the same.
    let by_name = client.get(&format!("/v2/tenants/{}", seen.body["short_name"].as_str().unwrap())).await;
    assert_eq!((by_name.header("etag"), &by_name.body["tenant_id"]), (tag.as_str(), &seen.body["tenant_id"]));

    let patch = json!({ "limits": { "cpu": 8 }, "name": "Acme SA" });
    let without = client.send("PATCH", &tenant, None, &patch).await;
    assert_eq!((without.status, without.code()), (428, "APP-428"), "{}", without.body);
    let weak = client.send("PATCH", &tenant, Some("W/\"v2\""), &patch).await;
    assert_eq!((weak.status, weak.code()), (400, "APP-400"));

    // Only looked at: nothing is kept.
    let looked = client.send("PATCH", &format!("{tenant}?dry_run=true"), Some(&tag), &patch).await;
    assert_eq!((looked.status, &looked.body["change"], looked.header("etag")), (200, &Value::Null, tag.as_str()), "{}", looked.body);
    assert_eq!(
        looked.body["settings"],
        json!([
            { "label": "Name", "before": "Acme Corp", "after": "Acme SA" },
            { "label": "CPU", "before": "4 cores", "after": "8 cores" },
        ])
    );
    assert!(items(&looked.body["plan"]).contains(&("resource-quota", "create")));
    assert_eq!(looked.body["plan"]["hash"].as_str().map(str::len), Some(64));
    assert_eq!((client.get(&tenant).await.body["limits"]["cpu"].as_i64(), open_changes(&app).await), (Some(4), 0));

    let changed = client.send("PATCH", &tenant, Some(&tag), &patch).await;
    assert_eq!(changed.status, 202, "{}", changed.body);
    let run = client.get(changed.header("location")).await;
    assert_eq!(
        (run.body["kind"].as_str(), run.body["title"].as_str(), run.body["state"].as_str()),
        (Some("change"), Some("Change settings"), Some("running"))
    );
    assert_eq!(changed.body["run"]["number"], run.body["number"]);
    let now = client.get(&tenant).await;
    assert_eq!((now.header("etag"), &now.body["name"], &now.body["limits"]["cpu"]), (changed.header("etag"), &json!("Acme SA"), &json!(8)));
    assert_ne!(now.header("etag"), tag);

    // Another run is under way: nothing is changed, and nothing stays open.
    let busy = client.send("PATCH", &tenant, Some(now.header("etag")), &json!({ "limits": { "cpu": 9 } })).await;
    assert_eq!((busy.status, busy.code()), (409, "TEN-411"), "{}", busy.body);
    settle(&app, "active").await;
    let same = client.send("PATCH", &tenant, Some(now.header("etag")), &patch).await;
    assert_eq!((same.status, same.code()), (409, "TEN-414"));
    assert_eq!(open_changes(&app).await, 0);
}

#[tokio::test]
async fn whoever_comes_later_gets_both_versions() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let base = client.get(&tenant).await;
    let first = client.send("PATCH", &tenant, Some(base.header("etag")), &json!({ "limits": { "cpu": 6, "memory_gib": 16 } })).await;
    assert_eq!(first.status, 202, "{}", first.body);
    settle(&app, "active").await;
    let mine = json!({ "limits": { "cpu": 8 }, "name": "Acme SA" });
    let late = client.send("PATCH", &tenant, Some(base.header("etag")), &mine).await;
    assert_eq!((late.status, late.code()), (412, "TEN-416"), "{}", late.body);
    assert_eq!((&late.body["base_version"], &late.body["version"]), (&base.body["version"], &first.body["version"]));
    assert_eq!(late.body["changed_by"], json!("steward-api-client"));
    assert_eq!(
        late.body["settings"],
        json!([
            { "setting": "CPU", "base": "4 cores", "theirs": "6 cores", "mine": "8 cores" },
            { "setting": "Memory", "base": "8 GiB", "theirs": "16 GiB", "mine": "8 GiB" },
            { "setting": "Name", "base": "Acme Corp", "theirs": "Acme Corp", "mine": "Acme SA" },
        ])
    );
    let unknown = client.send("PATCH", &tenant, Some("\"v99\""), &mine).await;
    assert_eq!((unknown.status, unknown.body["settings"][0]["base"].as_str()), (412, Some("not known")));
    // The plan is refused likewise, if the client says which version it saw.
    let plan = client.send("POST", &format!("{tenant}/plan"), Some(base.header("etag")), &mine).await;
    assert_eq!((plan.status, plan.code()), (412, "TEN-416"));
    assert_eq!(client.send("PATCH", &tenant, Some("*"), &mine).await.status, 202);
}

#[tokio::test]
async fn every_mistake_of_a_change_is_named_at_its_place() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let wrong = |body: Value| {
        let (client, tenant) = (&client, &tenant);
        async move {
            let refused = client.send("PATCH", tenant, Some("*"), &body).await;
            let mut pointers: Vec<String> = refused.pointers().into_iter().map(str::to_owned).collect();
            pointers.sort();
            (refused.status, pointers.join(" "))
        }
    };
    assert_eq!(wrong(json!([])).await, (422, String::new()));
    assert_eq!(wrong(json!({ "domain": "x", "suspended": true, "name": null })).await, (422, "/domain /name /suspended".into()));
    assert_eq!(
        wrong(json!({ "limits": { "cpu": 0, "gpu": "two", "disk": 1 } })).await,
        (422, "/limits/cpu /limits/disk /limits/gpu".into())
    );
    assert_eq!(wrong(json!({ "limits": { "gpu": 1 } })).await, (422, "/limits/gpu".into()));
    assert_eq!(wrong(json!({ "contact_email": "nobody", "features": { "x": true } })).await, (422, "/contact_email /features/x".into()));
    assert_eq!(wrong(json!({ "without": ["namespace"] })).await, (422, "/without".into()));
    assert_eq!(wrong(json!({ "without": ["moon"] })).await, (422, "/without".into()));
    for (path, body) in [("/plan", json!({ "repair": [] })), ("/plan", json!({ "suspended": 1 })), ("/runs", json!({ "change": "x" }))] {
        assert_eq!(client.send("POST", &format!("{tenant}{path}"), None, &body).await.status, 422, "{path} {body}");
    }
    assert_eq!(client.send("PATCH", &format!("{tenant}?dry=1"), Some("*"), &json!({})).await.pointers(), ["dry"]);
    assert_eq!(client.send("PATCH", "/v2/tenants/nobody", Some("*"), &json!({})).await.status, 404);
    assert_eq!(open_changes(&app).await, 0);
}

#[tokio::test]
async fn limits_below_what_is_used_are_refused_at_their_place_unless_the_body_agrees() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let seen = client.get(&tenant).await.body;
    let (short_name, id) = (seen["short_name"].as_str().unwrap(), seen["tenant_id"].as_str().unwrap());
    let _five = InUse::storage(short_name, id, 5).await;
    let words = "Storage: 4 GiB is less than the 5 GiB in use";
    let lower = json!({ "limits": { "storage_gib": 4 } });
    for (method, path) in [("PATCH", tenant.clone()), ("PATCH", format!("{tenant}?dry_run=true")), ("POST", format!("{tenant}/plan"))] {
        let refused = client.send(method, &path, Some("*"), &lower).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/limits/storage_gib"]), "{path}: {}", refused.body);
        assert!(refused.body["errors"].to_string().contains(words), "{}", refused.body);
        let silent = client.send(method, &path, Some("*"), &json!({ "limits": { "storage_gib": 4 }, "below_use": false })).await;
        assert_eq!(silent.status, 422, "{path}: {}", silent.body);
    }
    assert_eq!((client.get(&tenant).await.body["limits"]["storage_gib"].as_i64(), open_changes(&app).await), (Some(200), 0));
    // What is used is enough.
    let enough = client.send("PATCH", &format!("{tenant}?dry_run=true"), Some("*"), &json!({ "limits": { "storage_gib": 5 } })).await;
    assert_eq!(enough.status, 200, "{}", enough.body);

    let agreed = json!({ "limits": { "storage_gib": 4 }, "below_use": true });
    let plan = client.send("POST", &format!("{tenant}/plan"), None, &agreed).await;
    assert_eq!((plan.status, &plan.body["plan"]["may_run"]), (201, &json!(true)), "{}", plan.body);
    assert!(
        plan.body["plan"].to_string().contains(&format!("{words}. What runs goes on; whatever is new or grows is refused")),
        "{}",
        plan.body
    );
    let changed = client.send("PATCH", &tenant, Some("*"), &agreed).await;
    assert_eq!(changed.status, 202, "{}", changed.body);
    assert_eq!(client.get(&tenant).await.body["limits"]["storage_gib"].as_i64(), Some(4));
}

#[tokio::test]
async fn features_have_an_address_of_their_own() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let features = format!("{tenant}/features");
    let seen = client.get(&features).await;
    let all = json!({ "crm_enabled": true, "erp_enabled": true, "ml_enabled": false, "security_insights": true, "email_marketing": true });
    assert_eq!((seen.status, &seen.body), (200, &all));
    assert_eq!(client.send("PATCH", &features, None, &json!({ "ml_enabled": true })).await.status, 428);
    let wrong = client.send("PATCH", &features, Some("*"), &json!({ "ml_enabled": "yes", "limits": {} })).await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/limits", "/ml_enabled"]));
    let changed = client.send("PATCH", &features, Some(seen.header("etag")), &json!({ "ml_enabled": true, "crm_enabled": false })).await;
    assert_eq!(changed.status, 202, "{}", changed.body);
    let now = client.get(&features).await;
    assert_eq!((&now.body["ml_enabled"], &now.body["crm_enabled"], &now.body["erp_enabled"]), (&json!(true), &json!(false), &json!(true)));
    assert_eq!(now.header("etag"), changed.header("etag"));
}

#[tokio::test]
async fn what_runs_is_the_plan_that_was_reviewed() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let (plan, runs) = (format!("{tenant}/plan"), format!("{tenant}/runs"));
    let reviewed = client.send("POST", &plan, None, &json!({ "limits": { "cpu": 8 } })).await;
    assert_eq!((reviewed.status, reviewed.body["title"].as_str()), (201, Some("Change limits")), "{}", reviewed.body);
    assert_eq!(reviewed.body["plan"]["may_run"], json!(true));
    let start = |hash: &Value, change: &Value| json!({ "change": change, "plan_hash": hash });

    let (change, hash) = (&reviewed.body["change"], &reviewed.body["plan"]["hash"]);
    let other = client.send("POST", &runs, None, &start(&json!("0".repeat(64)), change)).await;
    assert_eq!((other.status, other.code()), (409, "TEN-409"), "{}", other.body);
    assert_eq!((&other.body["plan"]["hash"], items(&other.body["plan"])), (hash, items(&reviewed.body["plan"])));

    // Somebody else changes another setting: what was reviewed is not what would run.
    let second = client.send("POST", &plan, None, &json!({ "name": "Acme SA" })).await;
    let started = client.send("POST", &runs, None, &start(&second.body["plan"]["hash"], &second.body["change"])).await;
    assert_eq!(started.status, 202, "{}", started.body);
    settle(&app, "active").await;
    let changed = client.send("POST", &runs, None, &start(hash, change)).await;
    assert_eq!((changed.status, changed.code()), (409, "TEN-409"), "{}", changed.body);
    // The new plan may be started; twice is once.
    let once = client.send("POST", &runs, None, &start(&changed.body["plan"]["hash"], change)).await;
    let twice = client.send("POST", &runs, None, &start(&changed.body["plan"]["hash"], change)).await;
    assert_eq!((once.status, twice.status, &twice.body["already"]), (202, 202, &json!(true)), "{}", once.body);
    assert_eq!((&once.body["href"], once.header("location")), (&twice.body["href"], once.body["href"].as_str().unwrap()));
    assert_eq!(client.send("POST", &runs, None, &start(hash, &json!(uuid::Uuid::nil()))).await.status, 404);

    let list = client.get(&format!("{runs}?limit=2")).await;
    let titles = |list: &Answer| {
        list.body["runs"].as_array().unwrap().iter().map(|run| run["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&list), ["Change limits", "Change name"]);
    let rest = client.get(list.body["next"].as_str().unwrap()).await;
    assert_eq!(
        (titles(&rest), &rest.body["next"], list.header("link").contains("rel=\"next\"")),
        (vec!["Onboard".to_owned()], &Value::Null, true)
    );
    for wrong in ["limit=0", "before=x", "state=done"] {
        assert_eq!(client.get(&format!("{runs}?{wrong}")).await.status, 422, "{wrong}");
    }
}

#[tokio::test]
async fn suspending_repairing_and_rolling_back_are_plans_too() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let tenant = active(&app, &client).await;
    let plan = format!("{tenant}/plan");
    // Nothing of it is there: all of it differs.
    let differs = client.get(&plan).await;
    assert_eq!(
        (differs.status, &differs.body["counts"]["create"], differs.header("etag")),
        (200, &json!(19), "\"v2\""),
        "{}",
        differs.body
    );
    assert_eq!(open_changes(&app).await, 0);

    let repair = client.send("POST", &plan, None, &json!({ "repair": ["realm", "namespace"] })).await;
    assert_eq!((repair.status, repair.body["kind"].as_str()), (201, Some("repair")), "{}", repair.body);
    assert_eq!(items(&repair.body["plan"]), [("namespace", "create"), ("realm", "create")]);
    let suspend = client.send("POST", &plan, None, &json!({ "suspended": true, "reason": "unpaid" })).await;
    assert_eq!((suspend.status, suspend.body["kind"].as_str(), suspend.body["reason"].as_str()), (201, Some("suspend"), Some("unpaid")));
    for (body, code) in [(json!({ "suspended": false }), "TEN-413"), (json!({ "roll_back": true }), "TEN-413")] {
        let unfit = client.send("POST", &plan, None, &body).await;
        assert_eq!((unfit.status, unfit.code()), (409, code), "{}", unfit.body);
    }
    let deactivated = client.send("POST", &format!("{tenant}/deactivate"), None, &json!({ "reason": "contract ended" })).await;
    assert_eq!((deactivated.status, deactivated.body["status"].as_str()), (200, Some("active")), "{}", deactivated.body);
    let run = client.get(deactivated.body["run"]["href"].as_str().unwrap()).await;
    assert_eq!(run.body["kind"].as_str(), Some("suspend"));
    let reason: Option<String> =
        sqlx::query_scalar("select reason from change where run_id is not null").fetch_one(&app.sql).await.unwrap();
    assert_eq!(reason.as_deref(), Some("contract ended"));
}

#[tokio::test]
async fn a_run_is_cancelled_and_tried_again() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let planted = app.tenant("acme", None).await;
    let run = format!("/v2/tenants/acme/runs/{}", planted.number);
    let other = client.send("POST", &format!("{run}/retry"), None, &json!({ "step": uuid::Uuid::nil() })).await;
    assert_eq!(other.status, 404, "{}", other.body);
    let retried = client.send("POST", &format!("{run}/retry"), None, &json!({ "step": planted.step })).await;
    assert_eq!((retried.status, retried.body["steps"][0]["state"].as_str()), (200, Some("ready")), "{}", retried.body);
    let again = client.send("POST", &format!("{run}/retry"), None, &json!({})).await;
    assert_eq!((again.status, again.code()), (409, "APP-409"));
    let cancelled = client.send("POST", &format!("{run}/cancel"), None, &json!({})).await;
    assert_eq!((cancelled.status, cancelled.body["state"].as_str()), (200, Some("cancelled")), "{}", cancelled.body);
    assert_eq!(client.send("POST", &format!("{run}/cancel"), None, &json!({})).await.status, 409);
}

#[tokio::test]
async fn each_kind_of_change_takes_its_own_permission() {
    let app = App::start().await;
    let ops = Client::of(&app).await;
    let tenant = active(&app, &ops).await;
    let (admin, mut ids) = (Admin::new().await, Vec::new());
    let mut clients = Vec::new();
    for role in ["support", "devops", "ciso"] {
        let (token, id) = admin.api_client(&format!("test-changes-{role}-{}", std::process::id()), role, None).await;
        clients.push(Client::with(&app, token));
        ids.push(id);
    }
    let plan = format!("{tenant}/plan");
    for (body, may) in [
        (json!({ "limits": { "cpu": 8 } }), [403, 201, 403]),
        (json!({ "suspended": true }), [403, 403, 201]),
        (json!({ "repair": true }), [403, 201, 403]),
        (json!({ "roll_back": true }), [403, 403, 403]),
    ] {
        let mut answers = Vec::new();
        for client in &clients {
            answers.push(client.send("POST", &plan, None, &body).await.status);
        }
        assert_eq!(answers, may, "{body}");
    }
    // Whoever may propose one kind may not start another.
    let suspend = ops.send("POST", &plan, None, &json!({ "suspended": true })).await;
    let start = json!({ "change": suspend.body["change"], "plan_hash": suspend.body["plan"]["hash"] });
    let refused = clients[1].send("POST", &format!("{tenant}/runs"), None, &start).await;
    assert_eq!((refused.status, app.entries_of(refused.header("x-request-id")).await.len()), (403, 1), "{}", refused.body);
    assert_eq!(clients[0].get(&plan).await.status, 200);
    assert_eq!(clients[2].send("POST", &format!("{tenant}/runs"), None, &start).await.status, 202);
    for id in ids {
        admin.must("DELETE", &format!("/clients/{id}"), None).await;
    }
}
