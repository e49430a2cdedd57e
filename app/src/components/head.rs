//! The head of a page: breadcrumb, title, status, one line of facts, actions.

use leptos::prelude::*;

/// The parts of a head; whatever is empty is not drawn.
pub(crate) struct PageHead {
    /// Where the page lies: name and path of what is above it, then its own name.
    pub crumbs: Vec<(String, Option<String>)>,
    /// The one h1.
    pub title: String,
    /// Status and attention.
    pub status: Option<AnyView>,
    /// One line of facts.
    pub under: Option<AnyView>,
    /// Actions: one primary, others plain.
    pub acts: Option<AnyView>,
}

impl PageHead {
    /// A head with a title only.
    pub fn titled(title: impl Into<String>) -> Self {
        Self { crumbs: Vec::new(), title: title.into(), status: None, under: None, acts: None }
    }

    /// Draws it.
    pub fn draw(self) -> impl IntoView {
        let crumbs = (!self.crumbs.is_empty()).then(|| {
            let crumbs: Vec<_> = self
                .crumbs
                .into_iter()
                .map(|(name, path)| match path {
                    Some(path) => view! { <li><a href=path>{name}</a></li> }.into_any(),
                    None => view! { <li>{name}</li> }.into_any(),
                })
                .collect();
            view! { <nav class="crumbs" aria-label="Breadcrumb"><ol>{crumbs}</ol></nav> }
        });
        view! {
            <header class="head">
                {crumbs}
                <div class="title"><h1>{self.title}</h1>{self.status}</div>
                {self.under.map(|under| view! { <p class="under">{under}</p> })}
                {self.acts.map(|acts| view! { <div class="acts">{acts}</div> })}
            </header>
        }
    }
}
