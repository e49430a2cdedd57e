//! Mails to a tenant's contact: when it is ready, suspended, active again, and when the contact changed.
//!
//! A mail is a row of the outbox, written in the transaction that settles the run it tells of ([`outbox`]). A [`MailWorker`] of any
//! process claims it, draws it in the tenant's theme (`tenants::theme`) and hands it to the mail server. No mail ever carries a secret,
//! or a reason that was written for staff; and what cannot be delivered changes nothing of the run.
//!
//! Start reading at [`outbox`], then [`letter`], then [`worker`].

mod letter;
mod list;
mod message;
mod outbox;
mod smtp;
mod trouble;
mod worker;

pub use letter::{LetterSite, ready};
pub use list::{MailRow, MailsOfTenant, given_up, mails_of, send_again};
pub use message::Outgoing;
pub(crate) use outbox::of_run;
pub use smtp::Smtp;
pub use trouble::{MailFailure, MailTrouble};
pub use worker::{Carrier, MailTuning, MailWorker};

/// A choice among a few, with its name in the database and its words for people.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$line:meta])* $choice:ident = $text:literal, $label:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$line])* $choice,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[$name] = &[$($name::$choice),*];

            /// The name in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$choice => $text,)* }
            }

            /// The words for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $($name::$choice => $label,)* }
            }

            /// The one of that name, if there is one.
            #[must_use]
            pub fn parse(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.as_str() == name)
            }
        }
    )*};
}

words! {
    /// What a mail tells.
    MailKind {
        /// Everything is made: its address, how to sign in.
        Ready = "ready", "Ready";
        /// Its people are kept out.
        Suspended = "suspended", "Suspended";
        /// They are let in again.
        Resumed = "resumed", "Active again";
        /// To the new contact.
        ContactNew = "contact-new", "New contact";
        /// To the contact that was.
        ContactLeft = "contact-left", "Contact changed";
    }

    /// What became of a mail.
    MailState {
        /// It is to be sent, now or once more.
        Waiting = "waiting", "Waiting";
        /// A worker hands it to the mail server.
        Sending = "sending", "Sending";
        /// The mail server took it.
        Sent = "sent", "Sent";
        /// The mail server refused it for good, or it could not be handed over within a day.
        GivenUp = "given-up", "Given up";
    }
}
