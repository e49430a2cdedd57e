//! Measures what the issues ask for, each figure beside its goal and its comparison in the same run, and writes them to
//! `bench/latest.json`. It never prints what it did not measure: a part that fails ends the whole with an error.
//!
//! Start reading at [`main`]; one file per figure.

mod bare;
mod fixture;
mod list;
mod load;
mod onboarding;
mod process;
mod report;
mod sweep;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    Onboarding,
    List,
    Sweep,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Bare { database, listen } => bare::serve(&database, listen).await,
        Command::All { steward, out, only } => {
            let fixture = fixture::Fixture::make().await?;
            let mut report = report::Report::default();
            if only.is_none() || only == Some(Part::Onboarding) {
                onboarding::measure(&fixture, &mut report).await?;
            }
            if only.is_none() || only == Some(Part::List) {
                list::measure(&fixture, &steward, &mut report).await?;
            }
            if only.is_none() || only == Some(Part::Sweep) {
                sweep::measure(&fixture, onboarding::site().await?, &mut report).await?;
            }
            fixture.remove().await?;
            report.finish(&out)
        }
    }
}
