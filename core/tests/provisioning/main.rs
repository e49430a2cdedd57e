//! Provisioning against real PostgreSQL, Keycloak, OpenBao, Kubernetes, PowerDNS and Traefik, and the stand-ins of Grafana and Cloudflare.
//! The environment says where they are (`.stack-test/env`, `.stack-test/steward.env`); Steward's own, least-privileged credentials are used.
//! What a test makes, it removes.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "tests choose ids and names of their own")]

mod batches;
mod cells;
mod changes;
mod contract;
mod crashes;
mod custom_domains;
mod dns;
mod domains;
mod drift;
mod engine;
mod failures;
mod faults;
mod gates;
mod mails;
mod onboarding;
mod own_domains;
mod own_grafana;
mod pauses;
mod proofs;
mod renewals;
mod schedules;
mod stopped_process;
mod versions;
mod world;
mod written;
