//! The pages: one module each.
//!
//! A page is two halves. `get` or `post` demands authority and loads through `steward-core`; `view` draws a model and knows
//! neither database nor session, so that tests draw every page without them. A form that fails comes back as its page with
//! 422 (409 if the world changed), with everything that was typed; nothing of it goes into the URL.

pub mod account;
pub mod audit;
pub mod cells;
pub mod drift;
pub mod error;
pub mod own_page;
pub mod platform;
pub mod resellers;
pub mod runs;
pub mod signed_out;
pub mod tenants;
