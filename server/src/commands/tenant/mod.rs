//! `steward tenant …`: a client of the REST API (`docs/decisions/command-line-is-a-client.md`). It has no rule of its own and opens no
//! database: what a call may do, and whose name stands in the audit log, is decided by whoever signed in.

mod bulk;
mod client;
mod create;
mod drift;
mod list;
mod output;
mod plan;
mod settings;
mod show;
mod watch;

use crate::command_line::Stopped;
use clap::{Args, Subcommand};
use client::{Client, Connection};
use settings::{Resources, Settings};

/// What every command of a tenant takes.
#[derive(Debug, Args)]
pub(crate) struct TenantArguments {
    #[command(flatten)]
    connection: Connection,
    /// Prints JSON, as the API answers.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Creates a tenant; with --csv many.
    Create(Box<create::Create>),
    /// Lists tenants.
    List(list::List),
    /// Shows one tenant.
    Show {
        /// Its short name or id.
        tenant: String,
    },
    /// Says what changed settings would do. Nothing runs.
    Plan {
        /// Its short name or id.
        tenant: String,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        resources: Resources,
    },
    /// Changes settings: shows the plan, asks, and starts exactly that plan.
    Apply {
        /// Its short name or id.
        tenant: String,
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        resources: Resources,
        #[command(flatten)]
        go: Go,
    },
    /// Lists what differs in the systems from what the tenant is to have.
    Drift {
        /// Its short name or id.
        tenant: String,
    },
    /// Puts right what differs.
    Repair {
        /// Its short name or id.
        tenant: String,
        /// Only this kind of resource, as `drift` names it; may be repeated.
        #[arg(long, value_name = "KIND")]
        only: Vec<String>,
        #[command(flatten)]
        go: Go,
    },
    /// Keeps the tenant's people out. Nothing is removed.
    Suspend {
        /// Its short name or id.
        tenant: String,
        /// Why; it stands in the audit log.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        go: Go,
    },
    /// Lets them in again.
    Resume {
        /// Its short name or id.
        tenant: String,
        #[command(flatten)]
        go: Go,
    },
    /// Follows a run to its end.
    Watch {
        /// Its short name or id.
        tenant: String,
        /// The number of the run; the last one if it is left out.
        run: Option<i64>,
    },
}

/// How a reviewed plan goes on.
#[derive(Debug, Args)]
pub(crate) struct Go {
    /// Does not ask. Without a terminal it must be given.
    #[arg(long, short)]
    yes: bool,
    /// Follows the run to its end.
    #[arg(long, short)]
    watch: bool,
}

/// Does what was asked for.
pub(crate) async fn run(arguments: TenantArguments) -> Result<(), Stopped> {
    let client = Client::sign_in(arguments.connection).await?;
    let json = arguments.json;
    match arguments.command {
        TenantCommand::Create(create) => create::run(&client, json, *create).await,
        TenantCommand::List(list) => list::run(&client, json, list).await,
        TenantCommand::Show { tenant } => show::run(&client, json, &tenant).await,
        TenantCommand::Plan { tenant, settings, resources } => plan::look(&client, json, &tenant, (&settings, &resources)).await,
        TenantCommand::Apply { tenant, settings, resources, go } => plan::apply(&client, json, &tenant, (&settings, &resources), &go).await,
        TenantCommand::Drift { tenant } => drift::run(&client, json, &tenant).await,
        TenantCommand::Repair { tenant, only, go } => {
            let repair = if only.is_empty() { serde_json::Value::Bool(true) } else { only.into() };
            plan::propose(&client, json, &tenant, None, serde_json::json!({ "repair": repair }), &go).await
        }
        TenantCommand::Suspend { tenant, reason, go } => {
            let mut body = serde_json::json!({ "suspended": true });
            if let (Some(reason), Some(members)) = (reason, body.as_object_mut()) {
                members.insert("reason".to_owned(), reason.into());
            }
            plan::propose(&client, json, &tenant, None, body, &go).await
        }
        TenantCommand::Resume { tenant, go } => {
            plan::propose(&client, json, &tenant, None, serde_json::json!({ "suspended": false }), &go).await
        }
        TenantCommand::Watch { tenant, run } => watch::run(&client, json, &tenant, run).await,
    }
}
