//! The drift board: of every tenant that the person may see, of one tenant, and the acts on both.

pub mod acts;
pub mod list;
pub mod open;
pub mod rows;
pub mod tenant;
