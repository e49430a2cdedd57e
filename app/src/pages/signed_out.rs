//! Pages for somebody who is not signed in: after signing out, and after a sign-in that did not work.

use crate::components::facts::fact;
use crate::components::icon::{Icon, icon};
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, bare_page};
use crate::query::Query;
use crate::visit::{Reply, Visit};
use leptos::prelude::*;

/// A sign-in that did not work.
#[derive(Clone, Debug)]
pub struct Failed {
    /// 400, 403 or 503.
    pub status: u16,
    /// "AUTH-104"
    pub code: String,
    /// What the code stands for: "sign-in answer expired".
    pub what: String,
    /// "You are not signed in: the sign-in took too long"
    pub title: String,
    /// What happened, what was fine.
    pub lede: String,
    /// What to do if it happens again, line by line.
    pub advice: Vec<String>,
    /// Where to go after signing in: a path of ours.
    pub return_to: String,
}

/// The page after a sign-in that did not work.
#[must_use]
pub fn failed(visit: &Visit, failed: Failed) -> Reply {
    Reply::Page { status: failed.status, html: view_failed(&visit.frame, failed) }
}

/// What became of Keycloak's own session when somebody signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtKeycloak {
    /// Keycloak said that it has ended.
    Ended,
    /// Keycloak could not be reached.
    Away,
}

impl AtKeycloak {
    /// Its name in the cookie.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AtKeycloak::Ended => "ended",
            AtKeycloak::Away => "away",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [AtKeycloak::Ended, AtKeycloak::Away].into_iter().find(|known| known.as_str() == name)
    }
}

/// The page after signing out, with what became of Keycloak's own session if that is known.
#[must_use]
pub fn signed_out(visit: &Visit, at_keycloak: Option<AtKeycloak>) -> Reply {
    Reply::page(view_signed_out(&visit.frame, at_keycloak))
}

/// Draws the page after a sign-in that did not work.
#[must_use]
pub fn view_failed(frame: &Frame, failed: Failed) -> String {
    let about = About::page(failed.title.clone(), Place::Elsewhere);
    let (request, now) = (frame.request_id.clone(), frame.now);
    bare_page(frame, &about, move || {
        let again = Query::default().with("return_to", failed.return_to).link("/auth/sign-in");
        let advice: Vec<_> = failed.advice.into_iter().map(|line| view! { <li>{line}</li> }).collect();
        view! {
            <p class="code">{icon(Icon::Key)}<code>{failed.code.clone()}</code></p>
            <h1>{failed.title}</h1>
            <p class="lede">{failed.lede}</p>
            <p class="acts"><a class="btn primary" href=again>"Sign in again"</a></p>
            <hr/>
            <h2>"If it happens again"</h2>
            <ul class="dots">
                {advice}
                <li>"Ask Support and give the code and the request below."</li>
            </ul>
            <dl class="facts ruled">
                {fact("Code", view! { <code class="id">{failed.code}</code>" "{failed.what} })}
                {fact("Request", view! { <code class="id">{request}</code> })}
                {fact("Time", date_time(now))}
            </dl>
            <p class="s faint">"This attempt is in the audit log. Nothing you did before was lost."</p>
        }
    })
}

/// Draws the page after signing out. Whoever opens its address while signed in is told so.
#[must_use]
pub fn view_signed_out(frame: &Frame, at_keycloak: Option<AtKeycloak>) -> String {
    const LATER: &str = "Runs go on without you, and drafts are kept.";
    let signed_in = frame.session.is_some();
    let title = if signed_in { "You are still signed in" } else { "You are signed out" };
    let lede = match at_keycloak {
        _ if signed_in => "To sign out, press Sign out in the menu with your name.".to_owned(),
        Some(AtKeycloak::Ended) => format!("Your session here and at Keycloak has ended. {LATER}"),
        Some(AtKeycloak::Away) => format!(
            "Your session here has ended. Keycloak could not be reached, so its session may still be open: close the browser to be sure. {LATER}"
        ),
        None => format!("There is no session of yours here. {LATER}"),
    };
    bare_page(frame, &About::page(title, Place::Elsewhere), move || {
        let mark = (!signed_in).then(|| view! { <p class="code ok">{icon(Icon::Dot)}"Session ended"</p> });
        let (href, word) = if signed_in { ("/tenants", "Go to tenants") } else { ("/auth/sign-in", "Sign in") };
        view! {
            {mark}
            <h1>{title}</h1>
            <p class="lede">{lede}</p>
            <p class="acts"><a class="btn primary" href=href>{word}</a></p>
        }
    })
}
