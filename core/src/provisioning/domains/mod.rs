//! A tenant's domains as people see them: what was seen of record, certificate and handshake, each with the time of the look; a look right
//! now; renewing, by a person's word or by itself; and how a customer's own domain is proved to be theirs.
//!
//! It never says what it did not see: what is shown comes from `domain_look`, which only looks write.
//!
//! Start reading at [`view`], then [`renewal`] and [`challenge`].

mod challenge;
mod check;
mod seen;
mod view;

pub(super) mod renewal;
pub use challenge::Challenge;
pub(super) use challenge::demand_verified;
pub use check::Checked;
pub(super) use seen::keep;
pub use view::{DomainFacts, DomainView, RenewalFailing};
