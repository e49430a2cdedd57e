//! The client of DNS: records of one name, whoever keeps them. Each provider has a file of its own.
//!
//! Neither provider can make a record *only if* none of that name is there: who writes looks before and after.

mod cloudflare;
mod powerdns;

pub use cloudflare::CloudflareSettings;
pub use powerdns::PowerDnsSettings;

use super::failure::Failure;
use super::gate::{CallLimits, Gate};
use cloudflare::Cloudflare;
use powerdns::PowerDns;
use std::net::IpAddr;
use steward_domain::system::System;

/// For how long resolvers may keep what Steward writes, in seconds.
const TTL: u32 = 300;

/// Who keeps the records, and how Steward signs in there.
#[derive(Clone, Debug)]
pub enum DnsSettings {
    /// Cloudflare, API version 4.
    Cloudflare(CloudflareSettings),
    /// A PowerDNS authoritative server with its HTTP API.
    PowerDns(PowerDnsSettings),
}

/// How a record is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// As it is written.
    AsWritten,
    /// With the provider's own address: its proxy stands before, and terminates TLS.
    ByProxy,
    /// Not at all: it is switched off.
    Never,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// "A", "CNAME", "TXT".
    pub kind: String,
    /// The name, in lower case, without a dot at its end.
    pub name: String,
    /// What it says: an address, a name without a dot at its end, a text without quotes.
    pub content: String,
    /// For how long resolvers may keep it, in seconds.
    pub ttl: u32,
    /// How it is answered.
    pub answered: Answered,
    /// The provider's own id, if it gives one.
    id: Option<String>,
}

impl Record {
    fn new(kind: &str, name: &str, content: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: plain_name(name),
            content: content.to_owned(),
            ttl: TTL,
            answered: Answered::AsWritten,
            id: None,
        }
    }

    /// The record that leads a name to a target: an address, or another name.
    #[must_use]
    pub fn leading(name: &str, target: &str) -> Self {
        match target.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => Self::new("A", name, target),
            Ok(IpAddr::V6(address)) => Self::new("AAAA", name, &address.to_string()),
            Err(_) => Self::new("CNAME", name, &plain_name(target)),
        }
    }

    /// A record that says something about a name.
    #[must_use]
    pub fn text(name: &str, content: &str) -> Self {
        Self::new("TXT", name, content)
    }

    /// Whether it leads its name somewhere.
    #[must_use]
    pub fn leads(&self) -> bool {
        matches!(self.kind.as_str(), "A" | "AAAA" | "CNAME")
    }

    /// In words: "CNAME to ingress.inosec.com".
    #[must_use]
    pub fn in_words(&self) -> String {
        let answered = match self.answered {
            Answered::AsWritten => "",
            Answered::ByProxy => ", through the provider's proxy",
            Answered::Never => ", switched off",
        };
        format!("{} to {}{answered}", self.kind, self.content)
    }
}

/// A name as it is compared: in lower case, without a dot at its end.
fn plain_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// A text as it stands in a record: in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text without its quotes. One that is in several pieces is put together.
fn unquoted(text: &str) -> String {
    let mut plain = String::new();
    let (mut inside, mut letters) = (false, text.chars());
    if !text.starts_with('"') {
        return text.to_owned();
    }
    while let Some(letter) = letters.next() {
        match letter {
            '"' => inside = !inside,
            '\\' if inside => plain.extend(letters.next()),
            _ if inside => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// What a provider says in a record of that kind, as Steward says it.
fn plain_content(kind: &str, content: &str) -> String {
    match kind {
        "TXT" => unquoted(content),
        "CNAME" | "NS" | "PTR" => plain_name(content),
        _ => content.to_owned(),
    }
}

/// The client.
#[derive(Debug)]
pub enum Dns {
    /// Cloudflare.
    Cloudflare(Cloudflare),
    /// PowerDNS.
    PowerDns(PowerDns),
}

impl Dns {
    /// A client with the usual limits; nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(settings: DnsSettings) -> Result<Self, Failure> {
        let gate = Gate::new(System::Dns, System::Dns.as_str(), CallLimits::default().dns);
        Ok(match settings {
            DnsSettings::Cloudflare(settings) => Self::Cloudflare(Cloudflare::new(settings, gate)?),
            DnsSettings::PowerDns(settings) => Self::PowerDns(PowerDns::new(settings, gate)?),
        })
    }

    /// The same client behind another gate.
    #[must_use]
    pub fn through(self, gate: Gate) -> Self {
        match self {
            Self::Cloudflare(cloudflare) => Self::Cloudflare(cloudflare.through(gate)),
            Self::PowerDns(powerdns) => Self::PowerDns(powerdns.through(gate)),
        }
    }

    /// The gate that its calls go through.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        match self {
            Self::Cloudflare(cloudflare) => cloudflare.gate(),
            Self::PowerDns(powerdns) => powerdns.gate(),
        }
    }

    /// Who keeps the records, for people.
    #[must_use]
    pub const fn provider(&self) -> &'static str {
        match self {
            Self::Cloudflare(_) => "Cloudflare",
            Self::PowerDns(_) => "PowerDNS",
        }
    }

    /// Whether the provider answers. What it says without credentials does not matter.
    ///
    /// # Errors
    /// When it does not, or says that it is not ready.
    pub async fn reach(&self) -> Result<(), Failure> {
        match self {
            Self::Cloudflare(cloudflare) => cloudflare.reach().await,
            Self::PowerDns(powerdns) => powerdns.reach().await,
        }
    }

    /// Every record of exactly this name, of whatever kind.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn records(&self, name: &str) -> Result<Vec<Record>, Failure> {
        let name = plain_name(name);
        match self {
            Self::Cloudflare(cloudflare) => cloudflare.records(&name).await,
            Self::PowerDns(powerdns) => powerdns.records(&name).await,
        }
    }

    /// Adds a record beside those that are there.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn create(&self, record: &Record) -> Result<(), Failure> {
        match self {
            Self::Cloudflare(cloudflare) => cloudflare.create(record).await,
            Self::PowerDns(powerdns) => powerdns.create(record).await,
        }
    }

    /// Puts one record in the place of another that was seen, in one step: the name never leads nowhere.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn change(&self, seen: &Record, record: &Record) -> Result<(), Failure> {
        match self {
            Self::Cloudflare(cloudflare) => cloudflare.change(seen, record).await,
            Self::PowerDns(powerdns) => powerdns.change(seen, record).await,
        }
    }

    /// Removes a record that was seen; others of its name stay.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn delete(&self, seen: &Record) -> Result<(), Failure> {
        match self {
            Self::Cloudflare(cloudflare) => cloudflare.delete(seen).await,
            Self::PowerDns(powerdns) => powerdns.delete(seen).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_decides_the_kind() {
        let kind = |target| Record::leading("Acme.inosec.com.", target);
        assert_eq!((kind("192.0.2.1").kind.as_str(), kind("192.0.2.1").name.as_str()), ("A", "acme.inosec.com"));
        assert_eq!((kind("2001:DB8::1").kind.as_str(), kind("2001:DB8::1").content.as_str()), ("AAAA", "2001:db8::1"));
        assert_eq!(
            (kind("Ingress.inosec.com.").kind.as_str(), kind("Ingress.inosec.com.").content.as_str()),
            ("CNAME", "ingress.inosec.com")
        );
    }

    #[test]
    fn a_text_comes_back_as_it_was_written() {
        for text in ["steward-tenant-id=1", r#"with "quotes" and \ more"#, ""] {
            assert_eq!(unquoted(&quoted(text)), text);
        }
        assert_eq!(unquoted(r#""in two " "pieces""#), "in two pieces");
        assert_eq!(unquoted("bare"), "bare");
    }
}
