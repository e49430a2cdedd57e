//! What a tenant's pages and mails look like: two colours, a font, a layout, dark mode, a logo.
//!
//! A theme that exists can be read: its colours passed when it was checked, and on dark pages they are lightened until they pass there.

mod form;

pub use form::{ThemeError, ThemeForm};

use crate::contrast::Colour;
use crate::field::FieldError;
use serde::{Deserialize, Serialize};

/// A choice among a few, with its name in forms, database and API, and its name for people.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$line:meta])* $choice:ident = $text:literal, $label:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$line])* #[serde(rename = $text)] $choice,)*
        }

        impl $name {
            /// Every choice, in the order of the form.
            pub const ALL: &[$name] = &[$($name::$choice),*];

            /// The name in forms, database and API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$choice => $text,)* }
            }

            /// The name for people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $($name::$choice => $label,)* }
            }

            /// The choice of that name, if there is one.
            #[must_use]
            pub fn parse(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|choice| choice.as_str() == name)
            }
        }
    )*};
}

choices! {
    /// The face of a tenant's texts. Every one is on people's devices already: no font is fetched from anywhere.
    Font {
        /// Inter where it is installed.
        #[default]
        Inter = "inter", "Inter, else the device's own";
        /// What the device uses for its own interface.
        System = "system", "The device's own";
        /// A sans with the shapes of handwriting.
        Humanist = "humanist", "Humanist";
        /// A serif for reading.
        Serif = "serif", "Serif";
    }

    /// Where the name and the navigation of a tenant's pages stand.
    Layout {
        /// In a bar at the top.
        #[default]
        Horizontal = "horizontal", "Horizontal: in a bar at the top";
        /// In a column at the side.
        Vertical = "vertical", "Vertical: in a column at the side";
    }

    /// Whether a tenant's pages get dark.
    DarkMode {
        /// As each person's device says.
        #[default]
        FollowDevice = "follow-device", "Follow each person’s device";
        /// Never.
        AlwaysLight = "always-light", "Always light";
    }

    /// What sort of image a logo is.
    LogoKind {
        /// PNG.
        #[default]
        Png = "png", "PNG";
        /// SVG, made safe.
        Svg = "svg", "SVG";
        /// WebP.
        Webp = "webp", "WebP";
        /// AVIF.
        Avif = "avif", "AVIF";
    }
}

impl Font {
    /// The value of `font-family`: names of ours only.
    #[must_use]
    pub const fn family(self) -> &'static str {
        match self {
            Font::Inter => {
                "Inter,ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Liberation Sans',Arial,sans-serif"
            }
            Font::System => "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Liberation Sans',Arial,sans-serif",
            Font::Humanist => "Seravek,'Gill Sans Nova',Ubuntu,Calibri,'DejaVu Sans',sans-serif",
            Font::Serif => "Charter,'Bitstream Charter','Sitka Text',Cambria,Georgia,'Liberation Serif',serif",
        }
    }
}

impl LogoKind {
    /// The media type that it is served with.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            LogoKind::Png => "image/png",
            LogoKind::Svg => "image/svg+xml",
            LogoKind::Webp => "image/webp",
            LogoKind::Avif => "image/avif",
        }
    }

    /// The kind of that media type, if it is one.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<LogoKind> {
        LogoKind::ALL.iter().copied().find(|kind| kind.media_type() == media_type)
    }
}

/// A logo that was stored, by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoRef {
    /// SHA-256 of the bytes that are served, 64 small hexadecimal digits.
    pub hash: String,
    /// What it is.
    pub kind: LogoKind,
    /// The name of the file that was uploaded, for people.
    pub name: String,
    /// How many bytes are served.
    pub bytes: u32,
}

impl LogoRef {
    /// The path that it is served at. It is the same for everybody and never changes its content.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/logos/{}", self.hash)
    }

    /// "acme-mark.svg, 3 KB, 1f0c9a2e"
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{}, {} KB, {}", self.name, self.bytes.div_ceil(1000), self.hash.get(..8).unwrap_or_default())
    }
}

/// The ground of light pages, their text and their fainter text.
pub const LIGHT_GROUND: Colour = Colour::WHITE;
const LIGHT_INK: Colour = Colour::of(0x15, 0x1F, 0x27);
const LIGHT_INK_2: Colour = Colour::of(0x43, 0x4F, 0x57);
/// The ground of dark pages, and the lightest of their surfaces: what passes there passes on the others too.
pub const DARK_GROUND: Colour = Colour::of(0x12, 0x18, 0x1C);
const DARK_RAISED: Colour = Colour::of(0x1A, 0x21, 0x25);
const DARK_INK: Colour = Colour::of(0xE7, 0xEC, 0xEE);
const DARK_INK_2: Colour = Colour::of(0xB3, 0xBC, 0xC0);

/// The primary colour of a tenant without a theme of its own. LINKED.md names #0072FF; white text on it reaches 4.3 to 1, and a default
/// that nobody could save again would be none: it is the nearest that passes.
const PRIMARY: Colour = Colour::of(0x00, 0x6F, 0xF9);
/// The secondary colour of such a tenant. LINKED.md names #E5E5E5, a ground and no text: as a link it reaches 1.2 to 1, and the nearest
/// grey that passes would look like something switched off. Links have the primary colour instead.
const SECONDARY: Colour = PRIMARY;

/// Light or dark pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Light pages.
    Light,
    /// Dark pages.
    Dark,
}

impl Scheme {
    /// Both.
    pub const ALL: [Scheme; 2] = [Scheme::Light, Scheme::Dark];

    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Scheme::Light => "Light",
            Scheme::Dark => "Dark",
        }
    }
}

/// The colours that a theme comes to on light or on dark pages. Every pair of text and ground in it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The ground of pages.
    pub ground: Colour,
    /// Text.
    pub ink: Colour,
    /// Fainter text.
    pub ink_2: Colour,
    /// The head, buttons.
    pub accent: Colour,
    /// A button that is pointed at.
    pub accent_hi: Colour,
    /// Text on both.
    pub on_accent: Colour,
    /// A tint behind something marked.
    pub accent_wash: Colour,
    /// Links.
    pub link: Colour,
}

/// How a tenant's pages and mails look. The defaults are those of a tenant that chose nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Theme {
    /// Head and buttons; white text on it can be read.
    pub primary: Colour,
    /// Links and marks; it can be read on white.
    pub secondary: Colour,
    /// The face of texts.
    pub font: Font,
    /// Where name and navigation stand.
    pub layout: Layout,
    /// Whether pages get dark.
    pub dark_mode: DarkMode,
    /// The logo; without one the name stands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<LogoRef>,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            primary: PRIMARY,
            secondary: SECONDARY,
            font: Font::default(),
            layout: Layout::default(),
            dark_mode: DarkMode::default(),
            logo: None,
        }
    }
}

impl Theme {
    /// The colours on light or on dark pages.
    #[must_use]
    pub fn palette(&self, scheme: Scheme) -> Palette {
        match scheme {
            Scheme::Light => {
                let accent = self.primary.nearest_readable_on(Colour::WHITE);
                Palette {
                    ground: LIGHT_GROUND,
                    ink: LIGHT_INK,
                    ink_2: LIGHT_INK_2,
                    accent,
                    accent_hi: accent.darker(),
                    on_accent: Colour::WHITE,
                    accent_wash: accent.wash_on(LIGHT_GROUND, 8),
                    link: self.secondary.nearest_readable_on(LIGHT_GROUND),
                }
            }
            Scheme::Dark => {
                let accent = self.primary.nearest_readable_on(DARK_RAISED);
                Palette {
                    ground: DARK_GROUND,
                    ink: DARK_INK,
                    ink_2: DARK_INK_2,
                    accent,
                    accent_hi: accent.lighter(),
                    // As dark as the page: what reaches the mark as a button on the page reaches it as the ground of this text too.
                    on_accent: DARK_GROUND,
                    accent_wash: accent.wash_on(DARK_GROUND, 16),
                    link: self.secondary.nearest_readable_on(DARK_RAISED),
                }
            }
        }
    }

    /// Whether pages may come in dark.
    #[must_use]
    pub const fn has_dark(&self) -> bool {
        matches!(self.dark_mode, DarkMode::FollowDevice)
    }

    /// Whether it can be read. A theme that came from elsewhere than the form may not.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let form = ThemeForm::from(self.clone());
        form.check(self.logo.as_ref()).map(|_| ()).map_err(|errors| errors.into_iter().map(|error| error.error).collect())
    }

    /// Every field with its name and value for people, in the order of the form.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, Option<String>); 6] {
        [
            ("Primary colour", Some(self.primary.to_string())),
            ("Secondary colour", Some(self.secondary.to_string())),
            ("Logo", self.logo.as_ref().map(LogoRef::sentence)),
            ("Font", Some(self.font.label().to_owned())),
            ("Layout", Some(self.layout.label().to_owned())),
            ("Dark mode", Some(self.dark_mode.label().to_owned())),
        ]
    }

    /// The fields in which `after` differs from this theme: name, value before, value after.
    #[must_use]
    pub fn difference(&self, after: &Theme) -> Vec<(&'static str, Option<String>, Option<String>)> {
        let pairs = self.fields().into_iter().zip(after.fields());
        pairs.filter(|(before, after)| before != after).map(|((name, before), (_, after))| (name, before, after)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_as_near_to_linked_as_can_be_read() {
        assert_eq!(PRIMARY, Colour::parse("#0072FF").unwrap().nearest_readable_on(Colour::WHITE));
        assert_eq!(crate::contrast::words(Colour::parse("#0072FF").unwrap().contrast(Colour::WHITE)), "4.3 to 1");
        assert_eq!(crate::contrast::words(Colour::parse("#E5E5E5").unwrap().contrast(Colour::WHITE)), "1.2 to 1");
        // A tenant that never chose anything has `{}` in its settings.
        assert_eq!(serde_json::from_str::<Theme>("{}").unwrap(), Theme::default());
    }

    #[test]
    fn a_theme_comes_back_from_json_as_it_was() {
        let logo = LogoRef { hash: "ab".repeat(32), kind: LogoKind::Svg, name: "acme-mark.svg".into(), bytes: 2_731 };
        let theme =
            Theme { logo: Some(logo), font: Font::Serif, layout: Layout::Vertical, dark_mode: DarkMode::AlwaysLight, ..Theme::default() };
        let json = serde_json::to_value(&theme).unwrap();
        assert_eq!(json["font"], "serif");
        assert_eq!(json["logo"]["kind"], "svg");
        assert_eq!(serde_json::from_value::<Theme>(json).unwrap(), theme);
    }

    #[test]
    fn whatever_is_chosen_can_be_read_in_light_and_in_dark() {
        for n in (0..=255_u8).step_by(5) {
            for colour in
                [Colour::of(n, n, n), Colour::of(n, 255 - n, 128), Colour::of(255, n, 0), Colour::of(0, 0, n), Colour::of(n, 0, 255)]
            {
                let theme = Theme { primary: colour, secondary: colour, ..Theme::default() };
                for scheme in Scheme::ALL {
                    let palette = theme.palette(scheme);
                    for (text, ground) in [
                        (palette.ink, palette.ground),
                        (palette.ink_2, palette.ground),
                        (palette.on_accent, palette.accent),
                        (palette.on_accent, palette.accent_hi),
                        (palette.accent, palette.ground),
                        (palette.link, palette.ground),
                        (palette.ink, palette.accent_wash),
                    ] {
                        assert!(text.is_readable_on(ground), "{colour} {scheme:?}: {text} on {ground}");
                    }
                    // A glyph in the accent on its own tint (WCAG 1.4.11).
                    assert!(palette.accent.contrast(palette.accent_wash) >= 3.0, "{colour} {scheme:?}");
                }
            }
        }
    }

    #[test]
    fn a_difference_names_what_changed_and_nothing_else() {
        let before = Theme { primary: Colour::of(0x1F, 0x4E, 0x79), ..Theme::default() };
        let after = Theme { primary: Colour::BLACK, ..before.clone() };
        assert_eq!(before.difference(&after), [("Primary colour", Some("#1F4E79".into()), Some("#000000".into()))]);
        assert_eq!(before.difference(&before), []);
    }

    #[test]
    fn a_font_is_a_list_of_names_and_nothing_that_could_end_a_declaration() {
        for font in Font::ALL {
            assert!(font.family().chars().all(|c| c.is_ascii_alphanumeric() || " ,'-".contains(c)), "{}", font.family());
        }
    }
}
