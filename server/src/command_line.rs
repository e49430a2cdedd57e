//! The command line: what it takes, and which command does it.

use crate::commands::{config_check, doctor, migrate, reseller_add, serve};
use crate::configuration::{Configuration, Problem};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Exit code when the configuration is wrong.
const MISCONFIGURED: u8 = 2;

/// The tenant console.
#[derive(Debug, Parser)]
#[command(name = "steward", version, about = "The tenant console. Its settings are environment variables: see docs/configuration.md.")]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves console and API, and works on runs. So does `steward` alone.
    Serve,
    /// Brings the database's schema up to date (STEWARD_MIGRATION_DATABASE_URL).
    Migrate,
    /// Resellers.
    Reseller {
        #[command(subcommand)]
        command: ResellerCommand,
    },
    /// The configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Asks the database and every outside system whether it answers.
    Doctor,
}

#[derive(Debug, Subcommand)]
enum ResellerCommand {
    /// Adds a reseller, or renames the one of that short name.
    Add {
        /// The name that accounts carry in their attribute `reseller`.
        #[arg(long)]
        short_name: String,
        /// The name for people.
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Says what is wrong with it, one line per variable.
    Check,
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The configuration is wrong.
    Misconfigured(Vec<Problem>),
    /// Anything else.
    Failed(anyhow::Error),
}

impl From<anyhow::Error> for Stopped {
    fn from(error: anyhow::Error) -> Self {
        Stopped::Failed(error)
    }
}

impl CommandLine {
    /// Does what was asked for.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(self.dispatch()),
            Err(error) => Err(Stopped::Failed(error.into())),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(Stopped::Misconfigured(problems)) => {
                for problem in problems {
                    eprintln!("{problem}");
                }
                ExitCode::from(MISCONFIGURED)
            }
            Err(Stopped::Failed(error)) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        }
    }

    async fn dispatch(self) -> Result<(), Stopped> {
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(&configuration()?).await,
            Command::Migrate => migrate::run(Configuration::read_migration_database(&environment).map_err(Stopped::Misconfigured)?).await,
            Command::Reseller { command: ResellerCommand::Add { short_name, name } } => {
                reseller_add::run(&configuration()?, &short_name, &name).await
            }
            Command::Config { command: ConfigCommand::Check } => config_check::run(&configuration()?),
            Command::Doctor => doctor::run(&configuration()?).await,
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn configuration() -> Result<Configuration, Stopped> {
    Configuration::read(&environment).map_err(Stopped::Misconfigured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_command_it_serves() {
        assert!(CommandLine::parse_from(["steward"]).command.is_none());
        assert!(matches!(CommandLine::parse_from(["steward", "serve"]).command, Some(Command::Serve)));
        assert!(CommandLine::try_parse_from(["steward", "nonsense"]).is_err());
    }
}
