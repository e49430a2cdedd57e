//! The wizard: three ordinary forms over one draft. Each works without a script, keeps what was typed, and can be taken up
//! again later from the list.

pub mod discard;
pub mod organisation;
pub mod review;
pub mod settings;

use crate::api::tenants::Save;
use crate::components::icon::Icon;
use crate::components::status::{Tone, status};
use crate::islands::Pairs;
use crate::query::value_of;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use steward_domain::field::FieldError;
use steward_domain::moment;

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
