//! The headers of TRUST.md §4 on every route of the running program, and the limits of bodies.

use crate::harness::{Account, App, Browser, STYLESHEET};
use steward_server::router::Door;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let app = App::start().await;
    let keycloak = url::Url::parse(&std::env::var("STEWARD_OIDC_ISSUER").unwrap()).unwrap().origin().ascii_serialization();
    let mut paths: Vec<(String, String)> =
        app.steward.routes().iter().map(|route| (route.method.to_string(), route.path.clone())).collect();
    assert!(paths.len() > 25, "{paths:?}");
    paths.extend([
        ("GET".into(), "/nowhere".into()),
        ("DELETE".into(), "/tenants".into()),
        ("GET".into(), STYLESHEET.into()),
        ("GET".into(), "/pkg/none".into()),
    ]);
    let mut nonces = std::collections::HashSet::new();
    for (method, path) in paths {
        let answer = Browser::new().send(&method, &format!("{}{path}", app.url).replace(['{', '}'], "0").parse().unwrap(), &[], None).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("cache-control", if path == STYLESHEET { "public, max-age=31536000, immutable" } else { "no-store" }),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path}: {name}");
        }
        assert!(answer.request_id().len() == 32, "{method} {path}");
        assert!(answer.status < 500, "{method} {path}: {}", answer.status);
        if path == STYLESHEET {
            // No document: it can be neither framed nor run by itself.
            continue;
        }
        let policy = answer.header("content-security-policy");
        let nonce =
            policy.split("'nonce-").nth(1).unwrap_or_else(|| panic!("{method} {path}: {policy}")).split('\'').next().unwrap().to_owned();
        assert!(nonces.insert(nonce.clone()), "{method} {path}: a nonce came twice");
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; font-src 'none'; \
                 connect-src 'self'; form-action 'self' {keycloak}; base-uri 'none'; frame-ancestors 'none'"
            )
        );
        for (name, value) in
            [("referrer-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin"), ("x-frame-options", "DENY")]
        {
            assert_eq!(answer.header(name), value, "{method} {path}: {name}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"), "{method} {path}");
    }
}

#[tokio::test]
async fn files_come_as_they_were_compressed_and_errors_have_pages() {
    let app = App::start().await;
    let mut browser = Browser::new();
    let file = browser.send("GET", &format!("{}{STYLESHEET}", app.url).parse().unwrap(), &[("accept-encoding", "br")], None).await;
    assert_eq!((file.header("content-encoding"), file.text.as_str()), ("br", "compressed"));
    // What is kept for good is never asked about again: headers for that would only be weight.
    assert_eq!((file.header("last-modified"), file.header("accept-ranges")), ("", ""));
    // A picture could be opened as a document: it loads nothing and runs nothing.
    let icon = browser.get(&app, "/pkg/favicon-0123456789ab.svg").await;
    assert_eq!((icon.status, icon.header("content-security-policy")), (200, "default-src 'none'; frame-ancestors 'none'"));
    let missing = browser.get(&app, "/nowhere").await;
    assert_eq!(missing.status, 404);
    assert!(missing.text.contains("APP-404") && missing.text.contains(missing.request_id()));
    let method = browser.post(&app, "/health/live", &[]).await;
    assert_eq!(method.status, 405);
    assert!(method.text.contains("APP-405"));
    let nothing = browser.get(&app, "/v2/nothing").await;
    assert_eq!((nothing.status, nothing.header("content-type")), (404, "application/problem+json"));
}

#[tokio::test]
async fn what_cargo_leptos_builds_is_served_under_its_names_and_kept_by_nobody() {
    let folder = std::env::temp_dir().join(format!("steward-leptos-{}", steward_core::context::Context::default().id().unwrap()));
    std::fs::create_dir_all(folder.join("pkg")).unwrap();
    // As cargo-leptos lays them out: what it builds beside what lies in `public/`.
    std::fs::write(folder.join("manifest.json"), include_str!("../../../public/manifest.json")).unwrap();
    let files = ["steward.js", "steward.wasm", "steward.css", "boot.js", "branding.js", "console.js", "favicon.svg"]
        .map(|name| format!("/pkg/{name}"));
    for file in &files {
        std::fs::write(folder.join(file.trim_start_matches('/')), "content").unwrap();
    }
    let root = folder.clone();
    let app = App::start_changed(move |configuration| configuration.site_root = root).await;
    let mut browser = Browser::new();
    let page = browser.get(&app, "/auth/signed-out").await.text;
    assert!(page.contains(r#"href="/pkg/steward.css""#) && page.contains(r#"href="/pkg/favicon.svg""#), "{page}");
    for path in &files {
        let file = browser.get(&app, path).await;
        assert_eq!((file.status, file.text.as_str(), file.header("cache-control")), (200, "content", "no-store"), "{path}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn bodies_are_limited_also_those_that_do_not_say_how_long_they_are() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let browser = app.signed_in(&account).await;
    let cookie = format!("__Host-sid={}", browser.cookie(&app, "__Host-sid").unwrap());
    let bearer = format!("Bearer {}", crate::harness_token().await);
    let http = steward_core::platform::http::client().unwrap();
    let planted = app.tenant("acme", None).await;
    for route in app.steward.routes().iter().filter(|route| route.method == http::Method::POST) {
        let (bytes, kind) = match route.door {
            Door::Api if route.path.ends_with("/bulk") => (300 * 1024, "text/csv"),
            Door::Api => (300 * 1024, "application/json"),
            Door::Upload => (2100 * 1024, "multipart/form-data; boundary=x"),
            _ => (70 * 1024, "application/x-www-form-urlencoded"),
        };
        let path = route.path.replace("{id}", &planted.tenant.to_string());
        let path = path.replace("{number}", &planted.number.to_string()).replace("{run}", &planted.number.to_string());
        let headers = [("origin", app.url.as_str()), ("content-type", kind), ("cookie", &cookie), ("authorization", &bearer)];
        let mut said = http.post(format!("{}{path}", app.url)).body("a".repeat(bytes));
        for (name, value) in headers {
            said = said.header(name, value);
        }
        assert_eq!(said.send().await.unwrap().status(), 413, "{path}");
        if route.door == Door::OpenForm {
            continue; // reads no body at all
        }
        let status = streamed(&app, &path, &headers, bytes).await;
        let expected: &[u16] = match route.door {
            Door::Keycloak => &[400],
            // It reads no body at all.
            Door::Api if path.ends_with("/cancel") => &[200],
            Door::Api if path.ends_with("/{batch}/start") => &[404],
            _ => &[413],
        };
        assert!(expected.contains(&status), "{path}: {status}");
    }
}

/// Sends a body in chunks, without saying how long it is, and gives the status.
async fn streamed(app: &App, path: &str, headers: &[(&str, &str)], bytes: usize) -> u16 {
    let address = app.url.trim_start_matches("http://localhost");
    let mut stream = TcpStream::connect(format!("127.0.0.1{address}")).await.unwrap();
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    for _ in 0..bytes / 1024 {
        request.push_str(&format!("400\r\n{}\r\n", "a".repeat(1024)));
    }
    // The server may close before it was sent everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.unwrap();
    line.split(' ').nth(1).unwrap_or_default().parse().unwrap_or_default()
}

#[tokio::test]
async fn without_a_table_of_sessions_people_get_a_page_and_programs_a_problem_document() {
    let app = App::start().await;
    sqlx::query("alter table session rename to session_gone").execute(&app.sql).await.unwrap();
    let mut browser = Browser::new();
    browser.put_cookie(&app, "__Host-sid", "x");
    let url: url::Url = format!("{}/tenants", app.url).parse().unwrap();
    for (accept, kind) in [("text/html", "text/html; charset=utf-8"), ("application/json", "application/problem+json")] {
        let answer = browser.send("GET", &url, &[("accept", accept)], None).await;
        assert_eq!((answer.status, answer.header("content-type")), (503, kind), "{}", answer.text);
        assert!(answer.text.contains("APP-503") && answer.text.contains(answer.request_id()), "{}", answer.text);
    }
}

#[tokio::test]
async fn control_characters_are_dropped_and_never_reach_the_database() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let mut browser = app.signed_in(&account).await;
    for path in ["/tenants?q=%00", "/tenants?q=ac%00me%1f", "/audit?person=%00", "/audit?person=a%00b", "/audit?request=%00x"] {
        assert_eq!(browser.get(&app, path).await.status, 200, "{path}");
    }
    let saved = browser
        .post(
            &app,
            "/tenants/new",
            &[("name", "Ac\0me\n Corp"), ("short_name", "acme-nul"), ("contact_email", "ad\0min@acme.com"), ("reseller", "")],
        )
        .await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let (name, email): (String, String) =
        sqlx::query_as("select name, draft #>> '{organisation,contact_email}' from tenant").fetch_one(&app.sql).await.unwrap();
    assert_eq!((name.as_str(), email.as_str()), ("Acme Corp", "admin@acme.com"));
    let called = browser
        .post(
            &app,
            "/api/save_organisation",
            &[("form[name]", "Ac\0me"), ("form[short_name]", "acme-two"), ("form[contact_email]", "a@acme.com"), ("form[reseller]", "")],
        )
        .await;
    assert_eq!((called.status, called.header("content-type")), (400, "application/problem+json"), "{}", called.text);
}
