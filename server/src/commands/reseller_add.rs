//! `steward reseller add`

use crate::command_line::Stopped;
use crate::configuration::Configuration;
use steward_core::access::{Actor, ManageResellers, demand};
use steward_core::context::Context;
use steward_core::database::Database;
use steward_core::error::{Error, Result};
use steward_core::tenants::{Reseller, add_reseller};

/// Adds a reseller, or renames the one of that short name.
pub(crate) async fn run(configuration: &Configuration, short_name: &str, name: &str) -> Result<(), Stopped> {
    let reseller = add(configuration, short_name, name)
        .await
        .map_err(|error| anyhow::anyhow!("{}", error.log().map_or_else(|| error.message(), str::to_owned)))?;
    println!("Reseller {} ({}) is there.", reseller.short_name, reseller.name);
    Ok(())
}

async fn add(configuration: &Configuration, short_name: &str, name: &str) -> Result<Reseller> {
    if name.trim().is_empty() {
        return Err(Error::field("name", "Give the reseller a name"));
    }
    let database = Database::connect(configuration.database.clone(), 1, Context::default()).await?;
    let actor = Actor::worker("command line", database.context().id()?.simple().to_string());
    let authority = demand::<ManageResellers>(&database, &actor).await?;
    add_reseller(&database, &authority, short_name, name.trim()).await
}
