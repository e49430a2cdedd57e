//! Themes and their versions, by hand.

use super::{ID, before};
use steward_app::pages::tenants::branding;
use steward_core::tenants::theme::{StoredLogo, ThemeVersion, Themes};
use steward_domain::contrast::Colour;
use steward_domain::theme::{Font, LogoKind, LogoRef, Theme, ThemeForm};

fn logo() -> StoredLogo {
    let logo = LogoRef { hash: "ab".repeat(32), kind: LogoKind::Svg, name: "kestrel-mark.svg".into(), bytes: 2_731 };
    StoredLogo { logo, removed: 2 }
}

fn themes(saved: bool) -> Themes {
    let theme = |primary: &str, font| Theme {
        primary: Colour::parse(primary).unwrap(),
        secondary: Colour::parse("#1F4E79").unwrap(),
        font,
        logo: Some(logo().logo),
        ..Theme::default()
    };
    let version = |number: i32, theme: Theme, by: &str| ThemeVersion {
        version: number,
        theme,
        saved_by: by.into(),
        saved_at: before(i64::from(8 - number) * 700_000),
    };
    let current = theme("#1F4E79", Font::Inter);
    let versions = vec![
        version(7, current.clone(), "reseller"),
        version(6, theme("#967103", Font::Serif), "reseller"),
        version(5, Theme::default(), "platform-ops"),
    ];
    Themes {
        tenant_name: "Kestrel Freight".into(),
        short_name: "kestrel".into(),
        domain: "kestrel.inosec.com".into(),
        contact_email: "ops@kestrelfreight.example".into(),
        tenant_version: 9,
        current: if saved { current } else { Theme::default() },
        versions: if saved { versions } else { Vec::new() },
    }
}

/// The branding page with that primary colour typed; of a tenant that saved some, or none.
pub fn branding(primary: &str, saved: bool) -> branding::Model {
    let themes = themes(saved);
    let values = ThemeForm { primary: primary.into(), ..themes.current.clone().into() };
    let logo = saved.then(logo);
    let errors = values.check(logo.as_ref().map(|logo| &logo.logo)).err().unwrap_or_default();
    branding::Model { id: ID, settings_version: themes.tenant_version, themes: Some(themes), values, logo, errors, not_saved: None }
}

pub fn compared() -> branding::compare::Model {
    let themes = themes(true);
    let side = |place: usize| branding::compare::Side::Version(themes.versions[place].clone());
    branding::compare::Model { id: ID, from: side(1), to: side(0), themes }
}
