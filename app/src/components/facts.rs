//! Key and value.

use super::markup::Markup;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;

/// One line of a `<dl class="facts">`.
pub fn fact(term: &'static str, value: impl IntoView + 'static) -> impl IntoView {
    view! { <div><dt>{term}</dt><dd>{value}</dd></div> }
}

/// One line whose value is what a machine reads back: an id, a hash, a name in a system.
pub fn fact_code(term: &'static str, value: String) -> impl IntoView {
    view! { <div><dt>{term}</dt><dd><code>{value}</code></dd></div> }
}

/// An e-mail address: a narrow column breaks it behind the @ sign, not within a word.
#[must_use]
pub fn address(address: &str) -> InertElement {
    let (name, host) = address.split_once('@').unwrap_or((address, ""));
    Markup::new("<span>").text(name).raw("@<wbr>").text(host).raw("</span>").draw()
}
