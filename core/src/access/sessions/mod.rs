//! Sessions of signed-in people, and sign-ins under way.
//!
//! The browser holds a random id, the table its SHA-256. A session is inserted once, at sign-in; everything later is an
//! update, which cannot bring back what was deleted. Tokens are stored sealed and never leave the server. What begins or
//! ends a session writes its entry in the same transaction. Cookies and Keycloak are the server's business, not this module's.
//!
//! Start reading at [`open`] and [`find`].

mod ending;
mod key;
mod roles;
mod session;
mod sign_in;

pub use ending::{EndReason, Ended, end, end_from_keycloak, end_overdue, sweep};
pub use key::SessionKey;
pub use roles::{RefreshTurn, release_refresh, reseller_id, roles_known, roles_read, take_refresh};
pub use session::{NewSession, Session, find, look, open};
pub use sign_in::{SignIn, begin_sign_in, take_sign_in};

use sha2::{Digest, Sha256};

/// A session without a click for so long ends (TRUST.md §4).
pub const IDLE_MINUTES_MAX: i32 = 15;
/// A session ends after so long, whatever happens (TRUST.md §4).
pub const AGE_HOURS_MAX: i32 = 8;
/// An answer to a sign-in is taken for so long.
pub const SIGN_IN_MINUTES_MAX: i32 = 10;

/// SHA-256 of a cookie's or parameter's value: what the tables hold instead of it.
#[must_use]
pub fn hash(value: &str) -> Vec<u8> {
    Sha256::digest(value.as_bytes()).to_vec()
}

/// The name of a session in entries: enough of the hash to tell sessions apart, useless as a cookie.
#[must_use]
pub fn public_name(id_hash: &[u8]) -> String {
    hex::encode(id_hash.get(..8).unwrap_or(id_hash))
}
