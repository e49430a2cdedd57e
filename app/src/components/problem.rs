//! What is wrong with a form, at its top: each line links to its field.

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
        Markup::new("<div class=\"problem\" role=\"alert\" aria-labelledby=\"problem\" tabindex=\"-1\" autofocus><h2 id=\"problem\">There is a problem</h2><ul>")
            .all(lines)
            .raw("</ul></div>")
            .draw(),
    )
}
