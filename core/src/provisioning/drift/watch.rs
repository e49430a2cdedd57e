//! Watching Kubernetes: what changes there by hand is on the board within seconds. An event says only that something changed; what it
//! is, a look says. Of the other systems none tells of changes: they are swept.

use super::worker::Sweep;
use crate::access::{Authority, Observe};
use crate::error::Result;
use crate::provisioning::engine::{millis, within_patience};
use crate::provisioning::resources::KUBERNETES_MARK;
use futures::StreamExt;
use k8s_openapi::api::core::v1::{LimitRange, Namespace, ResourceQuota};
use k8s_openapi::api::networking::v1::{Ingress, NetworkPolicy};
use kube::core::PartialObjectMeta;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Api, ResourceExt};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};
use uuid::Uuid;

/// After so long the API server ends a watch, and it goes on from where it was: a connection whose other end vanished is noticed.
const WATCH_SECONDS: u32 = 60;
/// Without the right to watch, it is asked for again so often.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

/// Whether a change of such a resource, or of one beside it, is told of.
pub(super) fn is_watched(kind: ResourceKind) -> bool {
    kind.system() == System::Kubernetes
}

/// Begins to watch. Each kind of object has a stream of its own. Secrets Steward may not watch; a changed one is found by the sweep, or
/// when something beside it changes.
pub(super) fn spawn(tasks: &mut JoinSet<()>, sweep: &Arc<Sweep>, authority: &Arc<Authority<Observe>>) {
    let kubernetes = &sweep.site.platform.kubernetes;
    tasks.spawn(watch::<Namespace>(Arc::clone(sweep), Arc::clone(authority), kubernetes.watched()));
    tasks.spawn(watch::<ResourceQuota>(Arc::clone(sweep), Arc::clone(authority), kubernetes.watched()));
    tasks.spawn(watch::<LimitRange>(Arc::clone(sweep), Arc::clone(authority), kubernetes.watched()));
    tasks.spawn(watch::<NetworkPolicy>(Arc::clone(sweep), Arc::clone(authority), kubernetes.watched()));
    tasks.spawn(watch::<Ingress>(Arc::clone(sweep), Arc::clone(authority), kubernetes.watched()));
}

/// The objects of one kind as last told: each object's tenant and version.
type Known = HashMap<(Option<String>, String), (Uuid, Option<String>)>;

/// Watches objects of one kind, for ever.
async fn watch<K>(sweep: Arc<Sweep>, authority: Arc<Authority<Observe>>, api: Api<PartialObjectMeta<K>>)
where
    K: kube::Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let kind = K::kind(&());
    let mut known = Known::new();
    let mut said = false;
    loop {
        let config = watcher::Config::default().labels(KUBERNETES_MARK).timeout(WATCH_SECONDS);
        // Errors are waited out, longer and longer, and reset by the first event.
        let mut events = std::pin::pin!(watcher(api.clone(), config).default_backoff());
        let mut listed = (!known.is_empty()).then(Known::new);
        let mut first = known.is_empty();
        while let Some(event) = events.next().await {
            let changed: HashSet<Uuid> = match event {
                Ok(watcher::Event::Init) => {
                    listed = Some(Known::new());
                    continue;
                }
                Ok(watcher::Event::InitApply(object)) => {
                    listed.get_or_insert_default().extend(told(&object));
                    continue;
                }
                Ok(watcher::Event::InitDone) => {
                    let listed = listed.take().unwrap_or_default();
                    // What changed before the first list, the sweep finds.
                    let missed = if first { HashSet::new() } else { differing(&known, &listed) };
                    if first {
                        info!(kind = %kind, objects = listed.len(), "watching");
                    }
                    (known, first) = (listed, false);
                    missed
                }
                Ok(watcher::Event::Apply(object)) => {
                    let told = told(&object);
                    let tenant = told.as_ref().map(|(_, (tenant, _))| *tenant);
                    known.extend(told);
                    tenant.into_iter().collect()
                }
                Ok(watcher::Event::Delete(object)) => {
                    let before = known.remove(&key(&object)).map(|(tenant, _)| tenant);
                    told(&object).map(|(_, (tenant, _))| tenant).into_iter().chain(before).collect()
                }
                Err(error) if is_refused(&error) => {
                    if !said {
                        warn!(kind = %kind, "Steward has no right to watch: what is changed by hand is found by the sweep only");
                        said = true;
                    }
                    break;
                }
                Err(error) => {
                    debug!(kind = %kind, error = %error, "the watch broke off; it begins again");
                    continue;
                }
            };
            mark_due(&sweep, &authority, changed).await;
        }
        tokio::time::sleep(REFUSED_PAUSE).await;
    }
}

fn key<K>(object: &PartialObjectMeta<K>) -> (Option<String>, String) {
    (object.metadata.namespace.clone(), object.metadata.name.clone().unwrap_or_default())
}

/// Where an object lies, whose it is and its version.
type Told = ((Option<String>, String), (Uuid, Option<String>));

/// An object as an entry of what is known; none if its mark names no tenant.
fn told<K>(object: &PartialObjectMeta<K>) -> Option<Told>
where
    PartialObjectMeta<K>: ResourceExt,
{
    let tenant = object.labels().get(KUBERNETES_MARK)?.parse().ok()?;
    Some((key(object), (tenant, object.metadata.resource_version.clone())))
}

/// The tenants of which something is other than it was.
fn differing(before: &Known, after: &Known) -> HashSet<Uuid> {
    let changed = after.iter().filter(|(key, now)| before.get(*key) != Some(now));
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
    changed.chain(gone).map(|(_, (tenant, _))| *tenant).collect()
}

fn is_refused(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status)) => status.code == 403,
        watcher::Error::WatchError(status) => status.code == 403,
        _ => false,
    }
}

/// Has the tenants looked at soon. If the database is away, the sweep finds what changed.
async fn mark_due(sweep: &Sweep, authority: &Authority<Observe>, tenants: HashSet<Uuid>) {
    if tenants.is_empty() {
        return;
    }
    let mut tenants: Vec<Uuid> = tenants.into_iter().collect();
    tenants.sort_unstable();
    if let Err(error) = within_patience(mark_due_once(sweep, authority, &tenants)).await {
        debug!(code = error.code(), log = error.log(), "a change could not be noted; the sweep finds it");
    }
}

async fn mark_due_once(sweep: &Sweep, authority: &Authority<Observe>, tenants: &[Uuid]) -> Result<()> {
    let mut transaction = sweep.database.begin(authority).await?;
    // Every process hears of it: what is due already and not yet claimed stays as it is.
    sqlx::query(
        "update drift_look set watched_due_at = greatest(now(), looked_at + $2 * interval '1 millisecond')
         where tenant_id in (select l.tenant_id from drift_look l where l.tenant_id = any($1) and l.due_at <> 'infinity'
                                and (l.watched_due_at is null or l.watched_due_at <= l.claimed_at)
                             order by l.tenant_id for update)",
    )
    .bind(tenants)
    .bind(millis(sweep.tuning.watched_pause))
    .execute(transaction.conn())
    .await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_gap_in_the_watch_only_what_changed_meanwhile_is_looked_at() {
        let tenant = Uuid::from_u128;
        let known = |objects: &[(&str, u128, &str)]| -> Known {
            let entry = |(name, id, version): &(&str, u128, &str)| ((None, (*name).to_owned()), (tenant(*id), Some((*version).to_owned())));
            objects.iter().map(entry).collect()
        };
        let before = known(&[("same", 1, "5"), ("changed", 2, "5"), ("gone", 3, "5")]);
        let after = known(&[("same", 1, "5"), ("changed", 2, "6"), ("new", 4, "7")]);
        assert_eq!(differing(&before, &after), HashSet::from([tenant(2), tenant(3), tenant(4)]));
    }
}
