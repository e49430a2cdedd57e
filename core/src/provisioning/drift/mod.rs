//! The drift board: what is not as wanted although nobody asked Steward to change it.
//!
//! A [`Reconciler`] looks at every resource of every tenant that is active or suspended: all of them at intervals, and what can be
//! watched as soon as it changed. What it finds it notes in `drift`, with the tenant's attention and an entry, in one transaction. It
//! never changes anything in a system: a repair is a change and a run like any other, proposed by a person, or by the reconciler for a
//! tenant that says so. What could not be looked at is no drift: it stays as it was last seen.
//!
//! Start reading at [`worker`], then [`look`], then [`note`]. What people see is in [`board`], what they decide in [`decide`].

mod attention;
mod board;
mod claim;
mod decide;
mod decided;
mod look;
mod note;
mod renew;
mod repair;
mod watch;
mod worker;

pub(super) use attention::note_attention;
pub use board::{BoardFilter, BoardPage, DriftRow, TenantBoard, Unseen};
pub use decide::IGNORED_DAYS;
pub(super) use decided::Decisions;
pub(super) use note::gone;
pub use worker::{Reconciler, SweepTuning};
