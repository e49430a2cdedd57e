//! The branding page and the logos: what is refused comes back with what was typed, what is taken is served by its own strict headers.

use crate::harness::{Account, App, Browser, Page};
use url::Url;
use uuid::Uuid;

const MARK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M12 3 22 21z" /></svg>"##;

/// A tenant that can be changed.
async fn tenant(app: &App, reseller: Option<Uuid>) -> Uuid {
    let tenant = app.tenant("acme", reseller).await.tenant;
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

/// The form as a browser sends it: the fields, then the file.
async fn send(browser: &mut Browser, app: &App, tenant: Uuid, fields: &[(&str, &str)], file: Option<(&str, &str)>) -> Page {
    let typed =
        [("primary", "#1F4E79"), ("secondary", "#1F4E79"), ("font", "inter"), ("layout", "horizontal"), ("dark_mode", "follow-device")];
    let defaults = typed.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
    let mut body = String::new();
    for (name, value) in defaults.chain(fields.iter().copied()) {
        body.push_str(&format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    let (name, content) = file.unwrap_or(("", ""));
    // What a browser says about the type is not believed.
    body.push_str(&format!(
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: image/png\r\n\r\n{content}\r\n--x--\r\n"
    ));
    let url = Url::parse(&format!("{}/tenants/{tenant}/branding", app.url)).unwrap();
    let headers = [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "multipart/form-data; boundary=x")];
    browser.send("POST", &url, &headers, Some(body)).await
}

async fn count(app: &App, table: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&app.sql).await.unwrap()
}

#[tokio::test]
async fn a_colour_that_cannot_be_read_is_refused_and_the_nearest_is_one_press_away() {
    let (app, account) = (App::start().await, Account::with(&["devops"]).await);
    let (mut browser, tenant) = (app.signed_in(&account).await, tenant(&app, None).await);
    let path = format!("/tenants/{tenant}/branding");
    let page = browser.get(&app, &path).await;
    assert!(page.status == 200 && page.text.contains("Defaults in use"), "{}", page.text);

    let refused = send(&mut browser, &app, tenant, &[("primary", "#F2B705"), ("save", "1")], None).await;
    assert_eq!((refused.status, refused.url.query()), (422, None), "{}", refused.text);
    for part in [
        "White text on #F2B705 reaches 1.8 to 1. Take a darker colour.",
        "value=\"#F2B705\"",
        "name=\"use_primary\" value=\"#967103\"",
        "Preview with #967103",
    ] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    let taken = send(&mut browser, &app, tenant, &[("primary", "#F2B705"), ("use_primary", "#967103")], None).await;
    assert!(taken.status == 200 && taken.text.contains("value=\"#967103\"") && taken.text.contains("Unsaved changes"), "{}", taken.text);
    assert_eq!(count(&app, "change").await, 0, "neither a refusal nor a preview proposes anything");

    let saved = send(&mut browser, &app, tenant, &[("primary", "#967103"), ("save", "1")], None).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let change: Uuid = sqlx::query_scalar("select id from change").fetch_one(&app.sql).await.unwrap();
    assert_eq!(saved.location().path(), format!("/tenants/{tenant}/changes/{change}"));
    assert_eq!((count(&app, "tenant_theme").await, saved.location().query()), (0, None), "nothing runs before it was reviewed");
}

#[tokio::test]
async fn a_logo_is_made_safe_kept_with_the_form_and_served_as_strictly_as_can_be() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let (mut browser, tenant) = (app.signed_in(&account).await, tenant(&app, None).await);
    let attack = MARK.replace("<path", "<script>alert(1)</script><path onclick='alert(2)'");
    let page = send(&mut browser, &app, tenant, &[("preview", "1")], Some(("acme-mark.png", &attack))).await;
    assert!(page.status == 200 && page.text.contains("Uploaded: acme-mark.png, 1 KB, made safe: 2 parts removed."), "{}", page.text);
    let hash: String = sqlx::query_scalar("select encode(hash, 'hex') from tenant_logo").fetch_one(&app.sql).await.unwrap();
    let (hidden, shown) = (format!("name=\"logo\" value=\"{hash}\""), format!("<img src=\"/logos/{hash}\""));
    assert!(page.text.contains(&hidden) && page.text.contains(&shown), "{}", page.text);
    assert_eq!(app.entries_of(page.request_id()).await, [("logo.store".to_owned(), "done".to_owned(), None)]);

    // Anybody sees it, and nothing can come of it.
    let logo = Browser::new().get(&app, &format!("/logos/{hash}")).await;
    assert_eq!((logo.status, logo.text.as_str()), (200, MARK));
    for (name, value) in [
        ("content-type", "image/svg+xml"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-frame-options", "DENY"),
        ("set-cookie", ""),
    ] {
        assert_eq!(logo.header(name), value, "{name}");
    }
    for other in ["0".repeat(64), hash.to_uppercase(), "x".to_owned(), "%00".to_owned()] {
        let missing = Browser::new().get(&app, &format!("/logos/{other}")).await;
        assert_eq!((missing.status, missing.header("cache-control")), (404, "no-store"), "{other}");
    }

    // The next form names it; one that names a logo which is not the tenant's is told so.
    let saved = send(&mut browser, &app, tenant, &[("logo", &hash), ("save", "1")], None).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let patch: serde_json::Value = sqlx::query_scalar("select patch from change").fetch_one(&app.sql).await.unwrap();
    assert_eq!((&patch["theme"]["logo"]["hash"], &patch["theme"]["logo"]["kind"]), (&hash.clone().into(), &"svg".into()));
    let unknown = send(&mut browser, &app, tenant, &[("logo", &"0".repeat(64)), ("save", "1")], None).await;
    assert!(unknown.status == 422 && unknown.text.contains("Choose the logo&#39;s file again"), "{}", unknown.text);
    let without = send(&mut browser, &app, tenant, &[("logo", &hash), ("no_logo", "1"), ("preview", "1")], None).await;
    assert!(without.status == 200 && !without.text.contains(&shown), "{}", without.text);
}

#[tokio::test]
async fn what_is_no_logo_comes_back_at_its_field_with_everything_that_was_typed() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let (mut browser, tenant) = (app.signed_in(&account).await, tenant(&app, None).await);
    let long = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><!--{}--></svg>", "x".repeat(400 * 1024));
    for (name, content, says) in [
        ("logo.png", "GIF89a", "Choose a PNG, SVG, WebP or AVIF file"),
        ("logo.svg", "<html xmlns='http://www.w3.org/1999/xhtml'/>", "this is no SVG"),
        ("logo.svg", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "plain SVG"),
        ("logo.svg", &long, "at most 256 KB"),
    ] {
        let page = send(&mut browser, &app, tenant, &[("primary", "#967103"), ("save", "1")], Some((name, content))).await;
        assert_eq!(page.status, 422, "{name}: {}", page.text);
        assert!(
            page.text.contains(says) && page.text.contains("href=\"#logo\"") && page.text.contains("value=\"#967103\""),
            "{}",
            page.text
        );
    }
    assert_eq!((count(&app, "tenant_logo").await, count(&app, "change").await), (0, 0));

    // More than is read at all, a body that is none, and a file where none is taken.
    let huge = send(&mut browser, &app, tenant, &[], Some(("x.svg", &"x".repeat(2_200_000)))).await;
    assert!(huge.status == 413 && huge.text.contains("APP-413"), "{}", huge.text);
    let headers = [("origin", app.url.as_str()), ("sec-fetch-site", "same-origin"), ("content-type", "multipart/form-data; boundary=x")];
    let at = |path: &str| Url::parse(&format!("{}{path}", app.url)).unwrap();
    let broken = browser.send("POST", &at(&format!("/tenants/{tenant}/branding")), &headers, Some("--x\r\nno end".into())).await;
    assert_eq!(broken.status, 400, "{}", broken.text);
    let elsewhere = browser.send("POST", &at("/tenants/new"), &headers, Some("--x--\r\n".into())).await;
    assert_eq!(elsewhere.status, 415, "{}", elsewhere.text);
}

#[tokio::test]
async fn a_form_sent_without_a_session_comes_back_with_what_was_typed_and_keeps_no_file() {
    let app = App::start().await;
    let tenant = tenant(&app, None).await;
    let page = send(&mut Browser::new(), &app, tenant, &[("primary", "#F2B705"), ("save", "1")], Some(("acme.svg", MARK))).await;
    assert_eq!(page.status, 401, "{}", page.text);
    for part in ["AUTH-111", "value=\"#F2B705\"", &format!("action=\"/tenants/{tenant}/branding\"")] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("acme"), "nothing of the tenant is told: {}", page.text);
    assert_eq!(count(&app, "tenant_logo").await, 0);
}

#[tokio::test]
async fn only_those_who_may_configure_a_tenant_they_see_reach_its_branding() {
    let app = App::start().await;
    let (ours, _) = (app.reseller("reseller-a").await, app.reseller("reseller-b").await);
    let tenant = tenant(&app, Some(ours)).await;
    let owner = Account::of(&["reseller"], Some("reseller-a")).await;
    let (stranger, support) = (Account::of(&["reseller"], Some("reseller-b")).await, Account::with(&["support"]).await);
    assert_eq!(app.signed_in(&owner).await.get(&app, &format!("/tenants/{tenant}/branding")).await.status, 200);
    for (account, status) in [(stranger, 404), (support, 403)] {
        let mut browser = app.signed_in(&account).await;
        for path in ["", "/compare"] {
            assert_eq!(browser.get(&app, &format!("/tenants/{tenant}/branding{path}")).await.status, status, "{path}");
        }
        let posted = send(&mut browser, &app, tenant, &[("save", "1")], Some(("acme.svg", MARK))).await;
        assert_eq!(posted.status, status, "{}", posted.text);
        let back = browser.post(&app, &format!("/tenants/{tenant}/branding/bring-back"), &[("number", "1")]).await;
        assert_eq!(back.status, status, "{}", back.text);
    }
    assert_eq!((count(&app, "tenant_logo").await, count(&app, "change").await), (0, 0));
}

#[tokio::test]
async fn a_version_is_brought_back_by_proposing_it_again() {
    let (app, account) = (App::start().await, Account::with(&["platform-ops"]).await);
    let (mut browser, tenant) = (app.signed_in(&account).await, tenant(&app, None).await);
    for (version, primary) in [(1, "#967103"), (2, "#1F4E79")] {
        let theme = serde_json::json!({ "primary": primary });
        sqlx::query("insert into tenant_theme (tenant_id, version, theme, saved_by) values ($1, $2, $3, 'test')")
            .bind(tenant)
            .bind(version)
            .bind(&theme)
            .execute(&app.sql)
            .await
            .unwrap();
        sqlx::query("update tenant_config set theme = $2 where tenant_id = $1").bind(tenant).bind(&theme).execute(&app.sql).await.unwrap();
    }
    let page = browser.get(&app, &format!("/tenants/{tenant}/branding")).await;
    assert!(page.text.contains("Version 2 in use") && page.text.contains("from=1&amp;to=2"), "{}", page.text);
    let compared = browser.get(&app, &format!("/tenants/{tenant}/branding/compare?from=1&to=2")).await;
    assert!(compared.text.contains("<del>#967103") && compared.text.contains("<ins>#1F4E79"), "{}", compared.text);
    assert_eq!(browser.get(&app, &format!("/tenants/{tenant}/branding/compare?from=9&to=2")).await.status, 404);
    let path = format!("/tenants/{tenant}/branding/bring-back");
    let back = browser.post(&app, &path, &[("number", "1")]).await;
    assert_eq!(back.status, 303, "{}", back.text);
    let patch: serde_json::Value = sqlx::query_scalar("select patch from change").fetch_one(&app.sql).await.unwrap();
    assert_eq!(patch["theme"]["primary"], "#967103");
    // What is in use already changes nothing.
    let same = browser.post(&app, &path, &[("number", "2")]).await;
    assert_eq!((same.status, same.location().path()), (303, format!("/tenants/{tenant}/branding").as_str()));
    let count: i64 = sqlx::query_scalar("select count(*) from change").fetch_one(&app.sql).await.unwrap();
    assert_eq!(count, 1);
}
