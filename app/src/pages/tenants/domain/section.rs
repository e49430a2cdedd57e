//! One domain: its record, its certificate, the last handshake. What was never looked at says so.

use crate::components::facts::fact;
use crate::components::icon::Icon;
use crate::components::markup::{Markup, pairs as pairs_markup};
use crate::components::status::{Tone, status};
use crate::components::time::{ago, date_time};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_core::provisioning::DomainFacts;
use steward_core::provisioning::resources::{CertificateSeen, HandshakeSeen, RecordSeen};
use steward_domain::host_name::HostName;
use steward_domain::moment;

/// A serial number, a fingerprint.
fn pairs(text: &str) -> InertElement {
    Markup::new("<code>").then(&pairs_markup(text)).raw("</code>").draw()
}

/// When something was looked at, as the last line of its facts.
fn seen_at(at: DateTime<Utc>, now: DateTime<Utc>) -> impl IntoView {
    fact("Looked at", view! { {date_time(at)}<small>{ago(at, now)}</small> })
}

fn never(what: &'static str) -> AnyView {
    view! { <p class="s dim">{what}</p> }.into_any()
}

/// The section of one domain.
pub(super) fn section(facts: &DomainFacts, target: &str, now: DateTime<Utc>) -> impl IntoView + use<> {
    let verdict = match (&facts.handshake, &facts.certificate) {
        (Some((handshake, _)), _) if handshake.holds => status(Tone::Ok, Icon::Check, "Served, chain verified"),
        (Some(_), Some(_)) => status(Tone::Bad, Icon::Warn, "Not served as it should be"),
        _ => status(Tone::Idle, Icon::Ring, "Not looked at yet"),
    };
    let host = HostName::parse(&facts.host).map_or_else(|_| facts.host.clone(), |host| host.shown());
    view! {
        <section class="sec domain">
            <header><h2>{host}</h2>{verdict}</header>
            <div class="cols even">
                <div class="stack">{record(facts.record.clone(), target, now)}{handshake(facts.handshake.clone(), now)}</div>
                <div class="stack">{certificate(facts.certificate.clone(), facts.replaced.clone(), now)}</div>
            </div>
        </section>
    }
}

fn record(seen: Option<(RecordSeen, DateTime<Utc>)>, target: &str, now: DateTime<Utc>) -> impl IntoView + use<> {
    let target = target.to_owned();
    let body = match seen {
        None => never("Nobody has looked its record up yet."),
        Some((record, at)) => {
            let leads = if record.leads_to.is_empty() { "Nothing".to_owned() } else { record.leads_to.join(", ") };
            let verdict = if record.as_wanted {
                status(Tone::Ok, Icon::Check, "As it should be")
            } else {
                status(Tone::Warn, Icon::Warn, &format!("Should lead to {target}"))
            };
            view! {
                <dl class="facts">
                    {fact("Record", leads)}
                    {fact("Verdict", verdict)}
                    {fact("Looked up", format!("at {}", record.asked))}
                    {seen_at(at, now)}
                </dl>
            }
            .into_any()
        }
    };
    view! { <section><h3>"DNS record"</h3>{body}</section> }
}

fn handshake(seen: Option<(HandshakeSeen, DateTime<Utc>)>, now: DateTime<Utc>) -> impl IntoView + use<> {
    let body = match seen {
        None => never("Nobody has shaken hands with it yet."),
        Some((handshake, at)) => {
            let verdict = if handshake.holds {
                status(Tone::Ok, Icon::Check, &handshake.result)
            } else {
                status(Tone::Bad, Icon::Warn, &handshake.result)
            };
            view! {
                <dl class="facts">
                    {fact("Result", verdict)}
                    {handshake.serial.as_deref().map(|serial| fact("Served", pairs(serial)))}
                    {fact("Asked", handshake.address.clone())}
                    {seen_at(at, now)}
                </dl>
            }
            .into_any()
        }
    };
    view! { <section><h3>"Last handshake"</h3>{body}</section> }
}

fn certificate(
    seen: Option<(CertificateSeen, DateTime<Utc>)>,
    replaced: Option<(String, DateTime<Utc>)>,
    now: DateTime<Utc>,
) -> impl IntoView + use<> {
    let body = match seen {
        None => never("Nobody has seen a certificate of it yet."),
        Some((kept, at)) => {
            let left = match moment::left(kept.not_after, now) {
                Some(left) => format!("{left} left"),
                None => "expired".to_owned(),
            };
            let renews = match moment::left(kept.renews_at, now) {
                Some(left) => format!("by itself, in {left}"),
                None => "due now".to_owned(),
            };
            let revoked = kept.revoked.then(|| fact("Revoked", status(Tone::Bad, Icon::Ban, "Yes: it must not be served")));
            view! {
                <dl class="facts">
                    {fact("Serial", pairs(&kept.serial))}
                    {fact("Issuer", kept.issuer.clone())}
                    {fact("Valid from", date_time(kept.not_before))}
                    {fact("Valid until", view! { {date_time(kept.not_after)}<small>{left}</small> })}
                    {fact("Renews on", view! { {date_time(kept.renews_at)}<small>{renews}</small> })}
                    {revoked}
                    {fact("Key", kept.key_algorithm.clone())}
                    {fact("SHA-256", pairs(&kept.fingerprint))}
                    {replaced.map(|(serial, at)| fact("Before it", view! { {pairs(&serial)}<small>"until "{date_time(at)}</small> }))}
                    {seen_at(at, now)}
                </dl>
            }
            .into_any()
        }
    };
    view! { <section><h3>"Certificate"</h3>{body}</section> }
}
