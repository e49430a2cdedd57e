//! Where a tenant's data may live.

use serde::{Deserialize, Serialize};

/// A region decides which clusters a tenant may be placed on (LINKED.md, "Residency").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Morocco: the default.
    #[default]
    Morocco,
    /// Middle East and North Africa.
    Mena,
    /// European Union.
    Eu,
}

impl Region {
    /// Every region.
    pub const ALL: [Region; 3] = [Region::Morocco, Region::Mena, Region::Eu];

    /// The name in forms, database and API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Region::Morocco => "morocco",
            Region::Mena => "mena",
            Region::Eu => "eu",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Region::Morocco => "Morocco",
            Region::Mena => "Middle East and North Africa",
            Region::Eu => "European Union",
        }
    }

    /// The region of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Region> {
        Region::ALL.into_iter().find(|region| region.as_str() == name)
    }
}
