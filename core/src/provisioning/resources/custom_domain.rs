//! Whether a custom domain is the customer's: a text that only this tenant was given, at `_steward-challenge.<domain>` in a DNS that only
//! the domain's owner can write. Nothing is made here; what is found there is never touched.
//!
//! It is looked at once more right before a certificate is issued: who owned the domain when it was proposed may have lost it since.

use super::evidence::{Evidence, Looked, RecordSeen};
use super::{Domain, Observation, Resource};
use crate::platform::{Answer, Failure, Resolver, Trouble};
use crate::provisioning::wanted::{CustomDomain as Wish, Site, Wanted};
use async_trait::async_trait;
use std::net::IpAddr;
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::system::System;

/// How the text begins; the token follows.
const BEGIN: &str = "steward-challenge=";

/// The kind.
pub(super) struct CustomDomain;

/// The name that the text stands at.
pub(in crate::provisioning) fn challenge_name(host: &str) -> String {
    format!("_steward-challenge.{host}")
}

/// The text that is to stand there.
pub(in crate::provisioning) fn challenge_text(token: &str) -> String {
    format!("{BEGIN}{token}")
}

/// What a look at a challenge found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provisioning) enum Found {
    /// The text that this tenant was given.
    Proof,
    /// Nothing: no such name, or no text there.
    Nothing(String),
    /// Other texts.
    Other(String),
    /// A text that Steward gave to somebody else.
    SomebodyElses(String),
}

impl Found {
    /// As a sentence for people, without its full stop.
    pub(in crate::provisioning) fn in_words(&self) -> &str {
        match self {
            Found::Proof => "The text was found",
            Found::Nothing(words) | Found::Other(words) | Found::SomebodyElses(words) => words,
        }
    }
}

/// Looks for the text.
///
/// # Errors
/// When no answer came.
pub(in crate::provisioning) async fn look_for(resolver: &Resolver, host: &str, token: &str) -> Result<Found, Failure> {
    let name = challenge_name(host);
    Ok(match resolver.texts(&name).await? {
        Answer::NoName => Found::Nothing(format!("There is no name {name} yet (NXDOMAIN)")),
        Answer::NoRecord => Found::Nothing(format!("{name} has no TXT record")),
        Answer::Records(texts) if texts.contains(&challenge_text(token)) => Found::Proof,
        Answer::Records(texts) => {
            // Whose it is nobody is told; the text itself anybody can read.
            let shown: Vec<String> = texts.iter().map(|text| format!("\"{}\"", text.chars().take(100).collect::<String>())).collect();
            let words = format!("{name} says {} instead", shown.join(" and "));
            if texts.iter().any(|text| text.starts_with(BEGIN)) { Found::SomebodyElses(words) } else { Found::Other(words) }
        }
    })
}

/// Refuses to go on unless the domain is proved to be the tenant's, now.
pub(super) async fn demand_proof(site: &Site, wanted: &Wanted) -> Result<(), Failure> {
    let Some(wish) = &wanted.custom_domain else {
        return Err(Failure::new(System::Dns, Trouble::Refused, "no custom domain is wanted"));
    };
    if let Err(why) = wish.host.clone().outside(&site.settings.base_domain) {
        return Err(Failure::new(System::Dns, Trouble::Refused, format!("{}: below the base domain", wish.host)).saying(why));
    }
    match look_for(&site.platform.resolver, wish.host.as_str(), &wish.token).await? {
        Found::Proof => Ok(()),
        found => Err(unproved(wish, &found)),
    }
}

fn unproved(wish: &Wish, found: &Found) -> Failure {
    let mut failure = Failure::new(System::Dns, Trouble::Missing, format!("{}: {}", wish.host, found.in_words())).saying(format!(
        "{} is not proved to be this tenant's: {}.",
        wish.host.shown(),
        found.in_words()
    ));
    failure.cause.whose = Role::DevOps;
    failure.cause.helps = format!(
        "Have the customer write TXT \"{}\" at {} again, then try again. If the domain is not theirs any more, remove it.",
        challenge_text(&wish.token),
        challenge_name(wish.host.as_str())
    );
    failure
}

/// What the name leads to, and whether that is where tenants' domains lead to: by name, or by the same address.
async fn record(site: &Site, host: &str) -> Result<RecordSeen, Failure> {
    let (resolver, target) = (&site.platform.resolver, site.settings.domains.target.as_str());
    let leads_to = resolver.leads_to(host).await?;
    let by_name = leads_to.iter().any(|record| *record == format!("CNAME to {}", target.trim_end_matches('.').to_ascii_lowercase()));
    let as_wanted = by_name
        || !leads_to.is_empty() && {
            let addresses = match target.parse::<IpAddr>() {
                Ok(IpAddr::V4(address)) => vec![format!("A to {address}")],
                Ok(IpAddr::V6(address)) => vec![format!("AAAA to {address}")],
                Err(_) => resolver.leads_to(target).await?,
            };
            leads_to.iter().all(|record| addresses.contains(record))
        };
    Ok(RecordSeen { host: host.to_owned(), leads_to, asked: resolver.asked().to_owned(), as_wanted })
}

#[async_trait]
impl Resource for CustomDomain {
    fn kind(&self) -> ResourceKind {
        ResourceKind::CustomDomain
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        Domain::Custom.shown(wanted)
    }

    fn exactly(&self, _: &Site, wanted: &Wanted) -> String {
        match &wanted.custom_domain {
            Some(wish) => format!("TXT \"{}\" at {}", challenge_text(&wish.token), challenge_name(wish.host.as_str())),
            None => "no custom domain".to_owned(),
        }
    }

    fn makes_something(&self) -> bool {
        false
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        // What stands in the customer's DNS is theirs: where nothing is wanted of it, there is nothing to take away.
        let Some(wish) = wanted.custom_domain.as_ref().filter(|_| wanted.wants(ResourceKind::CustomDomain)) else {
            return Ok(Observation::Absent);
        };
        Ok(match look_for(&site.platform.resolver, wish.host.as_str(), &wish.token).await? {
            Found::Proof => Observation::Ours { differences: Vec::new(), detail: self.exactly(site, wanted) },
            Found::Nothing(_) => Observation::Absent,
            Found::Other(words) => Observation::Partial { missing: format!("{}: {words}", self.exactly(site, wanted)) },
            Found::SomebodyElses(what) => Observation::Foreign { what },
        })
    }

    async fn look(&self, site: &Site, wanted: &Wanted) -> Looked {
        let host = Domain::Custom.host(wanted);
        let (seen, record) = tokio::join!(self.observe(site, wanted), async {
            match &host {
                Some(host) => record(site, host).await.ok(),
                None => None,
            }
        });
        Looked { seen, evidence: record.map(|record| Evidence::Record(Domain::Custom, record)) }
    }

    /// Only looks: nobody but the domain's owner can make it so.
    async fn bring_about(&self, site: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        demand_proof(site, wanted).await
    }

    async fn remove(&self, _: &Site, _: &Wanted) -> Result<(), Failure> {
        Ok(())
    }
}
