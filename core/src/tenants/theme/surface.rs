//! The one renderer of what a tenant's people see. Pages and mails have the same markup from the same template; a page dresses it with
//! classes and custom properties, because its content security policy forbids `style` attributes, a mail with `style` attributes, because
//! mail programs know little else.

use crate::error::{Error, Result};
use askama::Template;
use std::fmt::Write;
use steward_domain::theme::{Layout, Palette, Scheme, Theme};

/// Something that can be pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its words.
    pub label: String,
    /// Where it leads; a preview leads nowhere.
    pub href: Option<String>,
}

/// Which heading the title is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// The page's own.
    First,
    /// One within a section of another page.
    Third,
}

/// What stands on a tenant's surface: its name above, a title, some lines, a button, a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surface {
    /// Name of the organisation.
    pub organisation: String,
    /// Which heading the title is.
    pub heading: Heading,
    /// The title.
    pub title: String,
    /// The paragraphs.
    pub lines: Vec<String>,
    /// The button.
    pub button: Option<Action>,
    /// The link.
    pub link: Option<Action>,
}

/// The parts of a surface that are dressed.
#[derive(Clone, Copy)]
enum Part {
    Panel,
    Head,
    Logo,
    Body,
    Title,
    Line,
    Button,
    Link,
}

/// How the parts are dressed.
#[derive(Clone, Copy)]
pub(super) enum Dress<'a> {
    /// By classes; the panel's own class says which of the page's schemes it shows.
    Page(Scheme),
    /// By `style` attributes in these colours, with classes beside them for programs that follow a dark device.
    Mail(&'a Palette),
}

#[derive(Template)]
#[template(path = "branded_surface.html")]
struct Drawn<'a> {
    surface: &'a Surface,
    theme: &'a Theme,
    logo: Option<&'a str>,
    dress: Dress<'a>,
}

impl Drawn<'_> {
    /// The attributes of a part. Nothing in them was typed: colours and fonts are of known types.
    fn dressed(&self, part: Part) -> String {
        match self.dress {
            Dress::Page(scheme) => self.classes(part, scheme).map(|class| format!(" class=\"{class}\"")).unwrap_or_default(),
            Dress::Mail(palette) => {
                let (class, style) = self.styles(part, palette);
                format!(" class=\"{class}\" style=\"{style}\"")
            }
        }
    }

    fn classes(&self, part: Part, scheme: Scheme) -> Option<&'static str> {
        Some(match (part, scheme, self.theme.layout) {
            (Part::Panel, Scheme::Light, Layout::Horizontal) => "preview p-light",
            (Part::Panel, Scheme::Light, Layout::Vertical) => "preview p-light p-side",
            (Part::Panel, Scheme::Dark, Layout::Horizontal) => "preview p-dark",
            (Part::Panel, Scheme::Dark, Layout::Vertical) => "preview p-dark p-side",
            (Part::Button, ..) => "pb",
            (Part::Link, ..) => "pl",
            _ => return None,
        })
    }

    fn styles(&self, part: Part, palette: &Palette) -> (&'static str, String) {
        let Palette { ground, ink, ink_2, accent, on_accent, link, .. } = palette;
        match part {
            // A mail has its name above whatever the layout: mail programs have no room at the side.
            Part::Panel => {
                let font = self.theme.font.family();
                (
                    "m-panel",
                    format!(
                        "max-width:560px;margin:0 auto;border-radius:10px;overflow:hidden;background:{ground};color:{ink};font:15px/1.5 {font}"
                    ),
                )
            }
            Part::Head => ("m-head", format!("padding:14px 24px;background:{accent};color:{on_accent};font-weight:600")),
            Part::Logo => {
                ("m-logo", "display:inline-block;height:24px;width:auto;margin-right:10px;vertical-align:middle;border:0".to_owned())
            }
            Part::Body => ("m-body", "padding:24px".to_owned()),
            Part::Title => ("m-title", "margin:0 0 12px;font-size:20px;line-height:1.25;font-weight:600".to_owned()),
            Part::Line => ("m-line", format!("margin:0 0 12px;color:{ink_2}")),
            Part::Button => (
                "m-button",
                format!(
                    "display:inline-block;margin:0 0 12px;padding:9px 16px;border-radius:6px;background:{accent};color:{on_accent};font-weight:600;text-decoration:none"
                ),
            ),
            Part::Link => ("m-link", format!("display:block;color:{link};text-decoration:underline")),
        }
    }
}

pub(super) fn draw(theme: &Theme, logo: Option<&str>, content: &Surface, dress: Dress<'_>) -> Result<String> {
    Drawn { surface: content, theme, logo, dress }.render().map_err(Error::internal)
}

/// Draws a surface for a page, as HTML. The page's head needs [`surface_properties`] of the same theme.
///
/// # Errors
/// When the template fails: a mistake of ours.
pub fn surface(theme: &Theme, scheme: Scheme, content: &Surface) -> Result<String> {
    let logo = theme.logo.as_ref().map(steward_domain::theme::LogoRef::path);
    draw(theme, logo.as_deref(), content, Dress::Page(scheme))
}

/// The custom properties that surfaces of this theme read, as CSS for a `<style>` with the response's nonce.
#[must_use]
pub fn surface_properties(theme: &Theme) -> String {
    format!(".p-light{{{}}}.p-dark{{{}}}", properties(theme, Scheme::Light), properties(theme, Scheme::Dark))
}

fn properties(theme: &Theme, scheme: Scheme) -> String {
    let Palette { ground, ink, ink_2, accent, on_accent, link, .. } = theme.palette(scheme);
    format!(
        "--p:{accent};--p-on:{on_accent};--p-bg:{ground};--p-ink:{ink};--p-ink2:{ink_2};--p-link:{link};--p-font:{}",
        theme.font.family()
    )
}

/// The same for a page that shows one surface and nothing else, dressed as a light one: where the theme has dark pages, it is dark on a
/// dark device.
#[must_use]
pub fn own_page_properties(theme: &Theme) -> String {
    let light = properties(theme, Scheme::Light);
    if theme.has_dark() {
        let dark = properties(theme, Scheme::Dark);
        format!(":root{{color-scheme:light dark;{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}")
    } else {
        format!(":root{{color-scheme:light;{light}}}")
    }
}

/// The five tokens of the stylesheet in a tenant's colours, and no other, as CSS for a `<style>` with the response's nonce. No page asks for
/// them yet: a tenant's own page is one surface, dressed by [`own_page_properties`], and its people see no page of the console.
#[must_use]
pub fn console_tokens(theme: &Theme) -> String {
    let light = theme.palette(Scheme::Light);
    let dark = if theme.has_dark() { theme.palette(Scheme::Dark) } else { light };
    let mut css = String::from(":root{");
    for (token, of) in [
        ("accent", (|palette| palette.accent) as fn(Palette) -> _),
        ("accent-hi", |palette| palette.accent_hi),
        ("on-accent", |palette| palette.on_accent),
        ("accent-wash", |palette| palette.accent_wash),
        ("link", |palette| palette.link),
    ] {
        let _ = write!(css, "--{token}:light-dark({},{});", of(light), of(dark));
    }
    if !theme.has_dark() {
        css.push_str("color-scheme:light;");
    }
    css.push('}');
    css
}

#[cfg(test)]
mod tests {
    use super::super::own_page::Standing;
    use super::*;
    use steward_domain::contrast::Colour;
    use steward_domain::theme::{DarkMode, LogoKind, LogoRef};

    fn theme() -> Theme {
        let logo = LogoRef { hash: "ab".repeat(32), kind: LogoKind::Png, name: "\"><script>".into(), bytes: 9 };
        Theme { primary: Colour::of(0x96, 0x71, 0x03), logo: Some(logo), ..Theme::default() }
    }

    #[test]
    fn a_page_has_no_style_attribute_and_what_was_typed_is_text() {
        let sample = Surface::own_page("Acme <b>&", Heading::Third, Standing::Active(None));
        let content = Surface { link: Some(Action { label: "There".into(), href: Some("/t/acme?a=1&b=\"".into()) }), ..sample };
        for (scheme, class) in [(Scheme::Light, "p-light"), (Scheme::Dark, "p-dark")] {
            let html = surface(&theme(), scheme, &content).unwrap();
            assert!(html.contains(class) && !html.contains("style=") && !html.contains("<b>") && !html.contains("<script>"), "{html}");
            assert!(html.contains(&format!("<img src=\"/logos/{}\" alt=\"\"", "ab".repeat(32))), "{html}");
            assert!(html.contains("<h3>Sign in to Acme &#60;b&#62;&#38;</h3>"), "{html}");
            // A sample leads nowhere, a page somewhere.
            assert!(html.contains("<span class=\"pb\">") && html.contains("<a class=\"pl\" href=\"/t/acme?a=1&#38;b=&#34;\">"), "{html}");
        }
        let vertical = Theme { layout: Layout::Vertical, ..theme() };
        assert!(surface(&vertical, Scheme::Light, &content).unwrap().contains("preview p-light p-side"));
    }

    #[test]
    fn the_properties_are_those_of_both_palettes() {
        let css = surface_properties(&theme());
        assert!(css.contains(".p-light{--p:#967103;--p-on:#FFFFFF;--p-bg:#FFFFFF;"), "{css}");
        let dark = theme().palette(Scheme::Dark);
        assert!(css.contains(&format!(".p-dark{{--p:{};--p-on:#12181C;", dark.accent)), "{css}");
    }

    #[test]
    fn the_console_gets_five_tokens_and_no_other() {
        let css = console_tokens(&theme());
        assert_eq!(css.matches("--").count(), 5);
        assert!(css.starts_with(":root{--accent:light-dark(#967103,#") && css.contains("--link:light-dark(#006FF9,#"), "{css}");
        let light = console_tokens(&Theme { dark_mode: DarkMode::AlwaysLight, ..theme() });
        assert!(light.contains("--accent:light-dark(#967103,#967103);") && light.ends_with("color-scheme:light;}"), "{light}");
    }
}
