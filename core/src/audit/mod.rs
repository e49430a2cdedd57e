//! The audit log, first form: entries are inserted into `audit_intake` in the transaction of the change they tell of.
//!
//! It never updates or deletes an entry (the database's roles cannot), and proves nothing yet.

mod entry;
mod list;

pub(crate) use entry::insert;
pub use entry::{Action, Class, Entry, Outcome};
pub(crate) use list::fragment;
pub use list::{Cursor, EntryView, Filter, Page, get, list, of_tenant};
