//! The tenant record: its list, its page's facts, its draft, its reseller, how it looks.
//!
//! It never calls an outside system; what a tenant has there is `provisioning`'s business.

mod draft;
mod list;
mod reseller;
mod settings;
pub mod theme;
mod view;

pub use draft::{DraftView, discard, draft, save_organisation, save_settings, start_draft};
pub(crate) use draft::{insert_draft, lock_draft, reseller_named};
pub use list::{Cursor, Direction, Filter, Page, ResellerFilter, Sort, TenantRow, list};
pub use reseller::{Reseller, add_reseller, resellers};
pub use settings::{SettingsVersion, TenantFacts};
pub(crate) use settings::{domain_taken, facts, facts_of, keep_version, lock_facts, settings_at, write_settings};
pub use view::{NameHolder, TenantConfig, TenantView, short_name_holder, view, view_by_short_name};
