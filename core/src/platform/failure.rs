//! What can go wrong with an outside system, in two halves: the cause for the person, the rest for the log.

use super::Instance;
use std::time::Duration;
use steward_domain::cause::{Cause, Nature};
use steward_domain::role::Role;
use steward_domain::system::System;

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the person.
    pub cause: Cause,
    /// For the log: method, path, status, the system's own words. Never a credential, never shown.
    pub log: String,
    /// For how long the system asks to be left alone, if it says so.
    pub retry_after: Option<Duration>,
}

/// The ways in which a system can fail. Each is one code per system; `docs/errors.md` lists them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It refuses the request itself.
    Refused,
    /// It does not take Steward's credentials.
    Credentials,
    /// Steward's identity lacks a right there.
    Rights,
    /// Something that must be there is not.
    Missing,
    /// Something of that name is there that Steward did not make.
    Foreign,
    /// It was changed, and is not as wanted when looked at again.
    NotAsWanted,
    /// It is busy with the same thing: being deleted, changed by another at the same time.
    Busy,
    /// It asks for fewer calls.
    TooManyCalls,
    /// It failed on its side.
    Broken,
    /// It answers in a form that Steward does not understand.
    Unreadable,
    /// It cannot be reached or says that it is not ready.
    Away,
    /// It did not answer in time.
    TimedOut,
    /// Steward itself did not call it: as many calls as it may have at the same time are under way.
    NoPlace,
    /// It could not hand the mail over.
    MailNotSent,
}

impl Trouble {
    /// Every way.
    pub const ALL: [Trouble; 14] = [
        Trouble::Refused,
        Trouble::Credentials,
        Trouble::Rights,
        Trouble::Missing,
        Trouble::Foreign,
        Trouble::NotAsWanted,
        Trouble::Busy,
        Trouble::TooManyCalls,
        Trouble::Broken,
        Trouble::Unreadable,
        Trouble::Away,
        Trouble::TimedOut,
        Trouble::NoPlace,
        Trouble::MailNotSent,
    ];

    /// Whether a system can fail in this way at all.
    #[must_use]
    pub fn concerns(self, system: System) -> bool {
        match self {
            Trouble::MailNotSent => system == System::Keycloak,
            // A handshake takes no credentials and changes nothing.
            Trouble::Refused | Trouble::Credentials | Trouble::Rights | Trouble::Missing => system != System::Ingress,
            Trouble::Busy | Trouble::TooManyCalls | Trouble::Broken => system != System::Ingress,
            _ => true,
        }
    }

    const fn number(self) -> u16 {
        match self {
            Trouble::Refused => 400,
            Trouble::Credentials => 401,
            Trouble::Rights => 403,
            Trouble::Missing => 404,
            Trouble::Foreign => 409,
            Trouble::NotAsWanted => 417,
            Trouble::Busy => 423,
            Trouble::TooManyCalls => 429,
            Trouble::Broken => 500,
            Trouble::Unreadable => 502,
            Trouble::Away => 503,
            Trouble::TimedOut => 504,
            Trouble::NoPlace => 529,
            Trouble::MailNotSent => 550,
        }
    }

    /// The code that a person can quote: "KEY-503".
    #[must_use]
    pub fn code(self, system: System) -> String {
        format!("{}-{}", system.code_area(), self.number())
    }

    /// What may be done about it.
    #[must_use]
    pub const fn nature(self) -> Nature {
        match self {
            Trouble::Away | Trouble::NoPlace => Nature::Away,
            Trouble::TimedOut
            | Trouble::Busy
            | Trouble::TooManyCalls
            | Trouble::Broken
            | Trouble::Unreadable
            | Trouble::NotAsWanted
            | Trouble::MailNotSent => Nature::Passing,
            Trouble::Refused | Trouble::Credentials | Trouble::Rights | Trouble::Missing | Trouble::Foreign => Nature::Lasting,
        }
    }

    /// What happened, unless the place where it happened knows better.
    #[must_use]
    pub fn what(self, system: System) -> String {
        match self {
            Trouble::Refused => format!("{system} refuses the request."),
            Trouble::Credentials => format!("{system} does not accept Steward's credentials."),
            Trouble::Rights => format!("{system} does not allow Steward to do this."),
            Trouble::Missing => format!("Something that must be there is missing in {system}."),
            Trouble::Foreign => format!("Something of that name is in {system} that Steward did not make."),
            Trouble::NotAsWanted if system == System::Ingress => {
                "The ingress controller does not serve the tenant's certificate.".to_owned()
            }
            Trouble::NotAsWanted => format!("{system} took the change, but it is not as wanted."),
            Trouble::Busy => format!("{system} is still busy with the same object."),
            Trouble::TooManyCalls => format!("{system} asks for fewer calls."),
            Trouble::Broken => format!("{system} failed on its side."),
            Trouble::Unreadable => format!("{system} gives an answer that Steward does not understand."),
            Trouble::Away => format!("{system} cannot be reached."),
            Trouble::TimedOut => format!("{system} did not answer in time."),
            Trouble::NoPlace => format!("{system} has as many calls of Steward as it may have at the same time."),
            Trouble::MailNotSent => format!("{system} could not hand the invitation to the mail server."),
        }
    }

    /// Whose job it is.
    #[must_use]
    pub const fn whose(self, system: System) -> Role {
        match self {
            // GUIDE §9: provisioning errors are DevOps'.
            Trouble::Refused | Trouble::Credentials | Trouble::Rights | Trouble::Missing => Role::DevOps,
            Trouble::Foreign => Role::PlatformOps,
            Trouble::NotAsWanted
            | Trouble::Busy
            | Trouble::TooManyCalls
            | Trouble::Broken
            | Trouble::Unreadable
            | Trouble::Away
            | Trouble::TimedOut
            | Trouble::NoPlace
            | Trouble::MailNotSent => system.owner(),
        }
    }

    /// What helps.
    #[must_use]
    pub fn helps(self, system: System) -> String {
        match self {
            Trouble::Refused if system == System::Dns => {
                "Change the zone's settings so that it takes the record, then try again.".to_owned()
            }
            Trouble::Rights if system == System::Dns => "Let Steward's token or key change the zone's records, then try again.".to_owned(),
            Trouble::NotAsWanted if system == System::Ingress => {
                "Look at the log of the ingress controller: it says which certificates it does not take. Steward tries again by itself."
                    .to_owned()
            }
            Trouble::Refused => format!("Compare the versions of Steward and {system}, then try again."),
            Trouble::Credentials => format!("Renew Steward's credentials for {system}, then try again."),
            Trouble::Rights => format!("Give Steward's identity in {system} the rights of stack/policies, then try again."),
            Trouble::Missing => "Find out who removed it, then try again.".to_owned(),
            Trouble::Foreign => "Have it removed or renamed by its owner, then try again. Steward leaves it alone.".to_owned(),
            Trouble::NotAsWanted => format!("Look in {system} for what else changes it. Steward tries again by itself."),
            Trouble::Busy | Trouble::TooManyCalls | Trouble::TimedOut | Trouble::Unreadable => {
                "Nothing has to be done: Steward tries again by itself.".to_owned()
            }
            Trouble::Broken => format!("Look at the log of {system}. Steward tries again by itself."),
            Trouble::Away => format!("Bring {system} back. Steward goes on by itself."),
            Trouble::NoPlace => "Nothing has to be done: Steward goes on by itself once there is room.".to_owned(),
            Trouble::MailNotSent => "Look at the mail server. Steward tries again by itself.".to_owned(),
        }
    }
}

impl Failure {
    /// A failure in its own words.
    #[must_use]
    pub fn new(system: System, trouble: Trouble, log: impl Into<String>) -> Self {
        Self {
            cause: Cause {
                code: trouble.code(system),
                system,
                nature: trouble.nature(),
                what: trouble.what(system),
                whose: trouble.whose(system),
                helps: trouble.helps(system),
            },
            log: log.into(),
            retry_after: None,
        }
    }

    /// The same failure with better words for what happened.
    #[must_use]
    pub fn saying(mut self, what: impl Into<String>) -> Self {
        self.cause.what = what.into();
        self
    }

    /// Something foreign in the place.
    #[must_use]
    pub fn foreign(system: System, what: &str) -> Self {
        Self::new(system, Trouble::Foreign, what).saying(format!("Steward did not make what is there: {what}."))
    }

    /// A tenant's realm is in a cell that Steward is told nothing of.
    #[must_use]
    pub fn unknown_cell(name: &str) -> Self {
        let mut failure = Self::new(System::Keycloak, Trouble::Missing, format!("cell {name} is not configured"))
            .saying(format!("The realm is in the Keycloak cell {name}, which is not configured."));
        failure.cause.helps = format!("Name {name} in STEWARD_KEYCLOAK_CELLS again and restart Steward, then try again.");
        failure
    }

    /// The same failure, with the cell's name in its words: "Keycloak cell eu cannot be reached."
    #[must_use]
    pub fn at(mut self, instance: &Instance) -> Self {
        let (plain, named) = (instance.system.label(), instance.to_string());
        if self.cause.system == instance.system && plain != named {
            for words in [&mut self.cause.what, &mut self.cause.helps] {
                if !words.contains(&named) {
                    *words = words.replace(plain, &named);
                }
            }
        }
        self
    }

    /// What an HTTP status means when it was not expected.
    #[must_use]
    pub const fn of_status(status: u16) -> Trouble {
        match status {
            401 => Trouble::Credentials,
            403 => Trouble::Rights,
            404 => Trouble::Missing,
            409 | 412 | 423 => Trouble::Busy,
            408 => Trouble::TimedOut,
            429 => Trouble::TooManyCalls,
            400..=499 => Trouble::Refused,
            502..=504 => Trouble::Away,
            500..=599 => Trouble::Broken,
            _ => Trouble::Unreadable,
        }
    }
}

impl From<Failure> for crate::error::Error {
    fn from(failure: Failure) -> Self {
        Self::Platform { cause: Box::new(failure.cause), log: failure.log }
    }
}

/// Every code that outside systems can give, with what happened and whose job it is: the rows of `docs/errors.md`.
#[must_use]
pub fn catalogue() -> String {
    let mut rows = String::new();
    for system in System::ALL {
        for trouble in Trouble::ALL.into_iter().filter(|trouble| trouble.concerns(system)) {
            let goes_on = match trouble.nature() {
                Nature::Away => "waits, goes on by itself",
                Nature::Passing => "tries again, at most 8 times",
                Nature::Lasting => "stops",
            };
            rows.push_str(&format!(
                "| `{}` | {} | {goes_on} | {} | {} |\n",
                trouble.code(system),
                trouble.what(system),
                trouble.whose(system),
                trouble.helps(system)
            ));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_the_one_people_read() {
        let page = include_str!("../../../docs/errors.md");
        let rows = catalogue();
        assert!(page.contains(&rows), "docs/errors.md must contain these rows:\n\n{rows}");
    }

    #[test]
    fn a_failure_names_its_cell_once() {
        let failure = Failure::new(System::Keycloak, Trouble::Away, "");
        let at_eu = failure.clone().at(&Instance::cell("eu"));
        let words = |failure: &Failure| format!("{} {}", failure.cause.what, failure.cause.helps);
        assert_eq!(words(&at_eu), "Keycloak cell eu cannot be reached. Bring Keycloak cell eu back. Steward goes on by itself.");
        assert_eq!(at_eu.clone().at(&Instance::cell("eu")), at_eu);
        assert_eq!(failure.clone().at(&System::Keycloak.into()), failure);
        assert_eq!(words(&Failure::unknown_cell("eu").at(&Instance::cell("eu"))), words(&Failure::unknown_cell("eu")));
    }

    #[test]
    fn codes_are_given_once() {
        let mut codes: Vec<String> =
            System::ALL.into_iter().flat_map(|system| Trouble::ALL.into_iter().map(move |trouble| trouble.code(system))).collect();
        let all = codes.len();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
