//! The Keycloak cells: where realms are placed, and how much room is left.

use crate::components::cell_gauge::cell_gauges;
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::status::Tone;
use crate::frame::{About, Frame, Place, page};
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{OpenSystems, demand};
use steward_core::error::Result;
use steward_core::provisioning::CellGauge;

/// The page.
///
/// # Errors
/// When the person may not, or the database fails.
pub async fn get(visit: &Visit) -> Result<Reply> {
    let services = &visit.services;
    let authority = demand::<OpenSystems>(&services.database, &visit.frame.actor).await?;
    Ok(Reply::page(view(&visit.frame, services.provisioning.cells(&authority).await?)))
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, cells: Vec<CellGauge>) -> String {
    page(frame, &About::page("Keycloak cells", Place::Platform), move || main(cells))
}

fn main(cells: Vec<CellGauge>) -> impl IntoView {
    let forgotten: Vec<_> = cells
        .iter()
        .filter(|cell| !cell.configured)
        .map(|cell| {
            let body = view! {
                <p>"Tenants have their realms there. Until it is configured again, none of them can be looked at or changed in Keycloak. Have DevOps name it in "<code>"STEWARD_KEYCLOAK_CELLS"</code>" again and restart Steward."</p>
            };
            view! { <div class="sec">{note(Tone::Bad, Icon::Warn, format!("The cell {} is not configured", cell.name), body)}</div> }
        })
        .collect();
    let under = "The Keycloak clusters that tenants' realms are placed on. A new realm goes to the cell that serves its tenant's region, is open, \
                 and is the least filled for its capacity. There it stays.";
    view! {
        {PageHead { under: Some(under.into_any()), ..PageHead::titled("Keycloak cells") }.draw()}
        {forgotten}
        {cell_gauges(cells)}
    }
}
