//! What the pages have in common whose forms propose a change.

use super::wizard::NotSaved;
use crate::api::error::ApiError;
use crate::components::tenant_tabs::Tab;
use crate::pages::error::failed;
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_domain::field::FieldError;
use uuid::Uuid;

/// A form of settings as typed.
#[derive(Clone, Debug)]
pub struct Form {
    /// Whose settings.
    pub tenant: Uuid,
    /// The version that the person had before them.
    pub version: i64,
    /// The fields as typed.
    pub values: Vec<(String, String)>,
    /// What is wrong with them.
    pub errors: Vec<FieldError>,
    /// Why it was not saved.
    pub not_saved: Option<NotSaved>,
}

impl Form {
    /// What a form sent.
    pub(super) fn of(tenant: Uuid, body: &FormBody) -> Self {
        Self { tenant, version: Self::version_of(body), values: body.clone(), errors: Vec::new(), not_saved: None }
    }

    /// The version that a form was filled in against; 0 if it does not say, which is no version of anything.
    pub(super) fn version_of(body: &FormBody) -> i64 {
        value_of(body, "version").parse().unwrap_or(0)
    }

    /// Whether it comes back because something is wrong.
    pub(super) const fn is_wrong(&self) -> bool {
        !self.errors.is_empty() || self.not_saved.is_some()
    }
}

/// The breadcrumb of a page of a tenant; without the tenant's name if it was not read.
pub(super) fn crumbs(tenant: Uuid, name: &str, page: &str) -> Vec<(String, Option<String>)> {
    let mut crumbs = vec![("Tenants".to_owned(), Some("/tenants".to_owned()))];
    if !name.is_empty() {
        crumbs.push((name.to_owned(), Some(Tab::Overview.of(tenant))));
    }
    crumbs.push((page.to_owned(), None));
    crumbs
}

/// The end of a form: on to the review, or back.
pub(super) fn end(tenant: Uuid, version: i64) -> impl IntoView {
    let words = format!("Nothing changes before you agreed to the plan. Based on version {version}; if someone saves first you see both.");
    view! {
        <div class="formend">
            <button class="btn primary" type="submit">"Review the change"</button>
            <a class="btn quiet" href=Tab::Overview.of(tenant)>"Discard"</a>
            <span class="faint">{words}</span>
        </div>
    }
}

/// The page of a proposed change.
pub(super) fn review_path(tenant: Uuid, change: Uuid) -> String {
    format!("/tenants/{tenant}/changes/{change}")
}

/// What follows from proposing: the review, the page again, or the page of what went wrong.
pub(super) fn answer(
    visit: &Visit,
    tenant: Uuid,
    from: Tab,
    outcome: Result<Uuid, ApiError>,
    not_saved: impl FnOnce(NotSaved) -> Reply,
) -> Reply {
    match outcome {
        Ok(change) => Reply::see_other(review_path(tenant, change)),
        Err(ApiError::Failed { code, message, .. }) if code == "TEN-414" => Reply::done(from.of(tenant), message),
        Err(error) => match NotSaved::of(error) {
            Ok(why) => not_saved(why),
            Err(error) => failed(visit, error),
        },
    }
}
