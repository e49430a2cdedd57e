//! The versions of a tenant's theme: which is in use, and the way back to each other one.

use crate::components::notice::empty;
use crate::components::table::scroll;
use crate::components::tenant_tabs::Tab;
use crate::components::time::ago;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_core::tenants::theme::{ThemeVersion, Themes};
use uuid::Uuid;

pub(super) fn section(id: Uuid, themes: &Themes, now: DateTime<Utc>) -> impl IntoView + use<> {
    let body = if themes.versions.is_empty() {
        empty("No versions yet", "It looks as a tenant does that chose nothing. Each saved branding is kept here.", ()).into_any()
    } else {
        let latest = themes.versions.first().map(|version| version.version).unwrap_or_default();
        let settings_version = themes.tenant_version;
        let rows: Vec<_> = themes.versions.iter().map(|version| row(id, version, latest, settings_version, now)).collect();
        scroll(
            "Versions",
            view! {
                <table class="grid tight">
                    <caption class="vh">"Versions of the branding"</caption>
                    <thead><tr><th scope="col">"Version"</th><th scope="col">"Saved"</th><th scope="col">"By"</th><th scope="col"><span class="vh">"Actions"</span></th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        )
        .into_any()
    };
    view! { <section class="sec"><header><h2>"Versions"</h2></header>{body}</section> }
}

fn row(id: Uuid, version: &ThemeVersion, latest: i32, settings_version: i64, now: DateTime<Utc>) -> impl IntoView + use<> {
    let number = version.version;
    let in_use = number == latest;
    let name = if in_use { format!("{number}, in use") } else { number.to_string() };
    let (from, to) = if in_use { (number - 1, number) } else { (number, latest) };
    let before = if from == 0 { "the defaults".to_owned() } else { format!("version {from}") };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="nw">{ago(version.saved_at, now)}</td>
            <td>{version.saved_by.clone()}</td>
            <td class="num">
                <span class="acts">
                    <a href=format!("{}/compare?from={from}&to={to}", Tab::Branding.of(id))>"Compare"<span class="vh">{format!(" {before} with version {to}")}</span></a>
                    {(!in_use).then(|| bring_back(id, number, settings_version, "btn small"))}
                </span>
            </td>
        </tr>
    }
}

/// The button that proposes a version again.
pub(super) fn bring_back(id: Uuid, number: i32, settings_version: i64, class: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=format!("{}/bring-back", Tab::Branding.of(id))>
            <input type="hidden" name="number" value=number/>
            <input type="hidden" name="version" value=settings_version/>
            <button class=class type="submit">"Bring back"<span class="vh">{format!(" version {number}")}</span></button>
        </form>
    }
}
