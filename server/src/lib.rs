//! Steward's server: router, sign-in, sessions, REST API, live events, workers, command line.
//!
//! It turns requests into calls of `steward-core` and answers into responses. It has no rule of its own, no SQL and no page: who may do
//! what, and what is true, is decided below it.
//!
//! Start reading at [`router::build`], then [`router::Routes`].

pub mod api;
pub mod command_line;
pub mod configuration;
pub mod live;
pub mod logs;
pub mod router;
pub mod sign_in;
pub mod steward;
pub mod workers;

mod commands;
