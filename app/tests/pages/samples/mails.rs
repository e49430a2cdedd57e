//! Mails in every state, by hand.

use super::{ID, before};
use steward_app::pages::tenants::mails;
use steward_core::mail::{MailFailure, MailKind, MailRow, MailState, MailTrouble, MailsOfTenant};
use uuid::Uuid;

fn row(number: u128, kind: MailKind, recipient: &str, state: MailState, failure: Option<MailTrouble>) -> MailRow {
    MailRow {
        id: Uuid::from_u128(number),
        kind,
        recipient: recipient.into(),
        state,
        tries: if failure.is_some() { 3 } else { 1 },
        next_try_at: (state == MailState::Waiting).then(|| before(-300)),
        failure: failure.map(|trouble| (trouble.code().into(), MailFailure::new(trouble, "550 no such <user>").words())),
        run_number: 1_204,
        created_at: before(4_000),
        ended_at: matches!(state, MailState::Sent | MailState::GivenUp).then(|| before(3_900)),
    }
}

/// The page of a tenant with a mail in each state.
pub fn of_tenant() -> mails::Model {
    let rows = vec![
        row(1, MailKind::Resumed, "ops@kestrelfreight.example", MailState::Sending, None),
        row(2, MailKind::Suspended, "ops@kestrelfreight.example", MailState::Waiting, Some(MailTrouble::Deferred)),
        row(3, MailKind::ContactNew, "ops@kestrelfreight.example", MailState::Waiting, None),
        row(4, MailKind::ContactLeft, "someone.who.left@kestrelfreight.example", MailState::GivenUp, Some(MailTrouble::Refused)),
        row(5, MailKind::Ready, "admin@kestrelfreight.example", MailState::Sent, None),
    ];
    mails::Model { id: ID, mails: MailsOfTenant { tenant_name: "Kestrel Freight".into(), rows } }
}

/// The page of a tenant that is not ready yet.
pub fn none() -> mails::Model {
    mails::Model { id: ID, mails: MailsOfTenant { tenant_name: "Kestrel Freight".into(), rows: Vec::new() } }
}
