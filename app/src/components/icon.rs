//! The icons: an inline sprite that holds only what a page uses (no image is fetched, no `data:` is needed).

use leptos::tachys::html::InertElement;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $shape:literal;)*) => {
        /// A glyph of 16 × 16.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon {
            $($(#[$doc])* $name,)*
        }

        impl Icon {
            /// The reference into the sprite, as markup. Words beside it say the same: it is hidden from readers.
            #[must_use]
            pub const fn markup(self) -> &'static str {
                match self { $(Icon::$name => concat!(r##"<svg class="i" aria-hidden="true"><use href="#i-"##, $id, r#""/></svg>"#),)* }
            }
        }

        /// Every symbol of the sprite: its id and its markup.
        #[cfg(feature = "ssr")]
        const SYMBOLS: &[(&str, &str)] = &[
            $(($id, concat!(r#"<symbol id="i-"#, $id, r#"" viewBox="0 0 16 16">"#, $shape, "</symbol>")),)*
        ];
    };
}

icons! {
    /// The audit log.
    Audit = "audit", r#"<path d="M4 2.5h8.500v11H4a1.5 1.5 0 0 1 0-3h8.500M6.5 5.500h3.5"/><path d="M2.5 12V4A1.5 1.5 0 0 1 4 2.5"/>"#;
    /// Refused, foreign.
    Ban = "ban", r#"<circle cx="8" cy="8" r="5.8"/><path d="m4 4 8 8"/>"#;
    /// Checked, present, a finished stage.
    Check = "check", r#"<path d="m3 8.5 3.2 3.200L13 4.8"/>"#;
    /// A time that counts.
    Clock = "clock", r#"<circle cx="8" cy="8" r="5.8"/><path d="M8 4.800V8l2.2 1.5"/>"#;
    /// Copy.
    Copy = "copy", r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.500V4A1.5 1.5 0 0 0 9 2.500H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.500h1.5"/>"#;
    /// Done, active.
    Dot = "dot", r#"<circle cx="8" cy="8" r="5.8" /><path d="m5.5 8.2 1.8 1.8 3.3-3.7"/>"#;
    /// Open a menu; sorted downwards.
    Down = "down", r#"<path d="m4 6 4 4 4-4"/>"#;
    /// Drift.
    Drift = "drift", r#"<path d="M2.5 6h11m-11 4h11M10 2.5l-4 11"/>"#;
    /// Keep.
    Equal = "equal", r#"<path d="M3 6h10M3 10h10"/>"#;
    /// Purged.
    Gone = "gone", r#"<circle cx="8" cy="8" r="5.8"/><path d="m5.8 5.8 4.4 4.400m0-4.4-4.4 4.4"/>"#;
    /// Under way.
    Half = "half", r#"<circle cx="8" cy="8" r="5.8"/><path d="M8 2.200a5.8 5.8 0 0 1 0 11.600z" fill="currentColor"/>"#;
    /// To know.
    Info = "info", r#"<circle cx="8" cy="8" r="5.8"/><path d="M8 7.500v3.500m0-6v.01"/>"#;
    /// Sign-in.
    Key = "key", r#"<circle cx="5" cy="11" r="2.7"/><path d="m7 9 6-6m-2 2 1.8 1.800M9 7l1.5 1.5"/>"#;
    /// Leaving; sign out.
    Leave = "leave", r#"<path d="M6.5 2.500h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M6.5 8h7M10.5 5l3 3-3 3"/>"#;
    /// The burger.
    Menu = "menu", r#"<path d="M2.5 4.500h11m-11 3.500h11m-11 3.500h11"/>"#;
    /// Remove.
    Minus = "minus", r#"<path d="M3 8h10"/>"#;
    /// Deactivated.
    Off = "off", r#"<circle cx="8" cy="8" r="5.8"/><path d="M5 8h6"/>"#;
    /// Suspended.
    Pause = "pause", r#"<circle cx="8" cy="8" r="5.8"/><path d="M6.5 6v4m3-4v4"/>"#;
    /// The platform.
    Platform = "platform", r#"<path d="M2.5 3h11v4h-11zm0 6h11v4h-11z"/><path d="M5 5v.01M5 11v.01M8 5h3M8 11h3"/>"#;
    /// Create.
    Plus = "plus", r#"<path d="M8 3v10M3 8h10"/>"#;
    /// Retrying; try again.
    Retry = "retry", r#"<path d="M13 5.500A5.5 5.5 0 1 0 13.5 8"/><path d="M13.5 2.500v3.200h-3.2"/>"#;
    /// Not started, draft.
    Ring = "ring", r#"<circle cx="8" cy="8" r="5.8" stroke-dasharray="2.5 2.3"/>"#;
    /// Runs.
    Runs = "runs", r#"<path d="M3 4h3m-3 4h6m-6 4h9"/><circle cx="8.5" cy="4" r="1.5"/><circle cx="11.5" cy="8" r="1.5"/>"#;
    /// Search.
    Search = "search", r#"<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>"#;
    /// Written down, not yet proved.
    Shield = "shield", r#"<path d="M8 1.8 13 3.500v4.200c0 3-2 5.3-5 6.5-3-1.2-5-3.5-5-6.500V3.500z"/>"#;
    /// Stopped; an error.
    Stop = "stop", r#"<path d="M5.3 1.800h5.400l3.5 3.500v5.400l-3.5 3.500H5.300l-3.5-3.500V5.300z"/><path d="M8 5v3.500m0 2v.01"/>"#;
    /// Light or dark.
    Sun = "sun", r#"<circle cx="8" cy="8" r="2.8"/><path d="M8 1.500v1.500m0 10v1.500M1.5 8H3m10 0h1.500M3.4 3.400l1 1m7.2 7.2 1 1m0-9.2-1 1m-7.2 7.2-1 1"/>"#;
    /// Tenants.
    Tenants = "tenants", r#"<path d="M2.5 13.5v-9l5-2v11m0-7.5 6 2v5.5m-12 0h13M5 6.5v.01M5 9.5v.01m5.5.5v.01"/>"#;
    /// Change.
    Tilde = "tilde", r#"<path d="M2.5 9c1-3 3.5-3 5.5-1s4.5 2 5.5-1"/>"#;
    /// Sorted upwards.
    Up = "up", r#"<path d="m4 10 4-4 4 4"/>"#;
    /// The account.
    User = "user", r#"<circle cx="8" cy="5.5" r="2.8"/><path d="M3 13.500c.4-2.8 2.4-4 5-4s4.6 1.2 5 4"/>"#;
    /// Waiting.
    Wait = "wait", r#"<path d="M4 2h8M4 14h8M5 2v2.500L8 8l3-3.500V2M5 14v-2.500L8 8l3 3.500V14"/>"#;
    /// To look at.
    Warn = "warn", r#"<path d="M8 2.5 14.5 13.500h-13z"/><path d="M8 6.800v3m0 1.700v.01"/>"#;
    /// Remove a filter.
    Cross = "x", r#"<path d="m4 4 8 8m0-8-8 8"/>"#;
}

/// An icon.
#[must_use]
pub fn icon(icon: Icon) -> InertElement {
    InertElement::new(icon.markup())
}

/// The icons that the timeline may come to show after its page was rendered.
#[cfg(feature = "ssr")]
pub const OF_A_LIVE_TIMELINE: &[&str] = &["half", "check", "dot", "retry", "wait", "stop", "ring", "info", "pause"];

/// The sprite of a page: every symbol that `body` refers to, and those of `extra`.
#[cfg(feature = "ssr")]
#[must_use]
pub fn sprite(body: &str, extra: &[&str]) -> String {
    const REFERENCE: &str = "href=\"#i-";
    let mut used = vec![false; SYMBOLS.len()];
    let mut mark = |id: &str| {
        if let Some(slot) = SYMBOLS.iter().position(|(known, _)| *known == id).and_then(|place| used.get_mut(place)) {
            *slot = true;
        }
    };
    let mut rest = body;
    while let Some((_, behind)) = rest.split_once(REFERENCE) {
        let (id, behind) = behind.split_once('"').unwrap_or((behind, ""));
        mark(id);
        rest = behind;
    }
    extra.iter().for_each(|id| mark(id));
    let mut sprite = String::with_capacity(4096);
    sprite.push_str(r#"<svg hidden aria-hidden="true">"#);
    for ((_, symbol), used) in SYMBOLS.iter().zip(used) {
        if used {
            sprite.push_str(symbol);
        }
    }
    sprite.push_str("</svg>");
    sprite
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_sprite_holds_what_is_used_and_nothing_else() {
        let body = [Icon::Plus.markup(), Icon::Half.markup(), Icon::Plus.markup()].concat();
        let sprite = sprite(&body, &["x"]);
        assert_eq!(sprite.matches("<symbol").count(), 3);
        assert!(sprite.contains(r#"id="i-plus""#) && sprite.contains(r#"id="i-half""#) && sprite.contains(r#"id="i-x""#));
    }
}
