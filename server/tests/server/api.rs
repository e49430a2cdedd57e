//! The REST API, on the real systems as far as a plan looks at them. No worker runs: nothing is made in them.

use crate::harness::{Admin, Answer, App, Client, answer, name};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn tenant(short_name: &str) -> Value {
    json!({ "name": "Acme Corp", "domain": format!("{short_name}.inosec.com"), "contact_email": "admin@acme.com" })
}

#[tokio::test]
async fn the_guides_example_answers_as_the_guide_says() {
    let app = App::start().await;
    let (client, name) = (Client::of(&app).await, name());
    let created = client.create(None, &tenant(&name)).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let id = created.body["tenant_id"].as_str().unwrap().to_owned();
    assert_eq!(created.body, json!({ "tenant_id": id, "status": "provisioning" }));
    assert_eq!(created.header("location"), format!("/v2/tenants/{id}"));

    let read = client.get(created.header("location")).await;
    assert_eq!(read.status, 200);
    for (member, value) in [
        ("tenant_id", json!(id)),
        ("status", json!("provisioning")),
        ("stage", json!("creation")),
        ("short_name", json!(name)),
        ("domain", json!(format!("{name}.inosec.com"))),
        ("limits", json!({ "cpu": 4, "memory_gib": 8, "storage_gib": 200, "gpu": 0 })),
        (
            "features",
            json!({ "crm_enabled": true, "email_marketing": true, "erp_enabled": true, "ml_enabled": false, "security_insights": true }),
        ),
        ("region", json!("morocco")),
        ("cell", json!("main")),
        ("created_by", json!("steward-api-client")),
    ] {
        assert_eq!(read.body[member], value, "{member}");
    }
    let run = client.get(read.body["last_run"]["href"].as_str().unwrap()).await;
    assert_eq!((run.status, run.body["state"].as_str(), run.body["steps"].as_array().map(Vec::len)), (200, Some("running"), Some(19)));
    let by_id = client.get(&format!("/v2/tenants/{id}/runs/{}", run.body["id"].as_str().unwrap())).await;
    assert_eq!(by_id.body["number"], run.body["number"]);
    // A run of another tenant is not to be found under this one.
    let other = app.tenant("other", None).await;
    assert_eq!(client.get(&format!("/v2/tenants/{id}/runs/{}", other.run)).await.status, 404);

    let taken = client.create(None, &tenant(&name)).await;
    assert_eq!((taken.status, taken.pointers()), (422, vec!["/domain"]), "{}", taken.body);
    let entries: Vec<(String, String)> =
        sqlx::query_as("select actor_kind, actor_id from audit_intake where action = 'tenant.create'").fetch_all(&app.sql).await.unwrap();
    assert_eq!(entries, [("client".into(), "steward-api-client".into())]);
}

#[tokio::test]
async fn one_key_is_one_tenant_however_often_and_however_parallel() {
    let app = App::start().await;
    let (client, name) = (Client::of(&app).await, name());
    let body = tenant(&name);
    let answers = futures::future::join_all((0..8).map(|_| client.create(Some("key-1"), &body))).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let ids: BTreeSet<&str> = answers.iter().map(|answer| answer.body["tenant_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed") != "true").count(), 1);
    // Members in another order are the same request.
    let again = client
        .create(Some("key-1"), &json!({ "contact_email": "admin@acme.com", "domain": format!("{name}.inosec.com"), "name": "Acme Corp" }))
        .await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    let other = client.create(Some("key-1"), &tenant(&crate::harness::name())).await;
    assert_eq!((other.status, other.body["code"].as_str()), (409, Some("APP-409")), "{}", other.body);
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenant").fetch_one(&app.sql).await.unwrap();
    assert_eq!(tenants, 1);
}

#[tokio::test]
async fn what_is_wrong_is_a_problem_document_that_names_each_mistake() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let wrong = client
        .create(None, &json!({ "name": "A", "domain": "acme.example.com", "contact_email": "x", "plan": "gold", "limits": { "cpu": 0 } }))
        .await;
    assert_eq!((wrong.status, wrong.header("content-type")), (422, "application/problem+json"));
    assert_eq!(
        wrong.pointers().into_iter().collect::<BTreeSet<_>>(),
        BTreeSet::from(["/name", "/domain", "/contact_email", "/plan", "/limits/cpu"])
    );
    let document = wrong.body.as_object().unwrap();
    for member in ["type", "title", "status", "detail", "instance", "code", "request_id"] {
        assert!(document.contains_key(member), "{member}");
    }
    assert_eq!((document["instance"].as_str(), document["request_id"].as_str()), (Some("/v2/tenants"), Some(wrong.header("x-request-id"))));

    let post = |kind: &'static str, body: String| {
        answer(client.http.post(format!("{}/v2/tenants", app.url)).bearer_auth(&client.token).header("content-type", kind).body(body))
    };
    assert_eq!(post("application/json", "{".into()).await.status, 400);
    assert_eq!(post("text/plain", "{}".into()).await.status, 415);
    // PostgreSQL takes no NUL: it is refused at its field, or dropped from a search.
    for (member, pointer) in [
        ("name", "/name"),
        ("contact_email", "/contact_email"),
        ("short_name", "/short_name"),
        ("reseller", "/reseller"),
        ("region", "/region"),
    ] {
        let mut body = tenant("nul");
        body[member] = "a\0b".into();
        let refused = client.create(None, &body).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{}", refused.body);
    }
    for path in ["/v2/tenants?q=%00", "/v2/tenants?q=a%00b%1f"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    assert_eq!(post("application/json", "[]".into()).await.status, 422);
    assert_eq!(post("application/json", " ".repeat(300 * 1024)).await.status, 413);
    assert_eq!(client.create(Some(&"k".repeat(300)), &tenant("x")).await.status, 400);
    assert_eq!(client.get("/v2/tenants/none").await.status, 404);
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenant").fetch_one(&app.sql).await.unwrap();
    assert_eq!(tenants, 0);
}

#[tokio::test]
async fn only_tokens_of_the_realm_for_this_api_open_it() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    // Another audience: a token that Keycloak signed for somebody else.
    let admin = Admin::new().await;
    let (other, id) = {
        let (token, id) = admin.api_client(&format!("test-other-{}", std::process::id()), "platform-ops", None).await;
        drop(token);
        let (mappers, _) = admin.must("GET", &format!("/clients/{id}/protocol-mappers/models"), None).await;
        let audience =
            mappers.as_array().unwrap().iter().find(|mapper| mapper["name"] == "audience").unwrap()["id"].as_str().unwrap().to_owned();
        admin.must("DELETE", &format!("/clients/{id}/protocol-mappers/models/{audience}"), None).await;
        (crate::harness::token(&client.http, &format!("test-other-{}", std::process::id()), "of-this-test-only").await, id)
    };
    admin.must("DELETE", &format!("/clients/{id}"), None).await;
    let [head, claims, signature] = client.token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    let altered = format!("{head}.{}.{signature}", claims.replacen(&claims[20..21], if &claims[20..21] == "A" { "B" } else { "A" }, 1));
    // Signed with a secret, under the name of the realm's key.
    let header = jsonwebtoken::Header { kid: jsonwebtoken::decode_header(&client.token).unwrap().kid, ..Default::default() };
    let with_secret = {
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_secret(b"secret")).unwrap()
    };
    for token in [other.as_str(), unsigned.as_str(), altered.as_str(), with_secret.as_str(), "x", "a.b.c"] {
        let refused = answer(client.http.get(format!("{}/v2/tenants", app.url)).bearer_auth(token)).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (401, Some("AUTH-201")), "{token}");
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"steward\", error=\"invalid_token\"");
        assert_eq!(app.entries_of(refused.header("x-request-id")).await.len(), 1);
    }
    assert_eq!(client.get("/v2/tenants").await.status, 200);
}

#[tokio::test]
async fn pages_follow_each_other_and_hold_what_was_asked_for() {
    let app = App::start().await;
    let client = Client::of(&app).await;
    let reseller = app.reseller("meridian").await;
    for number in 0..7 {
        app.tenant(&format!("kestrel{number}"), (number % 2 == 0).then_some(reseller)).await;
    }
    let mut seen = Vec::new();
    let mut next = Some("/v2/tenants?q=kestrel&limit=3".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let page = client.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        seen.extend(page.body["tenants"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        next = page.body["next"].as_str().map(str::to_owned);
        assert_eq!(next.is_some(), page.header("link").contains("rel=\"next\""));
        pages += 1;
    }
    assert_eq!((pages, seen), (3, (0..7).map(|number| format!("kestrel{number}")).collect()));
    let count = |answer: Answer| answer.body["tenants"].as_array().map(Vec::len);
    assert_eq!(count(client.get("/v2/tenants?reseller=meridian").await), Some(4));
    assert_eq!(count(client.get("/v2/tenants?reseller=direct&status=provisioning&sort=changed").await), Some(3));
    assert_eq!(count(client.get("/v2/tenants?attention=retrying").await), Some(0));
    for wrong in ["limit=0", "limit=x", "status=gone", "sort=size", "cursor=x", "reseller=nobody", "page=2"] {
        let refused = client.get(&format!("/v2/tenants?{wrong}")).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![wrong.split('=').next().unwrap()]), "{wrong}");
    }
}

#[tokio::test]
async fn the_description_names_the_routes_that_there_are() {
    let app = App::start().await;
    let served = steward_core::platform::http::client()
        .unwrap()
        .get(format!("{}/v2/openapi.yaml", app.url))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let mut described = BTreeSet::new();
    let mut path = String::new();
    for line in served.split("\npaths:\n").nth(1).unwrap().lines().take_while(|line| line.starts_with(' ')) {
        if let Some(name) = line.strip_prefix("  ").filter(|name| name.starts_with('/')) {
            path = name.trim_end_matches(':').to_owned();
        } else if let Some(method) = line.strip_prefix("    ").filter(|name| !name.starts_with(' ')) {
            described.insert((method.trim_end_matches(':').to_uppercase(), path.clone()));
        }
    }
    let registered = app
        .steward
        .routes()
        .iter()
        .filter(|route| route.path.starts_with("/v2/"))
        .map(|route| (route.method.to_string(), route.path.clone()))
        .collect();
    assert_eq!(described, registered);
}
