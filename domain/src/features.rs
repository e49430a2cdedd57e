//! The feature modules that a tenant can have (LINKED.md, "Features").

use serde::{Deserialize, Serialize};

/// One feature module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Feature {
    /// `crm_enabled`
    #[serde(rename = "crm_enabled")]
    Crm,
    /// `erp_enabled`
    #[serde(rename = "erp_enabled")]
    Erp,
    /// `ml_enabled`
    #[serde(rename = "ml_enabled")]
    Ml,
    /// `security_insights`
    #[serde(rename = "security_insights")]
    SecurityInsights,
    /// `email_marketing`
    #[serde(rename = "email_marketing")]
    EmailMarketing,
}

impl Feature {
    /// Every feature, in the order in which forms list them.
    pub const ALL: [Feature; 5] = [Feature::Crm, Feature::Erp, Feature::Ml, Feature::SecurityInsights, Feature::EmailMarketing];

    /// The flag's name in forms, database and API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Feature::Crm => "crm_enabled",
            Feature::Erp => "erp_enabled",
            Feature::Ml => "ml_enabled",
            Feature::SecurityInsights => "security_insights",
            Feature::EmailMarketing => "email_marketing",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Feature::Crm => "CRM",
            Feature::Erp => "ERP",
            Feature::Ml => "AI and automation",
            Feature::SecurityInsights => "Security insights",
            Feature::EmailMarketing => "E-mail automation",
        }
    }

    /// On for a new tenant unless somebody says otherwise.
    #[must_use]
    pub const fn on_by_default(self) -> bool {
        !matches!(self, Feature::Ml)
    }

    /// The feature of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Feature> {
        Feature::ALL.into_iter().find(|feature| feature.as_str() == name)
    }
}

/// The features that are on, in the order of [`Feature::ALL`], each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Features(Vec<Feature>);

impl Features {
    /// The set of these features.
    #[must_use]
    pub fn new(on: &[Feature]) -> Self {
        Self(Feature::ALL.into_iter().filter(|feature| on.contains(feature)).collect())
    }

    /// Whether a feature is on.
    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.0.contains(&feature)
    }

    /// Those that are on.
    #[must_use]
    pub fn on(&self) -> &[Feature] {
        &self.0
    }

    /// "CRM, Security insights", or "none".
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.0.is_empty() { "none".to_owned() } else { self.0.iter().map(|f| f.label()).collect::<Vec<_>>().join(", ") }
    }
}

impl Default for Features {
    fn default() -> Self {
        Self(Feature::ALL.into_iter().filter(|feature| feature.on_by_default()).collect())
    }
}
