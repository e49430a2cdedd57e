//! The fields of the branding form.

use crate::components::field::{choice, described_by, error_line};
use crate::components::icon::Icon;
use crate::components::markup::Markup;
use crate::components::status::{Tone, status};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_core::tenants::theme::StoredLogo;
use steward_domain::contrast::{Colour, words};
use steward_domain::theme::{DarkMode, Font, Layout, Theme, ThemeError, ThemeForm};

/// What the fields show.
pub(super) struct Fields {
    pub values: ThemeForm,
    pub logo: Option<StoredLogo>,
    pub errors: Vec<ThemeError>,
    pub in_use: Theme,
}

impl Fields {
    fn error(&self, field: &str) -> Option<&ThemeError> {
        self.errors.iter().find(|error| error.error.field == field)
    }

    fn message(&self, field: &str) -> Option<&str> {
        self.error(field).map(|error| error.error.message.as_str())
    }

    pub fn draw(self) -> AnyView {
        let fonts: Vec<(&str, &str)> = Font::ALL.iter().map(|font| (font.as_str(), font.label())).collect();
        let layouts = Layout::ALL.iter().map(|layout| (layout.as_str(), layout.label(), None)).collect();
        let dark_modes = DarkMode::ALL
            .iter()
            .map(|mode| {
                let says = match mode {
                    DarkMode::FollowDevice => Some("Your colours are lightened for dark pages until they pass."),
                    DarkMode::AlwaysLight => None,
                };
                (mode.as_str(), mode.label(), says)
            })
            .collect();
        view! {
            {self.colour("primary", "Primary colour", "Header and buttons. White text on it must reach a contrast of 4.5 to 1.", "under white text")}
            {self.colour("secondary", "Secondary colour", "Links and marks. It must reach 4.5 to 1 on white.", "on white")}
            {self.logo()}
            {choice("font", "Font", false, "No font is fetched: each person sees the first of these faces that their device has.", self.message("font"), &self.values.font, &fonts).draw()}
            {picks("layout", "Layout", self.message("layout"), &self.values.layout, layouts)}
            {picks("dark_mode", "Dark mode", self.message("dark_mode"), &self.values.dark_mode, dark_modes)}
        }
        .into_any()
    }

    fn colour(&self, id: &'static str, label: &'static str, hint: &'static str, ground: &'static str) -> AnyView {
        let typed = if id == "primary" { &self.values.primary } else { &self.values.secondary };
        let error = self.error(id);
        let colour = Colour::parse(typed);
        let reaches = colour.filter(|_| error.is_none()).map(|colour| {
            let says = format!("{} {ground}", words(colour.contrast(Colour::WHITE)));
            view! { <span class="s reaches">{status(Tone::Ok, Icon::Check, &says)}</span> }
        });
        let offer = error.and_then(|error| error.offer).map(|offer| {
            let says = words(offer.contrast(Colour::WHITE));
            view! {
                <div class="offer">
                    {sample(offer)}
                    <span>"Nearest that passes: "<code>{offer.to_string()}</code>{format!(", {says}")}</span>
                    <button class="btn small" type="submit" name=format!("use_{id}") value=offer.to_string()>{format!("Use {offer}")}</button>
                </div>
            }
        });
        view! {
            <div class=if error.is_some() { "field wrong" } else { "field" } data-colour=label>
                <label for=id>{label}</label>
                <p class="hint" id=format!("{id}-hint")>{hint}</p>
                {error.map(|error| error_line(id, &error.error.message).draw())}
                <div class="swatch">
                    {colour.map(sample)}
                    <input class="w-s mono" id=id name=id type="text" value=typed.clone() autocomplete="off" spellcheck="false"
                        aria-invalid=error.map(|_| "true") aria-describedby=described_by(id, error.is_some())/>
                    {reaches}
                </div>
                {offer}
            </div>
        }
        .into_any()
    }

    fn logo(&self) -> AnyView {
        let error = self.message("logo");
        let known = self.logo.as_ref().map(|stored| {
            let used = self.in_use.logo.as_ref().is_some_and(|logo| logo.hash == stored.logo.hash);
            let size = stored.logo.bytes.div_ceil(1000);
            let safe = match stored.removed {
                0 => String::new(),
                1 => ", made safe: 1 part removed".to_owned(),
                some => format!(", made safe: {some} parts removed"),
            };
            format!(" {}: {}, {size} KB{safe}.", if used { "In use" } else { "Uploaded" }, stored.logo.name)
        });
        // A form that was not saved may name a logo that nothing is known of: it keeps its hash.
        let has_one = !self.values.logo.is_empty();
        let none = has_one.then(|| {
            view! { <div class="pick"><input type="checkbox" id="no_logo" name="no_logo" value="1"/><label for="no_logo">"Show the name without a logo"</label></div> }
        });
        view! {
            <div class=if error.is_some() { "field wrong" } else { "field" }>
                <label for="logo">"Logo"</label>
                <p class="hint" id="logo-hint">"PNG, SVG, WebP or AVIF, up to 256 KB. Scripts and links are taken out of an SVG."{known}</p>
                {error.map(|message| error_line("logo", message).draw())}
                <input type="hidden" name="logo" value=self.values.logo.clone()/>
                <input id="logo" name="file" type="file" accept="image/png,image/svg+xml,image/webp,image/avif"
                    aria-invalid=error.map(|_| "true") aria-describedby=described_by("logo", error.is_some())/>
                {none}
            </div>
        }
        .into_any()
    }
}

/// A square of a colour. The text beside it says the same.
fn sample(colour: Colour) -> InertElement {
    Markup::new("<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><rect x=\".5\" y=\".5\" width=\"23\" height=\"23\" rx=\"5\" fill=\"")
        .text(&colour.to_string())
        .raw("\"/></svg>")
        .draw()
}

/// A choice among very few, all in view: value, words, and what there is to know.
fn picks(
    id: &'static str,
    legend: &'static str,
    error: Option<&str>,
    chosen: &str,
    options: Vec<(&'static str, &'static str, Option<&'static str>)>,
) -> AnyView {
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, words, says)| {
            let own = format!("{id}-{value}");
            view! {
                <div class="pick">
                    <input type="radio" id=own.clone() name=id value=value checked=value == chosen/>
                    <label for=own>{words}</label>
                    {says.map(|says| view! { <small>{says}</small> })}
                </div>
            }
        })
        .collect();
    let class = if error.is_some() { "field wrong" } else { "field" };
    let error = error.map(|message| error_line(id, message).draw());
    view! { <fieldset class=class id=id tabindex="-1"><legend>{legend}</legend>{error}{options}</fieldset> }.into_any()
}
