//! Who the person is here, what that allows, how the pages look to them.

use crate::components::facts::{fact, fact_code};
use crate::components::head::PageHead;
use crate::components::icon::{Icon, icon};
use crate::components::status::{Tone, status};
use crate::components::table::scroll;
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, page};
use crate::query::value_of;
use crate::visit::{Appearance, FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Permission, Scope};
use steward_core::error::Error;

/// The page. Everyone who is signed in has one; it reads nothing but the session.
///
/// # Errors
/// None: the signature is that of every page.
pub async fn get(visit: &Visit) -> Result<Reply, Error> {
    Ok(Reply::page(view(&visit.frame)))
}

/// The form that chooses light or dark. It changes a cookie and nothing else.
///
/// # Errors
/// When the choice is not on the list.
pub async fn set_appearance(_visit: &Visit, body: FormBody) -> Result<Reply, Error> {
    let chosen = Appearance::parse(&value_of(&body, "appearance"))
        .ok_or_else(|| Error::field("appearance", "Choose light, dark or as the device"))?;
    let flash = Some(format!("Appearance: {}.", chosen.label().to_lowercase()));
    Ok(Reply::SeeOther { to: "/account".to_owned(), flash, appearance: Some(chosen) })
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame) -> String {
    let frame_of_page = frame.clone();
    page(frame, &About::page("You and your roles", Place::Elsewhere), move || main(&frame_of_page))
}

fn main(frame: &Frame) -> impl IntoView + use<> {
    let name = frame.session.as_ref().map_or_else(|| frame.actor.name().to_owned(), |session| session.display_name.clone());
    let session = frame.session.as_ref().map(|session| {
        view! {
            {fact_code("Signs in as", session.username.clone())}
            {fact("Session", view! { "ends "{date_time(session.ends_at)}<small>"or 15 min after your last click"</small> })}
        }
    });
    let sees = match frame.actor.scope() {
        Scope::All | Scope::Worker => "every tenant",
        Scope::Reseller(_) => "the tenants of your reseller",
        Scope::Nothing => "no tenant",
    };
    let roles: Vec<&str> = frame.actor.roles().iter().map(|role| role.label()).collect();
    let roles = if roles.is_empty() { "none".to_owned() } else { roles.join(", ") };
    let sign_out = view! { <form method="post" action="/auth/sign-out"><button class="btn" type="submit">{icon(Icon::Leave)}"Sign out"</button></form> };
    let head = PageHead { acts: Some(sign_out.into_any()), ..PageHead::titled(name) };
    view! {
        {head.draw()}
        <div class="cols">
            <div class="stack">
                <section class="sec">
                    <header><h2>"What you may do"</h2><span>"by your roles, decided in one table"</span></header>
                    {permissions(frame)}
                </section>
                {appearance(frame.appearance)}
            </div>
            <div class="stack">
                <section class="sec">
                    <h2>"You"</h2>
                    <dl class="facts">{session}{fact("Roles", roles)}{fact("You see", sees)}</dl>
                </section>
            </div>
        </div>
    }
}

fn permissions(frame: &Frame) -> impl IntoView + use<> {
    let people = Permission::ALL.into_iter().filter(|permission| !permission.roles().is_empty());
    let rows: Vec<_> = people
        .map(|permission| {
            let may = if frame.may(permission) { status(Tone::Ok, Icon::Check, "Yes") } else { status(Tone::Idle, Icon::Off, "No") };
            let mut words = permission.describe().to_owned();
            if let Some(first) = words.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            view! { <tr><th scope="row"><b>{words}</b><small><code>{permission.as_str()}</code></small></th><td>{may}</td><td>{permission.who()}</td></tr> }
        })
        .collect();
    scroll(
        "What you may do",
        view! {
            <table class="grid tight mid">
                <caption class="vh">"Permissions, whether you have them, and who has"</caption>
                <thead><tr><th scope="col">"Permission"</th><th scope="col">"You"</th><th scope="col">"Who has it"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        },
    )
}

fn appearance(chosen: Appearance) -> impl IntoView {
    let picks: Vec<_> = Appearance::ALL
        .into_iter()
        .map(|appearance| {
            let id = format!("appearance-{}", appearance.as_str());
            view! {
                <div class="pick">
                    <input type="radio" id=id.clone() name="appearance" value=appearance.as_str() checked=appearance == chosen/>
                    <label for=id>{appearance.label()}</label>
                </div>
            }
        })
        .collect();
    view! {
        <section class="sec">
            <form method="post" action="/account/appearance" id="appearance">
                <fieldset class="field"><legend>"Light or dark"</legend>{picks}</fieldset>
                <button class="btn" type="submit">"Apply appearance"</button>
            </form>
        </section>
    }
}
