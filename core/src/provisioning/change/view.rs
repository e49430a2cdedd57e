//! A proposed change as people see it, read from its row and from the tenant as it is now.

use super::proposal::{permission, title};
use crate::access::Permission;
use crate::error::{Error, Result};
use crate::tenants::{self, TenantFacts};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeSet;
use steward_domain::change::{ChangedSetting, SettingsPatch, TenantSettings, changed_settings};
use steward_domain::resource::ResourceKind;
use steward_domain::run::RunKind;
use uuid::Uuid;

/// A setting that two people changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicting {
    /// Its name for people.
    pub label: String,
    /// What it was when the later one began.
    pub base: String,
    /// What it is now.
    pub theirs: String,
    /// What the later one wants.
    pub mine: String,
}

/// A proposed change as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeView {
    /// Its id.
    pub id: Uuid,
    /// The tenant with its present settings.
    pub tenant: TenantFacts,
    /// What the run will do.
    pub kind: RunKind,
    /// What the run will be called: "Change limits".
    pub title: &'static str,
    /// What it would change now.
    pub changed: Vec<ChangedSetting>,
    /// The kinds of resources that a repair is about; none for all.
    pub only: Option<BTreeSet<ResourceKind>>,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// The settings that somebody else changed meanwhile, and who did last.
    pub conflict: Option<(Vec<Conflicting>, String)>,
    /// The number of its run, once it was started.
    pub run_number: Option<i64>,
    /// When it was started or thrown away.
    pub ended_at: Option<DateTime<Utc>>,
    /// The settings that are to change.
    pub patch: SettingsPatch,
    /// Serial numbers of the certificates that a renewal replaces.
    pub renews: BTreeSet<String>,
}

impl ChangeView {
    /// The permission that starting it takes.
    #[must_use]
    pub fn permission(&self) -> Permission {
        permission(self.kind)
    }

    /// The resources that it takes away and those that it brings back; none unless it changes nothing else.
    #[must_use]
    pub fn resources(&self) -> Option<(Vec<ResourceKind>, Vec<ResourceKind>)> {
        let (now, then) = (&self.tenant.settings.without, self.patch.without.as_ref()?);
        let rest = SettingsPatch { without: None, ..self.patch.clone() };
        (self.kind == RunKind::Change && rest.is_empty())
            .then(|| (then.difference(now).copied().collect(), now.difference(then).copied().collect()))
    }

    pub(super) fn after(&self) -> TenantSettings {
        self.patch.on(&self.tenant.settings)
    }
}

#[derive(FromRow)]
struct Row {
    tenant_id: Uuid,
    kind: String,
    patch: Json<SettingsPatch>,
    only_kinds: Option<Vec<String>>,
    reason: Option<String>,
    base_version: i64,
    proposed_by: String,
    proposed_at: DateTime<Utc>,
    run_number: Option<i64>,
    ended_at: Option<DateTime<Utc>>,
    renews: Vec<String>,
}

const COLUMNS: &str = "select c.tenant_id, c.kind, c.patch, c.only_kinds, c.reason, c.base_version, c.proposed_by, c.proposed_at,
    r.number as run_number, c.ended_at, c.renews from change c left join run r on r.id = c.run_id where c.id = $1";

pub(super) async fn load(connection: &mut PgConnection, id: Uuid) -> Result<ChangeView> {
    let row: Row = sqlx::query_as(COLUMNS).bind(id).fetch_optional(&mut *connection).await?.ok_or(Error::NotFound("change"))?;
    let tenant = tenants::facts(&mut *connection, row.tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
    let kind = RunKind::parse(&row.kind).ok_or_else(|| Error::internal("a change of an unknown kind"))?;
    let patch = row.patch.0;
    let mut conflict = None;
    if row.ended_at.is_none() && row.base_version != tenant.version {
        let base = tenants::settings_at(&mut *connection, tenant.id, row.base_version).await?;
        let last = tenants::settings_at(&mut *connection, tenant.id, tenant.version).await?;
        let both = conflicting(&patch, base.map(|base| base.settings).as_ref(), &tenant.settings);
        if !both.is_empty() {
            conflict = Some((both, last.map_or_else(|| "somebody".to_owned(), |last| last.changed_by)));
        }
    }
    let kinds = |names: Vec<String>| names.iter().filter_map(|name| ResourceKind::parse(name)).collect();
    Ok(ChangeView {
        id,
        kind,
        title: title(kind, &patch),
        changed: changed_settings(&tenant.settings, &patch.on(&tenant.settings)),
        only: row.only_kinds.map(kinds),
        reason: row.reason,
        proposed_by: row.proposed_by,
        proposed_at: row.proposed_at,
        conflict,
        run_number: row.run_number,
        ended_at: row.ended_at,
        tenant,
        patch,
        renews: row.renews.into_iter().collect(),
    })
}

/// The settings that a patch changes and that are not what they were at its base. If the base is not known any more, all of them.
fn conflicting(patch: &SettingsPatch, base: Option<&TenantSettings>, now: &TenantSettings) -> Vec<Conflicting> {
    let mine = changed_settings(now, &patch.on(now));
    let Some(base) = base else {
        let unknown =
            |mine: ChangedSetting| Conflicting { label: mine.label, base: "not known".to_owned(), theirs: mine.before, mine: mine.after };
        return mine.into_iter().map(unknown).collect();
    };
    let theirs = changed_settings(base, now);
    let both = theirs.into_iter().filter_map(|theirs| {
        let mine = mine.iter().find(|mine| mine.label == theirs.label)?;
        Some(Conflicting { label: theirs.label, base: theirs.before, theirs: theirs.after, mine: mine.after.clone() })
    });
    both.collect()
}
