//! What a tenant's resources are made from.

use super::resources::{RealSystems, Resource, Systems};
use super::settings::Settings;
use crate::context::Context;
use crate::platform::{Failure, Instance, Keycloak, Platform};
use crate::tenants::TenantFacts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use steward_domain::change::TenantSettings;
use steward_domain::email::EmailAddress;
use steward_domain::host_name::HostName;
use steward_domain::onboarding::{self, Draft, OrganisationForm, SettingsForm};
use steward_domain::resource::{Names, ResourceKind};
use steward_domain::short_name::ShortName;
use steward_domain::system::System;
use steward_domain::theme::Theme;
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
    /// Whether its people are kept out.
    #[serde(default)]
    pub suspended: bool,
    /// The kinds of resources that it does without; all of them in a roll-back.
    #[serde(default)]
    pub without: BTreeSet<ResourceKind>,
    /// How it looks.
    #[serde(default)]
    pub theme: Theme,
    /// The domain of its own that it is reached at too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_domain: Option<CustomDomain>,
    /// Serial numbers of certificates that are to be replaced, however long they hold.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub renews: BTreeSet<String>,
    /// The Keycloak cell that has its realm; none for the first one, where everything was before there were several.
    #[serde(default)]
    pub cell: Option<String>,
}

/// A custom domain, and what proves that it is this tenant's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomDomain {
    /// Its host name.
    pub host: HostName,
    /// What stands in its DNS, and was given to this tenant alone.
    pub token: String,
}

#[cfg(test)]
impl Wanted {
    /// What a tenant is to have by default, for unit tests.
    pub(super) fn acme() -> Self {
        let organisation = OrganisationForm { name: "Acme Corp".into(), contact_email: "admin@acme.com".into(), ..Default::default() };
        let wish = Draft { organisation, settings: None }.check().expect("a draft that passes");
        Self::of(Uuid::nil(), &wish, "inosec.com")
    }
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
            suspended: false,
            without: BTreeSet::new(),
            theme: Theme::default(),
            custom_domain: None,
            renews: BTreeSet::new(),
            cell: None,
        }
    }

    /// The same with its realm in a cell.
    #[must_use]
    pub fn in_cell(mut self, cell: Option<String>) -> Self {
        self.cell = cell;
        self
    }

    /// What a tenant is to have with these settings.
    #[must_use]
    pub(crate) fn of_tenant(facts: &TenantFacts, settings: &TenantSettings, base_domain: &str) -> Self {
        Self {
            tenant_id: facts.id,
            organisation: settings.name.clone(),
            short_name: facts.short_name.clone(),
            contact_email: settings.contact_email.clone(),
            reseller: facts.reseller.clone(),
            base_domain: base_domain.to_owned(),
            settings: onboarding::Settings { limits: settings.limits, region: facts.region, features: settings.features.clone() },
            suspended: settings.suspended,
            without: settings.without.clone(),
            theme: settings.theme.clone(),
            custom_domain: settings
                .custom_domain
                .clone()
                .map(|host| CustomDomain { token: facts.proofs.get(host.as_str()).cloned().unwrap_or_default(), host }),
            renews: BTreeSet::new(),
            cell: facts.cell.clone(),
        }
    }

    /// The part of it that can be changed, as it is when a tenant is created.
    pub(crate) fn tenant_settings(&self) -> TenantSettings {
        TenantSettings {
            name: self.organisation.clone(),
            contact_email: self.contact_email.clone(),
            limits: self.settings.limits,
            features: self.settings.features.clone(),
            suspended: self.suspended,
            without: self.without.clone(),
            repair_silently: false,
            theme: self.theme.clone(),
            custom_domain: self.custom_domain.as_ref().map(|wish| wish.host.clone()),
        }
    }

    /// The draft that asks for this: what was typed is not lost when a creation is rolled back.
    pub(crate) fn draft(&self) -> Draft {
        let organisation = OrganisationForm {
            name: self.organisation.clone(),
            short_name: self.short_name.to_string(),
            contact_email: self.contact_email.to_string(),
            reseller: self.reseller.clone().unwrap_or_default(),
        };
        let limits = self.settings.limits;
        let settings = SettingsForm {
            cpu: limits.cpu.to_string(),
            memory_gib: limits.memory_gib.to_string(),
            storage_gib: limits.storage_gib.to_string(),
            gpu: limits.gpu.to_string(),
            region: self.settings.region.as_str().to_owned(),
            features: self.settings.features.on().iter().map(|feature| feature.as_str().to_owned()).collect(),
        };
        Draft { organisation, settings: Some(settings) }
    }

    /// The names in each system.
    #[must_use]
    pub fn names(&self) -> Names {
        Names::of(&self.short_name, &self.base_domain)
    }

    /// Whether it is to have a resource of a kind.
    #[must_use]
    pub fn wants(&self, kind: ResourceKind) -> bool {
        kind.is_wanted(&self.without, self.custom_domain.is_some())
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
    /// Clock, ids and randomness.
    pub context: Context,
    /// What the resources are served by.
    pub systems: Arc<dyn Systems>,
}

impl Site {
    /// A site on the real systems.
    #[must_use]
    pub fn real(platform: Arc<Platform>, settings: Arc<Settings>, context: Context) -> Self {
        Self { platform, settings, context, systems: Arc::new(RealSystems) }
    }

    /// Where the people of a tenant sign in: the account console of its realm.
    #[must_use]
    pub fn sign_in_of(&self, short_name: &ShortName) -> String {
        let keycloak = self.settings.links.keycloak.as_deref().unwrap_or_else(|| self.platform.keycloak.url());
        let realm = Names::of(short_name, &self.settings.base_domain).realm;
        format!("{}/realms/{realm}/account/", keycloak.trim_end_matches('/'))
    }

    /// The resource of a kind.
    #[must_use]
    pub fn resource(&self, kind: ResourceKind) -> &dyn Resource {
        self.systems.resource(kind)
    }

    /// Whether a system can be reached and says that it is ready; of Keycloak, the cell that is meant.
    ///
    /// # Errors
    /// When it cannot, or says that it is not.
    pub async fn reach(&self, at: &Instance) -> Result<(), Failure> {
        self.systems.reach(&self.platform, at).await
    }

    /// Where a tenant's part of a system is: of Keycloak, its cell.
    #[must_use]
    pub fn at(&self, system: System, wanted: &Wanted) -> Instance {
        let further = wanted.cell.clone().filter(|cell| system == System::Keycloak && *cell != self.settings.cells.first().name);
        Instance { system, cell: further }
    }

    /// Whether it is known where that is: tenants outlive the settings that a cell was named in.
    #[must_use]
    pub fn is_configured(&self, at: &Instance) -> bool {
        at.cell.as_ref().is_none_or(|cell| self.settings.cells.get(cell).is_some())
    }

    /// The cell that has a tenant's realm.
    ///
    /// # Errors
    /// When that cell is not configured. Another one never serves instead.
    pub fn keycloak(&self, wanted: &Wanted) -> Result<&Keycloak, Failure> {
        match self.at(System::Keycloak, wanted).cell {
            None => Ok(&self.platform.keycloak),
            Some(cell) => self.platform.cells.get(&cell).ok_or_else(|| Failure::unknown_cell(&cell)),
        }
    }
}
