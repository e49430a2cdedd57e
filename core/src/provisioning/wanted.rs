//! What a tenant's resources are made from.

use super::settings::Settings;
use crate::context::Context;
use crate::platform::Platform;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use steward_domain::email::EmailAddress;
use steward_domain::onboarding;
use steward_domain::resource::Names;
use steward_domain::short_name::ShortName;
use uuid::Uuid;

/// What one tenant is to have. Kept with the run: what runs is what was reviewed, whatever is changed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The tenant: the ownership mark in every system.
    pub tenant_id: Uuid,
    /// Name of the organisation.
    pub organisation: String,
    /// Its short name.
    pub short_name: ShortName,
    /// The first administrator.
    pub contact_email: EmailAddress,
    /// Short name of the reseller that was named: whose people see the tenant is reviewed with the rest.
    #[serde(default)]
    pub reseller: Option<String>,
    /// Tenants' domains lie below it.
    pub base_domain: String,
    /// Limits, region, features.
    pub settings: onboarding::Settings,
}

impl Wanted {
    /// What a checked draft asks for.
    #[must_use]
    pub fn of(tenant_id: Uuid, wish: &onboarding::Wish, base_domain: &str) -> Self {
        Self {
            tenant_id,
            organisation: wish.organisation.name.clone(),
            short_name: wish.organisation.short_name.clone(),
            contact_email: wish.organisation.contact_email.clone(),
            reseller: wish.organisation.reseller.clone(),
            base_domain: base_domain.to_owned(),
            settings: wish.settings.clone(),
        }
    }

    /// The names in each system.
    #[must_use]
    pub fn names(&self) -> Names {
        Names::of(&self.short_name, &self.base_domain)
    }

    /// The ownership mark: the tenant's id as text.
    #[must_use]
    pub fn mark(&self) -> String {
        self.tenant_id.to_string()
    }
}

/// The outside systems, and what they are told about each other.
#[derive(Debug)]
pub struct Site {
    /// The clients.
    pub platform: Arc<Platform>,
    /// Settings of the platform.
    pub settings: Arc<Settings>,
    /// Clock and randomness.
    pub context: Context,
}
