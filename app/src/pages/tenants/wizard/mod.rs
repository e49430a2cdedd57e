//! The wizard: three ordinary forms over one draft. Each works without a script, keeps what was typed, and can be taken up
//! again later from the list.

pub mod discard;
pub mod organisation;
pub mod review;
pub mod settings;

use crate::api::error::ApiError;
use crate::api::tenants::Save;
use crate::components::icon::Icon;
use crate::components::notice::note;
use crate::components::status::{Tone, status};
use crate::frame::{About, Frame, bare_page, page};
use crate::islands::Pairs;
use crate::pages::error::title_of;
use crate::query::value_of;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_domain::field::FieldError;
use steward_domain::moment;

/// Why a page of the wizard was not saved although nothing typed may be at fault. The page comes back with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSaved {
    /// 401 or 5xx.
    pub status: u16,
    /// AREA-number.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What to do.
    pub message: String,
    /// Whether signing in helps.
    pub sign_in: bool,
}

impl NotSaved {
    /// What a server function answered, if that is a failure on our side; else the answer again.
    pub(crate) fn of(error: ApiError) -> Result<Self, ApiError> {
        match error {
            ApiError::Failed { status: status @ 500.., code, message } => {
                Ok(Self { status, code, title: title_of(status).to_owned(), message, sign_in: false })
            }
            other => Err(other),
        }
    }

    /// The notice above the form.
    pub(crate) fn draw(self, request_id: &str) -> AnyView {
        let sign_in = self.sign_in.then(|| {
            // In another tab: this one holds what was typed.
            view! { <p class="acts"><a class="btn small" href="/auth/sign-in?return_to=/account" target="_blank" rel="noopener">"Sign in in another tab"</a></p> }
        });
        let body = view! {
            <p>{self.message}</p>
            <p>"Nothing of this page was saved, and nothing you typed is lost: it is still below."</p>
            {sign_in}
            <p class="s faint">"Code "<code>{self.code}</code>", request "<code>{request_id.to_owned()}</code></p>
        };
        view! { <div class="sec" role="alert">{note(Tone::Warn, Icon::Warn, self.title, body)}</div> }.into_any()
    }
}

/// A page with a form: in the shell; alone for somebody whose session ended while they typed.
pub(crate) fn wizard_page<V: IntoView + 'static>(frame: &Frame, about: &About, main: impl FnOnce() -> V) -> String {
    if frame.session.is_some() { page(frame, about, main) } else { bare_page(frame, about, main) }
}

/// Which of a page's two buttons was pressed.
fn pressed(body: &[(String, String)]) -> Save {
    if value_of(body, "later").is_empty() { Save::AndContinue } else { Save::ForLater }
}

/// The flash of a draft that was kept for later.
const KEPT: &str = "Draft saved. Open it here to go on.";

/// "Draft, saved 14:32:01 UTC"
fn draft_status(saved_at: Option<DateTime<Utc>>) -> AnyView {
    let words = match saved_at {
        Some(at) => format!("Draft, saved {}", moment::clock(at)),
        None => "Draft, not saved yet".to_owned(),
    };
    status(Tone::Idle, Icon::Ring, &words).into_any()
}

/// The breadcrumb of every page of the wizard.
fn crumbs() -> Vec<(String, Option<String>)> {
    vec![("Tenants".to_owned(), Some("/tenants".to_owned())), ("Onboard a tenant".to_owned(), None)]
}

/// What is wrong, as islands take it.
fn error_pairs(errors: &[FieldError]) -> Pairs {
    errors.iter().map(|error| (error.field.clone(), error.message.clone())).collect()
}

/// What was typed, as islands take it.
fn value_pairs<const N: usize>(values: [(&str, String); N]) -> Pairs {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
