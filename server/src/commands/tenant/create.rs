//! `steward tenant create`

use super::client::{Client, path_of};
use super::output::{json, say, text};
use super::settings::{NewTenant, Settings};
use super::watch;
use crate::command_line::Stopped;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

/// What to create.
#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    tenant: NewTenant,
    /// Chosen for this one request: sent again, nothing is made twice.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Follows the run to its end.
    #[arg(long, short)]
    watch: bool,
}

/// Creates a tenant.
pub(super) async fn run(client: &Client, as_json: bool, create: Create) -> Result<(), Stopped> {
    let mut body = create.settings.body()?;
    create.tenant.add_to(&mut body);
    let body = Value::Object(body);
    let created = client
        .call(Method::POST, "/v2/tenants", |request| {
            let request = request.json(&body);
            if let Some(key) = &create.idempotency_key { request.header("idempotency-key", key) } else { request }
        })
        .await?
        .body;
    let id = text(&created, "tenant_id");
    if create.watch {
        let tenant = client.get(&path_of(&id)).await?.body;
        return watch::follow(client, as_json, tenant.pointer("/last_run/href").and_then(Value::as_str).unwrap_or_default()).await;
    }
    if as_json {
        json(&created);
    } else {
        say(&format!("Tenant {id} is being made. Follow it: steward tenant watch {id}"));
    }
    Ok(())
}
