//! What tables share: the box that scrolls sideways, the head that sorts, the dash for nothing.

use super::icon::{Icon, icon};
use super::markup::Markup;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// The box of a table: it scrolls inside itself and can be reached by keyboard.
pub(crate) fn scroll(label: &'static str, table: impl IntoView + 'static) -> impl IntoView {
    view! { <div class="scroll" role="region" aria-label=format!("{label}, table") tabindex="0">{table}</div> }
}

/// How a column is sorted now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// Not by this column.
    No,
    /// a to z.
    Up,
    /// Newest first.
    Down,
}

/// The head of a column that sorts.
pub(crate) fn sort_head(word: &'static str, class: &'static str, sorted: Sorted, link: String) -> impl IntoView {
    let (aria, glyph) = match sorted {
        Sorted::No => (None, None),
        Sorted::Up => (Some("ascending"), Some(Icon::Up)),
        Sorted::Down => (Some("descending"), Some(Icon::Down)),
    };
    view! { <th scope="col" class=class aria-sort=aria><a href=link>{word}{glyph.map(icon)}</a></th> }
}

/// A dash for the eye, a word for a reader.
pub(crate) fn nothing(word: &'static str) -> InertElement {
    Markup::new("<span class=\"faint\"><span aria-hidden=\"true\">–</span><span class=\"vh\">").raw(word).raw("</span></span>").draw()
}
