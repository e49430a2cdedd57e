//! The audit log, first form: its list and one entry. What is not proved yet is not claimed.

pub mod entry;
pub mod list;
mod list_query;
pub(crate) mod rows;
