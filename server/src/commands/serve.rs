//! `steward serve`: listens, works, and ends in order.

use crate::command_line::Stopped;
use crate::configuration::Configuration;
use crate::steward::Steward;
use crate::{logs, router, workers};
use anyhow::Context as _;
use axum::serve::ListenerExt;
use std::net::SocketAddr;
use std::time::Duration;
use steward_core::context::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// After so long the process ends, whatever is still under way.
const SHUTDOWN_MAX: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT.
pub(crate) async fn run(configuration: &Configuration) -> Result<(), Stopped> {
    let context = Context::default();
    logs::install(&Configuration::read_log_directives(&|name| std::env::var(name).ok()), context.clone());
    steward_core::platform::http::install_tls_provider();
    let listener = TcpListener::bind(configuration.listen)
        .await
        .with_context(|| format!("STEWARD_LISTEN: {} cannot be listened on", configuration.listen))?;
    let steward = Steward::start(configuration, context).await?;
    let shutdown = steward.shutdown.clone();
    tokio::spawn(end_on_signal(shutdown.clone()));
    let workers = workers::start(&steward, &configuration.worker_name, configuration.drift_sweep);
    tracing::info!(listen = %configuration.listen, url = %configuration.url, version = env!("CARGO_PKG_VERSION"), "ready");
    let served = serve(listener, &steward, shutdown.clone()).await;
    shutdown.cancel();
    if tokio::time::timeout(SHUTDOWN_MAX, workers.wait()).await.is_err() {
        tracing::warn!("workers did not end in time; another process takes their steps over");
    }
    steward.database().close().await;
    tracing::info!("ended");
    Ok(served?)
}

async fn serve(listener: TcpListener, steward: &Steward, shutdown: CancellationToken) -> anyhow::Result<()> {
    let router = router::build(steward).into_make_service_with_connect_info::<SocketAddr>();
    // Small answers leave at once.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let serving = axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    tokio::select! {
        served = async { serving.await } => served.context("serving"),
        () = async { shutdown.cancelled().await; tokio::time::sleep(SHUTDOWN_MAX).await } => {
            tracing::warn!("requests were still under way at the end");
            Ok(())
        }
    }
}

async fn end_on_signal(shutdown: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending: requests under way are finished, no new ones are taken");
    shutdown.cancel();
}
