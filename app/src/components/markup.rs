//! HTML written piece by piece, for parts that hold nothing interactive: a status, a cell, a cause.
//!
//! Only text of ours (`&'static str`) goes in as it is; everything else is escaped. Written parts are rendered faster than
//! elements, and they keep the WebAssembly small: each kind of element would add its own code.

use super::escape;
use super::icon::Icon;
use leptos::tachys::html::InertElement;

/// HTML that is being written. It must end as exactly one element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// Begins with a tag of ours.
    #[must_use]
    pub fn new(html: &'static str) -> Self {
        Self(html.to_owned())
    }

    /// Adds HTML of ours as it is.
    #[must_use]
    pub fn raw(mut self, html: &'static str) -> Self {
        self.0.push_str(html);
        self
    }

    /// Adds text, escaped: fit for content and for quoted attributes.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.push_str(&escape(text));
        self
    }

    /// Adds an icon.
    #[must_use]
    pub fn icon(self, icon: Icon) -> Self {
        self.raw(icon.markup())
    }

    /// Adds what was written elsewhere.
    #[must_use]
    pub fn then(mut self, other: &Markup) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Adds what was written elsewhere, each in turn.
    #[must_use]
    pub fn all(self, others: impl IntoIterator<Item = Markup>) -> Self {
        others.into_iter().fold(self, |markup, other| markup.then(&other))
    }

    /// Adds something if it is there.
    #[must_use]
    pub fn maybe(self, other: Option<Markup>) -> Self {
        self.all(other)
    }

    /// The element.
    #[must_use]
    pub fn draw(self) -> InertElement {
        InertElement::new(self.0)
    }
}

/// A text in which hexadecimal pairs, as of a serial number, may break after each colon.
#[must_use]
pub fn pairs(text: &str) -> Markup {
    let pairs = text.split(':').enumerate();
    pairs.fold(Markup::new(""), |begun, (place, pair)| begun.raw(if place == 0 { "" } else { ":<wbr>" }).text(pair))
}

/// `<code>…</code>`
#[must_use]
pub fn code(text: &str) -> Markup {
    Markup::new("<code>").text(text).raw("</code>")
}

/// A line of a `<dl class="facts">`.
#[must_use]
pub fn fact(term: &'static str, value: &Markup) -> Markup {
    Markup::new("<div><dt>").raw(term).raw("</dt><dd>").then(value).raw("</dd></div>")
}

/// Text alone: part of an element, never one by itself.
#[must_use]
pub fn words(text: &str) -> Markup {
    Markup::default().text(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_escaped() {
        let markup = Markup::new("<p title=\"").text("\"a\"").raw("\">").text("<b>&").then(&code("'x'")).raw("</p>");
        assert_eq!(markup.0, "<p title=\"&quot;a&quot;\">&lt;b&gt;&amp;<code>&#39;x&#39;</code></p>");
    }
}
