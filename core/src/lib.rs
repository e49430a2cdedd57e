//! What Steward knows and does.
//!
//! It never serves HTTP, never renders HTML and never reads the environment: settings, clock, ids and randomness are
//! handed in. The only way to the database is through an [`access::Authority`].
//!
//! Start reading at [`access`] (who may do what), [`tenants`] (the record), [`provisioning`] (how a tenant comes to be),
//! [`operations`] (how the platform is).

pub mod access;
pub mod audit;
pub mod context;
pub mod database;
pub mod error;
pub mod mail;
pub mod operations;
pub mod platform;
pub mod provisioning;
pub mod tenants;
