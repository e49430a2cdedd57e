//! What the wizard asks for, and the rules for it. The browser checks with these functions while a person types;
//! the server checks with them again.

use crate::email::EmailAddress;
use crate::features::{Feature, Features};
use crate::field::FieldError;
use crate::limits::Limits;
use crate::region::Region;
use crate::short_name::ShortName;
use serde::{Deserialize, Serialize};

/// The first page of the wizard, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganisationForm {
    /// Name of the organisation.
    pub name: String,
    /// Short name; derived from the name if left empty.
    pub short_name: String,
    /// Contact e-mail address.
    pub contact_email: String,
    /// Short name of the reseller; empty for none.
    pub reseller: String,
}

/// The first page, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Name of the organisation, 2 to 100 characters.
    pub name: String,
    /// Short name.
    pub short_name: ShortName,
    /// The first administrator.
    pub contact_email: EmailAddress,
    /// Short name of the reseller.
    pub reseller: Option<String>,
}

/// Fewest and most characters of an organisation's name.
pub const NAME_LENGTH: std::ops::RangeInclusive<usize> = 2..=100;

impl OrganisationForm {
    /// Checks the page.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the page.
    pub fn check(&self) -> Result<Organisation, Vec<FieldError>> {
        let mut errors = Vec::new();
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !NAME_LENGTH.contains(&name.chars().count()) || name.chars().any(char::is_control) {
            errors.push(FieldError::new("name", "Enter the name of the organisation, 2 to 100 characters"));
        }
        let typed_short = if self.short_name.trim().is_empty() { ShortName::derive(&name) } else { self.short_name.to_ascii_lowercase() };
        let short_name = ShortName::parse(&typed_short).map_err(|message| errors.push(FieldError::new("short_name", message)));
        let contact_email =
            EmailAddress::parse(&self.contact_email).map_err(|message| errors.push(FieldError::new("contact_email", message)));
        let reseller = Some(self.reseller.trim().to_owned()).filter(|reseller| !reseller.is_empty());
        match (short_name, contact_email) {
            (Ok(short_name), Ok(contact_email)) if errors.is_empty() => Ok(Organisation { name, short_name, contact_email, reseller }),
            _ => Err(errors),
        }
    }
}

/// The second page of the wizard, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsForm {
    /// CPU cores.
    pub cpu: String,
    /// Memory in GiB.
    pub memory_gib: String,
    /// Storage in GiB.
    pub storage_gib: String,
    /// GPUs.
    pub gpu: String,
    /// Region.
    pub region: String,
    /// The features that are ticked.
    pub features: Vec<String>,
}

impl Default for SettingsForm {
    fn default() -> Self {
        let limits = Limits::default_for(false);
        Self {
            cpu: limits.cpu.to_string(),
            memory_gib: limits.memory_gib.to_string(),
            storage_gib: limits.storage_gib.to_string(),
            gpu: limits.gpu.to_string(),
            region: Region::default().as_str().to_owned(),
            features: Features::default().on().iter().map(|feature| feature.as_str().to_owned()).collect(),
        }
    }
}

/// The second page, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Limits.
    pub limits: Limits,
    /// Region.
    pub region: Region,
    /// Features.
    pub features: Features,
}

impl SettingsForm {
    /// Checks the page.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the page.
    pub fn check(&self) -> Result<Settings, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut figure = |place: usize, typed: &str| -> u32 {
            let Some(rule) = Limits::RULES.get(place) else { return 0 };
            rule.parse(typed).unwrap_or_else(|message| {
                errors.push(FieldError::new(rule.field, message));
                0
            })
        };
        let limits = Limits {
            cpu: figure(0, &self.cpu),
            memory_gib: figure(1, &self.memory_gib),
            storage_gib: figure(2, &self.storage_gib),
            gpu: figure(3, &self.gpu),
        };
        let mut on = Vec::new();
        for name in &self.features {
            match Feature::parse(name) {
                Some(feature) => on.push(feature),
                None => errors.push(FieldError::new("features", format!("There is no feature called {name}; choose from the list"))),
            }
        }
        let features = Features::new(&on);
        if limits.gpu > 0 && !features.has(Feature::Ml) {
            errors.push(FieldError::new("gpu", "Turn on AI and automation to use GPUs, or enter 0"));
        }
        let region = Region::parse(self.region.trim());
        if region.is_none() {
            errors.push(FieldError::new("region", "Choose a region from the list"));
        }
        match region {
            Some(region) if errors.is_empty() => Ok(Settings { limits, region, features }),
            _ => Err(errors),
        }
    }
}

/// A draft: both pages as typed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The first page.
    pub organisation: OrganisationForm,
    /// The second page; none until it was saved once.
    pub settings: Option<SettingsForm>,
}

/// A draft that passed: what a new tenant is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Who it is.
    pub organisation: Organisation,
    /// What it may use.
    pub settings: Settings,
}

impl Draft {
    /// Checks both pages.
    ///
    /// # Errors
    /// Every field that is wrong; an unsaved second page counts as its defaults.
    pub fn check(&self) -> Result<Wish, Vec<FieldError>> {
        let organisation = self.organisation.check();
        let settings = self.settings.clone().unwrap_or_default().check();
        match (organisation, settings) {
            (Ok(organisation), Ok(settings)) => Ok(Wish { organisation, settings }),
            (organisation, settings) => Err([organisation.err().unwrap_or_default(), settings.err().unwrap_or_default()].concat()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme() -> OrganisationForm {
        OrganisationForm { name: "Acme Corp".into(), contact_email: "admin@acme.com".into(), ..Default::default() }
    }

    #[test]
    fn the_short_name_follows_from_the_name_unless_typed() {
        assert_eq!(acme().check().map(|o| o.short_name.to_string()), Ok("acme".to_owned()));
        let typed = OrganisationForm { short_name: "acme-eu".into(), ..acme() };
        assert_eq!(typed.check().map(|o| o.short_name.to_string()), Ok("acme-eu".to_owned()));
    }

    #[test]
    fn every_wrong_field_is_named_in_the_order_of_the_page() {
        let errors =
            OrganisationForm { name: " ".into(), short_name: "A".into(), contact_email: "x".into(), reseller: String::new() }.check();
        let fields: Vec<String> = errors.err().unwrap_or_default().into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["name", "short_name", "contact_email"]);
    }

    #[test]
    fn gpus_need_the_ai_feature() {
        let form = SettingsForm { gpu: "1".into(), ..Default::default() };
        assert_eq!(form.check().err().unwrap_or_default().first().map(|e| e.field.clone()), Some("gpu".to_owned()));
        let mut with_ai = form;
        with_ai.features.push("ml_enabled".into());
        assert!(with_ai.check().is_ok());
    }

    #[test]
    fn the_defaults_pass() {
        let settings = SettingsForm::default().check();
        assert_eq!(settings.map(|s| (s.limits, s.features)), Ok((Limits::default_for(false), Features::default())));
    }
}
