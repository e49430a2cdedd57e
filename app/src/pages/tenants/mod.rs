//! Tenants: their list, the page of one, its branding, the wizard that onboards one.

pub mod branding;
pub mod list;
mod list_query;
pub mod recent;
pub mod view;
pub mod wizard;
