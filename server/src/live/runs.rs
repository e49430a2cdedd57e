//! Runs that somebody watches.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use steward_core::access::{Authority, ReadTenants, Scope};
use steward_core::database::Database;
use steward_core::error::Result;
use steward_core::provisioning::Provisioning;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The channel on which PostgreSQL tells of changes (migrations/0003_provisioning.sql).
const CHANNEL: &str = "run_changed";
/// Changes within this time are told as one.
const COALESCE: Duration = Duration::from_millis(100);
/// Changes that wait for watchers; who is further behind looks anyway.
const CHANGES_MAX: usize = 256;
/// After a failure of the database the listener tries again so late.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// A run at a moment.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    /// The moment, for `Last-Event-ID`.
    pub seen_at: i64,
    /// The run as JSON.
    pub json: Arc<str>,
    /// Whether nothing will change any more.
    pub ended: bool,
}

/// Somebody's view of a run. Those who see the same tenants share it.
type Key = (Uuid, Seen);

/// Which tenants somebody sees: [`Scope`] in a form that can be a key.
type Seen = (u8, Option<Uuid>);

const fn key_of(scope: Scope) -> Seen {
    match scope {
        Scope::All => (0, None),
        Scope::Worker => (1, None),
        Scope::Nothing => (2, None),
        Scope::Reseller(id) => (3, Some(id)),
    }
}

/// A run that is watched. Its task ends when nobody holds it any more.
pub(super) struct Watched {
    pictures: watch::Receiver<Picture>,
}

/// Runs that somebody watches.
pub struct Runs {
    provisioning: Provisioning,
    changes: broadcast::Sender<Option<Uuid>>,
    watched: Arc<Mutex<HashMap<Key, Weak<Watched>>>>,
    shutdown: CancellationToken,
}

impl Runs {
    /// Nobody watches anything yet.
    #[must_use]
    pub fn new(provisioning: Provisioning, shutdown: CancellationToken) -> Self {
        Self { provisioning, changes: broadcast::Sender::new(CHANGES_MAX), watched: Arc::default(), shutdown }
    }

    /// Listens to PostgreSQL until the process ends. Runs as one task of the process.
    pub async fn listen(&self, database: Database) {
        loop {
            let heard = tokio::select! {
                heard = self.hear(&database) => heard,
                () = self.shutdown.cancelled() => return,
            };
            if let Err(error) = heard {
                tracing::warn!("changes of runs cannot be heard: {}", error.log().unwrap_or_default());
            }
            tokio::select! {
                () = tokio::time::sleep(LISTEN_AGAIN) => {}
                () = self.shutdown.cancelled() => return,
            }
        }
    }

    async fn hear(&self, database: &Database) -> Result<()> {
        let mut listener = database.listen(CHANNEL).await?;
        // Whatever happened before we listened: everybody looks once.
        let _ = self.changes.send(None);
        loop {
            // None: the connection was lost and is made anew; what happened meanwhile is not told.
            let changed = listener.next().await?.and_then(|run| run.parse().ok());
            let _ = self.changes.send(changed);
        }
    }

    /// Watches a run. The first picture is there at once.
    ///
    /// # Errors
    /// When there is no such run, or the actor may not see it.
    pub(super) async fn watch(&self, authority: &Authority<ReadTenants>, run: Uuid) -> Result<(Arc<Watched>, watch::Receiver<Picture>)> {
        let key = (run, key_of(authority.actor().scope()));
        if let Some(watched) = self.find(&key) {
            let pictures = watched.pictures.clone();
            return Ok((watched, pictures));
        }
        let changes = self.changes.subscribe();
        let first = picture(&self.provisioning, authority, run).await?;
        let (sender, pictures) = watch::channel(first);
        let watched = Arc::new(Watched { pictures: pictures.clone() });
        let mut all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, watched| watched.strong_count() > 0);
        all.insert(key, Arc::downgrade(&watched));
        drop(all);
        tokio::spawn(follow(self.provisioning.clone(), authority.clone(), run, sender, changes, Arc::downgrade(&watched)));
        Ok((watched, pictures))
    }

    fn find(&self, key: &Key) -> Option<Arc<Watched>> {
        let all = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(key)?.upgrade().filter(|watched| watched.pictures.has_changed().is_ok())
    }
}

async fn picture(provisioning: &Provisioning, authority: &Authority<ReadTenants>, run: Uuid) -> Result<Picture> {
    let view = provisioning.run_view(authority, run).await?;
    Ok(Picture { seen_at: view.seen_at.timestamp_millis(), json: serde_json::to_string(&view)?.into(), ended: view.is_over() })
}

/// Looks again after each change, until the run has ended or nobody watches.
async fn follow(
    provisioning: Provisioning,
    authority: Authority<ReadTenants>,
    run: Uuid,
    pictures: watch::Sender<Picture>,
    mut changes: broadcast::Receiver<Option<Uuid>>,
    watched: Weak<Watched>,
) {
    loop {
        if pictures.borrow().ended {
            return;
        }
        // A change of this run, or one that was not told: lost connection, too far behind.
        let ours = match changes.recv().await {
            Ok(changed) => changed.is_none_or(|changed| changed == run),
            Err(broadcast::error::RecvError::Lagged(_)) => true,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if watched.strong_count() == 0 {
            return;
        }
        if !ours {
            continue;
        }
        tokio::time::sleep(COALESCE).await;
        changes = changes.resubscribe();
        match picture(&provisioning, &authority, run).await {
            Ok(picture) => drop(pictures.send_replace(picture)),
            Err(error) => tracing::warn!(code = error.code(), "a run that is watched cannot be read"),
        }
    }
}
