//! Entries as rows of a table: in the log, and on the page of a tenant.

use crate::components::icon::Icon;
use crate::components::notice::empty;
use crate::components::status::{Tone, status};
use crate::components::table::scroll;
use crate::components::time::exact;
use crate::frame::Frame;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_core::access::Permission;
use steward_core::audit::{Action, EntryView, Outcome};

/// What came of it, as glyph and word.
pub(crate) fn outcome(result: &str) -> InertElement {
    match Outcome::parse(result) {
        Some(Outcome::Done) => status(Tone::Ok, Icon::Dot, Outcome::Done.label()),
        Some(Outcome::Refused) => status(Tone::Bad, Icon::Ban, Outcome::Refused.label()),
        Some(Outcome::Failed) => status(Tone::Warn, Icon::Warn, Outcome::Failed.label()),
        None => status(Tone::Idle, Icon::Off, result),
    }
}

/// The words of an action; an unknown one keeps its name.
pub(crate) fn action_words(action: &str) -> String {
    Action::parse(action).map_or_else(|| action.to_owned(), |known| known.label().to_owned())
}

/// "system worker", "API client", "person"
pub(crate) const fn actor_words(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"system" => "worker of Steward",
        b"client" => "API client",
        b"person" => "person",
        _ => "not signed in",
    }
}

/// A table of entries: of the whole log, or, on the page of a tenant, without saying which tenant each is about.
pub(crate) fn entry_rows(frame: &Frame, entries: Vec<EntryView>, whole_log: bool) -> AnyView {
    if entries.is_empty() {
        return empty("No entries", "Every change, refusal and sign-in writes one.", ()).into_any();
    }
    let may_open = frame.may(Permission::AuditRead);
    let rows: Vec<_> = entries.into_iter().map(|entry| row(entry, may_open, whole_log)).collect();
    let object = whole_log.then(|| view! { <th scope="col">"Tenant and object"</th> });
    scroll(
        "Entries",
        view! {
            <table class=if whole_log { "grid tight full" } else { "grid tight mid" }>
                <caption class="vh">"Entries, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col" aria-sort="descending">"Time, UTC"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col">"Action"</th>
                        {object}
                        <th scope="col">"Outcome"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        },
    )
    .into_any()
}

fn row(entry: EntryView, may_open: bool, whole_log: bool) -> impl IntoView {
    let when = if may_open {
        view! { <a href=format!("/audit/{}", entry.id)>{exact(entry.occurred_at)}</a> }.into_any()
    } else {
        exact(entry.occurred_at).into_any()
    };
    let object = format!("{} {}", entry.object_kind, entry.object_id);
    let object = whole_log.then(|| match entry.tenant_name.filter(|name| !name.is_empty()) {
        Some(name) => view! { <td class="wrap">{name}<small>{object}</small></td> }.into_any(),
        None => view! { <td class="wrap">{object}</td> }.into_any(),
    });
    let code = entry.code.map(|code| view! { <small><code>{code}</code></small> });
    view! {
        <tr>
            <th scope="row" class="nw">{when}</th>
            <td>{entry.actor_name}<small>{actor_words(&entry.actor_kind)}</small></td>
            <td>{action_words(&entry.action)}<small class="nw"><code>{entry.action}</code></small></td>
            {object}
            <td>{outcome(&entry.result)}{code}</td>
        </tr>
    }
}
