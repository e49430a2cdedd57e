//! Where a person is in the wizard.

use super::icon::{Icon, icon};
use leptos::prelude::*;
use uuid::Uuid;

/// The pages of the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Organisation,
    Settings,
    Review,
}

impl Page {
    const ALL: [Page; 3] = [Page::Organisation, Page::Settings, Page::Review];

    const fn label(self) -> &'static str {
        match self {
            Page::Organisation => "Organisation",
            Page::Settings => "Domain and limits",
            Page::Review => "Review",
        }
    }

    /// The path of the page of a draft.
    pub fn of(self, draft: Uuid) -> String {
        let page = match self {
            Page::Organisation => "organisation",
            Page::Settings => "settings",
            Page::Review => "review",
        };
        format!("/tenants/{draft}/draft/{page}")
    }
}

/// The three pages: those before are links, the present one is marked.
pub(crate) fn path(here: Page, draft: Option<Uuid>) -> impl IntoView {
    let before = |page: Page| Page::ALL.iter().position(|p| *p == page) < Page::ALL.iter().position(|p| *p == here);
    let items: Vec<_> = Page::ALL
        .into_iter()
        .zip(1..)
        .map(|(page, number)| match draft {
            Some(draft) if before(page) => {
                view! { <li class="done"><b>{icon(Icon::Check)}<span class="vh">"Done: "</span></b><a href=page.of(draft)>{page.label()}</a></li> }.into_any()
            }
            _ => view! { <li aria-current=(page == here).then_some("step")><b>{number}</b>{page.label()}</li> }.into_any(),
        })
        .collect();
    view! { <ol class="path" aria-label="Steps">{items}</ol> }
}
