//! The five stages of a tenant's life, each with its role; the present one says since when.

use super::icon::{Icon, icon};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_domain::moment;
use steward_domain::tenant::Stage;

/// "for 62 days", "for 3 h", "since just now"
fn lasting(since: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (now - since).num_minutes().max(0);
    match minutes {
        0 => "since just now".to_owned(),
        1..60 => format!("for {minutes} min"),
        60..2_880 => format!("for {} h", minutes / 60),
        _ => format!("for {} days", minutes / 1_440),
    }
}

/// The stages, with `here` as the present one since `since`.
pub(crate) fn stages(here: Stage, since: DateTime<Utc>, now: DateTime<Utc>) -> impl IntoView {
    let mut passed = true;
    let items: Vec<_> = Stage::ALL
        .into_iter()
        .map(|stage| {
            let role = stage.responsible().label();
            if stage == here {
                passed = false;
                let since_words = lasting(since, now);
                view! {
                    <li aria-current="step" title=moment::date_time(since)>
                        <strong>{stage.label()}</strong>{format!("{role} is responsible")}<br/>{since_words}
                    </li>
                }
                .into_any()
            } else if passed {
                view! { <li class="done"><strong>{icon(Icon::Check)}{stage.label()}</strong>{role}<br/>"done"</li> }.into_any()
            } else {
                view! { <li><strong>{stage.label()}</strong>{role}<br/>"not started"</li> }.into_any()
            }
        })
        .collect();
    view! { <section class="sec"><h2 class="vh">"Lifecycle"</h2><ol class="stages">{items}</ol></section> }
}
