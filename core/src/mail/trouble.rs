//! What can go wrong with a mail, in words for people; the mail server's own words go along, cut and of one line.

/// The ways in which a mail can fail. `docs/errors.md` lists them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTrouble {
    /// The mail server refuses it for now.
    Deferred,
    /// It does not take Steward's credentials, or wants some.
    Credentials,
    /// It offers no encryption, or its certificate cannot be trusted.
    Encryption,
    /// It cannot be reached.
    Away,
    /// It did not answer in time.
    TimedOut,
    /// It refuses the mail for good.
    Refused,
    /// The mail cannot be written: a mistake of ours.
    Unwritable,
}

impl MailTrouble {
    /// Every way.
    pub const ALL: [MailTrouble; 7] = [
        MailTrouble::Deferred,
        MailTrouble::Credentials,
        MailTrouble::Encryption,
        MailTrouble::Away,
        MailTrouble::TimedOut,
        MailTrouble::Refused,
        MailTrouble::Unwritable,
    ];

    /// The code that a person can quote.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            MailTrouble::Deferred => "MAIL-450",
            MailTrouble::Credentials => "MAIL-401",
            MailTrouble::Encryption => "MAIL-495",
            MailTrouble::Away => "MAIL-503",
            MailTrouble::TimedOut => "MAIL-504",
            MailTrouble::Refused => "MAIL-550",
            MailTrouble::Unwritable => "MAIL-500",
        }
    }

    /// What happened.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            MailTrouble::Deferred => "The mail server does not take the mail now",
            MailTrouble::Credentials => "The mail server does not accept Steward's credentials, or wants some",
            MailTrouble::Encryption => "The mail server offers no encryption, or its certificate cannot be trusted",
            MailTrouble::Away => "The mail server cannot be reached",
            MailTrouble::TimedOut => "The mail server did not answer in time",
            MailTrouble::Refused => "The mail server refuses the mail for good",
            MailTrouble::Unwritable => "The mail could not be written: a mistake on our side",
        }
    }

    /// What helps.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            MailTrouble::Deferred | MailTrouble::TimedOut => {
                "Nothing has to be done unless it goes on; look at the mail server's log then."
            }
            MailTrouble::Credentials => "Correct STEWARD_SMTP_USER and STEWARD_SMTP_PASSWORD.",
            MailTrouble::Encryption => "Correct STEWARD_SMTP_SECURITY, or the mail server's certificate.",
            MailTrouble::Away => "Start the mail server, or correct STEWARD_SMTP_HOST and STEWARD_SMTP_PORT.",
            MailTrouble::Refused => "Correct the contact's address or what the server's words name, then press Send again.",
            MailTrouble::Unwritable => "Give Support the code.",
        }
    }

    /// The way with that code, if there is one.
    #[must_use]
    pub fn of_code(code: &str) -> Option<MailTrouble> {
        MailTrouble::ALL.into_iter().find(|trouble| trouble.code() == code)
    }

    /// Whether trying again is no use.
    #[must_use]
    pub const fn lasts(self) -> bool {
        matches!(self, MailTrouble::Refused | MailTrouble::Unwritable)
    }
}

/// A mail that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFailure {
    /// How it failed.
    pub trouble: MailTrouble,
    /// The server's own words, or what was seen.
    pub said: String,
}

/// Most characters of a server's words that are kept.
const SAID_MAX: usize = 200;

impl MailFailure {
    /// A failure with what was said about it.
    #[must_use]
    pub fn new(trouble: MailTrouble, said: impl std::fmt::Display) -> Self {
        let said = said.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { trouble, said: said.chars().filter(|c| !c.is_control()).take(SAID_MAX).collect() }
    }

    /// What happened, for people.
    #[must_use]
    pub fn words(&self) -> String {
        if self.said.is_empty() { format!("{}.", self.trouble.what()) } else { format!("{}: {}", self.trouble.what(), self.said) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code, with what happened: the rows of `docs/errors.md`.
    fn rows() -> String {
        MailTrouble::ALL
            .into_iter()
            .map(|trouble| {
                let does = if trouble.lasts() { "gives up" } else { "tries again for a day" };
                format!("| `{}` | {}. | {does} | {} |\n", trouble.code(), trouble.what(), trouble.advice())
            })
            .collect()
    }

    #[test]
    fn the_page_has_every_code() {
        let page = include_str!("../../../docs/errors.md");
        assert!(page.contains(&rows()), "docs/errors.md must contain these rows:\n\n{}", rows());
    }

    #[test]
    fn a_servers_words_are_of_one_line_and_cut() {
        let failure = MailFailure::new(MailTrouble::Refused, format!("550 no\r\nsuch \u{7}user {}", "x".repeat(300)));
        assert!(failure.words().starts_with("The mail server refuses the mail for good: 550 no such user xxx"), "{}", failure.words());
        assert_eq!(failure.said.chars().count(), SAID_MAX);
        assert_eq!(MailFailure::new(MailTrouble::Away, "").words(), "The mail server cannot be reached.");
    }
}
