//! Filters: a plain GET form whose URL is the state, and a chip for each filter that is on.

use super::icon::Icon;
use super::markup::Markup;
use crate::query::Query;
use leptos::tachys::html::InertElement;

/// A choice among a few.
pub(crate) fn choose(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    any: &'static str,
    chosen: Option<&str>,
    options: &[(&str, &str)],
) -> InertElement {
    let options = options.iter().map(|(value, word)| {
        let begun = Markup::new("<option value=\"").text(value);
        begun.raw(if chosen == Some(*value) { "\" selected>" } else { "\">" }).text(word).raw("</option>")
    });
    Markup::new("<div class=\"field\"><label for=\"")
        .raw(id)
        .raw("\">")
        .raw(label)
        .raw("</label><select id=\"")
        .raw(id)
        .raw("\" name=\"")
        .raw(name)
        .raw("\"><option value=\"\">")
        .raw(any)
        .raw("</option>")
        .all(options)
        .raw("</select></div>")
        .draw()
}

/// A text to look for; `wide` takes the room that is left.
pub(crate) fn text(id: &'static str, name: &'static str, label: &'static str, wide: bool, value: Option<&str>) -> InertElement {
    Markup::new(if wide { "<div class=\"field grow\"><label for=\"" } else { "<div class=\"field\"><label for=\"" })
        .raw(id)
        .raw("\">")
        .raw(label)
        .raw(if wide { "</label><input class=\"w-full\" id=\"" } else { "</label><input class=\"w-s\" id=\"" })
        .raw(id)
        .raw("\" name=\"")
        .raw(name)
        .raw("\" type=\"text\" autocomplete=\"off\" value=\"")
        .text(value.unwrap_or_default())
        .raw("\"></div>")
        .draw()
}

/// A filter that is on: its name in the URL, and its words.
pub(crate) struct Active {
    /// The names that its removal takes out of the URL.
    pub names: &'static [&'static str],
    /// "Status active"
    pub words: String,
}

/// The chips: each is a link to the list without its filter.
pub(crate) fn chips(path: &'static str, query: &Query, active: Vec<Active>) -> Option<InertElement> {
    if active.is_empty() {
        return None;
    }
    let query = query.without(&["after", "before"]);
    let chips = active.iter().map(|Active { names, words }| {
        Markup::new("<a class=\"chip idle\" href=\"")
            .text(&query.without(names).link(path))
            .raw("\">")
            .icon(Icon::Cross)
            .raw("<span class=\"vh\">Remove filter: </span>")
            .text(words)
            .raw("</a>")
    });
    let clear = (active.len() > 1).then(|| Markup::new("<a href=\"").raw(path).raw("\">Clear all</a>"));
    Some(
        Markup::new("<div class=\"chips s\" role=\"group\" aria-label=\"Filters that are on\">")
            .all(chips)
            .maybe(clear)
            .raw("</div>")
            .draw(),
    )
}
