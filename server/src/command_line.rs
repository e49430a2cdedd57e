//! The command line: what it takes, and which command does it.

use crate::commands::exit::Exit;
use crate::commands::tenant::TenantArguments;
use crate::commands::{check, completions, migrate, reseller_add, serve, tenant};
use crate::configuration::{Configuration, Problem};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::process::ExitCode;

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
    /// Examines configuration, database and every outside system, and says what to fix.
    Check,
    /// Tenants: a client of a running Steward, with the rights of whoever signs in.
    Tenant(Box<TenantArguments>),
    /// Prints the completions of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
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

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The configuration is wrong.
    Misconfigured(Vec<Problem>),
    /// It ended with a code of its own, and says why.
    Ended(Exit, String),
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
                Exit::Usage.into()
            }
            Err(Stopped::Ended(exit, message)) => {
                eprintln!("{message}");
                exit.into()
            }
            Err(Stopped::Failed(error)) => {
                eprintln!("{error:#}");
                Exit::Failed.into()
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
            Command::Check => check::run(&configuration()?).await,
            Command::Tenant(arguments) => tenant::run(*arguments).await,
            Command::Completions { shell } => {
                completions::run(shell, CommandLine::command());
                Ok(())
            }
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

    #[test]
    fn what_can_be_typed_fits_together() {
        CommandLine::command().debug_assert();
    }
}
