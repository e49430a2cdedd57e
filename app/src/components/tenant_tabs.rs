//! The pages of one tenant, as a row of links below their heads.

use crate::frame::Frame;
use leptos::prelude::*;
use steward_core::access::Permission;
use uuid::Uuid;

/// A page of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// What it is and has.
    Overview,
    /// How much it may use, and uses.
    Limits,
    /// Name, contact, features.
    Settings,
    /// Colours, logo, font.
    Branding,
    /// How it is reached: records, certificates, handshakes.
    Domain,
    /// What is not as wanted.
    Drift,
    /// What its contact was told.
    Mails,
}

impl Tab {
    const ALL: [Tab; 7] = [Tab::Overview, Tab::Limits, Tab::Settings, Tab::Branding, Tab::Domain, Tab::Drift, Tab::Mails];

    const fn label(self) -> &'static str {
        match self {
            Tab::Overview => "Overview",
            Tab::Limits => "Limits",
            Tab::Settings => "Settings",
            Tab::Branding => "Branding",
            Tab::Domain => "Domain",
            Tab::Drift => "Drift",
            Tab::Mails => "Mails",
        }
    }

    /// Its address.
    pub(crate) fn of(self, tenant: Uuid) -> String {
        match self {
            Tab::Overview => format!("/tenants/{tenant}"),
            Tab::Limits => format!("/tenants/{tenant}/limits"),
            Tab::Settings => format!("/tenants/{tenant}/settings"),
            Tab::Branding => format!("/tenants/{tenant}/branding"),
            Tab::Domain => format!("/tenants/{tenant}/domain"),
            Tab::Drift => format!("/tenants/{tenant}/drift"),
            Tab::Mails => format!("/tenants/{tenant}/mails"),
        }
    }
}

/// The row, with the page that is shown marked. Runs and entries are lists of the platform, filtered.
pub(crate) fn tenant_tabs(frame: &Frame, tenant: Uuid, name: &str, here: Tab) -> impl IntoView + use<> {
    let tabs: Vec<_> = Tab::ALL
        .into_iter()
        // Whoever may not change it has no page of it.
        .filter(|tab| *tab != Tab::Branding || frame.may(Permission::TenantConfigure))
        .map(|tab| view! { <a href=tab.of(tenant) aria-current=(tab == here).then_some("page")>{tab.label()}</a> })
        .collect();
    let entries = frame.may(Permission::AuditRead).then(|| view! { <a href=format!("/audit?tenant={tenant}")>"Entries"</a> });
    view! { <nav class="tabs" aria-label=name.to_owned()>{tabs}{entries}</nav> }
}
