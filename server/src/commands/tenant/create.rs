//! `steward tenant create`

use super::client::{Client, path_of};
use super::output::{json, say, text};
use super::settings::{NewTenant, Settings};
use super::{Go, bulk, watch};
use crate::command_line::Stopped;
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::path::PathBuf;

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
    /// A table of tenants as CSV instead; `-` for what comes in. Its first row names the columns: name, contact_email, and any of
    /// short_name, reseller, region, cpu, memory_gib, storage_gib, gpu, features.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "name", "contact_email", "domain", "idempotency_key"])]
    csv: Option<PathBuf>,
    /// Only says of each row of the table whether it passes.
    #[arg(long, requires = "csv")]
    dry_run: bool,
    #[command(flatten)]
    go: Go,
}

/// Creates a tenant.
pub(super) async fn run(client: &Client, as_json: bool, create: Create) -> Result<(), Stopped> {
    if let Some(path) = &create.csv {
        return bulk::run(client, as_json, path, create.dry_run, &create.go).await;
    }
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
    if create.go.watch {
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
