//! The command line as a client of a running server: what it prints and how it ends.

use crate::harness::{Admin, App, InUse, environment, name};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

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

/// The same in a terminal of its own, where a person types. Both outputs come as one.
fn in_a_terminal(app: &App, arguments: &[&str]) -> Child {
    let command: Vec<String> = [env!("CARGO_BIN_EXE_steward")].iter().chain(arguments).map(|word| format!("'{word}'")).collect();
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &command.join(" "), "/dev/null"]).env("STEWARD_URL", &app.url);
    terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

async fn typing(app: &App, arguments: &[&str], typed: &str) -> Ended {
    let mut child = in_a_terminal(app, arguments);
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(typed.as_bytes()).await.unwrap();
    let ended = child.wait_with_output().await.unwrap();
    drop(keyboard);
    Ended { code: ended.status.code().unwrap(), out: String::from_utf8(ended.stdout).unwrap(), err: String::new() }
}

/// Ends every run as if its workers had done it, and leaves the tenants what they are said to be.
async fn settled(app: &App, status: &str) {
    sqlx::query("update run_step set state = 'done'").execute(&app.sql).await.unwrap();
    sqlx::query("update run set state = 'done', ended_at = now() where ended_at is null").execute(&app.sql).await.unwrap();
    sqlx::query("update tenant set status = $1, stage = 'monitoring'").bind(status).execute(&app.sql).await.unwrap();
}

async fn settle(app: &App) {
    settled(app, "active").await;
}

async fn runs(app: &App) -> i64 {
    sqlx::query_scalar("select count(*) from run").fetch_one(&app.sql).await.unwrap()
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
    // It is not suspended yet.
    steward(&app, &["tenant", "resume", &name, "--yes"]).await.must_be(5);
    settled(&app, "suspended").await;
    let resumed = steward(&app, &["tenant", "resume", &name, "--yes", "--json"]).await;
    let run = resumed.must_be(0).json()["number"].to_string();
    settle(&app).await;
    let watched = steward(&app, &["tenant", "watch", &name, &run, "--json"]).await;
    assert_eq!(watched.must_be(0).json()["kind"], json!("resume"));
    let suspended: bool = sqlx::query_scalar("select suspended from tenant_config").fetch_one(&app.sql).await.unwrap();
    assert!(!suspended);
}

#[tokio::test]
async fn nothing_differs_of_a_tenant_that_is_to_have_nothing() {
    let app = App::start().await;
    let name = active(&app).await;
    let differs = steward(&app, &["tenant", "drift", &name, "--json"]).await;
    assert_eq!(differs.must_be(7).json()["counts"]["create"], json!(19));
    let kinds: Vec<&str> = steward_domain::resource::ResourceKind::ALL.iter().map(|kind| kind.as_str()).collect();
    sqlx::query("update tenant_config set without = $1").bind(&kinds).execute(&app.sql).await.unwrap();
    let same = steward(&app, &["tenant", "drift", &name]).await;
    assert_eq!((same.must_be(0).out.as_str(), same.err.as_str()), ("Nothing differs.\n", ""));
    let same = steward(&app, &["tenant", "drift", &name, "--json"]).await;
    assert_eq!(same.must_be(0).json()["items"], json!([]));
}

#[tokio::test]
async fn nothing_happens_until_the_person_says_yes() {
    let app = App::start().await;
    let name = active(&app).await;
    let before = runs(&app).await;
    let apply = ["tenant", "apply", name.as_str(), "--cpu", "8"];
    // Whatever is no yes is a no, and so is nothing at all.
    for typed in ["n\n", "\n", "yellow\n", "\u{4}"] {
        let asked = typing(&app, &apply, typed).await;
        assert!(asked.must_be(1).out.contains(&format!("Change limits {name}? [y/N]")), "{}", asked.out);
        assert!(asked.out.contains("Nothing was started.") && asked.out.contains("resource-quota"), "{}", asked.out);
    }
    assert_eq!(
        (runs(&app).await, steward(&app, &["tenant", "show", &name, "--json"]).await.json()["limits"]["cpu"].clone()),
        (before, json!(4))
    );
    // Nobody is there to be asked: nothing is even proposed.
    let changes: i64 = sqlx::query_scalar("select count(*) from change").fetch_one(&app.sql).await.unwrap();
    for command in [&apply[..], &["tenant", "repair", &name], &["tenant", "suspend", &name], &["tenant", "resume", &name]] {
        let alone = steward(&app, command).await;
        assert!(alone.must_be(2).err.contains("There is no terminal to ask on: give --yes"), "{command:?}: {}", alone.err);
    }
    assert_eq!(sqlx::query_scalar::<_, i64>("select count(*) from change").fetch_one(&app.sql).await.unwrap(), changes);

    let asked = typing(&app, &apply, "y\n").await;
    assert!(asked.must_be(0).out.contains("was started"), "{}", asked.out);
    assert_eq!(runs(&app).await, before + 1);
}

#[tokio::test]
async fn what_is_started_is_held_to_the_version_that_was_shown() {
    let app = App::start().await;
    let name = active(&app).await;
    // Both show what differs elsewhere too: what is shown is what would run.
    let plan = steward(&app, &["tenant", "plan", &name, "--cpu", "8"]).await;
    assert!(plan.must_be(0).out.contains("resource-quota") && plan.out.contains("realm"), "{}", plan.out);
    let looked = steward(&app, &["tenant", "plan", &name, "--cpu", "8", "--json"]).await.json();
    assert_eq!((&looked["change"], runs(&app).await), (&Value::Null, 1));
    let mut child = in_a_terminal(&app, &["tenant", "apply", &name, "--cpu", "8"]);
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let (mut out, mut piece) = (String::new(), [0; 4096]);
    while !out.contains("[y/N]") {
        let read = screen.read(&mut piece).await.unwrap();
        assert!(read > 0, "{out}");
        out.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    // While the person thinks, somebody else changes another setting.
    steward(&app, &["tenant", "apply", &name, "--name", "Acme SA", "--yes"]).await.must_be(0);
    settle(&app).await;
    keyboard.write_all(b"y\n").await.unwrap();
    screen.read_to_string(&mut out).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(5), "{out}");
    assert!(out.contains("TEN-416") && out.contains("THEIRS") && out.contains("Acme SA"), "{out}");
    assert_eq!(steward(&app, &["tenant", "show", &name, "--json"]).await.json()["limits"]["cpu"], json!(4));
}

#[tokio::test]
async fn one_resource_is_done_without_and_brought_back() {
    let app = App::start().await;
    let name = active(&app).await;
    let line = |out: &str, words: &str| out.lines().any(|line| line.split_whitespace().eq(words.split(' ')));
    let plan = steward(&app, &["tenant", "plan", &name, "--without", "limit-range", "--without", "dashboard"]).await;
    assert!(line(&plan.must_be(0).out, "Does without none Limit range, Dashboard"), "{}", plan.out);
    let applied = steward(&app, &["tenant", "apply", &name, "--without", "limit-range", "--yes"]).await;
    assert!(applied.must_be(0).out.contains("was started"), "{}", applied.out);
    settle(&app).await;
    let shown = steward(&app, &["tenant", "show", &name]).await;
    assert!(line(&shown.must_be(0).out, "Does without limit-range"), "{}", shown.out);

    // One more beside it, and what was done without already stays so.
    let more = steward(&app, &["tenant", "plan", &name, "--without", "dashboard"]).await;
    assert!(line(&more.must_be(0).out, "Does without Limit range Limit range, Dashboard"), "{}", more.out);
    let needed = steward(&app, &["tenant", "apply", &name, "--without", "folder", "--yes"]).await;
    assert!(needed.must_be(2).err.contains("Dashboard needs folder: remove it first"), "{}", needed.err);
    let both = steward(&app, &["tenant", "apply", &name, "--without", "policy", "--with", "policy", "--yes"]).await;
    assert!(both.must_be(2).err.contains("either --without or --with"), "{}", both.err);
    steward(&app, &["tenant", "apply", &name, "--without", "moon", "--yes"]).await.must_be(2);

    let same = steward(&app, &["tenant", "apply", &name, "--without", "limit-range", "--yes"]).await;
    assert!(same.must_be(0).out.contains("Nothing is to change"), "{}", same.out);
    steward(&app, &["tenant", "apply", &name, "--with", "limit-range", "--yes"]).await.must_be(0);
    settle(&app).await;
    assert_eq!(steward(&app, &["tenant", "show", &name, "--json"]).await.json()["without"], json!([]));
    let completions = with(&[], &["completions", "bash"], "").await;
    assert!(completions.must_be(0).out.contains("--without") && completions.out.contains("loki-datasource"));
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
}

#[tokio::test]
async fn every_shell_completes_every_command() {
    let all = ["serve", "migrate", "reseller", "check", "tenant", "completions"];
    let of_tenants = ["create", "list", "show", "plan", "apply", "drift", "repair", "suspend", "resume", "watch"];
    // Its first words, and what stands around a command that each shell's script offers.
    for (shell, begins, before, after) in
        [("bash", "_steward()", ",", ")\n"), ("zsh", "#compdef steward", "\n'", ":"), ("fish", "complete -c steward", "-a \"", "\"")]
    {
        let script = with(&[], &["completions", shell], "").await;
        assert!(script.must_be(0).out.contains(begins), "{shell}: {}", script.out);
        for command in all.iter().chain(&of_tenants) {
            assert!(script.out.contains(&format!("{before}{command}{after}")), "{shell} does not complete {command}");
        }
        assert!(script.out.contains("yes") && script.out.contains("dry-run"), "{shell} completes no options");
    }
    with(&[], &["completions", "nushell"], "").await.must_be(2);
}

/// `steward check` with the instance's own configuration, but for what is changed.
async fn check(app: &App, changed: &[(&str, &str)]) -> Ended {
    let all: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("STEWARD_")).collect();
    let (site, database) = (app.steward.site_root.to_string_lossy().into_owned(), app.database_url());
    let mut variables: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    variables.extend([("STEWARD_SITE_ROOT", site.as_str()), ("STEWARD_DATABASE_URL", database.as_str())]);
    variables.extend_from_slice(changed);
    with(&variables, &["check"], "").await
}

#[tokio::test]
async fn a_check_says_of_each_system_how_it_is_and_what_to_fix() {
    let app = App::start().await;
    let checked = async |changed: &[(&str, &str)]| check(&app, changed).await;
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
        "ok    Ingress controller, reached: it answers",
        "ok    Keycloak, realm for sign-in, reached: it names itself as configured and has ",
    ] {
        assert!(well.must_be(0).out.contains(line), "{line}\n{}", well.out);
    }
    let mail = format!("ok    mail server {}:{}, reached: it greets", environment("STEWARD_SMTP_HOST"), environment("STEWARD_SMTP_PORT"));
    assert!(well.out.contains(&mail), "{mail}\n{}", well.out);
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
async fn a_check_says_what_to_fix_when_nobody_is_there_and_when_it_is_somebody_else() {
    let app = App::start().await;
    // What to do stands right below.
    let to_do = |checked: &Ended, line: &str| {
        let mut lines = checked.out.lines().skip_while(|it| !it.starts_with(line));
        assert!(lines.next().is_some(), "{line}\n{}", checked.out);
        lines.next().unwrap_or_default().trim().to_owned()
    };
    let nobody = [
        ("STEWARD_INGRESS_ADDRESS", "127.0.0.1:9"),
        ("STEWARD_SMTP_HOST", "127.0.0.1"),
        ("STEWARD_SMTP_PORT", "9"),
        ("STEWARD_OIDC_ISSUER", "http://localhost:9/realms/platform"),
    ];
    let away = check(&app, &nobody).await;
    assert_eq!(to_do(&away, "FAIL  Ingress controller, reached: "), "→ See that it runs and is ready, or correct STEWARD_INGRESS_ADDRESS.");
    assert_eq!(to_do(&away, "FAIL  mail server 127.0.0.1:9, reached: "), "→ Start it, or correct STEWARD_SMTP_HOST and STEWARD_SMTP_PORT.");
    assert_eq!(to_do(&away, "FAIL  Keycloak, realm for sign-in, reached: "), "→ Start Keycloak, or correct STEWARD_OIDC_ISSUER.");
    assert!(away.must_be(6).err.contains("3 of "), "{}", away.err);
    let keycloak = environment("KEYCLOAK_URL");
    let port = keycloak.rsplit_once(':').unwrap().1;
    let other_realm = format!("{keycloak}/realms/master-of-nobody");
    let somebody_else = [
        ("STEWARD_INGRESS_ADDRESS", format!("127.0.0.1:{port}")),
        ("STEWARD_SMTP_HOST", "127.0.0.1".to_owned()),
        ("STEWARD_SMTP_PORT", environment("MAIL_API_URL").rsplit_once(':').unwrap().1.to_owned()),
        ("STEWARD_OIDC_ISSUER", other_realm),
    ];
    let somebody_else: Vec<(&str, &str)> = somebody_else.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let other = check(&app, &somebody_else).await;
    assert_eq!(
        to_do(&other, "FAIL  Ingress controller, reached: "),
        "→ See that it runs and is ready, or correct STEWARD_INGRESS_ADDRESS."
    );
    assert_eq!(to_do(&other, "FAIL  mail server 127.0.0.1:"), "→ Start it, or correct STEWARD_SMTP_HOST and STEWARD_SMTP_PORT.");
    assert_eq!(to_do(&other, "FAIL  Keycloak, realm for sign-in, reached: "), "→ Start Keycloak, or correct STEWARD_OIDC_ISSUER.");
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
