//! One file per command.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod exit;
pub(crate) mod migrate;
pub(crate) mod reseller_add;
pub(crate) mod serve;
pub(crate) mod tenant;
