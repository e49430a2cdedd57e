//! A mail as it goes over the wire: headers and both halves. Nothing that was typed can add a header or a recipient: addresses are checked,
//! and everything else is encoded (RFC 2047).

use super::{MailFailure, MailTrouble};
use crate::provisioning::MailSender;
use crate::tenants::theme::RenderedMail;
use chrono::{DateTime, Utc};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::{Address, address::Envelope};
use uuid::Uuid;

/// A mail ready to be handed over.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its id; the Message-ID is made of it, whichever attempt it is.
    pub id: Uuid,
    /// From whom to whom.
    pub envelope: Envelope,
    /// Headers and body.
    pub bytes: Vec<u8>,
}

fn unwritable(error: impl std::fmt::Display) -> MailFailure {
    MailFailure::new(MailTrouble::Unwritable, error)
}

fn address(text: &str) -> Result<Address, MailFailure> {
    text.parse().map_err(|error| unwritable(format_args!("an address: {error}")))
}

/// A name of one line: it stands in a header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Puts a mail together. `organisation` is the name that it comes from, `at` the moment of which it tells.
pub(super) fn compose(
    sender: &MailSender,
    id: Uuid,
    organisation: &str,
    recipient: &str,
    at: DateTime<Utc>,
    drawn: RenderedMail,
) -> Result<Outgoing, MailFailure> {
    let from = address(&sender.from)?;
    let message_id = format!("<{id}@{}>", from.domain());
    let message = Message::builder()
        .from(Mailbox::new(Some(one_line(organisation)), from))
        .reply_to(Mailbox::new(None, address(&sender.support)?))
        .to(Mailbox::new(None, address(recipient)?))
        .subject(one_line(&drawn.subject))
        .message_id(Some(message_id))
        .date(at.into())
        // RFC 3834: nobody's absence is told to us.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .multipart(MultiPart::alternative_plain_html(drawn.text, drawn.html))
        .map_err(unwritable)?;
    Ok(Outgoing { id, envelope: message.envelope().clone(), bytes: message.formatted() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use steward_domain::moment;

    fn sender() -> MailSender {
        MailSender { support: "support@inosec.com".into(), ..MailSender::through("localhost".into(), 25, "steward@inosec.com".into()) }
    }

    fn composed(organisation: &str, recipient: &str) -> Result<String, MailFailure> {
        let drawn = RenderedMail { subject: format!("{organisation} is ready"), html: "<p>ü</p>".into(), text: "ü".into() };
        let at = moment::read_day("2026-03-19").unwrap();
        compose(&sender(), Uuid::nil(), organisation, recipient, at, drawn).map(|mail| String::from_utf8(mail.bytes).unwrap())
    }

    /// The names of the headers, in order.
    fn names(mail: &str) -> Vec<&str> {
        let head = mail.split("\r\n\r\n").next().unwrap();
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split(':').next().unwrap()).collect()
    }

    #[test]
    fn a_mail_has_these_headers_and_no_other() {
        let mail = composed("Café Lumière", "admin@acme.com").unwrap();
        let known = ["From", "Reply-To", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert_eq!(names(&mail), known, "{mail}");
        for part in [
            "Message-ID: <00000000-0000-0000-0000-000000000000@inosec.com>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Date: Thu, 19 Mar 2026 00:00:00 +0000\r\n",
            "To: admin@acme.com\r\n",
            "=?utf-8?b?",
            "multipart/alternative",
        ] {
            assert!(mail.contains(part), "{part}: {mail}");
        }
        assert!(!mail.contains("Café"), "a name that is not ASCII is encoded: {mail}");
    }

    #[test]
    fn nothing_that_was_typed_adds_a_header_or_a_recipient() {
        for name in
            ["Acme\r\nBcc: all@acme.com", "Acme\nX: y", "Acme\rX: y", "A\" <x@y.zz>, \"B", "Acme\u{2028}X: y", "=?utf-8?q?=0d=0aBcc:_x?="]
        {
            let mail = composed(name, "admin@acme.com").unwrap();
            assert_eq!(names(&mail).len(), 9, "{name:?}: {mail}");
            assert!(!mail.contains("\nBcc") && !mail.contains("\nX:"), "{name:?}: {mail}");
        }
        let drawn = RenderedMail { subject: "x".into(), html: String::new(), text: String::new() };
        for wrong in ["a@acme.com\r\nBcc: b@acme.com", "a@acme.com, b@acme.com", "<a@acme.com>", "a b@acme.com", ""] {
            let failed = compose(&sender(), Uuid::nil(), "Acme", wrong, moment::read_day("2026-03-19").unwrap(), drawn.clone());
            assert_eq!(failed.map_err(|failure| failure.trouble).err(), Some(MailTrouble::Unwritable), "{wrong:?}");
        }
    }

    #[test]
    fn the_envelope_has_the_one_recipient() {
        let drawn = RenderedMail { subject: "x".into(), html: String::new(), text: String::new() };
        let at = moment::read_day("2026-03-19").unwrap();
        let mail = compose(&sender(), Uuid::nil(), "A\", b@c.dd, \"", "admin@acme.com", at, drawn).unwrap();
        assert_eq!(mail.envelope.to().iter().map(ToString::to_string).collect::<Vec<_>>(), ["admin@acme.com"]);
        assert_eq!(mail.envelope.from().unwrap().to_string(), "steward@inosec.com");
    }
}
