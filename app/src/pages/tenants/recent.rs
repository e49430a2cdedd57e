//! The tenants that changed last, for the switcher of every page. They are read once in a few seconds for all who see the same tenants,
//! so that a page costs no query more.

use crate::components::markup::{Markup, code};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use steward_core::access::{Actor, Permission, ReadTenants, Scope, demand};
use steward_core::database::Database;
use steward_core::error::Result;
use steward_core::tenants::{self, Filter, Sort, TenantRow};
use steward_domain::tenant::Status;
use uuid::Uuid;

const KEPT_SECONDS: i64 = 5;
/// So many are shown.
const SHOWN: usize = 5;
/// So many are read: drafts are among them, which not everybody may open.
const READ: u16 = 12;

/// The lines as last read: of staff, or of one reseller's people.
#[derive(Debug, Default)]
pub struct RecentTenants(Mutex<HashMap<Option<Uuid>, Kept>>);

/// When they were read, and what was read.
type Kept = (DateTime<Utc>, Arc<Markup>);

impl RecentTenants {
    /// The lines for an actor; none for those who see no tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(&self, database: &Database, actor: &Actor, now: DateTime<Utc>) -> Result<Arc<Markup>> {
        let whose = match actor.scope() {
            Scope::All => None,
            Scope::Reseller(id) => Some(id),
            Scope::Nothing | Scope::Worker => return Ok(Arc::default()),
        };
        if !actor.may(Permission::TenantRead) {
            return Ok(Arc::default());
        }
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&whose).cloned();
        if let Some((read_at, lines)) = kept
            && (now - read_at).abs() < TimeDelta::seconds(KEPT_SECONDS)
        {
            return Ok(lines);
        }
        let authority = demand::<ReadTenants>(database, actor).await?;
        let found = tenants::list(database, &authority, &Filter::default(), Sort::Changed, None, READ).await?;
        let lines = Arc::new(lines(&found.rows));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(whose, (now, Arc::clone(&lines)));
        Ok(lines)
    }
}

fn lines(rows: &[TenantRow]) -> Markup {
    let there = rows.iter().filter(|row| row.status != Status::Draft).take(SHOWN);
    Markup::default().all(there.map(|row| {
        let short_name = row.domain.as_deref().and_then(|domain| domain.split('.').next());
        Markup::new("<li><a href=\"/tenants/")
            .text(&row.id.to_string())
            .raw("\">")
            .text(&row.name)
            .maybe(short_name.map(code))
            .raw("</a></li>")
    }))
}
