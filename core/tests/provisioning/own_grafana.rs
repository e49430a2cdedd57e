//! A Grafana of a test's own: its stand-in within the test, with faults that are nobody else's.

use crate::world::platform_settings;
use std::sync::Arc;
use steward_core::platform::{PlatformSettings, Secret};
use steward_standins::faults::Fault;
use steward_standins::server::{Grafana, router};
use tokio::net::TcpListener;

/// A Grafana of the test's own, so that its faults are nobody else's.
pub async fn own_grafana() -> (Arc<Grafana>, PlatformSettings) {
    let grafana = Grafana::new("admin".into(), "steward".into(), None).unwrap();
    let settings = served(router(Arc::clone(&grafana))).await;
    (grafana, settings)
}

/// The settings by which such a Grafana is Steward's.
pub async fn served(router: axum::Router) -> PlatformSettings {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = platform_settings();
    settings.grafana.url = format!("http://{}", listener.local_addr().unwrap());
    settings.grafana.token = Secret::new("steward");
    tokio::spawn(async move { steward_standins::server::serve(listener, router).await.unwrap() });
    settings
}

pub fn fault(matches: &str, status: u16, count: u32, apply: bool) -> Fault {
    Fault { matches: matches.into(), status: Some(status), count, delay_ms: 0, apply }
}
