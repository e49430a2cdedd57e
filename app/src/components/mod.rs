//! The parts of `style/steward.css` (LOOK.md, "Parts and states") as functions and components.
//!
//! They draw what they are handed. None of them loads anything, decides anything, or reads a clock.
//! Those that an island uses compile for the browser too; the rest are the server's alone.

pub mod field;
pub mod icon;
pub mod markup;
pub mod problem;
pub mod status;
pub mod time;
pub mod timeline;
pub mod track;

#[cfg(feature = "ssr")]
pub mod cell_gauge;
#[cfg(feature = "ssr")]
pub mod diff;
#[cfg(feature = "ssr")]
pub mod facts;
#[cfg(feature = "ssr")]
pub mod filters;
#[cfg(feature = "ssr")]
pub mod head;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod pager;
#[cfg(feature = "ssr")]
pub mod path;
#[cfg(feature = "ssr")]
pub mod plan;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod stages;
#[cfg(feature = "ssr")]
pub mod table;
#[cfg(feature = "ssr")]
pub mod tenant_tabs;
#[cfg(feature = "ssr")]
pub mod usage_bar;

use std::borrow::Cow;

/// Text made safe for the content and the quoted attributes of HTML.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'')) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_typed_becomes_markup() {
        assert_eq!(escape("Borrow & Lane <script>\"'"), "Borrow &amp; Lane &lt;script&gt;&quot;&#39;");
        assert_eq!(escape("Petit Marché"), "Petit Marché");
    }
}
