//! Notices: what is so, then what to do.

use super::icon::{Icon, icon};
use super::status::Tone;
use leptos::prelude::*;

/// One line about what was just done, at the top of the next page.
pub(crate) fn flash(words: &str) -> impl IntoView + use<> {
    view! { <div class="flash ok" role="status">{icon(Icon::Dot)}<span>{words.to_owned()}</span></div> }
}

/// A tinted box with a title and what to do.
pub(crate) fn note(tone: Tone, glyph: Icon, title: impl Into<String>, body: impl IntoView + 'static) -> impl IntoView {
    view! { <section class=format!("note {}", tone.class())>{icon(glyph)}<h2>{title.into()}</h2>{body}</section> }
}

/// Nothing to show: why, and the next act.
pub(crate) fn empty(title: impl Into<String>, body: &'static str, acts: impl IntoView + 'static) -> impl IntoView {
    view! { <div class="empty"><h2>{title.into()}</h2><p>{body}</p><p class="acts">{acts}</p></div> }
}
