//! What is wrong with a form, at its top: the code, then lines that each link to their field.

use super::icon::Icon;
use super::markup::Markup;
use leptos::tachys::html::InertElement;
use steward_domain::field::FieldError;

/// The summary; nothing if nothing is wrong. It takes the focus when the page comes back: by `autofocus`, and by `console.js`.
#[must_use]
pub fn problem(errors: &[FieldError]) -> Option<InertElement> {
    if errors.is_empty() {
        return None;
    }
    let lines =
        errors.iter().map(|error| Markup::new("<li><a href=\"#").text(&error.field).raw("\">").text(&error.message).raw("</a></li>"));
    Some(
        Markup::new("<div class=\"problem\" role=\"alert\" aria-labelledby=\"problem\" tabindex=\"-1\" autofocus><h2 id=\"problem\">There is a problem</h2><p class=\"code\">")
            .icon(Icon::Stop)
            .raw("<code>APP-422</code></p><ul>")
            .all(lines)
            .raw("</ul></div>")
            .draw(),
    )
}
