//! The page of the platform: who may pause destructive work, what is said of a reason that is none, and what stands in the log of it.

use crate::harness::{Account, App};

/// Whether destructive work is paused, and how often it was.
async fn pauses(app: &App) -> (bool, i64) {
    sqlx::query_as("select coalesce(bool_or(resumed_at is null), false), count(*) from destruction_pause")
        .fetch_one(&app.sql)
        .await
        .unwrap()
}

#[tokio::test]
async fn those_who_may_pause_destructive_work_and_let_it_go_on_and_each_is_written_down() {
    let app = App::start().await;
    for (times, role) in ["platform-ops", "sre", "ciso"].into_iter().enumerate() {
        let account = Account::with(&[role]).await;
        let mut browser = app.signed_in(&account).await;
        let page = browser.get(&app, "/platform").await;
        assert!(
            page.status == 200 && page.text.contains("action=\"/platform\"") && page.text.contains("Goes on as usual"),
            "{role}: {}",
            page.text
        );
        let paused = browser.post(&app, "/platform", &[("reason", " the backup is being checked ")]).await;
        assert_eq!(
            (paused.status, paused.location().path(), paused.location().query()),
            (303, "/platform", None),
            "{role}: {}",
            paused.text
        );
        let page = browser.get(&app, "/platform").await;
        for part in ["Destructive work is paused", "the backup is being checked", "action=\"/platform/resume\""] {
            assert!(page.text.contains(part), "{role}: {part} is not there: {}", page.text);
        }
        // Somebody else had the form open: it is paused already.
        let twice = browser.post(&app, "/platform", &[("reason", "once more")]).await;
        assert!(twice.status == 409 && twice.text.contains("paused already"), "{role}: {} {}", twice.status, twice.text);
        let resumed = browser.post(&app, "/platform/resume", &[]).await;
        assert_eq!(resumed.status, 303, "{role}: {}", resumed.text);
        assert_eq!(browser.post(&app, "/platform/resume", &[]).await.status, 409, "{role}");
        assert_eq!(pauses(&app).await, (false, times as i64 + 1), "{role}");

        let entries: Vec<(String, String, Option<String>)> = sqlx::query_as(
            "select action, result, convert_from(body, 'UTF8')::jsonb #>> '{detail,reason}' from audit_intake where object_kind = 'pause' and actor_id = $1 order by id",
        )
        .bind(&account.id)
        .fetch_all(&app.sql)
        .await
        .unwrap();
        let entry = |action: &str, reason: Option<&str>| (action.to_owned(), "done".to_owned(), reason.map(str::to_owned));
        assert_eq!(entries, [entry("destruction.pause", Some("the backup is being checked")), entry("destruction.resume", None)], "{role}");
    }
}

#[tokio::test]
async fn a_reason_that_is_none_comes_back_at_its_field_with_what_was_typed() {
    let app = App::start().await;
    let account = Account::with(&["sre"]).await;
    let mut browser = app.signed_in(&account).await;
    let long = format!("<b>{}", "x".repeat(300));
    for (typed, kept) in
        [("", "value=\"\"".to_owned()), ("   ", "value=\"   \"".to_owned()), (&long, format!("value=\"&lt;b&gt;{}\"", "x".repeat(300)))]
    {
        let refused = browser.post(&app, "/platform", &[("reason", typed)]).await;
        assert_eq!((refused.status, refused.url.query()), (422, None), "{typed}: {}", refused.text);
        for part in ["<title>Error: Platform", "href=\"#reason\"", "id=\"reason-error\"", "Enter why", &kept] {
            assert!(refused.text.contains(part), "{typed}: {part} is not there: {}", refused.text);
        }
        // The rest of the page is there too.
        assert!(refused.text.contains(">Systems</caption>"), "{typed}: {}", refused.text);
    }
    assert_eq!(pauses(&app).await, (false, 0));
}

#[tokio::test]
async fn who_may_not_pause_is_told_whom_to_ask_and_a_reseller_sees_nothing() {
    let app = App::start().await;
    for role in ["support", "devops", "compliance-officer"] {
        let account = Account::with(&[role]).await;
        let mut browser = app.signed_in(&account).await;
        let page = browser.get(&app, "/platform").await;
        assert!(
            page.status == 200 && page.text.contains("To pause it, ask") && !page.text.contains("name=\"reason\""),
            "{role}: {}",
            page.text
        );
        for (path, form) in [("/platform", &[("reason", "late")][..]), ("/platform/resume", &[])] {
            let refused = browser.post(&app, path, form).await;
            assert_eq!(refused.status, 403, "{role} {path}");
            let entries = app.entries_of(refused.request_id()).await;
            assert_eq!(entries.iter().map(|(_, result, _)| result.as_str()).collect::<Vec<_>>(), ["refused"], "{role} {path}");
        }
    }
    app.reseller("nordwerk").await;
    let reseller = Account::of(&["reseller"], Some("nordwerk")).await;
    let mut browser = app.signed_in(&reseller).await;
    assert_eq!(browser.get(&app, "/platform").await.status, 403);
    assert_eq!(browser.post(&app, "/platform", &[("reason", "late")]).await.status, 403);
    assert_eq!(pauses(&app).await, (false, 0));
}
