//! A field of a form: label, hint, error, input, in this order. The error repeats the summary's words.

use super::icon::Icon;
use super::markup::Markup;
use leptos::prelude::*;

/// The ids that describe a field's input: hint, and error if there is one.
#[must_use]
pub fn described_by(id: &'static str, has_error: bool) -> String {
    if has_error { [id, "-hint ", id, "-error"].concat() } else { [id, "-hint"].concat() }
}

/// The error of a field.
#[must_use]
pub fn error_line(id: &'static str, message: &str) -> Markup {
    Markup::new("<p class=\"err\" id=\"")
        .raw(id)
        .raw("-error\">")
        .icon(Icon::Stop)
        .raw("<span><span class=\"vh\">Error: </span>")
        .text(message)
        .raw("</span></p>")
}

/// Label and hint.
fn introduction(id: &'static str, label: &'static str, optional: bool, hint: &'static str) -> [Markup; 2] {
    [
        Markup::new("<label for=\"").raw(id).raw("\">").raw(label).raw(if optional {
            " <span class=\"faint\">(optional)</span></label>"
        } else {
            "</label>"
        }),
        Markup::new("<p class=\"hint\" id=\"").raw(id).raw("-hint\">").raw(hint).raw("</p>"),
    ]
}

/// The frame of a field around its input. `error` may change while a person types.
pub fn field(id: &'static str, label: &'static str, hint: &'static str, error: Signal<Option<String>>, input: AnyView) -> AnyView {
    let introduction: Vec<_> = introduction(id, label, false, hint).into_iter().map(Markup::draw).collect();
    view! {
        <div class=move || if error.with(Option::is_some) { "field wrong" } else { "field" }>
            {introduction}
            {move || error.with(|error| error.as_deref().map(|message| error_line(id, message).draw()))}
            {input}
        </div>
    }
    .into_any()
}

/// A choice among a few, which needs no watching: its options are pairs of value and words.
pub fn choice(
    id: &'static str,
    label: &'static str,
    optional: bool,
    hint: &'static str,
    error: Option<&str>,
    chosen: &str,
    options: &[(&str, &str)],
) -> Markup {
    let options = options.iter().map(|(value, text)| {
        let begun = Markup::new("<option value=\"").text(value);
        begun.raw(if *value == chosen { "\" selected>" } else { "\">" }).text(text).raw("</option>")
    });
    Markup::new(if error.is_some() { "<div class=\"field wrong\">" } else { "<div class=\"field\">" })
        .all(introduction(id, label, optional, hint))
        .maybe(error.map(|message| error_line(id, message)))
        .raw("<select class=\"w-m\" id=\"")
        .raw(id)
        .raw("\" name=\"")
        .raw(id)
        .raw(if error.is_some() { "\" aria-invalid=\"true\" aria-describedby=\"" } else { "\" aria-describedby=\"" })
        .text(&described_by(id, error.is_some()))
        .raw("\">")
        .all(options)
        .raw("</select></div>")
}
