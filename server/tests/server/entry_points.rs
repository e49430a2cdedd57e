//! Every entry point of the running program × anonymous, weak role, other reseller, cross-site: none is accepted, each refusal is an
//! entry. The list is the program's own: a route that is added is covered by being registered, and a server function that is added
//! fails here until a body for it is given.

use crate::harness::{Account, Admin, App, Browser, Page, Planted};
use http::Method;
use steward_server::router::{Door, RouteEntry};
use url::Url;

/// What anybody who is signed in may do: it concerns nobody but themselves. This list may only shrink.
const OWN: [&str; 3] = ["/account", "/account/appearance", "/api/extend_session"];
/// What the role *support* may do beside that: look at tenants, runs and drift. This list may only shrink.
const SUPPORT: [&str; 13] = [
    "/tenants",
    "/tenants/{id}",
    "/tenants/{id}/limits",
    "/tenants/{id}/settings",
    "/tenants/{id}/suspension",
    "/tenants/{id}/changes/{change}",
    "/tenants/{id}/runs/{number}",
    "/runs",
    "/drift",
    "/tenants/{id}/drift",
    "/tenants/{id}/domain",
    "/tenants/{id}/mails",
    "/platform",
];
const SUPPORT_EVENTS: &str = "/tenants/{id}/runs/{number}/events";
/// What a reseller may do without naming anybody's tenant: their own list, their own drafts. This list may only shrink.
const RESELLER: [&str; 5] = ["/tenants", "/tenants/new", "/runs", "/drift", "/tenants/bulk"];

struct Target {
    planted: Planted,
    draft: uuid::Uuid,
    entry: uuid::Uuid,
    change: uuid::Uuid,
    batch: uuid::Uuid,
}

/// A tenant, a draft, an entry and a proposed change of a reseller.
async fn target(app: &App) -> Target {
    let reseller = app.reseller("reseller-a").await;
    let planted = app.tenant("acme", Some(reseller)).await;
    let context = steward_core::context::Context::default();
    let (draft, entry, change) = (context.id().unwrap(), context.id().unwrap(), context.id().unwrap());
    sqlx::query("insert into tenant (id, status, stage, name, draft, reseller_id, created_by) values ($1, 'draft', 'creation', 'D', '{\"organisation\":{}}', $2, 't')")
        .bind(draft)
        .bind(reseller)
        .execute(&app.sql)
        .await
        .unwrap();
    sqlx::query(
        "insert into audit_intake (id, occurred_at, class, action, result, tenant_id, actor_kind, actor_id, actor_name, object_kind, object_id, request_id, body)
         values ($1, now(), 'audit', 'tenant.create', 'done', $2, 'system', 't', 't', 'tenant', 't', 'planted', '{}')",
    )
    .bind(entry)
    .bind(planted.tenant)
    .execute(&app.sql)
    .await
    .unwrap();
    sqlx::query("insert into change (id, tenant_id, kind, patch, base_version, proposed_by) values ($1, $2, 'change', '{\"name\":\"Other\"}', 1, 't')")
        .bind(change)
        .bind(planted.tenant)
        .execute(&app.sql)
        .await
        .unwrap();
    let batch = context.id().unwrap();
    sqlx::query("insert into batch (id, reseller_id, requested_by) values ($1, $2, 't')")
        .bind(batch)
        .bind(reseller)
        .execute(&app.sql)
        .await
        .unwrap();
    Target { planted, draft, entry, change, batch }
}

/// The route's path with the target's ids in it.
fn path(route: &RouteEntry, target: &Target) -> String {
    let id = match route.path.as_str() {
        "/audit/{id}" => target.entry,
        path if path.contains("/draft/") => target.draft,
        _ => target.planted.tenant,
    };
    let number = target.planted.number.to_string();
    let change = target.change.to_string();
    route
        .path
        .replace("{id}", &id.to_string())
        .replace("{number}", &number)
        .replace("{run}", &number)
        .replace("{change}", &change)
        .replace("{batch}", &target.batch.to_string())
}

/// A body that the route would take from somebody who may.
fn body(route: &RouteEntry, target: &Target) -> String {
    let Planted { run, step, tenant, .. } = target.planted;
    let change = target.change;
    match (route.door, route.path.as_str()) {
        (Door::ServerFunction, "/api/extend_session") => String::new(),
        (Door::ServerFunction, "/api/retry_step") => format!("run={run}&step={step}"),
        (Door::ServerFunction, "/api/retry_run" | "/api/cancel_run") => format!("run={run}"),
        (Door::ServerFunction, "/api/propose_batch") => "csv=name,contact_email".to_owned(),
        (Door::ServerFunction, "/api/start_batch") => format!("batch={}", target.batch),
        (Door::ServerFunction, "/api/propose_change") => format!("tenant={tenant}&proposed=Resume"),
        (Door::ServerFunction, "/api/start_change") => format!("tenant={tenant}&change={change}&plan_hash=x&typed_short_name="),
        (Door::ServerFunction, "/api/discard_change" | "/api/insist_on_change") => format!("tenant={tenant}&change={change}"),
        (Door::ServerFunction, "/api/repair_drift" | "/api/look_at_tenant" | "/api/check_domains" | "/api/renew_certificates") => {
            format!("tenant={tenant}")
        }
        (Door::ServerFunction, "/api/begin_custom_domain" | "/api/check_custom_domain" | "/api/forget_custom_domain") => {
            format!("tenant={tenant}&domain=crm.customer.example")
        }
        (Door::ServerFunction, "/api/accept_drift") => format!("tenant={tenant}&difference={step}&revision=1"),
        (Door::ServerFunction, "/api/ignore_drift") => format!("tenant={tenant}&difference={step}&revision=1&until=2099-01-01&reason="),
        (Door::ServerFunction, "/api/report_drift") => format!("tenant={tenant}&difference={step}"),
        (Door::ServerFunction, "/api/send_mail_again") => format!("tenant={tenant}&mail={step}"),
        (Door::ServerFunction, "/api/pause_destruction") => "reason=late".to_owned(),
        (Door::ServerFunction, "/api/resume_destruction") => String::new(),
        (Door::ServerFunction, "/api/remove_resource" | "/api/bring_resource_back") => format!("tenant={tenant}&kind=limit-range&version=1"),
        (Door::ServerFunction, path) => server_function_body(path, target.draft),
        (Door::Api, "/v2/tenants/{id}/runs") => format!(r#"{{"change":"{change}","plan_hash":"x"}}"#),
        (Door::Api, "/v2/tenants/{id}/runs/{run}/cancel" | "/v2/tenants/{id}/runs/{run}/retry") => "{}".to_owned(),
        (Door::Api, "/v2/tenants/{id}" | "/v2/tenants/{id}/plan") => r#"{"name":"Other"}"#.to_owned(),
        (Door::Api, "/v2/tenants/{id}/features") => r#"{"ml_enabled":true}"#.to_owned(),
        (Door::Api, "/v2/tenants/{id}/deactivate") => r#"{"reason":"other"}"#.to_owned(),
        (Door::Api, _) => r#"{"name":"Acme Corp","domain":"acme2.inosec.com","contact_email":"admin@acme.com"}"#.to_owned(),
        _ => "name=Acme+Corp&contact_email=admin%40acme.com&appearance=dark&version=1&cpu=8&memory_gib=8&storage_gib=200&gpu=0&reason=late&kind=limit-range"
            .to_owned(),
    }
}

fn server_function_body(path: &str, draft: uuid::Uuid) -> String {
    match path {
        "/api/save_organisation" => {
            format!("draft={draft}&form[name]=Acme&form[short_name]=acme2&form[contact_email]=a@acme.com&form[reseller]=&save=ForLater")
        }
        "/api/save_settings" => {
            format!(
                "draft={draft}&form[cpu]=4&form[memory_gib]=8&form[storage_gib]=200&form[gpu]=0&form[region]=eu&form[features][0]=crm_enabled&save=ForLater"
            )
        }
        "/api/create_tenant" => format!("draft={draft}&plan_hash=x"),
        "/api/discard_draft" => format!("draft={draft}"),
        other => panic!("a server function was added: give {other} a body here, so that this test can call it"),
    }
}

fn content_type(route: &RouteEntry) -> (&'static str, &'static str) {
    ("content-type", if route.door == Door::Api { "application/json" } else { "application/x-www-form-urlencoded" })
}

/// Calls a route as a browser on our own pages would, with whatever session it has.
async fn call(app: &App, browser: &mut Browser, route: &RouteEntry, target: &Target, headers: &[(&str, &str)]) -> Page {
    let url = Url::parse(&app.url).unwrap().join(&path(route, target)).unwrap();
    let mut all = vec![content_type(route)];
    all.extend_from_slice(headers);
    let body = (route.method != Method::GET).then(|| body(route, target));
    browser.send(route.method.as_str(), &url, &all, body).await
}

fn guarded(app: &App) -> Vec<RouteEntry> {
    app.steward.routes().iter().filter(|route| !matches!(route.door, Door::Open | Door::OpenForm)).cloned().collect()
}

/// The entry that a refusal must leave.
async fn must_be_written(app: &App, answer: &Page, route: &RouteEntry) {
    let entries = app.entries_of(answer.request_id()).await;
    assert!(
        entries.iter().any(|(_, result, code)| result == "refused" && code.is_some()),
        "{} {}: no entry of the refusal, but {entries:?}",
        route.method,
        route.path
    );
}

/// What exists, so that what was changed shows.
async fn everything(app: &App) -> Vec<(String, String, Option<String>)> {
    sqlx::query_as(
        "select 'tenant ' || id, status || name || changed_at, draft::text from tenant
         union all select 'step ' || id, state, failures::text from run_step
         union all select 'batch ' || id, requested_by, started_at::text from batch
         union all select 'change ' || id, base_version::text, ended_at::text from change
         union all select 'reseller ' || id, name, null from reseller order by 1",
    )
    .fetch_all(&app.sql)
    .await
    .unwrap()
}

#[tokio::test]
async fn nobody_gets_in_without_a_session_or_a_token() {
    let app = App::start().await;
    let target = target(&app).await;
    let before = everything(&app).await;
    let routes = guarded(&app);
    assert!(routes.iter().any(|route| route.door == Door::ServerFunction), "the server functions are on the list");
    for route in routes {
        let ours = [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin")];
        let answer = call(&app, &mut Browser::new(), &route, &target, &ours).await;
        match route.door {
            Door::Page => assert_eq!((answer.status, answer.location().path()), (303, "/auth/sign-in"), "{}", route.path),
            Door::Keycloak => assert_eq!(answer.status, 400, "{}", route.path),
            _ => assert_eq!(answer.status, 401, "{} {}", route.method, route.path),
        }
        assert_eq!(route.door == Door::Api, !answer.header("www-authenticate").is_empty(), "{}", route.path);
        must_be_written(&app, &answer, &route).await;
    }
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn a_form_of_another_site_is_not_taken() {
    let app = App::start().await;
    let (target, account) = (target(&app).await, Account::with(&["platform-ops"]).await);
    let mut browser = app.signed_in(&account).await;
    let before = everything(&app).await;
    let forms: Vec<RouteEntry> = app
        .steward
        .routes()
        .iter()
        .filter(|route| route.method == Method::POST && !matches!(route.door, Door::Api | Door::Keycloak))
        .cloned()
        .collect();
    for route in forms {
        for headers in [
            &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")][..],
            &[("origin", "https://evil.example")],
            &[("origin", app.url.as_str()), ("sec-fetch-site", "same-site")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[],
        ] {
            let answer = call(&app, &mut browser, &route, &target, headers).await;
            assert_eq!(answer.status, 403, "{} {headers:?}", route.path);
            assert!(answer.text.contains("APP-412"), "{}", route.path);
            must_be_written(&app, &answer, &route).await;
        }
    }
    assert_eq!((everything(&app).await, app.sessions().await), (before, 1));
}

#[tokio::test]
async fn a_weak_role_does_nothing_that_is_not_its_own() {
    let app = App::start().await;
    let (target, account, admin) = (target(&app).await, Account::with(&["support"]).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    let (token, client) = admin.api_client(&format!("test-support-{}", std::process::id()), "support", None).await;
    let before = everything(&app).await;
    for route in guarded(&app) {
        let bearer = format!("Bearer {token}");
        let ours = [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin"), ("authorization", bearer.as_str())];
        let may = OWN.contains(&route.path.as_str())
            || route.method == Method::GET && (SUPPORT.contains(&route.path.as_str()) || route.door == Door::Api)
            || route.door == Door::Keycloak;
        if may || route.path == SUPPORT_EVENTS {
            continue;
        }
        let answer = call(&app, &mut browser, &route, &target, &ours).await;
        assert_eq!(answer.status, 403, "{} {}: {}", route.method, route.path, answer.text);
        must_be_written(&app, &answer, &route).await;
    }
    admin.must("DELETE", &format!("/clients/{client}"), None).await;
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn another_resellers_tenant_is_not_there() {
    let app = App::start().await;
    let target = target(&app).await;
    app.reseller("reseller-b").await;
    let (account, admin) = (Account::of(&["reseller"], Some("reseller-b")).await, Admin::new().await);
    let mut browser = app.signed_in(&account).await;
    let (token, client) = admin.api_client(&format!("test-reseller-{}", std::process::id()), "reseller", Some("reseller-b")).await;
    let before = everything(&app).await;
    for route in guarded(&app) {
        let bearer = format!("Bearer {token}");
        let ours = [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin"), ("authorization", bearer.as_str())];
        // What names no tenant is the reseller's own.
        if OWN.contains(&route.path.as_str())
            || RESELLER.contains(&route.path.as_str())
            || route.door == Door::Keycloak
            || names_nobody(&route)
        {
            continue;
        }
        let mut answer = call(&app, &mut browser, &route, &target, &ours).await;
        if answer.status == 303 {
            // A draft that is none leads to the tenant that it may have become: that one is not there either.
            answer = browser.send("GET", &answer.location(), &[], None).await;
        }
        assert!(matches!(answer.status, 403 | 404), "{} {}: {} {}", route.method, route.path, answer.status, answer.text);
        assert!(!answer.text.contains("acme.inosec.com"), "{} tells of another reseller's tenant", route.path);
        must_be_written(&app, &answer, &route).await;
    }
    // The lists are empty, and a name that is taken is taken by nobody in particular.
    assert!(!browser.get(&app, "/tenants").await.text.contains("acme"));
    let list = browser
        .send("GET", &format!("{}/v2/tenants", app.url).parse().unwrap(), &[("authorization", &format!("Bearer {token}"))], None)
        .await;
    assert_eq!(list.text, r#"{"tenants":[],"next":null}"#);
    admin.must("DELETE", &format!("/clients/{client}"), None).await;
    assert_eq!(everything(&app).await, before);
}

/// Entry points that take no id of anything that exists.
fn names_nobody(route: &RouteEntry) -> bool {
    matches!(route.path.as_str(), "/v2/tenants" | "/v2/tenants/bulk" | "/api/propose_batch")
}
