//! E-mail addresses of contacts.

use serde::{Deserialize, Serialize};

/// An address that a person at an organisation can receive mail at: `local@domain.tld`, at most 254 characters (RFC 5321 §4.5.3.1.3).
///
/// Deliberately narrower than RFC 5322: no quoting, no comments, no addresses on one-label hosts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Checks a typed address.
    ///
    /// # Errors
    /// What to do instead, in words for the field.
    pub fn parse(typed: &str) -> Result<Self, String> {
        const WANTED: &str = "Enter a contact e-mail address like admin@acme.com";
        let address = typed.trim();
        let Some((local, domain)) = address.rsplit_once('@') else {
            return Err(WANTED.to_owned());
        };
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let domain_ok = domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            })
            && domain.rsplit('.').next().is_some_and(|top| top.len() >= 2 && top.bytes().any(|b| b.is_ascii_alphabetic()));
        if address.len() > 254 || !local_ok || !domain_ok {
            return Err(WANTED.to_owned());
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The address itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_people_have_and_refuses_slips() {
        for right in ["admin@acme.com", "o'neill+steward@Mail.Acme.co.uk", " a@b.io "] {
            assert!(EmailAddress::parse(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "admin",
            "admin@acme",
            "@acme.com",
            "a..b@acme.com",
            "a@acme..com",
            "a b@acme.com",
            "a@-acme.com",
            "a@1.2",
            "a@acme.com\r\nBcc: x@y.zz",
        ] {
            assert!(EmailAddress::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
