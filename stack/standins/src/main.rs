//! `standins`: plays Grafana for development and tests. See the library for what it does and what it never does.

use anyhow::Context;
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use steward_standins::{control, server};

/// Plays systems that cannot be had in development and tests.
#[derive(Parser)]
struct Arguments {
    /// Where Grafana's API listens.
    #[arg(long)]
    grafana_listen: SocketAddr,
    /// Where faults are ordered and calls are looked at.
    #[arg(long)]
    control_listen: SocketAddr,
    /// File with the token that may do everything.
    #[arg(long)]
    grafana_admin_token_file: PathBuf,
    /// File with Steward's own token, which may do what `stack/policies/grafana-steward.json` says.
    #[arg(long)]
    grafana_steward_token_file: PathBuf,
    /// File that keeps the state over restarts.
    #[arg(long)]
    state: PathBuf,
}

fn token(path: &PathBuf) -> anyhow::Result<String> {
    let token = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let token = token.trim().to_owned();
    anyhow::ensure!(!token.is_empty(), "{} is empty", path.display());
    Ok(token)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let arguments = Arguments::parse();
    let grafana = server::Grafana::new(
        token(&arguments.grafana_admin_token_file)?,
        token(&arguments.grafana_steward_token_file)?,
        Some(arguments.state),
    )?;
    let api = tokio::net::TcpListener::bind(arguments.grafana_listen).await.context("cannot listen for Grafana's API")?;
    let orders = tokio::net::TcpListener::bind(arguments.control_listen).await.context("cannot listen for control")?;
    tracing::info!(grafana = %arguments.grafana_listen, control = %arguments.control_listen, "listening");
    let control = control::router(std::sync::Arc::clone(&grafana));
    tokio::try_join!(server::serve(api, server::router(grafana)), server::serve(orders, control))?;
    Ok(())
}
