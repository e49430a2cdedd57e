//! Mails to a tenant's contact: what each run leaves in the outbox, and that it arrives once, whatever dies or refuses meanwhile. The runs
//! are carried out on systems in memory, the mails by a real mail server.

use crate::changes::Active;
use crate::world::*;
use async_trait::async_trait;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use steward_core::access::{ConfigureTenants, CreateTenants, ReadTenants, SendMails, SuspendTenants};
use steward_core::error::Error;
use steward_core::mail::{Carrier, MailFailure, MailKind, MailRow, MailState, MailTrouble, MailTuning, MailWorker, Outgoing, Smtp};
use steward_core::mail::{mails_of, send_again};
use steward_core::provisioning::{MailSender, Proposal};
use steward_domain::change::SettingsPatch;
use steward_domain::contrast::Colour;
use steward_domain::email::EmailAddress;
use steward_domain::run::RunState;
use steward_domain::theme::Theme;
use steward_in_process::World;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// A tenant that is active on systems in memory. No mail is sent yet.
async fn active(pool: &PgPool) -> Active {
    let world = World::new(Duration::ZERO, Duration::ZERO);
    let (provisioning, database) = provisioning_in_memory(pool, &world, 8).await;
    let create = may::<CreateTenants>(&database).await;
    let name = short_name();
    let onboarded = provisioning.onboard(&create, draft(&name), None).await.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(provisioning.worker("test".into()).with(quick(), None).run(stop.clone()));
    run_is(&provisioning, &database, onboarded.run_id, RunState::Done, 30).await;
    Active { wanted: wanted_of(onboarded.tenant_id, &name), provisioning, database, stop }
}

fn soon() -> MailTuning {
    MailTuning {
        lease: Duration::from_millis(1_500),
        send_max: Duration::from_secs(1),
        poll: Duration::from_millis(100),
        pause_first: Duration::from_millis(50),
        pause_max: Duration::from_millis(200),
        ..MailTuning::default()
    }
}

async fn rows(tenant: &Active) -> Vec<MailRow> {
    mails_of(&tenant.database, &may::<ReadTenants>(&tenant.database).await, tenant.id()).await.unwrap().rows
}

async fn all_are(tenant: &Active, state: MailState) {
    until(20, "every mail has ended", async || rows(tenant).await.iter().all(|row| row.state == state)).await;
}

fn sender() -> MailSender {
    settings().mail
}

fn worker(tenant: &Active, carrier: Arc<dyn Carrier>) -> MailWorker {
    MailWorker::new(tenant.database.clone(), sender(), "https://steward.example".into(), "test".into(), soon(), carrier)
}

fn smtp() -> Arc<Smtp> {
    Arc::new(Smtp::new(&sender()).unwrap())
}

/// Has the mail server refuse an address the next times.
async fn refuse(address: &str, code: u16, times: u32) {
    let url = format!("{}/fail?code={code}&count={times}&to={address}", env("MAIL_API_URL"));
    let reply = steward_core::platform::http::client().unwrap().post(url).send().await.unwrap();
    assert_eq!(reply.status(), 204);
}

async fn entries(pool: &PgPool) -> Vec<(String, Option<String>)> {
    sqlx::query_as("select action, code from audit_intake where action like 'mail.%' order by occurred_at, id")
        .fetch_all(pool)
        .await
        .unwrap()
}

fn header<'a>(message: &'a serde_json::Value, name: &str) -> &'a str {
    let headers = message["headers"].as_array().unwrap();
    let found: Vec<&str> = headers.iter().filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect();
    assert_eq!(found.len(), 1, "{name}: {message}");
    found[0]
}

#[sqlx::test(migrations = "../migrations")]
async fn each_run_tells_the_contact_what_concerns_it_in_the_tenants_theme(pool: PgPool) {
    let tenant = active(&pool).await;
    let contact = tenant.wanted.contact_email.to_string();
    // A theme alone is no news; what comes after it is drawn in it.
    let theme = Theme { primary: Colour::of(0x96, 0x71, 0x03), ..Theme::default() };
    tenant.carry_out::<ConfigureTenants>(Proposal::settings(SettingsPatch { theme: Some(theme), ..SettingsPatch::default() }, None)).await;
    tenant.carry_out::<SuspendTenants>(Proposal::suspension(true, Some("Invoices unpaid since March".into()))).await;
    tenant.carry_out::<SuspendTenants>(Proposal::suspension(false, None)).await;
    let new = EmailAddress::parse(&format!("new@{}.example.com", tenant.wanted.short_name)).unwrap();
    let patch = SettingsPatch { contact_email: Some(new.clone()), ..SettingsPatch::default() };
    tenant.carry_out::<ConfigureTenants>(Proposal::settings(patch, None)).await;
    let mut written: Vec<(MailKind, String)> = rows(&tenant).await.into_iter().rev().map(|row| (row.kind, row.recipient)).collect();
    written.sort_by_key(|(kind, _)| kind.as_str());
    assert_eq!(
        written,
        [
            (MailKind::ContactLeft, contact.clone()),
            (MailKind::ContactNew, new.to_string()),
            (MailKind::Ready, contact.clone()),
            (MailKind::Resumed, contact.clone()),
            (MailKind::Suspended, contact.clone()),
        ]
    );
    assert_eq!(messages_to(&contact).await.len(), 0, "a run sends nothing");

    let stop = CancellationToken::new();
    tokio::spawn(worker(&tenant, smtp()).run(stop.clone()));
    all_are(&tenant, MailState::Sent).await;
    let arrived = messages_to(&contact).await;
    let by_subject = |end: &str| {
        arrived.iter().find(|mail| mail["subject"].as_str().unwrap().ends_with(end)).unwrap_or_else(|| panic!("{end}: {arrived:#?}"))
    };
    assert_eq!(arrived.len(), 4, "{arrived:#?}");
    let (ready, suspended) = (by_subject("is ready"), by_subject("is suspended"));
    for mail in [ready, suspended] {
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(mail["to"], serde_json::json!([contact]));
        assert!(header(mail, "From").contains(&format!("Test {}", tenant.wanted.short_name)), "{mail}");
        assert!(!mail.to_string().contains("Invoices"), "the reason was written for staff: {mail}");
    }
    // What it looked like when it was made, and now.
    assert!(ready["html"].as_str().unwrap().contains("background:#006FF9"), "{ready}");
    assert!(suspended["html"].as_str().unwrap().contains("background:#967103"), "{suspended}");
    assert!(ready["text"].as_str().unwrap().contains(&format!("https://steward.example/t/{}", tenant.wanted.short_name)), "{ready}");
    assert_eq!(messages_to(new.as_str()).await.len(), 1);
    assert_eq!(entries(&pool).await.iter().filter(|(action, _)| action == "mail.send").count(), 5);
    stop.cancel();
    tenant.stop.cancel();
}

/// Hands the mail over and never says so, as a process that is killed in that moment.
struct Dies {
    smtp: Arc<Smtp>,
    handed_over: Notify,
}

#[async_trait]
impl Carrier for Dies {
    async fn carry(&self, mail: &Outgoing) -> Result<(), MailFailure> {
        self.smtp.carry(mail).await?;
        self.handed_over.notify_one();
        std::future::pending().await
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_dies_before_it_noted_what_it_sent_leaves_one_mail_that_is_recognised(pool: PgPool) {
    let tenant = active(&pool).await;
    let dies = Arc::new(Dies { smtp: smtp(), handed_over: Notify::new() });
    let dying = tokio::spawn(worker(&tenant, dies.clone()).run(CancellationToken::new()));
    dies.handed_over.notified().await;
    dying.abort();
    assert_eq!(rows(&tenant).await[0].state, MailState::Sending);

    let stop = CancellationToken::new();
    tokio::spawn(worker(&tenant, smtp()).run(stop.clone()));
    all_are(&tenant, MailState::Sent).await;
    // Whatever settles the run once more, there is no second mail.
    let (run, kind) = sqlx::query_as::<_, (uuid::Uuid, String)>("select id, kind from run").fetch_one(&pool).await.unwrap();
    assert_eq!(kind, "onboard");
    let again = sqlx::query(
        "insert into mail (id, tenant_id, run_id, kind, recipient) select gen_random_uuid(), tenant_id, run_id, kind, recipient from mail where run_id = $1",
    );
    assert!(again.bind(run).execute(&pool).await.unwrap_err().to_string().contains("mail_once"));
    tokio::time::sleep(soon().lease * 2).await;
    let arrived = messages_to(tenant.wanted.contact_email.as_str()).await;
    assert_eq!(arrived.len(), 2, "{arrived:#?}");
    assert_eq!(header(&arrived[0], "Message-ID"), header(&arrived[1], "Message-ID"));
    assert_eq!(header(&arrived[0], "Date"), header(&arrived[1], "Date"));
    let row = rows(&tenant).await.remove(0);
    assert!(header(&arrived[0], "Message-ID").contains(&row.id.to_string()));
    assert_eq!((row.tries, entries(&pool).await), (2, vec![("mail.send".to_owned(), None)]));
    stop.cancel();
    tenant.stop.cancel();
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_waits_for_a_person(pool: PgPool) {
    let tenant = active(&pool).await;
    let contact = tenant.wanted.contact_email.to_string();
    refuse(&contact, 451, 2).await;
    let stop = CancellationToken::new();
    tokio::spawn(worker(&tenant, smtp()).run(stop.clone()));
    all_are(&tenant, MailState::Sent).await;
    assert_eq!((rows(&tenant).await[0].tries, messages_to(&contact).await.len()), (3, 1));

    refuse(&contact, 550, 1).await;
    tenant.carry_out::<SuspendTenants>(Proposal::suspension(true, None)).await;
    until(20, "it is given up", async || rows(&tenant).await[0].state == MailState::GivenUp).await;
    let row = rows(&tenant).await.remove(0);
    let (code, words) = row.failure.clone().unwrap();
    assert_eq!((row.kind, row.tries, code.as_str()), (MailKind::Suspended, 1, "MAIL-550"));
    assert_eq!(words, "The mail server refuses the mail for good: 550 told to fail");

    // Only what was given up is sent again, by its own tenant's page.
    let authority = may::<SendMails>(&tenant.database).await;
    let sent = rows(&tenant).await[1].id;
    assert!(matches!(send_again(&tenant.database, &authority, tenant.id(), sent).await, Err(Error::Conflict { code: "APP-409", .. })));
    assert!(matches!(send_again(&tenant.database, &authority, sent, row.id).await, Err(Error::NotFound("mail"))));
    send_again(&tenant.database, &authority, tenant.id(), row.id).await.unwrap();
    all_are(&tenant, MailState::Sent).await;
    assert_eq!(messages_to(&contact).await.len(), 2);
    let told: Vec<(String, Option<String>)> = entries(&pool).await;
    let told: Vec<(&str, Option<&str>)> = told.iter().map(|(action, code)| (action.as_str(), code.as_deref())).collect();
    assert_eq!(told, [("mail.send", None), ("mail.give-up", Some("MAIL-550")), ("mail.again", None), ("mail.send", None)]);
    stop.cancel();
    tenant.stop.cancel();
}

/// A mail server that is away.
struct Away;

#[async_trait]
impl Carrier for Away {
    async fn carry(&self, _: &Outgoing) -> Result<(), MailFailure> {
        Err(MailFailure::new(MailTrouble::Away, "connection refused"))
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn after_a_day_a_mail_is_given_up(pool: PgPool) {
    let tenant = active(&pool).await;
    let stop = CancellationToken::new();
    tokio::spawn(worker(&tenant, Arc::new(Away)).run(stop.clone()));
    until(20, "it was tried a few times", async || rows(&tenant).await[0].tries > 2).await;
    assert!(rows(&tenant).await[0].state != MailState::GivenUp);
    sqlx::query("update mail set give_up_at = now() - interval '1 second'").execute(&pool).await.unwrap();
    until(20, "it is given up", async || rows(&tenant).await[0].state == MailState::GivenUp).await;
    assert_eq!(entries(&pool).await, [("mail.give-up".to_owned(), Some("MAIL-503".to_owned()))]);
    // At a port where nobody listens the real client says the same.
    let nobody = Smtp::new(&MailSender { port: 1, ..sender() }).unwrap();
    let mail = Outgoing { id: tenant.id(), envelope: envelope(), bytes: Vec::new() };
    assert_eq!(nobody.carry(&mail).await.unwrap_err().trouble, MailTrouble::Away);
    stop.cancel();
    tenant.stop.cancel();
}

fn envelope() -> lettre::address::Envelope {
    lettre::address::Envelope::new(Some("a@example.com".parse().unwrap()), vec!["b@example.com".parse().unwrap()]).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn two_workers_share_the_outbox_and_send_each_mail_once(pool: PgPool) {
    let tenant = active(&pool).await;
    let stop = CancellationToken::new();
    for _ in 0..2 {
        tokio::spawn(worker(&tenant, smtp()).run(stop.clone()));
    }
    for suspended in [true, false, true, false] {
        tenant.carry_out::<SuspendTenants>(Proposal::suspension(suspended, None)).await;
    }
    all_are(&tenant, MailState::Sent).await;
    assert_eq!(messages_to(tenant.wanted.contact_email.as_str()).await.len(), 5);
    assert!(rows(&tenant).await.iter().all(|row| row.tries == 1));
    stop.cancel();
    tenant.stop.cancel();
}
