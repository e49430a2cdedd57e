//! A public host name that a customer may bring along: checked, and kept as the letters that DNS knows (its A-label). Names in other
//! scripts are shown as they are read (their U-label) too, and refused where one label mixes scripts that look alike.

use serde::{Deserialize, Serialize};
use unicode_security::MixedScript;

/// Most characters of a name, as DNS counts them.
const LENGTH_MAX: usize = 253;
/// Most characters of a label.
const LABEL_MAX: usize = 63;
/// Ends of names that no public DNS answers for.
const NOT_PUBLIC: [&str; 9] = ["localhost", "local", "internal", "invalid", "onion", "arpa", "lan", "home", "corp"];

/// A host name as DNS knows it: in lower case, without a dot at its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostName(String);

impl HostName {
    /// Reads a name as people type it.
    ///
    /// # Errors
    /// What to enter instead.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err("Enter the domain, like crm.customer.com".to_owned());
        }
        if typed.contains("://") || typed.contains(['/', '@', ':', '?', '#', ' ']) {
            return Err("Enter only the domain, like crm.customer.com, without https:// or a path".to_owned());
        }
        if typed.contains('*') {
            return Err("Enter one name: a wildcard cannot be a custom domain".to_owned());
        }
        let not_one = || format!("{typed} is not a host name like crm.customer.com");
        let ascii = idna::domain_to_ascii_strict(typed.trim_end_matches('.')).map_err(|_| not_one())?;
        let labels: Vec<&str> = ascii.split('.').collect();
        if ascii.len() > LENGTH_MAX {
            return Err(format!("Enter at most {LENGTH_MAX} characters"));
        }
        if !labels.iter().all(|label| is_label(label)) {
            return Err(not_one());
        }
        let Some(last) = labels.last().filter(|_| labels.len() > 1) else { return Err(not_one()) };
        if last.bytes().all(|byte| byte.is_ascii_digit()) || ascii.parse::<std::net::IpAddr>().is_ok() {
            return Err("Enter a name, not an address".to_owned());
        }
        if NOT_PUBLIC.contains(last) {
            return Err(format!("{typed} is no public name: no DNS answers for .{last}"));
        }
        let name = Self(ascii);
        match name.read().split('.').find(|label| !label.is_single_script()) {
            Some(mixed) => Err(format!("{mixed} mixes letters of several scripts, which look alike: enter it in one script")),
            None => Ok(name),
        }
    }

    /// The same, if tenants have no names below it of their own: the base domain, and what lies below it, is not a customer's.
    ///
    /// # Errors
    /// What to enter instead.
    pub fn outside(self, base_domain: &str) -> Result<Self, String> {
        let base = base_domain.to_ascii_lowercase();
        if self.0 == base || self.0.ends_with(&format!(".{base}")) {
            return Err(format!("Enter a domain of the customer's own: names below {base} are given out by Steward"));
        }
        Ok(self)
    }

    /// As DNS knows it: its A-label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people read it: its U-label, the same if it is plain.
    #[must_use]
    pub fn read(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// For people: as it is read, and as DNS knows it if that differs. Who looks at both is not taken in by letters that look alike.
    #[must_use]
    pub fn shown(&self) -> String {
        let read = self.read();
        if read == self.0 { read } else { format!("{read} ({})", self.0) }
    }
}

fn is_label(label: &str) -> bool {
    let ends = !label.starts_with('-') && !label.ends_with('-');
    (1..=LABEL_MAX).contains(&label.len()) && ends && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for HostName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<HostName> for String {
    fn from(name: HostName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &str) -> Result<String, String> {
        HostName::parse(typed).map(|name| name.as_str().to_owned())
    }

    #[test]
    fn names_are_kept_as_dns_knows_them_and_shown_as_they_are_read() {
        assert_eq!(parsed(" CRM.Customer.com. ").as_deref(), Ok("crm.customer.com"));
        let bakery = HostName::parse("bäckerei.example").unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(bakery.as_str(), "xn--bckerei-5wa.example");
        assert_eq!(bakery.shown(), "bäckerei.example (xn--bckerei-5wa.example)");
        assert_eq!(HostName::parse("xn--bckerei-5wa.example"), Ok(bakery));
        assert_eq!(HostName::parse("crm.customer.com").map(|name| name.shown()).as_deref(), Ok("crm.customer.com"));
        // One script that is not Latin is somebody's own language; what it is in DNS stands beside it.
        assert_eq!(HostName::parse("пример.example").map(|name| name.shown()).as_deref(), Ok("пример.example (xn--e1afmkfd.example)"));
    }

    #[test]
    fn what_is_no_public_host_name_is_refused() {
        for wrong in [
            "",
            "customer",
            "https://crm.customer.com",
            "crm.customer.com/login",
            "*.customer.com",
            "crm_1.customer.com",
            "-crm.customer.com",
            "crm-.customer.com",
            "crm..customer.com",
            "192.0.2.1",
            "2001:db8::1",
            "crm.customer.1",
            "crm.customer.local",
            "crm.localhost",
            "admin@customer.com",
            "crm customer.com",
            "crm.customer.com\0",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
        assert!(parsed(&format!("{}.example", "a".repeat(64))).is_err());
        assert!(parsed(&format!("{}.example", ["a".repeat(60).as_str(); 5].join("."))).is_err());
        assert!(parsed(&format!("{}.example", ["a".repeat(60).as_str(); 4].join("."))).is_ok());
    }

    #[test]
    fn letters_of_two_scripts_in_one_label_are_refused_and_said() {
        // Cyrillic а among Latin letters.
        let wrong = parsed("p\u{430}ypal.example").err().unwrap_or_default();
        assert!(wrong.contains("several scripts"), "{wrong}");
        let as_dns_knows_it = idna::domain_to_ascii("p\u{430}ypal.example").unwrap_or_default();
        assert!(parsed(&as_dns_knows_it).is_err(), "{as_dns_knows_it}: the same in disguise");
        // Different labels may be of different scripts, and Japanese mixes three.
        assert!(parsed("crm.пример.example").is_ok());
        assert!(parsed("東京タワーひろば.example").is_ok());
    }

    #[test]
    fn what_lies_below_the_base_domain_is_no_customers() {
        let outside = |typed: &str| HostName::parse(typed).and_then(|name| name.outside("inosec.com"));
        assert!(outside("inosec.com").is_err() && outside("acme.inosec.com").is_err() && outside("a.b.INOSEC.com").is_err());
        assert!(outside("notinosec.com").is_ok() && outside("inosec.com.example").is_ok());
    }
}
