//! What a call wants to be other than it is, read strictly over the settings that it is about.

use super::problem::{MemberProblem, Problem};
use super::tenant_request::{Reader, at_its_place};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use steward_core::error::Error;
use steward_domain::change::{SettingsPatch, TenantSettings};
use steward_domain::email::EmailAddress;
use steward_domain::features::{Feature, Features};
use steward_domain::limits::Limits;
use steward_domain::resource::ResourceKind;
use steward_domain::theme::{Theme, ThemeForm};

const MEMBERS: [&str; 8] = ["name", "contact_email", "limits", "below_use", "features", "theme", "without", "repair_silently"];

/// An object of a body.
pub(super) fn object(body: &Value) -> Result<&Map<String, Value>, Problem> {
    let wrong = || {
        let message = "Send a JSON object".to_owned();
        Problem::invalid(vec![MemberProblem { field: String::new(), pointer: Some(String::new()), message }])
    };
    body.as_object().ok_or_else(wrong)
}

/// Reads a body as a change of these settings: of limits and features, what is left out stays as it is.
pub(super) fn settings(body: &Value, current: &TenantSettings) -> Result<SettingsPatch, Problem> {
    let members = object(body)?;
    let mut reader = Reader::default();
    reader.known(members, "", &MEMBERS);
    let name = reader.said(members, "name").map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "));
    let contact_email = reader.said(members, "contact_email").and_then(|typed| match EmailAddress::parse(&typed) {
        Ok(address) => Some(address),
        Err(message) => {
            reader.problem("contact_email", message);
            None
        }
    });
    let limits = reader.object(members, "limits").map(|said| limits(&mut reader, said, current.limits));
    let features = reader.object(members, "features").map(|said| features(&mut reader, said, "features.", &current.features));
    let without = members.get("without").and_then(|said| kinds(&mut reader, "without", said));
    let repair_silently = yes_or_no(&mut reader, members, "repair_silently");
    yes_or_no(&mut reader, members, BELOW_USE);
    let theme = reader.object(members, "theme").and_then(|said| theme(&mut reader, said, &current.theme));
    let patch = SettingsPatch { name, contact_email, limits, features, without, repair_silently, theme, ..SettingsPatch::default() };
    reader.finish(patch)
}

/// The member that agrees to limits below what is used: no setting, but what makes one possible.
const BELOW_USE: &str = "below_use";

/// Whether a body agrees to limits below what is used.
pub(super) fn below_use(body: &Value) -> bool {
    body.get(BELOW_USE) == Some(&Value::Bool(true))
}

fn yes_or_no(reader: &mut Reader, members: &Map<String, Value>, name: &str) -> Option<bool> {
    let said = members.get(name)?;
    if !said.is_boolean() {
        reader.problem(name, format!("{name} must be true or false"));
    }
    said.as_bool()
}

/// The branding, by the rules of its form. A logo is uploaded on the page: here the one that there is can only be taken away.
fn theme(reader: &mut Reader, said: &Map<String, Value>, current: &Theme) -> Option<Theme> {
    const CHOICES: [&str; 5] = ["primary", "secondary", "font", "layout", "dark_mode"];
    reader.known(said, "theme.", &["primary", "secondary", "font", "layout", "dark_mode", "logo"]);
    let mut form = ThemeForm::from(current.clone());
    let fields = [&mut form.primary, &mut form.secondary, &mut form.font, &mut form.layout, &mut form.dark_mode];
    for (name, field) in CHOICES.into_iter().zip(fields) {
        match said.get(name) {
            None => {}
            Some(Value::String(typed)) => field.clone_from(typed),
            Some(_) => reader.problem(&format!("theme.{name}"), format!("{name} must be a text")),
        }
    }
    match said.get("logo") {
        None => {}
        Some(Value::Null) => form.logo.clear(),
        Some(_) => {
            reader.problem("theme.logo", "logo can only be null, which takes it away: a logo is uploaded on the page of the branding")
        }
    }
    let checked = form.check(current.logo.as_ref());
    checked
        .map_err(|wrong| {
            wrong.into_iter().for_each(|wrong| {
                let nearest = wrong.offer.map(|offer| format!(" The nearest that passes is {offer}.")).unwrap_or_default();
                reader.problem(&format!("theme.{}", wrong.error.field), format!("{}{nearest}", wrong.error.message));
            })
        })
        .ok()
}

/// Reads a body as a change of the features alone.
pub(super) fn only_features(body: &Value, current: &TenantSettings) -> Result<SettingsPatch, Problem> {
    let mut reader = Reader::default();
    let features = features(&mut reader, object(body)?, "", &current.features);
    reader.finish(SettingsPatch { features: Some(features), ..SettingsPatch::default() })
}

/// Kinds of resources, by their names.
pub(super) fn kinds(reader: &mut Reader, field: &str, said: &Value) -> Option<BTreeSet<ResourceKind>> {
    let known = || ResourceKind::ALL.map(ResourceKind::as_str).join(", ");
    let Some(names) = said.as_array() else {
        reader.problem(field, format!("{field} must be a list of kinds of resources; known are {}", known()));
        return None;
    };
    let mut kinds = BTreeSet::new();
    for name in names {
        match name.as_str().and_then(ResourceKind::parse) {
            Some(kind) => {
                kinds.insert(kind);
            }
            None => reader.problem(field, format!("There is no kind of resource called {name}; known are {}", known())),
        }
    }
    Some(kinds)
}

fn limits(reader: &mut Reader, said: &Map<String, Value>, current: Limits) -> Limits {
    reader.known(said, "limits.", &Limits::RULES.map(|rule| rule.field));
    let mut figure = |place: usize, current: u32| {
        let Some(rule) = Limits::RULES.get(place) else { return current };
        match said.get(rule.field) {
            None => current,
            Some(Value::Number(number)) => rule.parse(&number.to_string()).unwrap_or_else(|message| {
                reader.problem(&format!("limits.{}", rule.field), message);
                current
            }),
            Some(_) => {
                reader.problem(&format!("limits.{}", rule.field), format!("{} must be a whole number", rule.field));
                current
            }
        }
    };
    Limits {
        cpu: figure(0, current.cpu),
        memory_gib: figure(1, current.memory_gib),
        storage_gib: figure(2, current.storage_gib),
        gpu: figure(3, current.gpu),
    }
}

fn features(reader: &mut Reader, said: &Map<String, Value>, prefix: &str, current: &Features) -> Features {
    reader.known(said, prefix, &Feature::ALL.map(Feature::as_str));
    let mut on = Vec::new();
    for feature in Feature::ALL {
        let is_on = match said.get(feature.as_str()) {
            None => current.has(feature),
            Some(Value::Bool(is_on)) => *is_on,
            Some(_) => {
                reader.problem(&format!("{prefix}{}", feature.as_str()), format!("{} must be true or false", feature.as_str()));
                continue;
            }
        };
        if is_on {
            on.push(feature);
        }
    }
    Features::new(&on)
}

/// Rules that only the server can check speak of fields too: they are named as in the body.
pub(super) fn named(error: Error) -> Problem {
    match error {
        Error::Invalid(fields) => Problem::invalid(fields.iter().map(|field| at_its_place(field, true)).collect()),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn acme() -> TenantSettings {
        TenantSettings {
            name: "Acme Corp".into(),
            contact_email: EmailAddress::parse("admin@acme.com").unwrap(),
            limits: Limits::default_for(false),
            features: Features::default(),
            suspended: false,
            without: BTreeSet::new(),
            theme: steward_domain::theme::Theme::default(),
            repair_silently: false,
        }
    }

    #[test]
    fn what_is_left_out_stays_as_it_is() {
        let patch =
            settings(&json!({ "limits": { "cpu": 8 }, "features": { "crm_enabled": false }, "name": " Acme  SA " }), &acme()).unwrap();
        assert_eq!(patch.limits, Some(Limits { cpu: 8, ..acme().limits }));
        assert_eq!(patch.features, Some(Features::new(&[Feature::Erp, Feature::SecurityInsights, Feature::EmailMarketing])));
        assert_eq!((patch.name.as_deref(), patch.contact_email, patch.without), (Some("Acme SA"), None, None));
        let patch = settings(&json!({ "without": ["dashboard"] }), &acme()).unwrap();
        assert_eq!(patch.without, Some(BTreeSet::from([ResourceKind::Dashboard])));
        assert!(settings(&json!({}), &acme()).unwrap().is_empty());
    }

    #[test]
    fn a_theme_keeps_what_is_left_out_and_offers_a_colour_that_can_be_read() {
        let patch = settings(&json!({ "theme": { "primary": "#1F4E79", "logo": null } }), &acme()).unwrap();
        let theme = patch.theme.unwrap();
        assert_eq!((theme.primary.to_string().as_str(), theme.secondary), ("#1F4E79", acme().theme.secondary));
        for wrong in [
            json!({ "primary": "#FFCC00" }),
            json!({ "font": "Comic" }),
            json!({ "logo": "x" }),
            json!({ "primary": 7 }),
            json!({ "x": 1 }),
        ] {
            assert!(settings(&json!({ "theme": wrong }), &acme()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn going_below_use_is_agreed_to_and_no_setting() {
        assert!(settings(&json!({ "below_use": true }), &acme()).unwrap().is_empty());
        assert!(settings(&json!({ "below_use": "yes" }), &acme()).is_err());
        assert!(below_use(&json!({ "below_use": true })) && !below_use(&json!({ "below_use": false })));
    }

    #[test]
    fn nobody_is_kept_out_by_a_change_of_settings() {
        assert!(settings(&json!({ "suspended": true }), &acme()).is_err());
        assert!(only_features(&json!({ "suspended": true }), &acme()).is_err());
    }
}
