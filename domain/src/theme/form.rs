//! The branding form: what was typed, what is wrong with it, and which colour would do.

use super::{DarkMode, Font, Layout, LogoRef, Theme};
use crate::contrast::{Colour, TEXT_MIN, words};
use crate::field::FieldError;
use serde::{Deserialize, Serialize};

/// What is wrong with a field of the form, and what could stand there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeError {
    /// Where, and what to do.
    pub error: FieldError,
    /// The nearest colour that passes.
    pub offer: Option<Colour>,
}

/// The branding form, as typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ThemeForm {
    /// Primary colour.
    pub primary: String,
    /// Secondary colour.
    pub secondary: String,
    /// Font.
    pub font: String,
    /// Layout.
    pub layout: String,
    /// Dark mode.
    pub dark_mode: String,
    /// The hash of the logo that was uploaded; empty for none. Nobody types it.
    pub logo: String,
}

impl From<Theme> for ThemeForm {
    fn from(theme: Theme) -> Self {
        Self {
            primary: theme.primary.to_string(),
            secondary: theme.secondary.to_string(),
            font: theme.font.as_str().to_owned(),
            layout: theme.layout.as_str().to_owned(),
            dark_mode: theme.dark_mode.as_str().to_owned(),
            logo: theme.logo.map(|logo| logo.hash).unwrap_or_default(),
        }
    }
}

impl Default for ThemeForm {
    fn default() -> Self {
        Theme::default().into()
    }
}

/// A typed colour that can be read on white, which is the same as white text on it.
fn readable(errors: &mut Vec<ThemeError>, field: &str, typed: &str, name: &str, says: impl Fn(Colour, String) -> String) -> Option<Colour> {
    let Some(colour) = Colour::parse(typed) else {
        let message = format!("Enter the {name} as # and 6 digits or letters from a to f, like #1F4E79");
        errors.push(ThemeError { error: FieldError::new(field, message), offer: None });
        return None;
    };
    let contrast = colour.contrast(Colour::WHITE);
    if contrast >= TEXT_MIN {
        return Some(colour);
    }
    let offer = Some(colour.nearest_readable_on(Colour::WHITE));
    errors.push(ThemeError { error: FieldError::new(field, says(colour, words(contrast))), offer });
    None
}

fn chosen<C>(errors: &mut Vec<ThemeError>, field: &str, choice: Option<C>, name: &str) -> Option<C> {
    if choice.is_none() {
        errors.push(ThemeError { error: FieldError::new(field, format!("Choose a {name} from the list")), offer: None });
    }
    choice
}

impl ThemeForm {
    /// The logo that the form names, if it is the one that was found.
    fn found(&self, found: Option<&LogoRef>) -> Option<LogoRef> {
        found.filter(|logo| logo.hash == self.logo).cloned()
    }

    /// Checks the form. `found` is what is kept under its logo's hash.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the page; a colour that cannot be read comes with the nearest that can.
    pub fn check(&self, found: Option<&LogoRef>) -> Result<Theme, Vec<ThemeError>> {
        let mut errors = Vec::new();
        let primary = readable(&mut errors, "primary", &self.primary, "primary colour", |colour, reaches| {
            format!("White text on {colour} reaches {reaches}. Take a darker colour.")
        });
        let secondary = readable(&mut errors, "secondary", &self.secondary, "secondary colour", |colour, reaches| {
            format!("Links in {colour} on white reach {reaches}. Take a darker colour.")
        });
        let logo = self.found(found);
        if logo.is_none() && !self.logo.is_empty() {
            let message = "Choose the logo's file again: it is not kept any more";
            errors.push(ThemeError { error: FieldError::new("logo", message), offer: None });
        }
        let font = chosen(&mut errors, "font", Font::parse(&self.font), "font");
        let layout = chosen(&mut errors, "layout", Layout::parse(&self.layout), "layout");
        let dark_mode = chosen(&mut errors, "dark_mode", DarkMode::parse(&self.dark_mode), "dark mode");
        match (primary, secondary, font, layout, dark_mode) {
            (Some(primary), Some(secondary), Some(font), Some(layout), Some(dark_mode)) if errors.is_empty() => {
                Ok(Theme { primary, secondary, font, layout, dark_mode, logo })
            }
            _ => Err(errors),
        }
    }

    /// What can be shown of the form as it is: colours that cannot be read as the nearest that can; instead of what is no choice at all,
    /// that of `otherwise`.
    #[must_use]
    pub fn nearest(&self, otherwise: &Theme, found: Option<&LogoRef>) -> Theme {
        let colour = |typed: &str, other: Colour| Colour::parse(typed).unwrap_or(other).nearest_readable_on(Colour::WHITE);
        Theme {
            primary: colour(&self.primary, otherwise.primary),
            secondary: colour(&self.secondary, otherwise.secondary),
            font: Font::parse(&self.font).unwrap_or(otherwise.font),
            layout: Layout::parse(&self.layout).unwrap_or(otherwise.layout),
            dark_mode: DarkMode::parse(&self.dark_mode).unwrap_or(otherwise.dark_mode),
            logo: self.found(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LogoKind;
    use super::*;

    fn acme() -> ThemeForm {
        ThemeForm { primary: "#1F4E79".into(), secondary: "#967103".into(), ..Default::default() }
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can() {
        let errors = ThemeForm { primary: "#F2B705".into(), secondary: "#abc".into(), ..acme() }.check(None).unwrap_err();
        let said: Vec<_> = errors.iter().map(|e| (e.error.field.as_str(), e.error.message.as_str(), e.offer)).collect();
        assert_eq!(
            said,
            [
                ("primary", "White text on #F2B705 reaches 1.8 to 1. Take a darker colour.", Colour::parse("#967103")),
                (
                    "secondary",
                    "Links in #AABBCC on white reach 1.9 to 1. Take a darker colour.",
                    Some(Colour::parse("#abc").unwrap().nearest_readable_on(Colour::WHITE))
                ),
            ]
        );
        // What is offered is taken.
        for ThemeError { error, offer } in errors {
            let offered = offer.unwrap().to_string();
            let taken = match error.field.as_str() {
                "primary" => ThemeForm { primary: offered, ..acme() },
                _ => ThemeForm { secondary: offered, ..acme() },
            };
            assert!(taken.check(None).is_ok(), "{taken:?}");
        }
    }

    #[test]
    fn what_is_no_colour_or_no_choice_is_named_in_the_order_of_the_page() {
        let form = ThemeForm {
            primary: "red".into(),
            secondary: String::new(),
            font: "Comic".into(),
            layout: "both".into(),
            dark_mode: "on".into(),
            logo: "ab".repeat(32),
        };
        let fields: Vec<String> = form.check(None).unwrap_err().into_iter().map(|e| e.error.field).collect();
        assert_eq!(fields, ["primary", "secondary", "logo", "font", "layout", "dark_mode"]);
        assert_eq!(form.nearest(&acme().check(None).unwrap(), None), acme().check(None).unwrap());
    }

    #[test]
    fn what_is_in_use_can_be_saved_again() {
        assert_eq!(ThemeForm::default().check(None), Ok(Theme::default()));
        let logo = LogoRef { hash: "ab".repeat(32), kind: LogoKind::Png, name: "x.png".into(), bytes: 9 };
        let theme = Theme { logo: Some(logo.clone()), ..acme().check(None).unwrap() };
        assert_eq!(ThemeForm::from(theme.clone()).check(Some(&logo)), Ok(theme.clone()));
        // Only the logo that the form names counts.
        let other = LogoRef { hash: "cd".repeat(32), ..logo };
        assert_eq!(ThemeForm::from(theme).check(Some(&other)).unwrap_err()[0].error.field, "logo");
        assert_eq!(ThemeForm::default().check(Some(&other)), Ok(Theme::default()));
    }
}
