//! What stands around every page: top bar, side navigation, ledger line; or the mark alone for somebody not signed in.
//!
//! The navigation shows what the person may open, and no count that would cost a query of each page.

use super::icon::{Icon, icon};
use super::markup::Markup;
use super::notice::flash;
use crate::frame::{About, Frame, Place};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_core::access::Permission;

const MARK: &str = r#"<svg viewBox="0 0 20 20" aria-hidden="true"><path fill="currentColor" d="M2 4a2.500 2.500 0 0 1 2.500-2.500H9V5H5.500v1.600H9v2.600H6.700v1.600H9v2.600H5.500V15H9v3.500H4.500A2.500 2.500 0 0 1 2 16zM11 1.500h4.500A2.500 2.500 0 0 1 18 4v12a2.500 2.500 0 0 1-2.500 2.500H11V15h3.500v-1.600H11v-2.600h2.300V9.200H11V6.600h3.500V5H11z"/></svg>"#;

fn mark() -> InertElement {
    InertElement::new(MARK)
}

/// "PO" of "Platform Ops"
fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).flat_map(char::to_uppercase).collect()
}

fn account(frame: &Frame) -> impl IntoView + use<> {
    let session = frame.session.as_ref();
    let name = session.map_or_else(|| frame.actor.name().to_owned(), |session| session.display_name.clone());
    view! {
        <details class="menu end">
            <summary>
                <span class="avatar" aria-hidden="true">{initials(&name)}</span>
                <span><span class="vh">"Account: "</span>{name}</span>
                {icon(Icon::Down)}
            </summary>
            <ul>
                <li><a href="/account">{icon(Icon::User)}"You and your roles"</a></li>
                <li><a href="/account#appearance">{icon(Icon::Sun)}"Light or dark"</a></li>
                <li><form method="post" action="/auth/sign-out"><button type="submit">{icon(Icon::Leave)}"Sign out"</button></form></li>
            </ul>
        </details>
    }
}

/// Where the person is, the whole platform or one tenant, and a way to another one. Written as text: every page has it.
fn switcher(frame: &Frame, tenant: Option<&str>) -> InertElement {
    let (label, words) = match tenant {
        Some(name) => (Markup::default().raw("Tenant: ").text(name).raw(". Switch"), name),
        None => (Markup::default().raw("Platform. Choose a tenant"), "Platform"),
    };
    let recent =
        (*frame.recent != Markup::default()).then(|| Markup::new("<h2>Changed last</h2><ul>").then(&frame.recent).raw("</ul><hr>"));
    Markup::new("<details class=\"menu where\"><summary class=\"scope\" aria-label=\"")
        .then(&label)
        .raw("\">")
        .icon(Icon::Tenants)
        .raw("<span>")
        .text(words)
        .raw("</span>")
        .icon(Icon::Down)
        .raw("</summary><div><form class=\"seek\" role=\"search\" action=\"/tenants\" aria-label=\"Switch tenant\"><label class=\"vh\" for=\"q-switch\">Tenant name or domain</label>")
        .icon(Icon::Search)
        .raw("<input id=\"q-switch\" type=\"search\" name=\"q\" placeholder=\"Tenant name or domain\"></form>")
        .maybe(recent)
        .raw("<ul><li><a href=\"/tenants\">All tenants</a></li><li><a href=\"/tenants?attention=stopped\">Stopped: a person must act</a></li><li><a href=\"/tenants?attention=waiting\">Waiting for a system</a></li></ul></div></details>")
        .draw()
}

fn entry(place: Place, here: Place, href: &'static str, glyph: Icon, word: &'static str) -> impl IntoView {
    view! { <li><a href=href aria-current=(place == here).then_some("page")>{icon(glyph)}{word}</a></li> }
}

/// From this many on, the count is not said any more: it goes no further.
const COUNTED: i64 = 100;

fn drift_entry(here: Place, open: i64) -> impl IntoView {
    let count = (open > 0).then(|| {
        let figure = if open >= COUNTED { format!("{}+", COUNTED - 1) } else { open.to_string() };
        view! { <span class="n hot">{figure}<span class="vh">" open"</span></span> }
    });
    view! { <li><a href="/drift" aria-current=(here == Place::Drift).then_some("page")>{icon(Icon::Drift)}"Drift"{count}</a></li> }
}

fn side(frame: &Frame, here: Place) -> impl IntoView + use<> {
    let tenants = frame.may(Permission::TenantRead).then(|| {
        view! {
            <section>
                <h2>"Work"</h2>
                <ul>
                    {entry(Place::Tenants, here, "/tenants", Icon::Tenants, "Tenants")}
                    {entry(Place::Runs, here, "/runs", Icon::Runs, "Runs")}
                    {drift_entry(here, frame.open_drift)}
                    {frame.may(Permission::PlatformRead).then(|| entry(Place::Platform, here, "/platform", Icon::Platform, "Platform"))}
                </ul>
            </section>
        }
    });
    let audit = frame.may(Permission::AuditRead).then(|| {
        view! { <section><h2>"Proof"</h2><ul>{entry(Place::Audit, here, "/audit", Icon::Audit, "Audit log")}</ul></section> }
    });
    let who = frame.session.as_ref().map(|session| {
        view! {
            <p class="who">"Signed in as "<strong>{session.username.clone()}</strong><br/>"Session ends 15 min after your last click"</p>
        }
    });
    view! {
        <nav class="side" id="side" popover="auto" aria-label="Main">
            <form class="seek" role="search" action="/tenants" aria-label="Tenants, from the menu">
                <label class="vh" for="q-side">"Search tenants"</label>
                {icon(Icon::Search)}
                <input id="q-side" type="search" name="q" placeholder="Search tenants"/>
            </form>
            {tenants}
            {audit}
            {who}
        </nav>
    }
}

fn ledger(frame: &Frame) -> impl IntoView + use<> {
    let log = if frame.may(Permission::AuditRead) { view! { <a href="/audit">"audit log"</a> }.into_any() } else { "audit log".into_any() };
    view! {
        <footer class="ledger idle">
            {icon(Icon::Shield)}
            <span>"Each change is written to the "{log}" together with the change itself"</span>
            <span>"Entries are not numbered or proved yet"</span>
            <span>"Request "<code>{frame.request_id.clone()}</code></span>
        </footer>
    }
}

/// The shell of a signed-in person around `main`.
pub(crate) fn shell(frame: &Frame, about: &About, main: AnyView) -> impl IntoView + use<> {
    let switcher = frame.may(Permission::TenantRead).then(|| switcher(frame, about.tenant.as_deref()));
    let search = frame.may(Permission::TenantRead).then(|| {
        view! {
            <form class="seek" role="search" action="/tenants" aria-label="Tenants">
                <label class="vh" for="q">"Search tenants"</label>
                {icon(Icon::Search)}
                <input id="q" type="search" name="q" placeholder="Search tenants" autocomplete="off" aria-keyshortcuts="/"/>
                <kbd aria-hidden="true">"/"</kbd>
            </form>
        }
    });
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app">
            <header class="top">
                <button class="burger" type="button" popovertarget="side" aria-label="Open menu">{icon(Icon::Menu)}</button>
                <a class="brand" href="/" aria-label="Steward, home">{mark()}<span>"Steward"</span></a>
                {switcher}
                {search}
                {account(frame)}
            </header>
            {side(frame, about.place)}
            <div class="sheet">
                <main id="main" tabindex="-1">{frame.flash.as_deref().map(flash)}{main}</main>
                {ledger(frame)}
            </div>
        </div>
    }
}

/// The mark above `main`, for somebody who is not signed in.
pub(crate) fn bare(main: AnyView) -> impl IntoView {
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="bare">
            <header><a class="brand" href="/" aria-label="Steward, home">{mark()}<span>"Steward"</span></a></header>
            <main id="main" tabindex="-1">{main}</main>
            <footer><span>"Steward, the tenant console"</span></footer>
        </div>
    }
}
