//! Two versions of a tenant's theme beside each other, field by field.

use super::versions::bring_back;
use crate::components::diff::{Change, diff};
use crate::components::facts::fact;
use crate::components::filters::choose;
use crate::components::head::PageHead;
use crate::components::notice::empty;
use crate::components::table::scroll;
use crate::components::tenant_tabs::Tab;
use crate::components::time::date_time;
use crate::frame::{About, Frame, Place, page};
use crate::query::value_of;
use crate::visit::{FormBody, Reply, Visit};
use leptos::prelude::*;
use steward_core::access::{Authority, ConfigureTenants, demand};
use steward_core::error::Error;
use steward_core::tenants::theme::{ThemeVersion, Themes, themes, version};
use steward_domain::theme::Theme;
use uuid::Uuid;

/// One side.
#[derive(Clone, Debug)]
pub enum Side {
    /// What a tenant looks like that chose nothing; number 0.
    Defaults,
    /// A version.
    Version(ThemeVersion),
}

impl Side {
    fn number(&self) -> i32 {
        match self {
            Side::Defaults => 0,
            Side::Version(version) => version.version,
        }
    }

    fn theme(&self) -> Theme {
        match self {
            Side::Defaults => Theme::default(),
            Side::Version(version) => version.theme.clone(),
        }
    }

    fn name(&self) -> String {
        match self {
            Side::Defaults => "the defaults".to_owned(),
            Side::Version(version) => format!("version {}", version.version),
        }
    }

    fn fact(&self, term: &'static str) -> AnyView {
        let (name, saved) = (
            self.name(),
            match self {
                Side::Defaults => None,
                Side::Version(version) => Some((version.saved_at, version.saved_by.clone())),
            },
        );
        let saved = saved.map(|(at, by)| view! { <small>"saved "{date_time(at)}{format!(" by {by}")}</small> });
        fact(term, view! { {name}{saved} }).into_any()
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The tenant.
    pub id: Uuid,
    /// Its name and its versions.
    pub themes: Themes,
    /// What was before.
    pub from: Side,
    /// What came after.
    pub to: Side,
}

/// The page: `?from=6&to=7`.
///
/// # Errors
/// When the person may not, or there is no such tenant or version.
pub async fn get(visit: &Visit, id: Uuid, query: &FormBody) -> Result<Reply, Error> {
    let authority = demand::<ConfigureTenants>(&visit.services.database, &visit.frame.actor).await?;
    let themes = themes(&visit.services.database, &authority, id).await?;
    let latest = themes.versions.first().map(|version| version.version).unwrap_or_default();
    let number = |name: &str, otherwise: i32| match value_of(query, name).as_str() {
        "" => Ok(otherwise),
        typed => typed.parse::<i32>().map_err(|_| Error::NotFound("version")),
    };
    let to = number("to", latest)?;
    let from = number("from", (to - 1).max(0))?;
    let (from, to) = (side(visit, &authority, id, from).await?, side(visit, &authority, id, to).await?);
    Ok(Reply::page(view(&visit.frame, Model { id, themes, from, to })))
}

async fn side(visit: &Visit, authority: &Authority<ConfigureTenants>, id: Uuid, number: i32) -> Result<Side, Error> {
    match number {
        0 => Ok(Side::Defaults),
        number => version(&visit.services.database, authority, id, number).await.map(Side::Version),
    }
}

/// Draws the page.
#[must_use]
pub fn view(frame: &Frame, model: Model) -> String {
    let title = format!("Branding compared, {}", model.themes.tenant_name);
    page(frame, &About::page(title, Place::Tenants).of_tenant(&model.themes.tenant_name), move || main(model))
}

fn main(model: Model) -> impl IntoView {
    let Model { id, themes, from, to } = model;
    let head = PageHead {
        crumbs: vec![
            ("Tenants".to_owned(), Some("/tenants".to_owned())),
            (themes.tenant_name.clone(), Some(format!("/tenants/{id}"))),
            ("Branding".to_owned(), Some(Tab::Branding.of(id))),
            ("Compare".to_owned(), None),
        ],
        ..PageHead::titled("Branding compared")
    };
    let changes: Vec<Change> = from
        .theme()
        .difference(&to.theme())
        .into_iter()
        .map(|(field, before, after)| Change { field: field.to_owned(), before, after })
        .collect();
    let body = if changes.is_empty() {
        empty("No difference", "Both look the same.", ()).into_any()
    } else {
        scroll("Differences", diff(changes)).into_any()
    };
    let mut numbers: Vec<i32> = themes.versions.iter().map(|version| version.version).chain([0, from.number(), to.number()]).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.dedup();
    let options: Vec<(String, String)> =
        numbers.into_iter().map(|n| (n.to_string(), if n == 0 { "The defaults".to_owned() } else { format!("Version {n}") })).collect();
    let options: Vec<(&str, &str)> = options.iter().map(|(value, words)| (value.as_str(), words.as_str())).collect();
    let (chosen_from, chosen_to) = (from.number().to_string(), to.number().to_string());
    let latest = themes.versions.first().map(|version| version.version);
    let back: Vec<_> = [&from, &to]
        .into_iter()
        .map(Side::number)
        .filter(|number| *number > 0 && Some(*number) != latest)
        .map(|number| view! { <div>{bring_back(id, number, themes.tenant_version, "btn")}</div> })
        .collect();
    view! {
        {head.draw()}
        <div class="stack">
        <form class="filters" method="get" action=format!("{}/compare", Tab::Branding.of(id)) role="search" aria-label="Versions to compare">
            {choose("from", "from", "Before", "The one before", Some(&chosen_from), &options)}
            {choose("to", "to", "After", "The one in use", Some(&chosen_to), &options)}
            <button class="btn" type="submit">"Compare"</button>
        </form>
        <section class="sec">
            <header><h2>"What differs"</h2></header>
            {body}
        </section>
        <section class="sec">
            <header><h2>"Versions"</h2></header>
            <dl class="facts">{from.fact("Before")}{to.fact("After")}</dl>
        </section>
        <div class="acts">{back}<a class="btn quiet" href=Tab::Branding.of(id)>"Back to branding"</a></div>
        </div>
    }
}
