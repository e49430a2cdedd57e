//! What the process does by itself, beside answering requests: work on runs, go on with tables of tenants, look for drift, send mails, report
//! what it measures, sweep sessions that are over, listen for changes.

use crate::sign_in::ending;
use crate::steward::Steward;
use std::time::Duration;
use steward_core::error::Result;
use steward_core::mail::MailTuning;
use steward_core::provisioning::{BatchTuning, SweepTuning};
use tokio_util::task::TaskTracker;

/// Sessions that are over are swept so often. They open nothing before that either: finding a session checks its end.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Starts them. They end when the program's shutdown is cancelled.
#[must_use]
pub fn start(steward: &Steward, worker_name: &str, drift_sweep: Duration) -> TaskTracker {
    let tasks = TaskTracker::new();
    let worker = steward.services.provisioning.worker(worker_name.to_owned());
    tasks.spawn(worker.run(steward.shutdown.clone()));
    let tuning = SweepTuning { every: drift_sweep, ..SweepTuning::default() };
    let reconciler = steward.services.provisioning.reconciler(worker_name.to_owned(), tuning);
    tasks.spawn(reconciler.run(steward.shutdown.clone()));
    let batches = steward.services.provisioning.batch_worker(worker_name.to_owned(), BatchTuning::default());
    tasks.spawn(batches.run(steward.shutdown.clone()));
    match steward.services.provisioning.mail_worker(worker_name.to_owned(), MailTuning::default()) {
        Ok(mailer) => drop(tasks.spawn(mailer.run(steward.shutdown.clone()))),
        Err(failure) => tracing::error!(code = failure.trouble.code(), said = failure.said, "no mail is sent"),
    }
    match steward.services.provisioning.reporter(worker_name.to_owned()) {
        Ok(reporter) => drop(tasks.spawn(reporter.run(steward.shutdown.clone()))),
        Err(error) => tracing::error!("nothing is reported: {}", error.log().unwrap_or_default()),
    }
    tasks.spawn(sweep(steward.clone()));
    let listening = steward.clone();
    tasks.spawn(async move { listening.runs.listen(listening.database().clone()).await });
    tasks.close();
    tasks
}

/// Ends every session that is past its end, here and at Keycloak.
///
/// # Errors
/// When the database fails.
pub async fn sweep_once(steward: &Steward) -> Result<()> {
    ending::sweep(steward).await
}

async fn sweep(steward: Steward) {
    loop {
        if let Err(error) = sweep_once(&steward).await {
            tracing::warn!("sessions cannot be swept: {}", error.log().unwrap_or_default());
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = steward.shutdown.cancelled() => return,
        }
    }
}
