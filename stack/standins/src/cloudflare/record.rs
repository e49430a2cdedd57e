//! What a record may be: the checks that each field goes through before there is one.

use super::Zone;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest comment: the one of the plan that allows the least, so that what fits here fits anywhere.
pub const COMMENT_LENGTH_MAX: usize = 100;
/// How many tags a record has at most.
pub const TAGS_MAX: usize = 20;

/// The types of record that the stand-in knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name.
    Cname,
    /// Text.
    Txt,
}

impl RecordType {
    /// The type of that name, if the stand-in knows it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::A, Self::Aaaa, Self::Cname, Self::Txt].into_iter().find(|kind| kind.name() == name)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Txt => "TXT",
        }
    }
}

/// The fields of a record that a caller may write. The type is text here: what the stand-in does not know is said apart.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name, the zone's own appended where it is missing.
    pub name: String,
    /// What it says.
    pub content: String,
    /// Seconds; 1 for Cloudflare's choice.
    #[serde(default = "automatic")]
    pub ttl: u32,
    /// Whether Cloudflare stands in between.
    #[serde(default)]
    pub proxied: bool,
    /// A note.
    #[serde(default)]
    pub comment: Option<String>,
    /// `name:value`.
    #[serde(default)]
    pub tags: Vec<String>,
}

const fn automatic() -> u32 {
    1
}

/// Why fields make no record: Cloudflare's code and message.
pub type Fault = (u32, String);

/// The fields, each as it is kept. The type is the one that they name.
pub fn checked(fields: Fields, kind: RecordType, zone: &Zone) -> Result<Fields, Fault> {
    let name = whole_name(&fields.name, zone).ok_or_else(|| (9000, "DNS name is invalid.".to_owned()))?;
    let content = content(&fields.content, kind, &name)?;
    if fields.ttl != 1 && !(60..=86400).contains(&fields.ttl) {
        return Err((9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic.".into()));
    }
    let comment = fields.comment.filter(|comment| !comment.is_empty());
    if comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_LENGTH_MAX) {
        return Err((9313, format!("DNS record comment exceeds the maximum length of {COMMENT_LENGTH_MAX} characters.")));
    }
    let mut tags = fields.tags;
    if tags.len() > TAGS_MAX {
        return Err((9300, format!("DNS record has {} tags, exceeding the quota of {TAGS_MAX}.", tags.len())));
    }
    if tags.iter().any(|tag| !is_tag(tag)) {
        return Err((9301, "DNS record tag is invalid.".into()));
    }
    tags.sort();
    tags.dedup();
    Ok(Fields { name, content, comment, tags, ..fields })
}

/// A name as given, below the zone: a name that does not end in the zone's is taken as one inside it.
fn whole_name(given: &str, zone: &Zone) -> Option<String> {
    let given = given.strip_suffix('.').unwrap_or(given).to_ascii_lowercase();
    let inside = given == zone.name() || given.ends_with(&format!(".{}", zone.name()));
    let whole = match given.as_str() {
        "@" => zone.name().to_owned(),
        _ if inside => given,
        _ => format!("{given}.{}", zone.name()),
    };
    is_hostname(whole.strip_prefix("*.").unwrap_or(&whole)).then_some(whole)
}

fn content(given: &str, kind: RecordType, name: &str) -> Result<String, Fault> {
    match kind {
        RecordType::A if given.parse::<Ipv4Addr>().is_ok() => Ok(given.to_owned()),
        RecordType::A => Err((9005, "Content for A record must be a valid IPv4 address.".into())),
        RecordType::Aaaa => match given.parse::<Ipv6Addr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err((9006, "Content for AAAA record must be a valid IPv6 address.".into())),
        },
        RecordType::Cname => {
            let target = given.strip_suffix('.').unwrap_or(given).to_ascii_lowercase();
            if !is_hostname(&target) || target.parse::<Ipv4Addr>().is_ok() {
                Err((9007, "Content for CNAME record is invalid.".into()))
            } else if target == name {
                Err((9039, "CNAME content cannot reference itself.".into()))
            } else {
                Ok(target)
            }
        }
        RecordType::Txt if given.is_empty() || given.chars().any(char::is_control) => {
            Err((9010, "Content for TXT record is invalid.".into()))
        }
        RecordType::Txt => Ok(given.to_owned()),
    }
}

/// Whether this is a name made of labels, underscores allowed.
pub fn is_hostname(name: &str) -> bool {
    let sound = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.split('.').all(sound)
}

/// `name` or `name:value`; the name of letters, digits, hyphens and underscores.
fn is_tag(tag: &str) -> bool {
    let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
    let named = (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    named && value.chars().count() <= 100
}
