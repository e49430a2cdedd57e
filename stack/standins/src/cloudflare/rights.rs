//! What a token may do. Steward's is made as `stack/policies/cloudflare-steward.json` says, which is what one would send to
//! Cloudflare to make it there; that file is all the rights it has.

use super::Zone;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;

const STEWARD: &str = include_str!("../../../policies/cloudflare-steward.json");

/// What a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// To see the zone itself.
    ReadZone,
    /// To see its records.
    ReadRecords,
    /// To change them.
    WriteRecords,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A token that nobody gave out.
    Unknown,
    /// A token, by its id, which is no secret.
    Token {
        /// The id.
        id: String,
        /// What it may do in the one zone.
        rights: Rights,
    },
}

/// What a token may do in the one zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(Vec<Right>);

impl Caller {
    /// Who may do everything.
    #[must_use]
    pub fn admin() -> Self {
        let rights = Rights(vec![Right::ReadZone, Right::ReadRecords, Right::WriteRecords]);
        Self::Token { id: "ad0000000000000000000000000000ad".into(), rights }
    }

    /// Steward, with what its policy gives it in this zone.
    ///
    /// # Errors
    /// If the policy names a permission or a resource that the stand-in does not know.
    pub fn steward(zone: &Zone) -> anyhow::Result<Self> {
        Ok(Self::Token { id: "57000000000000000000000000000057".into(), rights: rights_of(STEWARD, zone).context("Steward's policy")? })
    }

    pub(super) fn may(&self, right: Right) -> bool {
        matches!(self, Self::Token { rights, .. } if rights.0.contains(&right))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    #[serde(rename = "name")]
    _name: String,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    effect: String,
    resources: BTreeMap<String, String>,
    permission_groups: Vec<PermissionGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PermissionGroup {
    name: String,
}

fn rights_of(token: &str, zone: &Zone) -> anyhow::Result<Rights> {
    let token: Token = serde_json::from_str(&token.replace("@CLOUDFLARE_ZONE_ID@", zone.id()))?;
    let mut rights = Vec::new();
    for policy in token.policies {
        ensure!(policy.effect == "allow", "the effect {} is not known", policy.effect);
        let this = format!("com.cloudflare.api.account.zone.{}", zone.id());
        for (resource, extent) in &policy.resources {
            ensure!(*resource == this && extent == "*", "the resource {resource} is not the zone");
        }
        ensure!(!policy.resources.is_empty(), "a policy names no resource");
        for group in policy.permission_groups {
            match group.name.as_str() {
                "Zone Read" => rights.push(Right::ReadZone),
                "DNS Read" => rights.push(Right::ReadRecords),
                "DNS Write" => rights.extend([Right::ReadRecords, Right::WriteRecords]),
                other => bail!("the permission {other} is not known"),
            }
        }
    }
    Ok(Rights(rights))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> Zone {
        Zone::new("0123456789abcdef0123456789abcdef", "example.com").unwrap_or_else(|_| unreachable!())
    }

    #[test]
    fn steward_keeps_records_and_nothing_else() {
        let steward = Caller::steward(&zone());
        assert!(
            steward
                .is_ok_and(|steward| steward.may(Right::ReadRecords) && steward.may(Right::WriteRecords) && !steward.may(Right::ReadZone))
        );
    }

    #[test]
    fn a_policy_with_a_typing_error_gives_nothing() {
        for (right, wrong) in [("DNS Write", "DNS Wirte"), ("allow", "allwo"), ("zone.@", "zone.x@"), ("permission_groups", "permissions")]
        {
            assert!(STEWARD.contains(right), "{right}");
            assert!(rights_of(&STEWARD.replace(right, wrong), &zone()).is_err(), "{wrong}");
        }
    }
}
