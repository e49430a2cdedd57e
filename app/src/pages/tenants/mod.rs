//! Tenants: their list, the page of one, its branding, the wizard that onboards one.

pub mod branding;
pub mod bulk;
pub mod change;
pub mod domain;
pub mod limits;
pub mod list;
mod list_query;
pub mod mails;
pub mod proposing;
pub mod recent;
pub mod resources;
pub mod settings;
pub mod suspension;
pub mod view;
pub mod wizard;
