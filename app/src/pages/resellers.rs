//! The resellers that filters and forms offer. They are few and change rarely, and the list of tenants is asked for often:
//! they are kept for half a minute, so that the list costs one query.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};
use steward_core::access::{Authority, ReadTenants, Scope};
use steward_core::database::Database;
use steward_core::error::Result;
use steward_core::tenants::{Reseller, resellers};

const KEPT_SECONDS: i64 = 30;

/// The resellers as last read.
#[derive(Debug, Default)]
pub struct ResellerChoices(Mutex<Option<Kept>>);

/// When they were read, and what was read.
type Kept = (DateTime<Utc>, Arc<[Reseller]>);

impl ResellerChoices {
    /// What an actor may choose from: staff every reseller, a reseller's own people none, because they see only theirs.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn of(&self, database: &Database, authority: &Authority<ReadTenants>, now: DateTime<Utc>) -> Result<Arc<[Reseller]>> {
        if authority.actor().scope() != Scope::All {
            return Ok(Arc::new([]));
        }
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read_at, all)) = kept
            && (now - read_at).abs() < TimeDelta::seconds(KEPT_SECONDS)
        {
            return Ok(all);
        }
        let all: Arc<[Reseller]> = resellers(database, authority).await?.into();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&all)));
        Ok(all)
    }
}
