//! How a tenant comes to be: wish → plan → run.
//!
//! A tenant's settings determine a list of *resources* (`resources/`, one file per kind). A *plan* is the difference between
//! what is wanted and what is observed; a *run* carries it out, step by step (`engine/`). There is no second code path:
//! whatever later changes or removes something is a run too. What Steward did not make it never changes or deletes.
//!
//! Start reading at [`Provisioning`], then [`resources`], then [`engine`].

mod batch;
mod begin;
mod cancel;
mod cells;
mod change;
mod domains;
mod drift;
pub mod engine;
mod idempotency;
mod interrupts;
mod inventory;
mod pause;
mod plan;
mod preflight;
mod preview;
pub mod resources;
mod retry;
mod roll_back;
mod runs;
mod settings;
mod start;
mod usage;
mod wanted;

pub use batch::{BatchRow, BatchTuning, BatchView, BatchWorker, Progress};
pub use cells::{Cell, CellGauge, Cells, Placed};
pub use change::{ChangeView, Conflicting, Proposal, Reach};
pub use domains::{Challenge, Checked, DomainFacts, DomainView, RenewalFailing};
pub use drift::{BoardFilter, BoardPage, DriftRow, IGNORED_DAYS, Reconciler, SweepTuning, TenantBoard, Unseen};
pub use engine::{Deaths, Point, Tuning, Worker};
pub(crate) use engine::{millis, within_patience};
pub use idempotency::Idempotency;
pub use inventory::ResourceRow;
pub use pause::DestructionPause;
pub(crate) use pause::open_pause;
pub use plan::SystemHealth;
pub(crate) use preflight::allocated;
pub use preview::three_versions;
pub use runs::RunRow;
pub use settings::{Capacity, Domains, Links, MailSecurity, MailSender, Settings};
pub use start::{Onboarded, StartedRun};
pub use usage::{Usage, Used, amount};
pub use wanted::{CustomDomain, Site, Wanted};

use crate::database::Database;
use crate::error::Result;
use crate::mail::{MailFailure, MailTuning, MailWorker, Smtp};
use crate::operations::Reporter;
use crate::platform::Platform;
use std::sync::Arc;

/// Everything that provisioning needs, in one value that is cheap to clone.
#[derive(Clone, Debug)]
pub struct Provisioning {
    database: Database,
    site: Arc<Site>,
}

impl Provisioning {
    /// Puts the parts together.
    #[must_use]
    pub fn new(database: Database, platform: Arc<Platform>, settings: Arc<Settings>) -> Self {
        let context = database.context().clone();
        Self::on(database, Site::real(platform, settings, context))
    }

    /// The same on another site: for tests and the bench.
    #[must_use]
    pub fn on(database: Database, site: Site) -> Self {
        Self { database, site: Arc::new(site) }
    }

    /// The outside systems and what they are told about each other.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// A worker of this process. `name` tells people which process it is; it need not be unique.
    #[must_use]
    pub fn worker(&self, name: String) -> Worker {
        Worker::new(self.database.clone(), Arc::clone(&self.site), name)
    }

    /// A reporter of this process. `name` tells people which process it is; it need not be unique.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn reporter(&self, name: String) -> Result<Reporter> {
        Reporter::new(self.database.clone(), Arc::clone(&self.site.platform), name)
    }

    /// A reconciler of this process. `name` tells people which process it is; it need not be unique.
    #[must_use]
    pub fn reconciler(&self, name: String, tuning: SweepTuning) -> Reconciler {
        Reconciler::new(self.clone(), name, tuning)
    }

    /// A mail worker of this process: it sends what runs leave in the outbox. `name` as above.
    ///
    /// # Errors
    /// When the mail server's settings cannot be used.
    pub fn mail_worker(&self, name: String, tuning: MailTuning) -> Result<MailWorker, MailFailure> {
        let settings = &self.site.settings;
        let carrier = Arc::new(Smtp::new(&settings.mail)?);
        Ok(MailWorker::new(self.database.clone(), settings.mail.clone(), settings.public_url.clone(), name, tuning, carrier))
    }
}
