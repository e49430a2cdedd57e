//! The short name of a tenant: it names the domain, the realm, the namespace and the secrets.

use serde::{Deserialize, Serialize};

/// 3 to 30 small letters, digits or hyphens; begins with a letter, ends with a letter or digit, no two hyphens in a row.
///
/// Stricter than RFC 1123 labels (63 characters), because `tenant-<name>` must itself be a label and because
/// Keycloak accepts names such as "a b", "ä" or "Acme" beside "acme" that no other system would.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ShortName(String);

/// Names that mean something else on the platform: realms of its own, host names in use, prefixes of systems.
const RESERVED: [&str; 31] = [
    "admin",
    "api",
    "app",
    "auth",
    "bulk",
    "console",
    "dashboard",
    "default",
    "docs",
    "ftp",
    "grafana",
    "help",
    "internal",
    "keycloak",
    "kube-public",
    "kube-system",
    "mail",
    "master",
    "ns1",
    "ns2",
    "openbao",
    "platform",
    "root",
    "smtp",
    "status",
    "steward",
    "support",
    "system",
    "tenant",
    "vault",
    "www",
];

/// Forms of incorporation that nobody wants in a short name.
const LEGAL_FORMS: [&str; 17] =
    ["ag", "bv", "co", "corp", "corporation", "gmbh", "inc", "kg", "limited", "llc", "ltd", "nv", "oy", "plc", "sa", "sarl", "spa"];

impl ShortName {
    /// Fewest characters.
    pub const LENGTH_MIN: usize = 3;
    /// Most characters.
    pub const LENGTH_MAX: usize = 30;

    /// Checks a typed short name.
    ///
    /// # Errors
    /// What to do instead, in words for the field.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let name = typed.trim();
        if name.is_empty() {
            return Err("Enter a short name like acme".to_owned());
        }
        if name.len() < Self::LENGTH_MIN || name.chars().count() > Self::LENGTH_MAX {
            return Err(format!("Use {} to {} characters for the short name", Self::LENGTH_MIN, Self::LENGTH_MAX));
        }
        if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err("Use only small letters a to z, digits and hyphens in the short name".to_owned());
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err("Begin the short name with a letter".to_owned());
        }
        if name.ends_with('-') || name.contains("--") {
            return Err("Put single hyphens only between letters or digits".to_owned());
        }
        if RESERVED.contains(&name) || name.starts_with("tenant-") {
            return Err(format!("The short name {name} is kept for the platform; choose another"));
        }
        Ok(Self(name.to_owned()))
    }

    /// Proposes a short name from the organisation's name: "Petit Marché SARL" gives `petit-marche`.
    /// Empty if nothing usable is left; the proposal may still be refused by [`ShortName::parse`] (too short, reserved).
    #[must_use]
    pub fn derive(organisation: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut word = String::new();
        for c in organisation.chars() {
            match ascii(c) {
                Some(letters) => word.push_str(letters),
                None if c.is_ascii_alphanumeric() => word.push(c.to_ascii_lowercase()),
                None if c == '\'' || c == '’' || c == '.' => {}
                None => words.push(std::mem::take(&mut word)),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        while words.len() > 1 && words.last().is_some_and(|last| LEGAL_FORMS.contains(&last.as_str())) {
            words.pop();
        }
        let joined = words.join("-");
        let joined = joined.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
        let mut cut = joined.get(..joined.len().min(Self::LENGTH_MAX)).unwrap_or_default();
        if cut.len() < joined.len()
            && let Some((whole_words, _)) = cut.rsplit_once('-')
            && whole_words.len() >= Self::LENGTH_MIN
        {
            cut = whole_words;
        }
        cut.trim_end_matches('-').to_owned()
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ShortName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The small form of a capital Latin letter with an accent; other letters as they are.
///
/// Not `char::to_lowercase`: its table of every script would be 5 KB of what each browser loads.
fn small(c: char) -> char {
    let code = u32::from(c);
    let small = match code {
        0xC0..=0xD6 | 0xD8..=0xDE => code + 0x20,
        0x100..=0x137 | 0x14A..=0x177 | 0x218..=0x21B => code | 1,
        0x178 => 0xFF,
        0x1E9E => 0xDF,
        0x139..=0x148 | 0x179..=0x17E => code + (code & 1),
        _ => code,
    };
    char::from_u32(small).unwrap_or(c)
}

/// The plain letters of an accented Latin one, as names on letterheads use them.
fn ascii(c: char) -> Option<&'static str> {
    Some(match small(c) {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
        'ğ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ș' | 'ş' => "s",
        'ß' => "ss",
        'ť' | 'ț' | 'þ' => "t",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' | 'ū' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_what_a_person_would_type() {
        for (organisation, short) in [
            ("Acme Corp", "acme"),
            ("Orchard Legal", "orchard-legal"),
            ("Petit Marché SARL", "petit-marche"),
            ("Borrow & Lane", "borrow-lane"),
            ("Quarry's Sons, Ltd.", "quarrys-sons"),
            ("3M", "m"),
            ("Łódź Übersee GmbH & Co. KG", "lodz-uebersee"),
            ("日本", ""),
            ("Corp", "corp"),
            ("The Extraordinarily Long Name Of A Company", "the-extraordinarily-long-name"),
        ] {
            assert_eq!(ShortName::derive(organisation), short, "{organisation}");
        }
    }

    #[test]
    fn capital_letters_become_the_small_ones_that_unicode_says() {
        for letter in "ÀÁÂÃÅĀĂĄÄÆÇĆČĎĐÐÈÉÊËĒĘĚĞĢÌÍÎÏĪŁĽÑŃŇÒÓÔÕŐÖØŒŘŚŠȘŞẞŤȚÞÙÚÛŮŰŪÜÝŸŹŻŽ".chars()
        {
            assert_eq!(Some(small(letter)), letter.to_lowercase().next(), "{letter}");
            assert!(ascii(letter).is_some(), "{letter}");
        }
    }

    #[test]
    fn refuses_what_some_system_would_refuse_or_confuse() {
        for wrong in ["", "ab", "Acme", "a b", "ä-b", "-ab", "ab-", "a--b", "1ab", "master", "platform", "tenant-x", &"a".repeat(31)] {
            assert!(ShortName::parse(wrong).is_err(), "{wrong}");
        }
        for right in ["acme", "a1b", "orchard-legal", &"a".repeat(30)] {
            assert!(ShortName::parse(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn every_derived_name_of_enough_length_is_accepted_or_reserved() {
        for organisation in ["Acme Corp", "Petit Marché", "Zürich 24 AG", "O’Neill – Söhne", "A.B.C. Holding"] {
            let short = ShortName::derive(organisation);
            assert!(ShortName::parse(&short).is_ok(), "{organisation} gave {short}");
        }
    }
}
