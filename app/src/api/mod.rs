//! The server functions: each changes one thing, takes authority in, calls `steward-core`, gives a typed result.
//!
//! A page's form calls the same function as an island does by fetch. They are public endpoints: each asks for the
//! permission itself and trusts nothing that it is sent.
#![allow(missing_docs, reason = "the macro of server functions generates public items without documentation")]

pub mod bulk;
pub mod changes;
pub mod domains;
pub mod drift;
pub mod error;
pub mod mails;
pub mod platform;
pub mod resources;
pub mod runs;
pub mod session;
pub mod tenants;
