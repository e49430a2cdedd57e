//! How a tenant looks: its logos, the versions of its theme, and the one renderer that draws its pages, its mails and their preview.
//!
//! It never makes a theme valid: only a checked one (`steward_domain::theme`) comes in here. It serves nothing and sends nothing.

mod image;
mod logo;
mod mail;
mod own_page;
mod surface;
mod svg;
mod versions;

pub use image::BYTES_MAX as LOGO_BYTES_MAX;
pub use logo::{Logo, StoredLogo, logo, published_logo, store_logo};
pub use mail::{Letter, RenderedMail, mail, mail_preview};
pub use own_page::{PublishedPage, Standing, published_page};
pub use surface::{Action, Heading, Surface, console_tokens, own_page_properties, surface, surface_properties};
pub use versions::{ThemeVersion, Themes, themes, version};
pub(crate) use versions::{demand_logo, save_theme};
