//! The words of each mail. They name no secret, no reason that was written for staff, and nobody but the reader.

use super::MailKind;
use crate::provisioning::Wanted;
use crate::tenants::theme::{Action, Heading, Letter, Surface};
use chrono::{DateTime, Utc};
use steward_domain::moment;

/// Where a mail's links lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterSite {
    /// `https://steward.inosec.com`: tenants' own pages lie below it.
    pub public_url: String,
    /// The address that people write to.
    pub support: String,
}

impl LetterSite {
    /// The address of a tenant's own page.
    #[must_use]
    pub fn own_page(&self, short_name: &str) -> String {
        format!("{}/t/{short_name}", self.public_url.trim_end_matches('/'))
    }
}

/// A button or link that leads somewhere.
fn action(label: &str, href: String) -> Option<Action> {
    Some(Action { label: label.to_owned(), href: Some(href) })
}

fn letter(organisation: &str, subject: String, lines: Vec<String>, button: Option<Action>, link: Option<Action>, reason: String) -> Letter {
    let content = Surface { organisation: organisation.to_owned(), heading: Heading::First, title: subject.clone(), lines, button, link };
    Letter { subject, content, reason }
}

fn to_its_contact(organisation: &str, site: &LetterSite) -> String {
    format!("You get this mail because you are the contact of {organisation}. Questions: write to {}.", site.support)
}

/// "Acme is ready": its address and how to sign in.
#[must_use]
pub fn ready(organisation: &str, short_name: &str, domain: &str, contact: &str, site: &LetterSite) -> Letter {
    letter(
        organisation,
        format!("{organisation} is ready"),
        vec![
            format!("Everything is made for {organisation}. Its address is {domain}."),
            format!(
                "The first administrator, {contact}, has an invitation in another mail: by its link they choose a password and a second factor."
            ),
            format!("After that, everybody signs in from the page of {organisation}."),
        ],
        action("Open the page", site.own_page(short_name)),
        action(domain, format!("https://{domain}")),
        to_its_contact(organisation, site),
    )
}

/// The letter of a mail: `wanted` is what its run made, at the moment `at`.
pub(super) fn of(kind: MailKind, wanted: &Wanted, recipient: &str, at: DateTime<Utc>, site: &LetterSite) -> Letter {
    let (name, at) = (wanted.organisation.as_str(), moment::date_time(at));
    let own_page = site.own_page(wanted.short_name.as_str());
    let support = &site.support;
    let ask = || action("Write to Support", format!("mailto:{support}"));
    match kind {
        MailKind::Ready => ready(name, wanted.short_name.as_str(), &wanted.names().domain, wanted.contact_email.as_str(), site),
        MailKind::Suspended => letter(
            name,
            format!("{name} is suspended"),
            vec![
                format!("Since {at} nobody of {name} can sign in, and every session has ended."),
                "Nothing was deleted: services, accounts and settings stay, and resuming brings everything back as it was.".to_owned(),
                format!("To ask why, or to have it resumed, write to {support}."),
            ],
            ask(),
            None,
            to_its_contact(name, site),
        ),
        MailKind::Resumed => letter(
            name,
            format!("{name} is active again"),
            vec![
                format!("Since {at} the people of {name} can sign in again, with the accounts, roles and second factors they had."),
                "Sessions from before do not come back: everybody signs in anew.".to_owned(),
            ],
            action("Open the page", own_page),
            None,
            to_its_contact(name, site),
        ),
        MailKind::ContactNew => letter(
            name,
            format!("You are the contact of {name}"),
            vec![
                format!("Mails about {name} come to {recipient} from now on: when it is suspended, resumed, or its contact changes."),
                format!("If that is not right, write to {support}."),
            ],
            action("Open the page", own_page),
            None,
            to_its_contact(name, site),
        ),
        MailKind::ContactLeft => letter(
            name,
            format!("The contact of {name} changed"),
            vec![
                format!("Mails about {name} do not come to {recipient} any more; another address was named for them."),
                format!("If nobody at {name} asked for that, write to {support} at once."),
            ],
            ask(),
            None,
            format!("You get this mail because you were the contact of {name}."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use steward_domain::onboarding::{Draft, OrganisationForm};
    use uuid::Uuid;

    fn wanted() -> Wanted {
        let organisation = OrganisationForm {
            name: "Acme & Co".into(),
            short_name: "acme".into(),
            contact_email: "admin@acme.com".into(),
            reseller: String::new(),
        };
        Wanted::of(Uuid::nil(), &Draft { organisation, settings: None }.check().unwrap(), "inosec.com")
    }

    #[test]
    fn each_mail_says_what_happened_and_where_to_go() {
        let site = LetterSite { public_url: "https://steward.inosec.com/".into(), support: "support@inosec.com".into() };
        let at = moment::read_day("2026-03-19").unwrap();
        for (kind, subject, href) in [
            (MailKind::Ready, "Acme & Co is ready", "https://steward.inosec.com/t/acme"),
            (MailKind::Suspended, "Acme & Co is suspended", "mailto:support@inosec.com"),
            (MailKind::Resumed, "Acme & Co is active again", "https://steward.inosec.com/t/acme"),
            (MailKind::ContactNew, "You are the contact of Acme & Co", "https://steward.inosec.com/t/acme"),
            (MailKind::ContactLeft, "The contact of Acme & Co changed", "mailto:support@inosec.com"),
        ] {
            let letter = of(kind, &wanted(), "someone@acme.com", at, &site);
            assert_eq!((letter.subject.as_str(), letter.content.title.as_str()), (subject, subject));
            assert_eq!(letter.content.button.unwrap().href.as_deref(), Some(href), "{kind:?}");
            let lines = letter.content.lines.join(" ");
            assert_eq!(lines.contains("19 Mar 2026"), matches!(kind, MailKind::Suspended | MailKind::Resumed), "{lines}");
            // The contact that was is not told who it is now.
            assert_eq!(kind == MailKind::Ready, lines.contains("admin@acme.com"), "{lines}");
        }
    }
}
