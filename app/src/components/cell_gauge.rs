//! How full the Keycloak cells are: one row each, with the bar that limits have.

use super::icon::Icon;
use super::status::{Tone, status};
use super::table::{nothing, scroll};
use super::usage_bar::usage_bar;
use leptos::prelude::*;
use steward_core::provisioning::CellGauge;
use steward_domain::moment::thousands;

/// The table of all cells.
pub fn cell_gauges(cells: Vec<CellGauge>) -> impl IntoView {
    let rows: Vec<_> = cells.into_iter().map(row).collect();
    scroll(
        "Keycloak cells",
        view! {
            <table class="grid limits full">
                <caption>"Marks stand at 80 % and 100 % of the capacity. A realm has its place from the moment its tenant is created."</caption>
                <thead><tr><th scope="col">"Cell"</th><th scope="col">"New realms"</th><th scope="col">"Regions"</th><th scope="col">"Realms"</th><th scope="col">"Of the capacity"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        },
    )
}

fn row(cell: CellGauge) -> impl IntoView + use<> {
    let number = |n: u64| thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let name = match cell.link {
        Some(link) => view! { <a href=link rel="noreferrer"><b>{cell.name.clone()}</b></a> }.into_any(),
        None => view! { <b>{cell.name.clone()}</b> }.into_any(),
    };
    let staff = cell.first.then(|| view! { <small>"also has the realm of the staff"</small> });
    let takes = match (cell.configured, cell.open, cell.percent) {
        (false, ..) => status(Tone::Bad, Icon::Stop, "Not configured"),
        (_, false, _) => status(Tone::Idle, Icon::Off, "Closed"),
        (.., 100..) => status(Tone::Bad, Icon::Stop, "Full"),
        _ => status(Tone::Ok, Icon::Dot, "Open"),
    };
    let waiting = (cell.waiting > 0).then(|| view! { <small>{format!("{} still to be made", number(cell.waiting))}</small> });
    let (regions, realms, share) = if cell.configured {
        let realms = format!("{} of {}", number(cell.placed), number(cell.capacity.into()));
        (cell.regions_in_words.into_any(), realms, usage_bar(&cell.name, cell.percent).into_any())
    } else {
        (nothing("not known").into_any(), number(cell.placed), nothing("not known").into_any())
    };
    view! { <tr><th scope="row">{name}{staff}</th><td class="nw">{takes}</td><td>{regions}</td><td class="nw">{realms}{waiting}</td><td>{share}</td></tr> }
}
