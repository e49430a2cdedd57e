//! A tenant's own page: what its people see first, drawn by the renderer of its mails and of the preview in the branding editor.
//!
//! Anybody may open it. It is the same for everybody, so that caches may keep it: no session, no nonce, no script.

use crate::components::escape;
use crate::visit::{Services, Site};
use steward_core::error::Result;
use steward_core::tenants::theme::{Heading, PublishedPage, Standing, Surface, own_page_properties, published_page, surface};
use steward_domain::short_name::ShortName;
use steward_domain::theme::Scheme;

/// The page, and the one style in it: the content security policy names it by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPage {
    /// The whole document.
    pub html: String,
    /// What stands in its `<style>`.
    pub style: String,
}

/// The page of the tenant that has that short name. None if nobody may know of one.
///
/// # Errors
/// When the database fails.
pub async fn get(services: &Services, short_name: &str) -> Result<Option<OwnPage>> {
    let Ok(parsed) = ShortName::parse(short_name) else { return Ok(None) };
    let Some(page) = published_page(&services.database, short_name).await? else { return Ok(None) };
    let site = services.provisioning.site();
    let standing = if page.suspended {
        Standing::Suspended(Some(format!("mailto:{}", site.settings.mail.support)))
    } else {
        Standing::Active(Some(site.sign_in_of(&parsed)))
    };
    view(&services.site, &page, standing).map(Some)
}

/// Draws the page.
///
/// # Errors
/// When a template fails: a mistake of ours.
pub fn view(site: &Site, page: &PublishedPage, standing: Standing) -> Result<OwnPage> {
    let content = Surface::own_page(&page.organisation, Heading::First, standing);
    let panel = surface(&page.theme, Scheme::Light, &content)?;
    let style = own_page_properties(&page.theme);
    let scheme = if page.theme.has_dark() { "light dark" } else { "light" };
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"{scheme}\"><meta name=\"robots\" content=\"noindex\"><title>{}</title>\
         <link rel=\"stylesheet\" href=\"{}\"><link rel=\"icon\" type=\"image/svg+xml\" href=\"{}\"><style>{style}</style></head>\
         <body class=\"own\"><main>{panel}</main></body></html>",
        escape(&content.title),
        site.assets.stylesheet,
        site.assets.icon
    );
    Ok(OwnPage { html, style })
}
