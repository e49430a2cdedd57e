//! `standins`: plays Grafana and Cloudflare for development and tests. See the library for what it does and what it never does.

use anyhow::Context;
use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;
use steward_standins::cloudflare::{self, Zone};
use steward_standins::powerdns::PowerDns;
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
    /// File that keeps Grafana's state over restarts.
    #[arg(long)]
    state: PathBuf,
    /// Where Cloudflare's API listens.
    #[arg(long)]
    cloudflare_listen: SocketAddr,
    /// File with the token that may do everything.
    #[arg(long)]
    cloudflare_admin_token_file: PathBuf,
    /// File with Steward's own token, which may do what `stack/policies/cloudflare-steward.json` says.
    #[arg(long)]
    cloudflare_steward_token_file: PathBuf,
    /// The one zone that is there.
    #[arg(long)]
    cloudflare_zone: String,
    /// The zone's id: 32 hexadecimal digits.
    #[arg(long)]
    cloudflare_zone_id: String,
    /// File that keeps Cloudflare's state over restarts.
    #[arg(long)]
    cloudflare_state: PathBuf,
    /// Where the DNS server's HTTP API is, which every change goes to.
    #[arg(long)]
    powerdns_address: SocketAddr,
    /// File with that API's key.
    #[arg(long)]
    powerdns_key_file: PathBuf,
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
    let zone = Zone::new(&arguments.cloudflare_zone_id, &arguments.cloudflare_zone)?;
    let dns = PowerDns::new(arguments.powerdns_address, token(&arguments.powerdns_key_file)?, &arguments.cloudflare_zone);
    let cloudflare = cloudflare::server::Cloudflare::new(
        zone,
        token(&arguments.cloudflare_admin_token_file)?,
        token(&arguments.cloudflare_steward_token_file)?,
        Some(arguments.cloudflare_state),
        Some(dns),
    )?;
    let api = tokio::net::TcpListener::bind(arguments.grafana_listen).await.context("cannot listen for Grafana's API")?;
    let dns_api = tokio::net::TcpListener::bind(arguments.cloudflare_listen).await.context("cannot listen for Cloudflare's API")?;
    let orders = tokio::net::TcpListener::bind(arguments.control_listen).await.context("cannot listen for control")?;
    tracing::info!(grafana = %arguments.grafana_listen, cloudflare = %arguments.cloudflare_listen, control = %arguments.control_listen, "listening");
    let control = control::router(&grafana, &cloudflare);
    tokio::try_join!(
        server::serve(api, server::router(grafana)),
        server::serve(dns_api, cloudflare::server::router(cloudflare)),
        server::serve(orders, control)
    )?;
    Ok(())
}
