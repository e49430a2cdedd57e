//! Many tenants from one table, by the API and by the pages. No worker runs: nothing is made in the systems.

use crate::harness::{Account, Admin, Answer, App, Client, answer, name};
use serde_json::json;
use std::time::Duration;
use steward_core::provisioning::Capacity;

async fn send(client: &Client, query: &str, kind: &str, csv: &str) -> Answer {
    let request = client.http.post(format!("{}/v2/tenants/bulk{query}", client.url)).bearer_auth(&client.token);
    answer(request.header("content-type", kind.to_owned()).body(csv.to_owned())).await
}

fn verdicts(answer: &Answer) -> Vec<(i64, &str, Vec<&str>)> {
    let rows = answer.body["rows"].as_array().unwrap_or_else(|| panic!("no rows: {}", answer.body));
    rows.iter()
        .map(|row| {
            let fields = row["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
            (row["line"].as_i64().unwrap(), row["verdict"].as_str().unwrap(), fields)
        })
        .collect()
}

/// Waits until every row has come to something.
async fn settled(client: &Client, path: &str) -> Answer {
    for _ in 0..300 {
        let batch = client.get(path).await;
        if batch.body["progress"]["waiting"] == json!(0) {
            return batch;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the batch does not get on: {}", client.get(path).await.body);
}

async fn tenants(app: &App) -> i64 {
    sqlx::query_scalar("select count(*) from tenant").fetch_one(&app.sql).await.unwrap()
}

#[tokio::test]
async fn every_row_is_judged_before_anything_is_created() {
    let app = App::start_changed(|configuration| {
        configuration.provisioning.capacity = Some(Capacity { cpu: 20, memory_gib: 1000, storage_gib: 10_000, gpu: 0 });
    })
    .await;
    let client = Client::of(&app).await;
    app.reseller("meridian").await;
    app.tenant("taken", None).await;
    let csv = "name,contact_email,short_name,reseller,cpu\n\
               Acme,a@acme.com,,meridian,8\n\
               Taken,t@t.com,taken,,\n\
               Again,a@a.com,acme,,\n\
               ,nobody,,,0\n\
               Kestrel,k@k.com,kestrel,nobody,\n\
               Orchard,o@o.com,orchard,,9\n";
    let looked = send(&client, "?dry_run=true", "text/csv", csv).await;
    assert_eq!(looked.status, 200, "{}", looked.body);
    assert_eq!(
        verdicts(&looked),
        [
            (2, "pass", vec![]),
            (3, "fail", vec!["short_name"]),
            (4, "fail", vec!["short_name"]),
            (5, "fail", vec!["name", "short_name", "contact_email", "cpu"]),
            (6, "fail", vec!["reseller"]),
            // 4 of the tenant that is there, 8 of the first row, 9: one too many.
            (7, "fail", vec!["limits"]),
        ]
    );
    assert_eq!(looked.body["may_start"], json!(false));
    let kept = send(&client, "", "text/csv; charset=utf-8", csv).await;
    assert_eq!((kept.status, verdicts(&kept)), (201, verdicts(&looked)));
    let refused = client.send("POST", &format!("{}/start", kept.header("location")), None, &json!({})).await;
    assert_eq!((refused.status, refused.code(), tenants(&app).await), (409, "TEN-417", 1), "{}", refused.body);

    for (csv, word) in
        [("name\nAcme\n", "contact_email is missing"), ("name,contact_email\nAcme\n", "Line 2 has 1 fields"), ("", "no rows")]
    {
        let wrong = send(&client, "", "text/csv", csv).await;
        assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/csv"]), "{}", wrong.body);
        assert!(wrong.body["detail"].as_str().unwrap().contains(word), "{}", wrong.body);
    }
    assert_eq!(send(&client, "", "application/json", "{}").await.status, 415);
    assert_eq!(send(&client, "?x=1", "text/csv", csv).await.status, 422);
    assert_eq!(client.get("/v2/tenants/bulk/x").await.status, 404);
}

#[tokio::test]
async fn each_row_gets_a_run_and_what_was_left_is_gone_on_with() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let names = [name(), name(), name()];
    let csv = format!("name,contact_email,short_name\nAh,a@a.com,{}\nBe,b@b.com,{}\nCe,c@c.com,{}\n", names[0], names[1], names[2]);
    let batch = send(&client, "", "text/csv", &csv).await;
    assert_eq!((batch.status, &batch.body["may_start"]), (201, &json!(true)), "{}", batch.body);
    let path = batch.header("location").to_owned();
    // One name is taken between the review and the start.
    let other = app.tenant(&names[1], None).await;
    let started = client.send("POST", &format!("{path}/start"), None, &json!({})).await;
    assert_eq!(started.status, 202, "{}", started.body);
    let ended = settled(&client, &path).await;
    assert_eq!(ended.body["progress"], json!({ "waiting": 0, "running": 2, "done": 0, "stopped": 0, "failed": 1 }), "{}", ended.body);
    assert!(ended.body["rows"][1]["problem"].as_str().unwrap().contains("taken"), "{}", ended.body);
    let run = client.get(&format!("/v2/tenants/{}/runs/{}", names[0], ended.body["rows"][0]["run_number"])).await;
    assert_eq!((run.status, run.body["kind"].as_str()), (200, Some("onboard")));

    sqlx::query("update tenant set short_name = 'moved-away', domain = 'moved-away.inosec.com' where id = $1")
        .bind(other.tenant)
        .execute(&app.sql)
        .await
        .unwrap();
    assert_eq!(client.send("POST", &format!("{path}/start"), None, &json!({})).await.status, 202);
    let ended = settled(&client, &path).await;
    assert_eq!((&ended.body["progress"]["running"], tenants(&app).await), (&json!(3), 4), "{}", ended.body);
    let none_left = client.send("POST", &format!("{path}/start"), None, &json!({})).await;
    assert_eq!((none_left.status, none_left.code()), (409, "TEN-417"));
    let entries: Vec<String> =
        sqlx::query_scalar("select action from audit_intake where object_kind = 'batch' order by id").fetch_all(&app.sql).await.unwrap();
    assert_eq!(entries, ["batch.propose", "batch.start", "batch.start"]);
}

#[tokio::test]
async fn a_resellers_batch_is_its_own() {
    let app = App::start().await;
    let (own, admin) = (app.reseller("reseller-a").await, Admin::new().await);
    app.reseller("reseller-b").await;
    let mut clients = Vec::new();
    let mut ids = Vec::new();
    for reseller in ["reseller-a", "reseller-b"] {
        let (token, id) = admin.api_client(&format!("test-bulk-{reseller}-{}", std::process::id()), "reseller", Some(reseller)).await;
        clients.push(Client::with(&app, token));
        ids.push(id);
    }
    let named = format!("name,contact_email,short_name,reseller\nAcme,a@acme.com,{},reseller-b\n", name());
    assert_eq!(verdicts(&send(&clients[0], "?dry_run=true", "text/csv", &named).await), [(2, "fail", vec!["reseller"])]);
    let batch = send(&clients[0], "", "text/csv", &format!("name,contact_email,short_name\nAcme,a@acme.com,{}\n", name())).await;
    let path = batch.header("location").to_owned();
    assert_eq!(clients[1].get(&path).await.status, 404);
    assert_eq!(clients[1].send("POST", &format!("{path}/start"), None, &json!({})).await.status, 404);
    assert_eq!(clients[0].send("POST", &format!("{path}/start"), None, &json!({})).await.status, 202);
    settled(&clients[0], &path).await;
    let of: Vec<Option<uuid::Uuid>> = sqlx::query_scalar("select reseller_id from tenant").fetch_all(&app.sql).await.unwrap();
    assert_eq!(of, [Some(own)]);
    for id in ids {
        admin.must("DELETE", &format!("/clients/{id}"), None).await;
    }
}

#[tokio::test]
async fn the_pages_take_a_table_that_was_pasted_or_sent_as_a_file() {
    let app = App::start().await;
    let account = Account::with(&["platform-ops"]).await;
    let mut browser = app.signed_in(&account).await;
    assert!(browser.get(&app, "/tenants/bulk").await.text.contains("textarea"));
    let wrong = browser.post(&app, "/tenants/bulk", &[("csv", "name\nAcme <b>")]).await;
    assert!(
        wrong.status == 422 && wrong.text.contains("Column contact_email is missing") && wrong.text.contains("Acme &lt;b&gt;"),
        "{}",
        wrong.text
    );
    let csv = format!("name,contact_email,short_name\r\nAcme Corp,a@acme.com,{}\r\n", name());
    let page = browser.post(&app, "/tenants/bulk", &[("csv", &csv)]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let path = page.location().path().to_owned();
    let checked = browser.get(&app, &path).await;
    assert!(checked.text.contains("Every row passes") && checked.text.contains("Create 1 tenants"), "{}", checked.text);
    assert_eq!(browser.post(&app, &format!("{path}/start"), &[]).await.location().path(), path);
    let client = Client::of(&app).await;
    settled(&client, &format!("/v2{path}")).await;
    let running = browser.get(&app, &path).await;
    assert!(running.text.contains("0 of 1 done, 1 running") && running.text.contains("/runs/"), "{}", running.text);

    let boundary = "steward-test";
    let file = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"csv\"\r\n\r\n\r\n--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"t.csv\"\r\ncontent-type: text/csv\r\n\r\n{}\r\n--{boundary}--\r\n",
        csv.replace("Acme Corp", "Kestrel")
    );
    let kind = format!("multipart/form-data; boundary={boundary}");
    let headers = [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", kind.as_str())];
    let sent = browser.send("POST", &format!("{}/tenants/bulk", app.url).parse().unwrap(), &headers, Some(file)).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let judged = browser.get(&app, sent.location().path()).await;
    assert!(judged.text.contains("Kestrel") && judged.text.contains("is taken by Acme Corp"), "{}", judged.text);
}
