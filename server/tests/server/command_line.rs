//! The command line as a client of a running server: what it prints and how it ends.

use crate::harness::{Admin, App, InUse, environment, name};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("not JSON: {} {}", self.out, self.err))
    }

    #[track_caller]
    fn must_be(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }
}

/// The command line with the stack's own client, whose role is platform-ops.
async fn steward(app: &App, arguments: &[&str]) -> Ended {
    let (id, secret) = (environment("STEWARD_CLIENT_ID"), environment("STEWARD_CLIENT_SECRET"));
    with(&[("STEWARD_URL", &app.url), ("STEWARD_CLIENT_ID", &id), ("STEWARD_CLIENT_SECRET", &secret)], arguments, "").await
}

async fn with(variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_steward"))
        .args(arguments)
        .env_clear()
        .env("STEWARD_TOKEN_URL", environment("STEWARD_TOKEN_URL"))
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let ended = child.wait_with_output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
}

/// Ends every run as if its workers had done it.
async fn settle(app: &App) {
    sqlx::query("update run_step set state = 'done'").execute(&app.sql).await.unwrap();
    sqlx::query("update run set state = 'done', ended_at = now() where ended_at is null").execute(&app.sql).await.unwrap();
    sqlx::query("update tenant set status = 'active', stage = 'monitoring'").execute(&app.sql).await.unwrap();
}

/// A tenant that is active as far as Steward knows. Gives its short name.
async fn active(app: &App) -> String {
    let name = name();
    let domain = format!("{name}.inosec.com");
    steward(app, &["tenant", "create", "--name", "Acme Corp", "--domain", &domain, "--contact-email", "a@acme.com"]).await.must_be(0);
    settle(app).await;
    name
}

#[tokio::test]
async fn a_tenant_is_created_shown_listed_and_watched() {
    let app = App::start().await;
    let name = name();
    let file = format!("name: Acme Corp\ncontact_email: a@acme.com\ndomain: {name}.inosec.com\nlimits: {{ cpu: 2 }}\n");
    let (id, secret) = (environment("STEWARD_CLIENT_ID"), environment("STEWARD_CLIENT_SECRET"));
    let variables = [("STEWARD_URL", app.url.as_str()), ("STEWARD_CLIENT_ID", &id), ("STEWARD_CLIENT_SECRET", &secret)];
    let created = with(&variables, &["tenant", "create", "--file", "-", "--cpu", "6", "--json"], &file).await;
    assert_eq!(created.must_be(0).json()["status"], json!("provisioning"));
    let shown = steward(&app, &["tenant", "show", &name]).await;
    assert!(shown.must_be(0).out.contains("Acme Corp") && shown.out.contains("6 cores"), "{}", shown.out);
    let list = steward(&app, &["tenant", "list", "--query", &name, "--status", "provisioning"]).await;
    assert_eq!(list.must_be(0).out.lines().count(), 2, "{}", list.out);
    let list = steward(&app, &["tenant", "list", "--json"]).await;
    assert_eq!(list.must_be(0).json().as_array().map(Vec::len), Some(1));

    let follow = ["tenant", "watch", name.as_str()];
    let (watched, ()) = tokio::join!(steward(&app, &follow), async {
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        settle(&app).await;
    });
    assert!(watched.must_be(0).out.contains("done      Namespace"), "{}", watched.out);
    sqlx::query("update run_step set state = 'stopped' where kind = 'realm'").execute(&app.sql).await.unwrap();
    sqlx::query("update run set state = 'stopped', ended_at = null").execute(&app.sql).await.unwrap();
    let stopped = steward(&app, &["tenant", "watch", &name, "--json"]).await;
    assert_eq!(stopped.must_be(1).json()["state"], json!("stopped"));
}

#[tokio::test]
async fn what_is_applied_is_the_plan_that_was_shown() {
    let app = App::start().await;
    let name = active(&app).await;
    let plan = steward(&app, &["tenant", "plan", &name, "--cpu", "8", "--enable", "ml_enabled"]).await;
    assert!(
        plan.must_be(0).out.lines().any(|line| line.split_whitespace().eq("CPU 4 cores 8 cores".split(" ")))
            && plan.out.contains("resource-quota"),
        "{}",
        plan.out
    );
    // Nobody is there to be asked.
    steward(&app, &["tenant", "apply", &name, "--cpu", "8"]).await.must_be(2);
    assert_eq!(steward(&app, &["tenant", "show", &name, "--json"]).await.json()["limits"]["cpu"], json!(4));
    let applied = steward(&app, &["tenant", "apply", &name, "--cpu", "8", "--yes"]).await;
    assert!(applied.must_be(0).out.contains("was started"), "{}", applied.out);
    // Another run is under way.
    let busy = steward(&app, &["tenant", "apply", &name, "--cpu", "9", "--yes"]).await;
    assert!(busy.must_be(5).err.contains("TEN-411"), "{}", busy.err);
    settle(&app).await;
    let same = steward(&app, &["tenant", "apply", &name, "--cpu", "8", "--yes"]).await;
    assert!(same.must_be(0).out.contains("Nothing is to change"), "{}", same.out);
    let wrong = steward(&app, &["tenant", "apply", &name, "--cpu", "9000", "--yes"]).await;
    assert!(wrong.must_be(2).err.contains("limits.cpu: "), "{}", wrong.err);
    steward(&app, &["tenant", "apply", &name, "--yes"]).await.must_be(2);

    let drift = steward(&app, &["tenant", "drift", &name]).await;
    assert!(drift.must_be(7).out.contains("missing") && drift.err.contains("19 of 19 differ"), "{}{}", drift.out, drift.err);
    let repaired = steward(&app, &["tenant", "repair", &name, "--only", "namespace", "--yes", "--json"]).await;
    assert_eq!(repaired.must_be(0).json()["already"], json!(false));
    settle(&app).await;
    steward(&app, &["tenant", "suspend", &name, "--reason", "unpaid", "--yes"]).await.must_be(0);
    steward(&app, &["tenant", "resume", &name, "--yes"]).await.must_be(5);
}

#[tokio::test]
async fn limits_below_what_is_used_take_an_option_of_their_own() {
    let app = App::start().await;
    let name = active(&app).await;
    let shown = steward(&app, &["tenant", "show", &name, "--json"]).await;
    let _five = InUse::storage(&name, shown.must_be(0).json()["tenant_id"].as_str().unwrap(), 5).await;
    let lower = ["tenant", "apply", name.as_str(), "--storage-gib", "4", "--yes"];
    let refused = steward(&app, &lower).await;
    assert!(refused.must_be(2).err.contains("limits.storage_gib: Storage: 4 GiB is less than the 5 GiB in use"), "{}", refused.err);
    let agreed: Vec<&str> = lower.into_iter().chain(["--below-use"]).collect();
    assert!(steward(&app, &agreed).await.must_be(0).out.contains("was started"));
    assert_eq!(steward(&app, &["tenant", "show", &name, "--json"]).await.json()["limits"]["storage_gib"], json!(4));
}

#[tokio::test]
async fn the_code_it_ends_with_says_why() {
    let app = App::start().await;
    let (id, secret) = (environment("STEWARD_CLIENT_ID"), environment("STEWARD_CLIENT_SECRET"));
    steward(&app, &["tenant", "show", "nobody-here"]).await.must_be(4);
    steward(&app, &["tenant", "nonsense"]).await.must_be(2);
    let unset = with(&[("STEWARD_URL", &app.url)], &["tenant", "list"], "").await;
    assert!(unset.must_be(2).err.contains("STEWARD_CLIENT_ID"), "{}", unset.err);
    let wrong = [("STEWARD_URL", app.url.as_str()), ("STEWARD_CLIENT_ID", id.as_str()), ("STEWARD_CLIENT_SECRET", "wrong-one")];
    let wrong = with(&wrong, &["tenant", "list"], "").await;
    assert!(!wrong.must_be(3).err.contains("wrong-one"), "{}", wrong.err);
    let away = [("STEWARD_URL", "http://localhost:9"), ("STEWARD_CLIENT_ID", id.as_str()), ("STEWARD_CLIENT_SECRET", secret.as_str())];
    with(&away, &["tenant", "list"], "").await.must_be(6);
    let not_steward = [("STEWARD_URL", environment("KEYCLOAK_URL")), ("STEWARD_CLIENT_ID", id), ("STEWARD_CLIENT_SECRET", secret)];
    let not_steward: Vec<(&str, &str)> = not_steward.iter().map(|(name, value)| (*name, value.as_str())).collect();
    with(&not_steward, &["tenant", "list"], "").await.must_be(6);

    let (admin, client) = (Admin::new().await, format!("test-command-line-{}", std::process::id()));
    let (_, support) = admin.api_client(&client, "support", None).await;
    let weak = [("STEWARD_URL", app.url.as_str()), ("STEWARD_CLIENT_ID", client.as_str()), ("STEWARD_CLIENT_SECRET", "of-this-test-only")];
    let refused = with(&weak, &["tenant", "create", "--name", "Acme", "--domain", "x.inosec.com", "--contact-email", "a@b.cc"], "").await;
    admin.must("DELETE", &format!("/clients/{support}"), None).await;
    assert!(refused.must_be(3).err.contains("APP-403"), "{}", refused.err);
    let completions = with(&[], &["completions", "bash"], "").await;
    assert!(completions.must_be(0).out.contains("_steward()"), "{}", completions.err);
}

#[tokio::test]
async fn a_check_says_of_each_system_how_it_is_and_what_to_fix() {
    let app = App::start().await;
    let all: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("STEWARD_")).collect();
    let site = app.steward.site_root.to_string_lossy().into_owned();
    let database = app.database_url();
    let checked = async |changed: &[(&str, &str)]| {
        let mut variables: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        variables.extend([("STEWARD_SITE_ROOT", site.as_str()), ("STEWARD_DATABASE_URL", database.as_str())]);
        variables.extend_from_slice(changed);
        with(&variables, &["check"], "").await
    };
    let well = checked(&[]).await;
    for line in [
        "ok    PostgreSQL, migrations: all",
        "ok    PostgreSQL, role: steward is neither superuser nor owner",
        "ok    Keycloak, rights: it may make realms",
        "ok    OpenBao, rights: everything",
        "ok    Kubernetes, rights: everything",
        "ok    Kubernetes, clock: as",
        "ok    Grafana, credentials: ",
        "ok    DNS, credentials: ",
    ] {
        assert!(well.must_be(0).out.contains(line), "{line}\n{}", well.out);
    }
    let owner = app.database_url_of("STEWARD_MIGRATION_DATABASE_URL");
    let wrong = checked(&[("STEWARD_KEYCLOAK_CLIENT_SECRET", "wrong-one"), ("STEWARD_DATABASE_URL", &owner)]).await;
    let wrong_lines = ["FAIL  Keycloak, credentials: ", "FAIL  PostgreSQL, role: steward_owner owns tables"];
    for line in wrong_lines {
        assert!(wrong.must_be(1).out.contains(line), "{line}\n{}", wrong.out);
    }
    assert!(!wrong.out.contains("wrong-one") && wrong.out.contains("→ "), "{}", wrong.out);
    sqlx::query("delete from _sqlx_migrations where version = 9").execute(&app.sql).await.unwrap();
    let away = checked(&[("STEWARD_GRAFANA_URL", "http://localhost:9")]).await;
    assert!(away.must_be(1).out.contains("FAIL  PostgreSQL, migrations: 9 are not applied"), "{}", away.out);
    assert!(away.out.contains("FAIL  Grafana, reached: "), "{}", away.out);
    let unset = checked(&[("STEWARD_VAULT_ROLE_ID", "")]).await;
    assert!(unset.must_be(2).err.contains("STEWARD_VAULT_ROLE_ID: is not set"), "{}", unset.err);
}

#[tokio::test]
async fn a_table_is_judged_row_by_row_before_its_tenants_are_created() {
    let app = App::start().await;
    let (id, secret) = (environment("STEWARD_CLIENT_ID"), environment("STEWARD_CLIENT_SECRET"));
    let variables = [("STEWARD_URL", app.url.as_str()), ("STEWARD_CLIENT_ID", &id), ("STEWARD_CLIENT_SECRET", &secret)];
    let (one, other) = (name(), name());
    let csv = format!("name,contact_email,short_name\nAcme,a@acme.com,{one}\nKestrel,k@kestrel.com,{other}\n");
    let wrong = csv.replace("a@acme.com", "nobody");
    let refused = with(&variables, &["tenant", "create", "--csv", "-", "--yes"], &wrong).await;
    assert!(refused.must_be(2).out.contains("contact_email: ") && refused.err.contains("Nothing was created"), "{}", refused.out);
    let looked = with(&variables, &["tenant", "create", "--csv", "-", "--dry-run"], &csv).await;
    assert_eq!(looked.must_be(0).out.matches("pass").count(), 2, "{}", looked.out);
    let watched = with(&variables, &["tenant", "create", "--csv", "-", "--yes", "--watch", "--json"], &csv);
    let (watched, ()) = tokio::join!(watched, async {
        for _ in 0..200 {
            let open: i64 = sqlx::query_scalar("select count(*) from run where ended_at is null").fetch_one(&app.sql).await.unwrap();
            if open == 2 {
                return settle(&app).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    });
    assert_eq!(watched.must_be(0).json()["progress"]["done"], json!(2));
}
