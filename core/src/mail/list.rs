//! The mails of a tenant, as its page shows them, and the way to have one sent again.

use super::{MailKind, MailState};
use crate::access::{Authority, ReadTenants, SendMails};
use crate::audit::{Action, Class, Entry, Outcome};
use crate::database::Database;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

/// A mail as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    /// Its id.
    pub id: Uuid,
    /// What it tells.
    pub kind: MailKind,
    /// To whom.
    pub recipient: String,
    /// What became of it.
    pub state: MailState,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried next.
    pub next_try_at: Option<DateTime<Utc>>,
    /// Code and words of the last failure.
    pub failure: Option<(String, String)>,
    /// The number of the run it tells of.
    pub run_number: i64,
    /// Since when it is to be sent.
    pub created_at: DateTime<Utc>,
    /// When it was sent, or given up.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The mails of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailsOfTenant {
    /// The tenant's name.
    pub tenant_name: String,
    /// Its mails, newest first.
    pub rows: Vec<MailRow>,
}

/// So many are listed.
const LISTED: i64 = 50;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    recipient: String,
    state: String,
    tries: i32,
    next_try_at: Option<DateTime<Utc>>,
    code: Option<String>,
    failure: Option<String>,
    run_number: i64,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self) -> Result<MailRow> {
        // The database's check constraints know the same words.
        let odd = || Error::internal(format_args!("mail {} is of an unknown kind or state", self.id));
        Ok(MailRow {
            id: self.id,
            kind: MailKind::parse(&self.kind).ok_or_else(odd)?,
            state: MailState::parse(&self.state).ok_or_else(odd)?,
            recipient: self.recipient,
            tries: self.tries,
            next_try_at: self.next_try_at,
            failure: self.code.zip(self.failure),
            run_number: self.run_number,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

/// The mails of a tenant, newest first.
///
/// # Errors
/// [`Error::NotFound`] if there is no such tenant (a draft has no mails) or the actor may not see it.
pub async fn mails_of(database: &Database, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<MailsOfTenant> {
    let mut reader = database.read(authority).await?;
    let tenant_name: Option<String> = sqlx::query_scalar("select name from tenant where id = $1 and status <> 'draft'")
        .bind(tenant_id)
        .fetch_optional(reader.conn())
        .await?;
    let tenant_name = tenant_name.ok_or(Error::NotFound("tenant"))?;
    let rows: Vec<Row> = sqlx::query_as(
        "select m.id, m.kind, m.recipient, m.state, m.tries, m.next_try_at, m.code, m.failure, r.number as run_number, m.created_at, m.ended_at
         from mail m join run r on r.id = m.run_id where m.tenant_id = $1 order by m.created_at desc, m.id desc limit $2",
    )
    .bind(tenant_id)
    .bind(LISTED)
    .fetch_all(reader.conn())
    .await?;
    Ok(MailsOfTenant { tenant_name, rows: rows.into_iter().map(Row::read).collect::<Result<_>>()? })
}

/// How many mails of a tenant were given up.
///
/// # Errors
/// When the database fails.
pub async fn given_up(database: &Database, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<i64> {
    let mut reader = database.read(authority).await?;
    let count = sqlx::query_scalar("select count(*) from mail where tenant_id = $1 and state = 'given-up'");
    Ok(count.bind(tenant_id).fetch_one(reader.conn()).await?)
}

/// Has a mail that was given up sent again, for another day at most.
///
/// # Errors
/// [`Error::NotFound`] if the tenant has no such mail or the actor may not see it, [`Error::Conflict`] if it was not given up.
pub async fn send_again(database: &Database, authority: &Authority<SendMails>, tenant_id: Uuid, id: Uuid) -> Result<()> {
    let mut transaction = database.begin(authority).await?;
    let mail: Option<(String, String, String, Uuid)> =
        sqlx::query_as("select state, kind, recipient, run_id from mail where id = $1 and tenant_id = $2 for update")
            .bind(id)
            .bind(tenant_id)
            .fetch_optional(transaction.conn())
            .await?;
    let (state, kind, recipient, run_id) = mail.ok_or(Error::NotFound("mail"))?;
    if state != MailState::GivenUp.as_str() {
        let message = "This mail is not given up any more. Look at the list as it is now.".to_owned();
        return Err(Error::Conflict { code: "APP-409", message });
    }
    sqlx::query(
        "update mail set state = 'waiting', tries = 0, next_try_at = now(), give_up_at = now() + interval '1 day', ended_at = null, code = null, failure = null
         where id = $1",
    )
    .bind(id)
    .execute(transaction.conn())
    .await?;
    let entry = Entry {
        class: Class::Audit,
        action: Action::MailAskedAgain,
        result: Outcome::Done,
        tenant_id: Some(tenant_id),
        object_kind: "mail",
        object_id: id.to_string(),
        correlation: Some(run_id),
        code: None,
        detail: serde_json::json!({ "mail": kind, "to": recipient }),
    };
    transaction.record(entry).await?;
    transaction.commit().await
}
