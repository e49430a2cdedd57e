//! How much drift is open, for the navigation of every page. It is counted once in a few seconds for all who see the same tenants, and
//! to 100 and no further, so that a page costs no query more.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use steward_core::access::{Actor, Permission, ReadTenants, Scope, demand};
use steward_core::error::Result;
use uuid::Uuid;

use crate::visit::Services;

const KEPT_SECONDS: i64 = 5;

/// The counts as last read: of staff, or of one reseller's people; each with when it was read.
#[derive(Debug, Default)]
pub struct OpenDrift(Mutex<HashMap<Option<Uuid>, Count>>);

/// When it was read, and how many.
type Count = (DateTime<Utc>, i64);

impl OpenDrift {
    /// The count for an actor; 0 for those who see no tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(&self, services: &Services, actor: &Actor, now: DateTime<Utc>) -> Result<i64> {
        let whose = match actor.scope() {
            Scope::All => None,
            Scope::Reseller(id) => Some(id),
            Scope::Nothing | Scope::Worker => return Ok(0),
        };
        if !actor.may(Permission::TenantRead) {
            return Ok(0);
        }
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&whose).copied();
        if let Some((read_at, count)) = kept
            && (now - read_at).abs() < TimeDelta::seconds(KEPT_SECONDS)
        {
            return Ok(count);
        }
        let authority = demand::<ReadTenants>(&services.database, actor).await?;
        let count = services.provisioning.drift_open(&authority).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(whose, (now, count));
        Ok(count)
    }
}
