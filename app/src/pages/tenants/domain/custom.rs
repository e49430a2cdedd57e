//! The customer's own domain: entered, proved by a text in its DNS, then proposed as a change. What is to be written there can be copied.

use super::{CHALLENGE, Model};
use crate::components::facts::fact;
use crate::components::field::error_line;
use crate::components::icon::Icon;
use crate::components::status::{Tone, status};
use crate::components::table::scroll;
use crate::components::time::{ago, date_time};
use crate::frame::Frame;
use crate::query::value_of;
use leptos::prelude::*;
use steward_core::access::Permission;
use steward_core::provisioning::resources::Domain;
use steward_core::provisioning::{Challenge, DomainView};
use steward_domain::field::error_of;
use uuid::Uuid;

/// Everything about it: domains that are to be proved, and the form for one.
pub(super) fn custom(frame: &Frame, model: &Model) -> impl IntoView + use<> {
    let tenant = model.form.tenant;
    let may = frame.may(Permission::TenantConfigure) || model.form.not_saved.is_some();
    let has = model.domains.as_ref().and_then(|view| view.domains.iter().find(|facts| facts.domain == Domain::Custom));
    let challenges = model.domains.iter().flat_map(|view| view.challenges.iter().map(|challenge| section(frame, view, challenge, may)));
    let challenges: Vec<_> = challenges.collect();
    let removal = has.filter(|_| may).map(|facts| removal(tenant, model.form.version, &facts.host));
    let begun = !challenges.is_empty();
    let form = may.then(|| form(model, has.is_some(), begun));
    let who = (!may && has.is_none() && !begun).then(|| {
        let words = format!("None. To have one set, ask {}.", Permission::TenantConfigure.who());
        view! { <section class="sec"><header><h2>"Custom domain"</h2></header><p class="s dim">{words}</p></section> }
    });
    view! { {challenges}{removal}{form}{who} }
}

fn form(model: &Model, replaces: bool, begun: bool) -> impl IntoView + use<> {
    let form = &model.form;
    let value = value_of(&form.values, "custom_domain");
    let error = error_of(&form.errors, "custom_domain");
    let wrong = error.is_some();
    let error = error.map(|message| error_line("custom_domain", message).draw());
    let described = if wrong { "custom_domain-hint custom_domain-error" } else { "custom_domain-hint" };
    let (title, hint) = match (replaces, begun) {
        (true, _) => ("Replace the custom domain", "The one that there is serves until the new one is proved, reviewed and served."),
        (false, true) => ("Another one instead", "One at a time: what was begun above is forgotten, unless it is the same."),
        (false, false) => (
            "Custom domain",
            "A domain of the customer's own, like crm.customer.com, beside the default one. The customer proves it by a record in its DNS first.",
        ),
    };
    view! {
        <section class="sec">
            <header><h2>{title}</h2></header>
            <form class="stack tightstack" method="post" action=format!("/tenants/{}/domain", form.tenant) novalidate>
                <div class=if wrong { "field wrong" } else { "field" }>
                    <label for="custom_domain">"Domain"</label>
                    <p class="hint" id="custom_domain-hint">{hint}</p>
                    {error}
                    <input class="w-l" id="custom_domain" name="custom_domain" type="text" inputmode="url" spellcheck="false" autocapitalize="none" autocomplete="off" value=value aria-invalid=wrong.then_some("true") aria-describedby=described/>
                </div>
                <p class="acts"><button class="btn" type="submit">"Show the records to set"</button></p>
            </form>
        </section>
    }
}

fn removal(tenant: Uuid, version: i64, host: &str) -> impl IntoView + use<> {
    let words = format!("{host} would no longer be served, and its certificate revoked. The default domain stays. You review it first.");
    view! {
        <section class="sec">
            <header><h2>"Remove the custom domain"</h2></header>
            <p>{words}</p>
            <form method="post" action=format!("/tenants/{tenant}/domain/remove")>
                <input type="hidden" name="version" value=version.to_string()/>
                <p class="acts"><button class="btn small to-danger" type="submit">"Review removing"</button></p>
            </form>
        </section>
    }
}

/// One button that is about a domain.
fn button(tenant: Uuid, act: &'static str, words: &'static str, class: &'static str, host: &str, version: i64) -> impl IntoView + use<> {
    view! {
        <form method="post" action=format!("/tenants/{tenant}/domain/{act}")>
            <input type="hidden" name="custom_domain" value=host.to_owned()/>
            <input type="hidden" name="version" value=version.to_string()/>
            <button class=class type="submit">{words}</button>
        </form>
    }
}

/// A domain that is to be proved, or was: what to write where, and what was found there.
fn section(frame: &Frame, view: &DomainView, challenge: &Challenge, may: bool) -> impl IntoView + use<> {
    let (tenant, host, now) = (view.tenant_id, challenge.host.as_str(), frame.now);
    let verdict = match (challenge.verified_at, challenge.expired) {
        (Some(_), _) => status(Tone::Ok, Icon::Check, "Verified"),
        (None, true) => status(Tone::Bad, Icon::Stop, "Expired: begin again"),
        (None, false) if challenge.checked.is_some() => status(Tone::Warn, Icon::Wait, "Not found yet"),
        (None, false) => status(Tone::Idle, Icon::Ring, "Not looked for yet"),
    };
    let checked = match &challenge.checked {
        Some((found, at)) => {
            view! { {fact("Found", found.clone())}{fact("Looked at", view! { {date_time(*at)}<small>{ago(*at, now)}</small> })} }.into_any()
        }
        None => fact("Found", "Nobody has looked yet").into_any(),
    };
    let expires = (challenge.verified_at.is_none() && !challenge.expired).then(|| fact("Holds until", date_time(challenge.expires_at)));
    let fits = view.open_run.is_none();
    let acts = may.then(|| {
        let verified = challenge.verified_at.is_some();
        let check = (!challenge.expired)
            .then(|| button(tenant, "verify", "Check", if verified { "btn" } else { "btn primary" }, host, view.version));
        let propose = (verified && fits).then(|| button(tenant, "propose", "Review the change", "btn primary", host, view.version));
        view! { <div class="acts">{propose}{check}{button(tenant, "forget", "Forget it", "btn quiet", host, view.version)}</div> }
    });
    let target = if view.target.parse::<std::net::IpAddr>().is_ok() { "A" } else { "CNAME" };
    view! {
        <section class="sec challenge" id=CHALLENGE>
            <header><h2>{challenge.host.shown()}</h2>{verdict}</header>
            <p>"The customer sets these two records in their DNS. The first proves that the domain is theirs, the second leads it here."</p>
            {scroll(
                "Records to set",
                view! {
                    <table class="grid tight">
                        <caption class="vh">"Records to set"</caption>
                        <thead><tr><th scope="col">"Type"</th><th scope="col">"Name"</th><th scope="col">"Value"</th></tr></thead>
                        <tbody>
                            <tr><th scope="row">"TXT"</th><td><code class="id">{challenge.name.clone()}</code></td><td><code class="id">{challenge.text.clone()}</code></td></tr>
                            <tr><th scope="row">{target}</th><td><code class="id">{host.to_owned()}</code></td><td><code class="id">{view.target.clone()}</code></td></tr>
                        </tbody>
                    </table>
                },
            )}
            <dl class="facts">{checked}{expires}</dl>
            {acts}
        </section>
    }
}
