//! A tenant's mails: what the renderer of its pages draws, dressed for mail programs, and the same words as plain text. Nothing is sent
//! here.

use super::surface::{Dress, Surface, draw};
use crate::error::{Error, Result};
use askama::Template;
use steward_domain::theme::{Layout, LogoKind, LogoRef, Palette, Scheme, Theme};

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// What stands in it. Its button and its link have whole addresses, `https://…`.
    pub content: Surface,
    /// Why the reader gets it, below everything: "You get this mail because …".
    pub reason: String,
}

/// A mail ready to be sent: both halves of a `multipart/alternative`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedMail {
    /// The subject, of one line.
    pub subject: String,
    /// As HTML.
    pub html: String,
    /// As plain text.
    pub text: String,
}

#[derive(Template)]
#[template(path = "branded_mail.html")]
struct Html<'a> {
    subject: &'a str,
    panel: &'a str,
    reason: &'a str,
    light: &'a Palette,
    dark: Option<&'a Palette>,
}

#[derive(Template)]
#[template(path = "branded_mail.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
}

/// Draws a mail in a tenant's theme. `public_url` is where people reach the console: the logo is fetched from there.
///
/// # Errors
/// When a template fails: a mistake of ours.
pub fn mail(theme: &Theme, public_url: &str, letter: &Letter) -> Result<RenderedMail> {
    let light = theme.palette(Scheme::Light);
    let dark = theme.has_dark().then(|| theme.palette(Scheme::Dark));
    let logo = mail_logo(theme).map(|logo| format!("{}{}", public_url.trim_end_matches('/'), logo.path()));
    let panel = draw(theme, logo.as_deref(), &letter.content, Dress::Mail(&light))?;
    let subject: String = letter.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let html = Html { subject: &subject, panel: &panel, reason: &letter.reason, light: &light, dark: dark.as_ref() }.render();
    let text = Text { letter }.render();
    Ok(RenderedMail { html: html.map_err(Error::internal)?, text: text.map_err(Error::internal)?, subject })
}

/// Draws what stands in a mail for a page: the same content and the same template, dressed by classes. The page's head needs
/// `surface_properties` of the same theme.
///
/// # Errors
/// When a template fails: a mistake of ours.
pub fn mail_preview(theme: &Theme, scheme: Scheme, letter: &Letter) -> Result<String> {
    // A mail has its name above whatever the layout.
    let theme = Theme { layout: Layout::Horizontal, ..theme.clone() };
    let logo = mail_logo(&theme).map(LogoRef::path);
    draw(&theme, logo.as_deref(), &letter.content, Dress::Page(scheme))
}

/// Mail programs draw no SVG and few of them AVIF: those tenants' mails have the name alone.
fn mail_logo(theme: &Theme) -> Option<&LogoRef> {
    theme.logo.as_ref().filter(|logo| matches!(logo.kind, LogoKind::Png | LogoKind::Webp))
}

#[cfg(test)]
mod tests {
    use super::super::surface::{Action, Heading};
    use super::*;
    use steward_domain::contrast::Colour;
    use steward_domain::theme::DarkMode;

    fn letter() -> Letter {
        Letter {
            subject: "Your access to Acme & Co is suspended\r\nBcc: all@acme.com".into(),
            content: Surface {
                organisation: "Acme & Co".into(),
                heading: Heading::First,
                title: "Your access is suspended".into(),
                lines: vec!["Since 19 Mar 2026, 14:32 UTC nobody can sign in.".into(), "Nothing was deleted.".into()],
                button: Some(Action { label: "Ask Support".into(), href: Some("https://steward.inosec.com/support?a=1&b=2".into()) }),
                link: None,
            },
            reason: "You get this mail because you administer Acme & Co.".into(),
        }
    }

    fn theme(kind: LogoKind) -> Theme {
        let logo = LogoRef { hash: "ab".repeat(32), kind, name: "x".into(), bytes: 9 };
        Theme { primary: Colour::of(0x96, 0x71, 0x03), logo: Some(logo), ..Theme::default() }
    }

    #[test]
    fn a_mail_has_the_colours_in_its_elements_and_loads_nothing_but_the_logo() {
        let mail = mail(&theme(LogoKind::Png), "https://steward.inosec.com/", &letter()).unwrap();
        for part in [
            "background:#967103;color:#FFFFFF",
            "<h1 class=\"m-title\"",
            "Acme &#38; Co",
            "href=\"https://steward.inosec.com/support?a=1&#38;b=2\"",
            "@media (prefers-color-scheme:dark)",
            "You get this mail because you administer Acme &#38; Co.",
        ] {
            assert!(mail.html.contains(part), "{part}: {}", mail.html);
        }
        let logo = format!("src=\"https://steward.inosec.com/logos/{}\"", "ab".repeat(32));
        assert_eq!((mail.html.matches("src=").count(), mail.html.matches(&logo).count()), (1, 1));
        assert!(!mail.html.contains("<script") && !mail.html.contains("url(") && !mail.html.contains("@import"));
        assert_eq!(mail.subject, "Your access to Acme & Co is suspended  Bcc: all@acme.com");
    }

    #[test]
    fn the_text_says_the_same() {
        let mail = mail(&theme(LogoKind::Svg), "https://steward.inosec.com", &letter()).unwrap();
        assert_eq!(
            mail.text,
            "Acme & Co\n\nYour access is suspended\n\nSince 19 Mar 2026, 14:32 UTC nobody can sign in.\n\nNothing was deleted.\n\n\
             Ask Support: https://steward.inosec.com/support?a=1&b=2\n\n--\nYou get this mail because you administer Acme & Co.\n"
        );
        assert!(!mail.html.contains("<img"), "no mail program draws an SVG");
    }

    /// The elements and texts of a surface, without how it is dressed and where its logo lies.
    fn undressed(html: &str) -> String {
        let mut plain = String::new();
        let mut rest = html.split("<div").skip(1).collect::<Vec<_>>().join("<div");
        rest.insert_str(0, "<div");
        for part in rest.split_inclusive('>') {
            let (text, tag) = part.split_once('<').unwrap_or((part, ""));
            let name = tag.split([' ', '>']).next().unwrap_or_default();
            // A page says which of its parts is the head; mail programs know no such element.
            let name = name.replace("header", "div");
            plain.push_str(&format!("{text}<{name}>"));
        }
        plain
    }

    #[test]
    fn the_preview_of_a_mail_is_what_stands_in_it() {
        for layout in Layout::ALL {
            let theme = Theme { layout: *layout, ..theme(LogoKind::Png) };
            let sent = mail(&theme, "https://steward.inosec.com", &letter()).unwrap().html;
            let panel = sent.split("<div class=\"m-page\"").nth(1).unwrap().split_once('>').unwrap().1;
            let panel = panel.split("<p class=\"m-reason\"").next().unwrap();
            for scheme in Scheme::ALL {
                let shown = mail_preview(&theme, scheme, &letter()).unwrap();
                assert!(!shown.contains("style=") && shown.contains("preview p-") && !shown.contains("p-side"), "{shown}");
                assert_eq!(undressed(shown.trim()), undressed(panel.trim()));
            }
        }
        let svg = mail_preview(&theme(LogoKind::Svg), Scheme::Light, &letter()).unwrap();
        assert!(!svg.contains("<img"), "no mail program draws an SVG: {svg}");
    }

    #[test]
    fn always_light_means_mails_too() {
        let always = Theme { dark_mode: DarkMode::AlwaysLight, ..theme(LogoKind::Png) };
        assert!(!mail(&always, "https://x.example", &letter()).unwrap().html.contains("prefers-color-scheme"));
    }
}
