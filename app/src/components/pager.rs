//! Previous and next by keyset, never page numbers; counts only what is on the page.

use leptos::prelude::*;

/// One of the two buttons; without a link it says that there is nothing there.
fn button(word: &'static str, rel: &'static str, link: Option<String>) -> AnyView {
    match link {
        Some(link) => view! { <a class="btn small" href=link rel=rel>{word}</a> }.into_any(),
        None => view! { <a class="btn small" aria-disabled="true" role="link">{word}</a> }.into_any(),
    }
}

/// The pager below a table.
pub(crate) fn pager(shown: String, back: (&'static str, Option<String>), on: (&'static str, Option<String>)) -> impl IntoView {
    view! {
        <nav class="pager" aria-label="Pages">
            <span>{shown}</span>
            <span class="acts">{button(back.0, "prev", back.1)}{button(on.0, "next", on.1)}</span>
        </nav>
    }
}
