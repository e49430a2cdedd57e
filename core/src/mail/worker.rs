//! The mail worker of one process: it claims mails that are due, hands each to the mail server and notes what came of it. Any number of
//! processes share the outbox.
//!
//! A worker that dies between sending and noting leaves the mail *sending*; another sends it again once the lease ran out, under the
//! same Message-ID, so that the mail's reader can tell. It is never sent twice because a run was settled or tried again.

use super::letter::{self, LetterSite};
use super::message::{Outgoing, compose};
use super::{MailFailure, MailKind, MailTrouble};
use crate::access::{Actor, Authority, SendMails, demand};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Database;
use crate::error::Result;
use crate::provisioning::{MailSender, Wanted, millis, within_patience};
use crate::tenants::theme;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use uuid::Uuid;

/// What hands a mail over.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands it over. Once it says so, the mail server is answerable for the mail.
    ///
    /// # Errors
    /// Why it was not taken.
    async fn carry(&self, mail: &Outgoing) -> Result<(), MailFailure>;
}

/// Times and limits of a mail worker.
#[derive(Clone, Copy, Debug)]
pub struct MailTuning {
    /// How long a claim holds. A mail whose worker died is sent again after this.
    pub lease: Duration,
    /// How long handing over may take: less than the lease.
    pub send_max: Duration,
    /// How often the worker looks without being told: for due retries and claims that ran out.
    pub poll: Duration,
    /// The first pause before a retry; it doubles each time.
    pub pause_first: Duration,
    /// The longest pause before a retry.
    pub pause_max: Duration,
    /// Mails that are handed over side by side.
    pub at_once: usize,
}

impl Default for MailTuning {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(120),
            send_max: Duration::from_secs(60),
            poll: Duration::from_secs(2),
            pause_first: Duration::from_secs(15),
            pause_max: Duration::from_secs(3_600),
            at_once: 4,
        }
    }
}

/// A mail worker of one process.
pub struct MailWorker(Arc<Shared>);

impl std::fmt::Debug for MailWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailWorker").field("name", &self.0.name).finish_non_exhaustive()
    }
}

struct Shared {
    database: Database,
    sender: MailSender,
    site: LetterSite,
    name: String,
    tuning: MailTuning,
    carrier: Arc<dyn Carrier>,
    /// Somebody should look for mails now.
    wake: Notify,
}

/// A claimed mail.
#[derive(Debug, FromRow)]
struct Claimed {
    id: Uuid,
    tenant_id: Uuid,
    run_id: Uuid,
    kind: String,
    recipient: String,
    tries: i32,
    epoch: i64,
    created_at: DateTime<Utc>,
}

impl MailWorker {
    /// A worker that hands mails to `carrier`. `name` tells people which process it is.
    #[must_use]
    pub fn new(
        database: Database,
        sender: MailSender,
        public_url: String,
        name: String,
        tuning: MailTuning,
        carrier: Arc<dyn Carrier>,
    ) -> Self {
        let site = LetterSite { public_url, support: sender.support.clone() };
        Self(Arc::new(Shared { database, sender, site, name, tuning, carrier, wake: Notify::new() }))
    }

    /// Sends until told to end; what it holds then comes to its end. It outlives the database and the mail server being away.
    pub async fn run(self, shutdown: CancellationToken) {
        let shared = self.0;
        let actor = Actor::worker("mailer", shared.name.clone());
        let authority = match demand::<SendMails>(&shared.database, &actor).await {
            Ok(authority) => Arc::new(authority),
            Err(error) => {
                warn!(code = error.code(), log = error.log(), "the mail worker may not work");
                return;
            }
        };
        info!(worker = shared.name, "mail worker started");
        let mut beside = JoinSet::new();
        beside.spawn(listen(Arc::clone(&shared)));
        let mut under_way = JoinSet::new();
        let mut tick = tokio::time::interval(shared.tuning.poll);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            while under_way.try_join_next().is_some() {}
            let free = shared.tuning.at_once.saturating_sub(under_way.len());
            if free > 0 {
                match within_patience(claim(&shared, &authority, free)).await {
                    Ok(claimed) => {
                        for mail in claimed {
                            under_way.spawn(send(Arc::clone(&shared), Arc::clone(&authority), mail));
                        }
                    }
                    Err(error) => debug!(code = error.code(), log = error.log(), "no mail could be claimed"),
                }
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
                () = shared.wake.notified() => {}
                _ = tick.tick() => {}
            }
        }
        let finished = tokio::time::timeout(shared.tuning.send_max, async { while under_way.join_next().await.is_some() {} }).await;
        info!(worker = shared.name, in_time = finished.is_ok(), "mail worker ended");
    }
}

/// Claims at most `limit` mails: those that are due, and those whose worker's claim ran out. The attempt is counted before it is made.
async fn claim(shared: &Shared, authority: &Authority<SendMails>, limit: usize) -> Result<Vec<Claimed>> {
    let mut transaction = shared.database.begin(authority).await?;
    // Ids first, then the update by `= any`, as the engine claims steps.
    let due: Vec<Uuid> = sqlx::query_scalar(
        "select id from mail where state = 'waiting' and next_try_at <= now() or state = 'sending' and lease_until < now()
         order by coalesce(next_try_at, lease_until), id limit $1 for update skip locked",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(transaction.conn())
    .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let claimed = sqlx::query_as(
        "update mail set state = 'sending', owner = $2, epoch = epoch + 1, tries = tries + 1, next_try_at = null,
                lease_until = now() + $3 * interval '1 millisecond'
         where id = any($1) returning id, tenant_id, run_id, kind, recipient, tries, epoch, created_at",
    )
    .bind(&due)
    .bind(&shared.name)
    .bind(millis(shared.tuning.lease))
    .fetch_all(transaction.conn())
    .await?;
    transaction.commit().await?;
    Ok(claimed)
}

async fn send(shared: Arc<Shared>, authority: Arc<Authority<SendMails>>, mail: Claimed) {
    let written = match within_patience(wish_of(&shared, &authority, &mail)).await {
        Ok(wish) => outgoing(&shared, &mail, wish),
        Err(error) => {
            // The claim runs out, and somebody tries again.
            debug!(mail = %mail.id, code = error.code(), log = error.log(), "a mail could not be read");
            return;
        }
    };
    let outcome = match written {
        Ok(outgoing) => match tokio::time::timeout(shared.tuning.send_max, shared.carrier.carry(&outgoing)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(MailFailure::new(MailTrouble::TimedOut, "")),
        },
        Err(failure) => Err(failure),
    };
    if let Err(failure) = &outcome {
        warn!(mail = %mail.id, tries = mail.tries, code = failure.trouble.code(), said = failure.said, "a mail was not taken");
    }
    // The database may be away for a moment; whoever claims the mail meanwhile has another epoch.
    loop {
        match within_patience(note(&shared, &authority, &mail, &outcome)).await {
            Ok(()) => break,
            Err(error) => {
                debug!(mail = %mail.id, code = error.code(), log = error.log(), "what became of a mail could not be noted");
                tokio::time::sleep(shared.tuning.poll).await;
            }
        }
    }
    shared.wake.notify_one();
}

/// What the mail's run made.
async fn wish_of(shared: &Shared, authority: &Authority<SendMails>, mail: &Claimed) -> Result<serde_json::Value> {
    let mut reader = shared.database.read(authority).await?;
    Ok(sqlx::query_scalar("select wish from run where id = $1").bind(mail.run_id).fetch_one(reader.conn()).await?)
}

/// The mail as it goes out, drawn in the theme that the tenant had when its run ended.
fn outgoing(shared: &Shared, mail: &Claimed, wish: serde_json::Value) -> Result<Outgoing, MailFailure> {
    let unwritable = |error: &dyn std::fmt::Display| MailFailure::new(MailTrouble::Unwritable, error);
    let kind = MailKind::parse(&mail.kind).ok_or_else(|| unwritable(&"a kind that nobody knows"))?;
    // What stands in the row itself is not shown: it is for the log, and there the mail's id leads to it.
    let wanted: Wanted = serde_json::from_value(wish).map_err(|_| unwritable(&"its run cannot be read"))?;
    let letter = letter::of(kind, &wanted, &mail.recipient, mail.created_at, &shared.site);
    let drawn = theme::mail(&wanted.theme, &shared.site.public_url, &letter).map_err(|_| unwritable(&"it cannot be drawn"))?;
    compose(&shared.sender, mail.id, &wanted.organisation, &mail.recipient, mail.created_at, drawn)
}

/// The pause after that many attempts.
fn pause(tuning: &MailTuning, tries: i32) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or_default().min(16);
    tuning.pause_first.saturating_mul(1 << doublings).min(tuning.pause_max)
}

/// Writes what came of an attempt, unless another worker claimed the mail since: then that one's outcome counts. That the claim ran out
/// alone does not matter: what was sent was sent.
async fn note(shared: &Shared, authority: &Authority<SendMails>, mail: &Claimed, outcome: &Result<(), MailFailure>) -> Result<()> {
    let failure = outcome.as_ref().err();
    let mut transaction = shared.database.begin(authority).await?;
    let state: Option<String> = sqlx::query_scalar(
        "with became as (
             select case when $3::text is null then 'sent' when $5 or now() >= give_up_at then 'given-up' else 'waiting' end as state
             from mail where id = $1 and epoch = $2 and state = 'sending' for update)
         update mail m set state = became.state, owner = null, lease_until = null, code = $3, failure = $4,
                next_try_at = case when became.state = 'waiting' then least(now() + $6 * interval '1 millisecond', greatest(now(), m.give_up_at)) end,
                ended_at = case when became.state <> 'waiting' then now() end
         from became where m.id = $1 returning m.state",
    )
    .bind(mail.id)
    .bind(mail.epoch)
    .bind(failure.map(|failure| failure.trouble.code()))
    .bind(failure.map(MailFailure::words))
    .bind(failure.is_some_and(|failure| failure.trouble.lasts()))
    .bind(millis(pause(&shared.tuning, mail.tries)))
    .fetch_optional(transaction.conn())
    .await?;
    let (action, result) = match state.as_deref() {
        Some("sent") => (Action::MailSent, Outcome::Done),
        Some("given-up") => (Action::MailGivenUp, Outcome::Failed),
        Some(_) => return transaction.commit().await,
        None => {
            debug!(mail = %mail.id, epoch = mail.epoch, "another worker took the mail over");
            return Ok(());
        }
    };
    let entry = Entry {
        class: Class::Audit,
        action,
        result,
        tenant_id: Some(mail.tenant_id),
        object_kind: "mail",
        object_id: mail.id.to_string(),
        correlation: Some(mail.run_id),
        code: failure.map(|failure| failure.trouble.code().to_owned()),
        detail: serde_json::json!({
            "mail": mail.kind, "to": mail.recipient, "tries": mail.tries, "cause": failure.map(MailFailure::words),
        }),
    };
    transaction.record(entry).await?;
    transaction.commit().await
}

/// Wakes the worker when a mail is there to be sent. Without the database it tries again; meanwhile the poll serves.
async fn listen(shared: Arc<Shared>) {
    loop {
        match shared.database.listen("mail_waiting").await {
            Ok(mut listener) => {
                shared.wake.notify_one();
                while listener.next().await.is_ok() {
                    shared.wake.notify_one();
                }
            }
            Err(error) => debug!(code = error.code(), log = error.log(), "not listening"),
        }
        tokio::time::sleep(shared.tuning.poll).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_to_an_hour() {
        let tuning = MailTuning::default();
        for (tries, seconds) in [(0, 15), (1, 15), (2, 30), (3, 60), (9, 3_600), (90, 3_600)] {
            assert_eq!(pause(&tuning, tries), Duration::from_secs(seconds), "{tries}");
        }
    }
}
