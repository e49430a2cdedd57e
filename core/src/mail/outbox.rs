//! Which mails follow from a run that is done: their rows, in the transaction that settles it. Nothing is sent here.

use super::MailKind;
use crate::database::Transaction;
use crate::error::Result;
use sqlx::FromRow;
use steward_domain::email::EmailAddress;
use steward_domain::run::RunKind;
use uuid::Uuid;

#[derive(FromRow)]
struct Contacts {
    now: Option<String>,
    before: Option<String>,
}

/// Writes the mails of a run that is done. However often a run is settled, each of them is there once.
///
/// # Errors
/// When the database fails.
pub(crate) async fn of_run(transaction: &mut Transaction, tenant_id: Uuid, run_id: Uuid, kind: RunKind) -> Result<()> {
    // Every change is a run: the contact before this one is that of the run that was done before.
    let contacts: Option<Contacts> = sqlx::query_as(
        "select r.wish ->> 'contact_email' as now,
                (select b.wish ->> 'contact_email' from run b
                 where b.tenant_id = r.tenant_id and b.state = 'done' and b.number < r.number order by b.number desc limit 1) as before
         from run r where r.id = $1 and r.tenant_id = $2",
    )
    .bind(run_id)
    .bind(tenant_id)
    .fetch_optional(transaction.conn())
    .await?;
    let Some(contacts) = contacts else { return Ok(()) };
    for (kind, recipient) in mails(kind, address(contacts.now), address(contacts.before)) {
        let id = transaction.context().id()?;
        sqlx::query("insert into mail (id, tenant_id, run_id, kind, recipient) values ($1, $2, $3, $4, $5) on conflict on constraint mail_once do nothing")
            .bind(id)
            .bind(tenant_id)
            .bind(run_id)
            .bind(kind.as_str())
            .bind(recipient.as_str())
            .execute(transaction.conn())
            .await?;
    }
    Ok(())
}

/// What is no address gets no mail: only checked ones are kept with a run.
fn address(kept: Option<String>) -> Option<EmailAddress> {
    EmailAddress::parse(&kept?).ok()
}

/// What is told to whom.
fn mails(kind: RunKind, now: Option<EmailAddress>, before: Option<EmailAddress>) -> Vec<(MailKind, EmailAddress)> {
    let Some(now) = now else { return Vec::new() };
    let mut mails = Vec::new();
    // A tenant that is made has no contact before, whatever was rolled back under its id.
    if !matches!(kind, RunKind::Onboard | RunKind::RollBack)
        && let Some(before) = before.filter(|before| *before != now)
    {
        mails.push((MailKind::ContactLeft, before));
        mails.push((MailKind::ContactNew, now.clone()));
    }
    match kind {
        RunKind::Onboard => mails.push((MailKind::Ready, now)),
        RunKind::Suspend => mails.push((MailKind::Suspended, now)),
        RunKind::Resume => mails.push((MailKind::Resumed, now)),
        RunKind::Change | RunKind::Repair | RunKind::Renew | RunKind::RollBack => {}
    }
    mails
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: RunKind, now: &str, before: Option<&str>) -> Vec<(MailKind, String)> {
        let before = before.map(|before| EmailAddress::parse(before).unwrap());
        mails(kind, EmailAddress::parse(now).ok(), before).into_iter().map(|(kind, to)| (kind, to.to_string())).collect()
    }

    #[test]
    fn the_contact_is_told_what_concerns_it_and_both_when_it_changed() {
        let (new, old) = ("new@acme.com", "old@acme.com");
        assert_eq!(told(RunKind::Onboard, new, Some(old)), [(MailKind::Ready, new.into())]);
        assert_eq!(told(RunKind::Change, new, Some(new)), []);
        assert_eq!(told(RunKind::Change, new, Some(old)), [(MailKind::ContactLeft, old.into()), (MailKind::ContactNew, new.into())]);
        // The change of the contact was cancelled, and came with the next run.
        assert_eq!(told(RunKind::Suspend, new, Some(old)).len(), 3);
        assert_eq!(told(RunKind::Resume, new, Some(new)), [(MailKind::Resumed, new.into())]);
        for quiet in [RunKind::Repair, RunKind::Renew, RunKind::RollBack] {
            assert_eq!(told(quiet, new, Some(new)), []);
        }
        assert_eq!(told(RunKind::RollBack, new, Some(old)), []);
        assert_eq!(told(RunKind::Onboard, "a@acme.com\r\nBcc: b@acme.com", None), [], "what is no address gets nothing");
    }
}
