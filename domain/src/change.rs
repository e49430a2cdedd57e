//! A change of a tenant's settings: what is to be other than it is. It is proposed, reviewed as a plan, and carried out as a run.

use crate::email::EmailAddress;
use crate::features::Features;
use crate::field::FieldError;
use crate::host_name::HostName;
use crate::limits::Limits;
use crate::onboarding::NAME_LENGTH;
use crate::resource::ResourceKind;
use crate::theme::Theme;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The settings of a tenant that can be changed. What its resources are made from follows from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSettings {
    /// Name of the organisation.
    pub name: String,
    /// The contact: the first administrator.
    pub contact_email: EmailAddress,
    /// Limits.
    pub limits: Limits,
    /// Features.
    pub features: Features,
    /// Whether its people are kept out.
    pub suspended: bool,
    /// The kinds of resources that it is to do without.
    pub without: BTreeSet<ResourceKind>,
    /// Whether what differs is repaired without anybody being asked.
    #[serde(default)]
    pub repair_silently: bool,
    /// How it looks.
    #[serde(default)]
    pub theme: Theme,
    /// The domain of its own that it is reached at too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_domain: Option<HostName>,
}

impl TenantSettings {
    /// Whether it is to have a resource of a kind.
    #[must_use]
    pub fn wants(&self, kind: ResourceKind) -> bool {
        kind.is_wanted(&self.without, self.custom_domain.is_some())
    }
}

/// The settings that are to change; those that are none stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsPatch {
    /// Name of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<EmailAddress>,
    /// Limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Features.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Features>,
    /// Whether its people are kept out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// The kinds of resources that it is to do without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without: Option<BTreeSet<ResourceKind>>,
    /// Whether what differs is repaired without anybody being asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair_silently: Option<bool>,
    /// How it looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// Its custom domain; none within means that it is to have none.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub custom_domain: Option<Option<HostName>>,
}

/// What is said of something that may be nothing: `null` is not the same as left out.
fn said<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One setting before and after, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSetting {
    /// Its name for people: "CPU", "Features".
    pub label: String,
    /// What it is.
    pub before: String,
    /// What it is to be.
    pub after: String,
}

impl SettingsPatch {
    /// Only what is really other than it is.
    #[must_use]
    pub fn reduced(self, current: &TenantSettings) -> Self {
        Self {
            name: self.name.filter(|name| *name != current.name),
            contact_email: self.contact_email.filter(|contact| *contact != current.contact_email),
            limits: self.limits.filter(|limits| *limits != current.limits),
            features: self.features.filter(|features| *features != current.features),
            suspended: self.suspended.filter(|suspended| *suspended != current.suspended),
            without: self.without.filter(|without| *without != current.without),
            repair_silently: self.repair_silently.filter(|silently| *silently != current.repair_silently),
            theme: self.theme.filter(|theme| *theme != current.theme),
            custom_domain: self.custom_domain.filter(|domain| *domain != current.custom_domain),
        }
    }

    /// Whether nothing is to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The settings with this change.
    #[must_use]
    pub fn on(&self, current: &TenantSettings) -> TenantSettings {
        let patch = self.clone();
        TenantSettings {
            name: patch.name.unwrap_or_else(|| current.name.clone()),
            contact_email: patch.contact_email.unwrap_or_else(|| current.contact_email.clone()),
            limits: patch.limits.unwrap_or(current.limits),
            features: patch.features.unwrap_or_else(|| current.features.clone()),
            suspended: patch.suspended.unwrap_or(current.suspended),
            without: patch.without.unwrap_or_else(|| current.without.clone()),
            repair_silently: patch.repair_silently.unwrap_or(current.repair_silently),
            theme: patch.theme.unwrap_or_else(|| current.theme.clone()),
            custom_domain: patch.custom_domain.unwrap_or_else(|| current.custom_domain.clone()),
        }
    }

    /// The current values of just the settings that are to change: kept with a proposal, so that it shows when they changed meanwhile.
    #[must_use]
    pub fn replaced(&self, current: &TenantSettings) -> Self {
        Self {
            name: self.name.as_ref().map(|_| current.name.clone()),
            contact_email: self.contact_email.as_ref().map(|_| current.contact_email.clone()),
            limits: self.limits.map(|_| current.limits),
            features: self.features.as_ref().map(|_| current.features.clone()),
            suspended: self.suspended.map(|_| current.suspended),
            without: self.without.as_ref().map(|_| current.without.clone()),
            repair_silently: self.repair_silently.map(|_| current.repair_silently),
            theme: self.theme.as_ref().map(|_| current.theme.clone()),
            custom_domain: self.custom_domain.as_ref().map(|_| current.custom_domain.clone()),
        }
    }

    /// What the run is called: "Change limits". Several at once are "Change settings".
    #[must_use]
    pub fn title(&self) -> &'static str {
        let titles = [
            (self.name.is_some(), "Change name"),
            (self.contact_email.is_some(), "Change contact"),
            (self.limits.is_some(), "Change limits"),
            (self.features.is_some(), "Change features"),
            (self.suspended == Some(true), "Suspend"),
            (self.suspended == Some(false), "Resume"),
            (self.without.is_some(), "Change resources"),
            (self.repair_silently.is_some(), "Change repair of drift"),
            (self.theme.is_some(), "Change branding"),
            (matches!(self.custom_domain, Some(Some(_))), "Set custom domain"),
            (matches!(self.custom_domain, Some(None)), "Remove custom domain"),
        ];
        let mut changed = titles.into_iter().filter_map(|(changes, title)| changes.then_some(title));
        match (changed.next(), changed.next()) {
            (Some(title), None) => title,
            _ => "Change settings",
        }
    }

    /// The kinds of resources that are made from these settings: whatever else differs, these must be looked at before they change.
    #[must_use]
    pub fn touches(&self, current: &TenantSettings) -> BTreeSet<ResourceKind> {
        let mut kinds = BTreeSet::new();
        if self.name.is_some() {
            kinds.extend([ResourceKind::Realm, ResourceKind::Dashboard]);
        }
        if self.contact_email.is_some() {
            kinds.insert(ResourceKind::Administrator);
        }
        if self.limits.is_some() {
            kinds.extend([ResourceKind::ResourceQuota, ResourceKind::Dashboard]);
        }
        if self.features.is_some() {
            kinds.insert(ResourceKind::Namespace);
        }
        if self.suspended.is_some() || self.theme.is_some() {
            kinds.insert(ResourceKind::Realm);
        }
        if self.custom_domain.is_some() {
            kinds.extend(ResourceKind::ALL.into_iter().filter(|kind| kind.is_of_the_custom_domain()));
        }
        if let Some(without) = &self.without {
            kinds.extend(without.symmetric_difference(&current.without));
        }
        kinds
    }

    /// What the settings must satisfy together, as the wizard demands it.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(&self, current: &TenantSettings) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let after = self.on(current);
        if !NAME_LENGTH.contains(&after.name.chars().count()) || after.name.chars().any(char::is_control) {
            errors.push(FieldError::new("name", "Enter the name of the organisation, 2 to 100 characters"));
        }
        for (rule, figure) in Limits::RULES.iter().zip(after.limits.figures()) {
            if let Err(message) = rule.parse(&figure.to_string()) {
                errors.push(FieldError::new(rule.field, message));
            }
        }
        if after.limits.gpu > 0 && !after.features.has(crate::features::Feature::Ml) {
            let (field, message) = if self.features.is_some() && self.limits.is_none() {
                ("features", "Set GPU to 0 under Limits before you turn AI and automation off")
            } else {
                ("gpu", "Turn on AI and automation to use GPUs, or enter 0")
            };
            errors.push(FieldError::new(field, message));
        }
        for kind in &after.without {
            if let Some(needs) = kind.needed_by(|other| after.wants(other)) {
                let (needs_it, kind) = (needs.label(), kind.within_a_sentence());
                let message = if current.wants(needs) {
                    format!("{needs_it} needs {kind}: remove it first")
                } else {
                    format!("{needs_it} needs {kind}: bring that back first")
                };
                errors.push(FieldError::new("without", message));
            }
        }
        if let Some(theme) = &self.theme {
            errors.extend(theme.check().err().unwrap_or_default());
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Every setting that differs, in the order of pages.
#[must_use]
pub fn changed_settings(before: &TenantSettings, after: &TenantSettings) -> Vec<ChangedSetting> {
    let figure = |count: u32, unit: &str| format!("{count} {unit}");
    let kinds = |kinds: &BTreeSet<ResourceKind>| {
        if kinds.is_empty() { "none".to_owned() } else { kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join(", ") }
    };
    let access = |suspended: bool| if suspended { "Suspended: sign-in refused" } else { "Sign-in open" }.to_owned();
    let drift = |silently: bool| if silently { "Repaired by itself" } else { "Reported, never repaired silently" }.to_owned();
    let custom = |domain: &Option<HostName>| domain.as_ref().map_or_else(|| "none".to_owned(), HostName::shown);
    let all = [
        ("Name", before.name.clone(), after.name.clone()),
        ("Contact", before.contact_email.to_string(), after.contact_email.to_string()),
        ("CPU", figure(before.limits.cpu, "cores"), figure(after.limits.cpu, "cores")),
        ("Memory", figure(before.limits.memory_gib, "GiB"), figure(after.limits.memory_gib, "GiB")),
        ("Storage", figure(before.limits.storage_gib, "GiB"), figure(after.limits.storage_gib, "GiB")),
        ("GPU", before.limits.gpu.to_string(), after.limits.gpu.to_string()),
        ("Features", before.features.sentence(), after.features.sentence()),
        ("Access", access(before.suspended), access(after.suspended)),
        ("Does without", kinds(&before.without), kinds(&after.without)),
        ("Custom domain", custom(&before.custom_domain), custom(&after.custom_domain)),
        ("Drift", drift(before.repair_silently), drift(after.repair_silently)),
    ];
    let none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let theme = before.theme.difference(&after.theme).into_iter().map(|(label, before, after)| (label, none(before), none(after)));
    all.into_iter()
        .chain(theme)
        .filter(|(_, before, after)| before != after)
        .map(|(label, before, after)| ChangedSetting { label: label.to_owned(), before, after })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Feature;

    fn acme() -> TenantSettings {
        TenantSettings {
            name: "Acme Corp".into(),
            contact_email: EmailAddress::parse("admin@acme.com").unwrap_or_else(|wrong| panic!("{wrong}")),
            limits: Limits::default_for(false),
            features: Features::default(),
            suspended: false,
            without: BTreeSet::new(),
            repair_silently: false,
            theme: Theme::default(),
            custom_domain: None,
        }
    }

    #[test]
    fn a_custom_domain_is_set_removed_and_left_as_it_is() {
        let patch = |json: &str| serde_json::from_str::<SettingsPatch>(json).unwrap_or_else(|wrong| panic!("{wrong}"));
        let set = patch(r#"{"custom_domain":"CRM.customer.example"}"#);
        let with = set.on(&acme());
        assert_eq!(with.custom_domain.as_ref().map(HostName::as_str), Some("crm.customer.example"));
        assert_eq!((set.title(), set.touches(&acme()).len()), ("Set custom domain", 5));
        let removed = patch(r#"{"custom_domain":null}"#);
        assert_eq!((removed.on(&with).custom_domain, removed.title()), (None, "Remove custom domain"));
        assert!(removed.clone().reduced(&acme()).is_empty() && !removed.reduced(&with).is_empty());
        assert_eq!(patch("{}").on(&with), with);
        let kept = serde_json::to_string(&set).unwrap_or_default();
        assert_eq!(patch(&kept), set);
        assert!(serde_json::from_str::<SettingsPatch>(r#"{"custom_domain":"192.0.2.1"}"#).is_err());
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let limits = Limits { cpu: 8, ..acme().limits };
        let patch = SettingsPatch { limits: Some(limits), name: Some("Acme Corp".into()), ..SettingsPatch::default() }.reduced(&acme());
        assert_eq!(patch, SettingsPatch { limits: Some(limits), ..SettingsPatch::default() });
        assert_eq!(patch.on(&acme()), TenantSettings { limits, ..acme() });
        assert_eq!(patch.replaced(&acme()).limits, Some(acme().limits));
        assert_eq!(patch.title(), "Change limits");
        let words: Vec<String> =
            changed_settings(&acme(), &patch.on(&acme())).into_iter().map(|c| format!("{} {} {}", c.label, c.before, c.after)).collect();
        assert_eq!(words, ["CPU 4 cores 8 cores"]);
    }

    #[test]
    fn what_others_need_is_not_removed_before_them() {
        let without = |kinds: &[ResourceKind]| SettingsPatch { without: Some(kinds.iter().copied().collect()), ..SettingsPatch::default() };
        assert!(without(&[ResourceKind::Dashboard]).check(&acme()).is_ok());
        let wrong = without(&[ResourceKind::Namespace]).check(&acme()).err().unwrap_or_default();
        assert_eq!(wrong.first().map(|wrong| wrong.message.as_str()), Some("Resource quota needs namespace: remove it first"));
        let poor = TenantSettings { without: BTreeSet::from([ResourceKind::LokiDatasource, ResourceKind::Dashboard]), ..acme() };
        let wrong = without(&[ResourceKind::LokiDatasource]).check(&poor).err().unwrap_or_default();
        assert_eq!(wrong.first().map(|wrong| wrong.message.as_str()), Some("Dashboard needs Loki datasource: bring that back first"));
        assert!(without(&[]).check(&poor).is_ok());
    }

    #[test]
    fn gpus_and_ai_belong_together_whichever_of_both_changes() {
        let with_gpu = TenantSettings { limits: Limits::default_for(true), features: Features::new(&[Feature::Ml]), ..acme() };
        let off = SettingsPatch { features: Some(Features::default()), ..SettingsPatch::default() };
        assert_eq!(off.check(&with_gpu).err().unwrap_or_default().first().map(|wrong| wrong.field.clone()), Some("features".into()));
        let gpu = SettingsPatch { limits: Some(Limits::default_for(true)), ..SettingsPatch::default() };
        assert_eq!(gpu.check(&acme()).err().unwrap_or_default().first().map(|wrong| wrong.field.clone()), Some("gpu".into()));
    }

    #[test]
    fn a_theme_that_cannot_be_read_is_refused_whoever_sends_it() {
        let colour = |text: &str| crate::contrast::Colour::parse(text).unwrap_or(crate::contrast::Colour::WHITE);
        let themed = |theme| SettingsPatch { theme: Some(theme), ..SettingsPatch::default() };
        let wrong = themed(Theme { primary: colour("#F2B705"), ..Theme::default() });
        assert_eq!(wrong.check(&acme()).err().unwrap_or_default().first().map(|wrong| wrong.field.clone()), Some("primary".into()));
        let right = themed(Theme { primary: colour("#967103"), ..Theme::default() });
        assert_eq!((right.check(&acme()), right.title()), (Ok(()), "Change branding"));
        assert_eq!(right.touches(&acme()), BTreeSet::from([ResourceKind::Realm]));
        let changed = changed_settings(&acme(), &right.on(&acme()));
        assert_eq!(
            changed.iter().map(|c| format!("{} {} {}", c.label, c.before, c.after)).collect::<Vec<_>>(),
            ["Primary colour #006FF9 #967103"]
        );
        assert!(themed(Theme::default()).reduced(&acme()).is_empty());
        // Settings that were kept before there were themes are those of a tenant that chose nothing.
        let mut kept = serde_json::to_value(acme()).unwrap_or_default();
        kept.as_object_mut().map(|fields| fields.remove("theme"));
        assert_eq!(serde_json::from_value::<TenantSettings>(kept).ok(), Some(acme()));
    }
}
