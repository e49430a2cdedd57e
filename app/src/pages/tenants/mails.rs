//! The mails to a tenant's contact: which, to whom, what became of each, and why one was not taken.

use crate::api::mails::send_mail_again;
use crate::components::facts::address;
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::notice::empty;
use crate::components::status::{Tone, chip, status};
use crate::components::table::scroll;
use crate::components::tenant_tabs::{Tab, tenant_tabs};
use crate::components::time::ago;
use crate::frame::{About, Frame, Place, page};
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_core::access::{Permission, ReadTenants, demand};
use steward_core::error::Error;
use steward_core::mail::{self, MailRow, MailState, MailTrouble, MailsOfTenant};
use steward_domain::moment;
use uuid::Uuid;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant.
    pub id: Uuid,
    /// Its mails.
    pub mails: MailsOfTenant,
}

/// The page.
///
/// # Errors
/// When there is no such tenant, the person may not see it, or the database fails.
pub async fn get(visit: &Visit, id: Uuid) -> Result<Reply, Error> {
    let database = &visit.services.database;
    let authority = demand::<ReadTenants>(database, &visit.frame.actor).await?;
    let mails = mail::mails_of(database, &authority, id).await?;
    Ok(Reply::page(view(&visit.frame, Model { id, mails })))
}

/// The button beside a mail that was given up.
///
/// # Errors
/// None of its own: what goes wrong comes back as a page.
pub async fn again(visit: &Visit, id: Uuid, body: &FormBody) -> Result<Reply, Error> {
    // What is no id is no mail: it is answered as one that is not there.
    let mail = value_of(body, "mail").parse().unwrap_or_default();
    Ok(match visit.within(send_mail_again(id, mail)).await {
        Ok(()) => Reply::done(Tab::Mails.of(id), "It is being sent again."),
        Err(error) => failed(visit, error),
    })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let name = model.mails.tenant_name.clone();
    let about = About::page(format!("Mails of {name}"), Place::Tenants).of_tenant(&name);
    page(frame, &about, || main(frame, model))
}

fn main(frame: &Frame, model: Model) -> impl IntoView + use<> {
    let Model { id, mails: MailsOfTenant { tenant_name: name, rows } } = model;
    let given_up = rows.iter().filter(|row| row.state == MailState::GivenUp).count();
    let verdict = match given_up {
        0 => None,
        1 => Some(chip(Tone::Bad, Icon::Stop, "1 mail given up").into_any()),
        many => Some(chip(Tone::Bad, Icon::Stop, &format!("{many} mails given up")).into_any()),
    };
    let head = PageHead {
        crumbs: vec![
            ("Tenants".to_owned(), Some("/tenants".to_owned())),
            (name.clone(), Some(Tab::Overview.of(id))),
            ("Mails".to_owned(), None),
        ],
        status: verdict,
        under: Some(
            view! { <span>"To its contact, in its branding: when it is ready, suspended or resumed, and when the contact changes."</span> }
                .into_any(),
        ),
        ..PageHead::titled(format!("Mails of {name}"))
    };
    let (now, may) = (frame.now, frame.may(Permission::MailSend));
    let body = if rows.is_empty() {
        empty("No mails yet", "The first one goes out when the tenant is ready.", ()).into_any()
    } else {
        let rows: Vec<_> = rows.into_iter().map(|row| line(id, row, may, now)).collect();
        scroll(
            "Mails",
            view! {
                <table class="grid tight mid">
                    <caption class="vh">"Mails, newest first"</caption>
                    <thead><tr><th scope="col">"Mail"</th><th scope="col">"State"</th><th scope="col" class="num">"When"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        )
        .into_any()
    };
    view! {
        {head.draw()}
        {tenant_tabs(frame, id, &name, Tab::Mails)}
        <section class="sec">{body}</section>
    }
}

fn line(tenant: Uuid, row: MailRow, may: bool, now: DateTime<Utc>) -> impl IntoView {
    let (tone, glyph) = match row.state {
        MailState::Waiting if row.failure.is_some() => (Tone::Warn, Icon::Retry),
        MailState::Waiting => (Tone::Idle, Icon::Ring),
        MailState::Sending => (Tone::Run, Icon::Half),
        MailState::Sent => (Tone::Ok, Icon::Dot),
        MailState::GivenUp => (Tone::Bad, Icon::Stop),
    };
    let run = format!("/tenants/{tenant}/runs/{}", row.run_number);
    let button = (may && row.state == MailState::GivenUp).then(|| {
        view! {
            <form method="post" action=format!("{}/again", Tab::Mails.of(tenant))>
                <input type="hidden" name="mail" value=row.id.to_string()/>
                <p class="acts"><button class="btn small" type="submit">{icon(Icon::Retry)}"Send again"<span class="vh">{format!(", {} to {}", row.kind.label(), row.recipient)}</span></button></p>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row">
                {row.kind.label()}
                <small>"to "{address(&row.recipient)}", "<a href=run>{format!("run {}", moment::thousands(row.run_number))}</a></small>
            </th>
            <td>{status(tone, glyph, state_words(&row))}{why(&row)}{button}</td>
            <td class="num">{ago(row.ended_at.unwrap_or(row.created_at), now)}</td>
        </tr>
    }
}

fn state_words(row: &MailRow) -> &'static str {
    match row.state {
        MailState::Waiting if row.failure.is_some() => "Not taken yet",
        state => state.label(),
    }
}

/// Why it was not taken, how often it was tried, and what helps.
fn why(row: &MailRow) -> Option<impl IntoView + use<>> {
    let (code, words) = row.failure.clone()?;
    let tries = match row.tries {
        0 | 1 => "Tried once".to_owned(),
        tries => format!("Tried {tries} times"),
    };
    let next = match row.next_try_at {
        Some(at) => format!("{tries}, next at {}.", moment::clock(at)),
        None => format!("{tries}."),
    };
    let helps = MailTrouble::of_code(&code).filter(|_| row.state == MailState::GivenUp).map(MailTrouble::advice);
    Some(view! { <small>{words}" "<code>{code}</code><br/>{next}{helps.map(|helps| format!(" {helps}"))}</small> })
}
