//! Live events of a run.

use crate::harness::{Account, Admin, App, Browser};
use std::time::Duration;
use tokio::time::timeout;

/// A stream of events.
struct Events {
    response: reqwest::Response,
    read: String,
}

impl Events {
    async fn of(app: &App, browser: &Browser, path: &str) -> Self {
        let cookie = format!("__Host-sid={}", browser.cookie(app, "__Host-sid").unwrap());
        // No limit on the whole: a stream goes on.
        let request = steward_core::platform::http::client().unwrap().get(format!("{}{path}", app.url)).timeout(Duration::from_secs(120));
        let response = request.header("cookie", cookie).header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next event's name and data; none at the end of the stream.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
                let found = (field("event:"), field("data:"));
                self.read = rest.to_owned();
                if !found.0.is_empty() {
                    return Some(found);
                }
                continue;
            }
            let chunk = self.response.chunk().await.ok()??;
            self.read.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    async fn soon(&mut self) -> Option<(String, String)> {
        timeout(Duration::from_secs(20), self.next()).await.expect("an event soon")
    }
}

fn state(event: Option<(String, String)>) -> String {
    let (name, data) = event.expect("an event");
    assert_eq!(name, "run");
    serde_json::from_str::<serde_json::Value>(&data).unwrap()["steps"][0]["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_run_is_told_at_once_at_each_change_and_until_its_end() {
    let app = App::start().await;
    let account = Account::with(&["support"]).await;
    let (browser, planted) = (app.signed_in(&account).await, app.tenant("acme", None).await);
    let path = format!("/tenants/{}/runs/{}/events", planted.tenant, planted.number);
    let mut one = Events::of(&app, &browser, &path).await;
    let mut two = Events::of(&app, &browser, &path).await;
    assert_eq!((state(one.soon().await), state(two.soon().await)), ("stopped".into(), "stopped".into()));
    sqlx::query("update run_step set state = 'ready' where id = $1").bind(planted.step).execute(&app.sql).await.unwrap();
    assert_eq!((state(one.soon().await), state(two.soon().await)), ("ready".into(), "ready".into()));
    // Many changes at once are told as few.
    for failures in 1..=50 {
        sqlx::query("update run_step set failures = $2 where id = $1")
            .bind(planted.step)
            .bind(failures % 8)
            .execute(&app.sql)
            .await
            .unwrap();
    }
    sqlx::query("update run_step set state = 'done' where id = $1").bind(planted.step).execute(&app.sql).await.unwrap();
    sqlx::query("update run set state = 'done', ended_at = now() where id = $1").bind(planted.run).execute(&app.sql).await.unwrap();
    let mut told = 0;
    let mut last = String::new();
    while let Some(event) = one.soon().await {
        told += 1;
        last = event.1;
    }
    assert!(told <= 12, "{told} events for 52 changes");
    assert!(last.contains("\"state\":\"done\""));
    // A browser that comes again after the end is told not to.
    let mut again = browser.clone();
    let answer = again.send("GET", &format!("{}{path}", app.url).parse().unwrap(), &[("last-event-id", "1")], None).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn a_stream_ends_when_the_session_does_or_the_role_is_gone() {
    let (app, admin) = (App::start().await, Admin::new().await);
    let (leaves, loses) = (Account::with(&["support"]).await, Account::with(&["support"]).await);
    let planted = app.tenant("acme", None).await;
    let path = format!("/tenants/{}/runs/{}/events", planted.tenant, planted.number);
    let (mut leaving, losing) = (app.signed_in(&leaves).await, app.signed_in(&loses).await);
    let mut of_leaving = Events::of(&app, &leaving, &path).await;
    let mut of_losing = Events::of(&app, &losing, &path).await;
    of_leaving.soon().await;
    of_losing.soon().await;
    leaving.post(&app, "/auth/sign-out", &[]).await;
    admin.roles("DELETE", &loses.id, &["support"]).await;
    let ended = async { (of_leaving.next().await, of_losing.next().await) };
    let ended = timeout(Duration::from_secs(100), ended).await.expect("both streams end");
    let end = Some(("end".to_owned(), "signed out".to_owned()));
    assert_eq!(ended, (end.clone(), end));
    assert_eq!((of_leaving.next().await, of_losing.next().await), (None, None));
}
