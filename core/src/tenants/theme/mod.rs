//! How a tenant looks: its logos, the versions of its theme, and the one renderer that draws its pages, its mails and their preview.
//!
//! It never makes a theme valid: only a checked one (`steward_domain::theme`) comes in here. It serves nothing and sends nothing.

mod image;
mod logo;
mod mail;
mod surface;
mod svg;
mod versions;

pub use image::BYTES_MAX as LOGO_BYTES_MAX;
pub use logo::{Logo, StoredLogo, logo, published_logo, store_logo};
pub use mail::{Letter, RenderedMail, mail};
pub use surface::{Action, Heading, Surface, console_tokens, surface, surface_properties};
pub use versions::{ThemeVersion, Themes, themes, version};
pub(crate) use versions::{demand_logo, save_theme};
