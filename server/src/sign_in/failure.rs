//! Why somebody is not signed in, with codes that a person can quote. `docs/errors.md` lists them; a test fails when it does not.

use axum::http::StatusCode;

/// Why somebody is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Keycloak does not answer.
    KeycloakAway,
    /// Nobody here began this sign-in, or its answer was used already.
    UnknownState,
    /// Keycloak answered with an error.
    KeycloakRefused,
    /// The answer came too late.
    Expired,
    /// The sign-in was made with one factor.
    OneFactor,
    /// The ID token does not hold: signature, issuer, audience, nonce or time.
    BadToken,
    /// The answer names another issuer.
    OtherIssuer,
    /// Keycloak does not take the code.
    CodeRefused,
    /// The account has no role in Steward.
    NoRole,
    /// Keycloak ended the session.
    EndedByKeycloak,
    /// There is no session, or it is over.
    NoSession,
}

/// Every failure.
pub const FAILURES: [Failure; 11] = [
    Failure::KeycloakAway,
    Failure::UnknownState,
    Failure::KeycloakRefused,
    Failure::Expired,
    Failure::OneFactor,
    Failure::BadToken,
    Failure::OtherIssuer,
    Failure::CodeRefused,
    Failure::NoRole,
    Failure::EndedByKeycloak,
    Failure::NoSession,
];

impl Failure {
    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Failure::KeycloakAway => "AUTH-101",
            Failure::UnknownState => "AUTH-102",
            Failure::KeycloakRefused => "AUTH-103",
            Failure::Expired => "AUTH-104",
            Failure::OneFactor => "AUTH-105",
            Failure::BadToken => "AUTH-106",
            Failure::OtherIssuer => "AUTH-107",
            Failure::CodeRefused => "AUTH-108",
            Failure::NoRole => "AUTH-109",
            Failure::EndedByKeycloak => "AUTH-110",
            Failure::NoSession => "AUTH-111",
        }
    }

    /// The code in three words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Failure::KeycloakAway => "Keycloak is away",
            Failure::UnknownState => "sign-in not known",
            Failure::KeycloakRefused => "refused by Keycloak",
            Failure::Expired => "sign-in answer expired",
            Failure::OneFactor => "second factor missing",
            Failure::BadToken => "token not valid",
            Failure::OtherIssuer => "other issuer",
            Failure::CodeRefused => "code not taken",
            Failure::NoRole => "no role in Steward",
            Failure::EndedByKeycloak => "session ended by Keycloak",
            Failure::NoSession => "no session",
        }
    }

    /// What happened, as a title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Failure::KeycloakAway => "You are not signed in: Keycloak is away",
            Failure::UnknownState => "You are not signed in: this sign-in is not known here",
            Failure::KeycloakRefused => "You are not signed in: Keycloak refused",
            Failure::Expired => "You are not signed in: the sign-in took too long",
            Failure::OneFactor => "You are not signed in: the second factor is missing",
            Failure::BadToken | Failure::OtherIssuer => "You are not signed in: the answer is not from our Keycloak",
            Failure::CodeRefused => "You are not signed in: Keycloak does not take the answer back",
            Failure::NoRole => "You are not signed in: your account has no role here",
            Failure::EndedByKeycloak => "Your session was ended in Keycloak",
            Failure::NoSession => "You are not signed in any more",
        }
    }

    /// What it means and what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Failure::KeycloakAway => {
                "Steward asks Keycloak who you are, and it does not answer. Nothing is wrong with your account. Try again in a few minutes."
            }
            Failure::UnknownState => {
                "The answer belongs to no sign-in that this browser began, or it was used already. Each counts once, so that nobody else can use it. Sign in again from here."
            }
            Failure::KeycloakRefused => {
                "Keycloak ended the sign-in before it was complete. Sign in again; if it refuses again, ask whoever looks after your account."
            }
            Failure::Expired => {
                "We accept an answer for 10 minutes, so that nobody else can use it. Your password and second factor were fine. Sign in again."
            }
            Failure::OneFactor => {
                "Steward takes nobody in without a password and a code or a key. Set up your second factor in Keycloak, then sign in again."
            }
            Failure::BadToken => {
                "What came back could not be proved to be Keycloak's answer to this sign-in. Sign in again; if it happens again, tell Support."
            }
            Failure::OtherIssuer => {
                "The answer names another issuer than the platform realm. Do not go on from where you came; sign in from here, and tell Support."
            }
            Failure::CodeRefused => "The code in the answer was used already or is too old. Sign in again.",
            Failure::NoRole => {
                "Your password and second factor were fine, but the account has none of Steward's roles. Ask Platform Ops for one."
            }
            Failure::EndedByKeycloak => {
                "You signed out elsewhere, or your account was changed. What you did before is saved. Sign in again to go on."
            }
            Failure::NoSession => {
                "A session ends after 15 minutes without a click and after 8 hours in any case. Nothing was changed. Sign in again to go on."
            }
        }
    }

    /// What to look at if it happens again.
    #[must_use]
    pub const fn advice(self) -> &'static [&'static str] {
        match self {
            Failure::UnknownState | Failure::CodeRefused => {
                &["Close other tabs in which you started to sign in.", "Let the browser keep cookies of this address."]
            }
            Failure::Expired => &["Close other tabs in which you started to sign in.", "Check that the clock of your device is right."],
            Failure::OneFactor => &["Set up an authenticator app or a security key in Keycloak's account console."],
            Failure::NoRole => &["Sign in with another account: Keycloak asks again."],
            Failure::KeycloakAway => &["Runs go on without you."],
            Failure::KeycloakRefused | Failure::BadToken | Failure::OtherIssuer | Failure::EndedByKeycloak | Failure::NoSession => &[],
        }
    }

    /// The HTTP status that fits.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Failure::KeycloakAway => StatusCode::SERVICE_UNAVAILABLE,
            Failure::EndedByKeycloak | Failure::NoSession => StatusCode::UNAUTHORIZED,
            Failure::OneFactor | Failure::NoRole => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether signing in again must ask for everything anew: with Keycloak's session as it is, it would fail the same way.
    #[must_use]
    pub const fn asks_anew(self) -> bool {
        matches!(self, Failure::OneFactor | Failure::NoRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let page = include_str!("../../../docs/errors.md");
        for failure in FAILURES {
            let row = format!("| `{}` | {} |", failure.code(), failure.name());
            assert!(page.contains(&row), "docs/errors.md must have a row that begins: {row}");
        }
    }
}
