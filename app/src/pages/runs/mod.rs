//! Runs: their list, the timeline of one.

pub mod list;
pub mod timeline;
