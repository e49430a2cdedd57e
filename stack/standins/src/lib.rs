//! Stand-ins for systems that cannot be had in development and tests: Grafana and Cloudflare's DNS.
//!
//! They are strict and stateful: wrong credentials, a body that the real system would refuse and a call they do not know
//! are failures, never shrugs. They can be told to fail (`faults`), and remember every call (`calls`).
//! They are never linked into `steward`: tests and the stack start them as a program or on a port of the test's own.
//!
//! Grafana: start reading at [`server`], then [`grafana`]; who may do what is in [`rights`].
//! Cloudflare: start at [`cloudflare::server`], then [`cloudflare`]; what it is told also goes to a real DNS server ([`powerdns`]).

pub mod answer;
pub mod cloudflare;
pub mod control;
pub mod faults;
mod folder_permissions;
pub mod grafana;
mod kept;
pub mod pages;
pub mod powerdns;
mod request;
pub mod rights;
pub mod server;
pub mod state;
