//! Measures what the issues ask for, each figure beside its goal and its comparison in the same run, and writes them to
//! `bench/latest.json`. It never prints what it did not measure: a part that fails ends the whole with an error.
//!
//! Start reading at [`main`]; one file per figure.

mod bare;
mod crowd;
mod drift;
mod fixture;
mod list;
mod load;
mod onboarding;
mod plan;
mod played;
mod process;
mod real;
mod report;
mod sweep;
mod tenants;

use anyhow::Result;
use clap::{Parser, Subcommand};
use steward_core::provisioning::Provisioning;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures everything.
    All {
        /// The release binary `steward`.
        #[arg(long)]
        steward: std::path::PathBuf,
        /// Where the figures go.
        #[arg(long, default_value = "bench/latest.json")]
        out: std::path::PathBuf,
        /// Only this part, for whoever works on it.
        #[arg(long)]
        only: Option<Part>,
    },
    /// The comparison: a bare axum + askama + sqlx handler over the same query, with a session check.
    Bare {
        /// The database.
        #[arg(long, env = "BENCH_DATABASE_URL")]
        database: String,
        /// Where to listen.
        #[arg(long)]
        listen: std::net::SocketAddr,
    },
    /// One of the servers that share the runs.
    Server {
        /// The database.
        #[arg(long, env = "BENCH_DATABASE_URL")]
        database: String,
        /// What it is called.
        #[arg(long)]
        name: String,
    },
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    Onboarding,
    Plan,
    Drift,
    Crowd,
    List,
    Sweep,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Bare { database, listen } => bare::serve(&database, listen).await,
        Command::Server { database, name } => crowd::serve(&database, name).await,
        Command::All { steward, out, only } => {
            let fixture = fixture::Fixture::make().await?;
            let mut report = report::Report::default();
            let asked = |part| only.is_none() || only == Some(part);
            if asked(Part::Onboarding) {
                onboarding::measure(&fixture, &mut report).await?;
            }
            if asked(Part::Plan) || asked(Part::Drift) {
                with_a_tenant(&fixture, asked, &mut report).await?;
            }
            if asked(Part::List) {
                list::measure(&fixture, &steward, &mut report).await?;
            }
            if asked(Part::Crowd) {
                crowd::measure(&fixture, &mut report).await?;
            }
            if asked(Part::Sweep) {
                sweep::measure(&fixture, real::site().await?, &mut report).await?;
            }
            fixture.remove().await?;
            report.finish(&out)
        }
    }
}

/// The parts that look at one tenant on the real systems. It is taken off again however they end.
async fn with_a_tenant(fixture: &fixture::Fixture, asked: impl Fn(Part) -> bool, report: &mut report::Report) -> Result<()> {
    let provisioning = Provisioning::on(fixture.database.clone(), real::site().await?);
    let stop = CancellationToken::new();
    let worker = tokio::spawn(provisioning.worker("bench".into()).run(stop.clone()));
    let tenant = tenants::onboard(fixture, &provisioning, &tenants::fresh_name(fixture)?).await?;
    stop.cancel();
    worker.await?;
    let measured = async {
        if asked(Part::Plan) {
            plan::measure(fixture, &provisioning, &tenant, report).await?;
        }
        if asked(Part::Drift) {
            drift::measure(fixture, &provisioning, &tenant, report).await?;
        }
        Ok(())
    };
    let outcome = measured.await;
    tenants::remove(provisioning.site(), &tenant.wanted).await;
    outcome
}
