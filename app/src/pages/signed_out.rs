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

/// The page after signing out; `keycloak_away` if Keycloak's own session could not be ended.
#[must_use]
pub fn signed_out(visit: &Visit, keycloak_away: bool) -> Reply {
    Reply::page(view_signed_out(&visit.frame, keycloak_away))
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

/// Draws the page after signing out.
#[must_use]
pub fn view_signed_out(frame: &Frame, keycloak_away: bool) -> String {
    let lede = if keycloak_away {
        "Your session here has ended. Keycloak could not be reached, so its session may still be open: close the browser to \
         be sure. Runs go on without you, and drafts are kept."
    } else {
        "Your session here and at Keycloak has ended. Runs go on without you, and drafts are kept."
    };
    bare_page(frame, &About::page("You are signed out", Place::Elsewhere), move || {
        view! {
            <p class="code ok">{icon(Icon::Dot)}"Session ended"</p>
            <h1>"You are signed out"</h1>
            <p class="lede">{lede}</p>
            <p class="acts"><a class="btn primary" href="/auth/sign-in">"Sign in"</a></p>
        }
    })
}
