//! A tenant's own page, for anybody, and the page of its mails.

use crate::harness::{Account, App, Browser};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A tenant that is active, with a theme of its own.
async fn tenant(app: &App, name: &str, reseller: Option<Uuid>) -> Uuid {
    let tenant = app.tenant(name, reseller).await.tenant;
    let (dark, limits) = (serde_json::json!({ "primary": "#967103", "font": "serif" }), steward_domain::limits::Limits::default_for(false));
    sqlx::query("update tenant set status = 'active', stage = 'activation', name = 'Acme <b> & Co' where id = $1")
        .bind(tenant)
        .execute(&app.sql)
        .await
        .unwrap();
    sqlx::query("update tenant_config set theme = $2, limits = $3 where tenant_id = $1")
        .bind(tenant)
        .bind(dark)
        .bind(serde_json::to_value(limits).unwrap())
        .execute(&app.sql)
        .await
        .unwrap();
    tenant
}

/// The panel with that class, up to its end.
fn panel<'a>(page: &'a str, class: &str) -> Vec<&'a str> {
    page.split(&format!("<div class=\"{class}\">")).skip(1).map(|rest| rest.split("</div></div>").next().unwrap()).collect()
}

#[tokio::test]
async fn anybody_sees_the_page_of_an_active_tenant_with_strict_headers() {
    let app = App::start().await;
    tenant(&app, "acme", None).await;
    let page = Browser::new().get(&app, "/t/acme").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let keycloak = std::env::var("STEWARD_KEYCLOAK_URL").unwrap();
    for part in [
        "<title>Sign in to Acme &lt;b&gt; &amp; Co</title>",
        "<h1>Sign in to Acme &#60;b&#62; &#38; Co</h1>",
        &format!("<a class=\"pb\" href=\"{keycloak}/realms/acme/account/\">"),
        "--p:#967103;",
        "@media (prefers-color-scheme:dark)",
        "Charter",
        "noindex",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains(" style=") && !page.text.contains("acme.inosec.com"), "{}", page.text);
    let style = page.text.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let policy = format!(
        "default-src 'none'; style-src 'self' 'sha256-{}'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(style))
    );
    for (name, value) in [
        ("content-security-policy", policy.as_str()),
        ("cache-control", "public, max-age=60"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("set-cookie", ""),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    // It is the same for somebody who is signed in.
    let account = Account::with(&["platform-ops"]).await;
    assert_eq!(app.signed_in(&account).await.get(&app, "/t/acme").await.text, page.text);
}

#[tokio::test]
async fn a_suspended_tenant_says_so_and_a_draft_is_as_unknown_as_any_name() {
    let app = App::start().await;
    let tenant = tenant(&app, "acme", None).await;
    sqlx::query("update tenant set status = 'suspended' where id = $1").bind(tenant).execute(&app.sql).await.unwrap();
    let page = Browser::new().get(&app, "/t/acme").await;
    let support = std::env::var("STEWARD_SMTP_FROM").unwrap();
    assert!(page.status == 200 && page.text.contains("<h1>Acme &#60;b&#62; &#38; Co is suspended</h1>"), "{}", page.text);
    assert!(page.text.contains(&format!("href=\"mailto:{support}\"")) && !page.text.contains("/realms/"), "{}", page.text);

    app.tenant("making", None).await;
    sqlx::query(
        "insert into tenant (id, status, stage, name, short_name, draft, created_by) values ($1, 'draft', 'creation', 'Secret', 'secret', '{}', 't')",
    )
    .bind(steward_core::context::Context::default().id().unwrap())
    .execute(&app.sql)
    .await
    .unwrap();
    // The request's id, its time and its nonce are another each time.
    let nobody = Browser::new().get(&app, "/t/nobody").await;
    for name in ["secret", "making", "ACME", "acme%20", "%00", "x"] {
        let page = Browser::new().get(&app, &format!("/t/{name}")).await;
        assert_eq!((page.status, page.header("cache-control")), (404, "no-store"), "{name}");
        assert!(page.text.contains("APP-404") && !page.text.contains("Secret"), "{}", page.text);
        assert_eq!(page.text.len(), nobody.text.len(), "{name}: it is told apart from a name that nobody has");
    }
    assert!(!Browser::new().get(&app, "/t/acme/").await.text.contains("Acme"));
}

#[tokio::test]
async fn the_preview_in_the_branding_editor_is_that_page() {
    let app = App::start().await;
    let (tenant, account) = (tenant(&app, "acme", None).await, Account::with(&["platform-ops"]).await);
    for layout in ["horizontal", "vertical"] {
        sqlx::query("update tenant_config set theme = theme || jsonb_build_object('layout', $2::text) where tenant_id = $1")
            .bind(tenant)
            .bind(layout)
            .execute(&app.sql)
            .await
            .unwrap();
        let class = if layout == "vertical" { "preview p-light p-side" } else { "preview p-light" };
        let editor = app.signed_in(&account).await.get(&app, &format!("/tenants/{tenant}/branding")).await.text;
        let own = Browser::new().get(&app, "/t/acme").await.text;
        let (own, previews) = (panel(&own, class), panel(&editor, class));
        assert_eq!(own.len(), 1);
        // A sample leads nowhere, and is no page's first heading.
        let (before, link) = own[0].split_once("<a class=\"pb\"").unwrap();
        let sample = format!(
            "{before}<span class=\"pb\"{}",
            link.split_once(" href=").unwrap().1.split_once('>').map(|(_, rest)| format!(">{rest}")).unwrap()
        );
        let sample = sample.replace("</a>", "</span>").replace("h1>", "h3>");
        assert_eq!(previews[0], sample);
        let mails = panel(&editor, "preview p-light");
        let mail = mails.last().unwrap();
        assert!(mail.contains("is ready</h3>") && mail.contains("Its address is acme.inosec.com."), "{mail}");
    }
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_sent_again_by_those_who_may() {
    let app = App::start().await;
    let tenant = tenant(&app, "acme", None).await;
    let mail: Uuid = sqlx::query_scalar(
        "insert into mail (id, tenant_id, run_id, kind, recipient, state, next_try_at, ended_at, code, failure)
         select gen_random_uuid(), tenant_id, id, 'ready', 'a@acme.com', 'given-up', null, now(), 'MAIL-550', 'The mail server refuses it: 550 <no>'
         from run returning id",
    )
    .fetch_one(&app.sql)
    .await
    .unwrap();
    let (path, form) = (format!("/tenants/{tenant}/mails"), mail.to_string());
    let (devops, support) = (Account::with(&["devops"]).await, Account::with(&["support"]).await);
    let mut support = app.signed_in(&support).await;
    let seen = support.get(&app, &path).await;
    assert!(seen.status == 200 && seen.text.contains("550 &lt;no&gt;") && !seen.text.contains("Send again<"), "{}", seen.text);
    assert_eq!(support.post(&app, &format!("{path}/again"), &[("mail", &form)]).await.status, 403);
    let mut devops = app.signed_in(&devops).await;
    assert!(devops.get(&app, &format!("/tenants/{tenant}")).await.text.contains("1 mail given up"));
    let again = devops.post(&app, &format!("{path}/again"), &[("mail", &form)]).await;
    assert_eq!((again.status, again.location().path()), (303, path.as_str()), "{}", again.text);
    assert_eq!(app.entries_of(again.request_id()).await, [("mail.again".to_owned(), "done".to_owned(), None)]);
    for (mail, status) in [(form.as_str(), 409), ("none", 404), (&tenant.to_string(), 404)] {
        assert_eq!(devops.post(&app, &format!("{path}/again"), &[("mail", mail)]).await.status, status, "{mail}");
    }
    assert!(devops.get(&app, &path).await.text.contains("Waiting"));
}
