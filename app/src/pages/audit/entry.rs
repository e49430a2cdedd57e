//! One entry: who, whence, what, field by field before and after. It says what is not proved yet.

use super::rows::{action_words, actor_words, outcome};
use crate::components::diff::{diff, read};
use crate::components::facts::fact;
use crate::components::head::PageHead;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::status::Tone;
use crate::components::time::exact;
use crate::frame::{About, Frame, Place, page};
use crate::query::Query;
use crate::visit::{Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadAudit, ReadTenants, demand};
use steward_core::audit::{self, EntryView};
use steward_core::error::Error;
use steward_core::tenants;
use steward_domain::moment;
use steward_domain::tenant::Status;
use uuid::Uuid;

/// The page.
///
/// # Errors
/// When there is no such entry, or the person may not see it.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let services = &visit.services;
    let authority = demand::<ReadAudit>(&services.database, &visit.frame.actor).await?;
    let entry = audit::get(&services.database, &authority, id).await?;
    let opens = match entry.tenant_id {
        Some(tenant) => opens(visit, tenant).await?,
        None => false,
    };
    Ok(Reply::page(view(&visit.frame, entry, opens)))
}

/// Whether the page of an entry's tenant would open: it may be gone since, or a draft that not everybody may go on with. A link that
/// led to a refusal would leave an entry in the person's own name.
async fn opens(visit: &Visit, tenant: Uuid) -> Result<bool, Error> {
    if !visit.frame.may(Permission::TenantRead) {
        return Ok(false);
    }
    let authority = demand::<ReadTenants>(&visit.services.database, &visit.frame.actor).await?;
    match tenants::view(&visit.services.database, &authority, tenant).await {
        Ok(tenant) => Ok(tenant.status != Status::Draft || visit.frame.may(Permission::TenantCreate)),
        Err(Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How long an entry of a class is kept.
const fn kept(class: &str) -> &'static str {
    match class.as_bytes() {
        b"operational" => "30 days, operational",
        b"security" => "90 days, security",
        _ => "7 years, audit record",
    }
}

/// The link to every entry that shares a value.
fn same(name: &str, value: &str) -> String {
    Query::default().with(name, value).link("/audit")
}

/// Draws the page; `opens` if the entry's tenant has a page for this person.
#[must_use]
pub fn view(frame: &Frame, entry: EntryView, opens: bool) -> String {
    let title = action_words(&entry.action);
    let about = About::page(format!("{title}, {}", moment::date_time(entry.occurred_at)), Place::Audit);
    page(frame, &about, move || main(title, entry, opens))
}

fn main(title: String, entry: EntryView, opens: bool) -> impl IntoView {
    let head = PageHead {
        crumbs: vec![("Audit log".to_owned(), Some("/audit".to_owned())), ("Entry".to_owned(), None)],
        status: Some(outcome(&entry.result).into_any()),
        under: Some(view! { <span>{exact(entry.occurred_at)}" UTC by "<strong>{entry.actor_name.clone()}</strong></span> }.into_any()),
        ..PageHead::titled(title)
    };
    let (changes, facts) = read(&entry.detail);
    let changed =
        if changes.is_empty() { view! { <p class="dim">"No field changed."</p> }.into_any() } else { view! { {diff(changes)} }.into_any() };
    let more = (!facts.is_empty()).then(|| {
        let facts: Vec<_> =
            facts.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd class="wrap">{value}</dd></div> }).collect();
        view! { <section class="sec"><h2>"What else it says"</h2><dl class="facts">{facts}</dl></section> }
    });
    let unproved = view! {
        <p>"That it is in the log unchanged, in order and without a gap: entries are not numbered or proved yet. The database's roles cannot alter or delete it."</p>
    };
    view! {
        {head.draw()}
        <div class="cols">
            <div class="stack">
                <section class="sec"><h2>"Before and after"</h2>{changed}</section>
                {more}
                {note(Tone::Idle, Icon::Shield, "Not proved", unproved)}
            </div>
            <div class="stack"><section class="sec"><h2>"Facts"</h2>{about(entry, opens)}</section></div>
        </div>
    }
}

fn about(entry: EntryView, opens: bool) -> impl IntoView {
    let tenant = entry.tenant_id.map(|id| {
        let name = entry.tenant_name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_string());
        let name = if opens { view! { <a href=format!("/tenants/{id}")>{name}</a> }.into_any() } else { name.into_any() };
        fact("Tenant", view! { {name}<small><a href=same("tenant", &id.to_string())>"its entries"</a></small> })
    });
    let address = entry
        .address
        .clone()
        .map(|address| fact("Address", view! { <a href=same("address", &address)><code>{address.clone()}</code></a> }));
    let run = entry.correlation.map(|run| fact("Run", view! { <a href=same("correlation", &run.to_string())>"entries of its run"</a> }));
    let code = entry.code.clone().map(|code| fact("Code", view! { <code class="id">{code}</code> }));
    view! {
        <dl class="facts">
            {fact("Entry", view! { <code class="id">{entry.id.to_string()}</code> })}
            {fact("Action", view! { <a href=same("action", &entry.action)><code>{entry.action.clone()}</code></a> })}
            {fact("Who", view! { <a href=same("person", &entry.actor_id)>{entry.actor_name.clone()}</a><small>{actor_words(&entry.actor_kind)}</small> })}
            {tenant}
            {fact("Object", view! { {entry.object_kind.clone()}<small><a href=same("object", &entry.object_id)><code>{entry.object_id.clone()}</code></a></small> })}
            {address}
            {fact("Request", view! { <a href=same("request", &entry.request_id)><code>{entry.request_id.clone()}</code></a> })}
            {run}
            {code}
            {fact("Kept for", kept(&entry.class))}
        </dl>
    }
}
