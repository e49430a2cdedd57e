//! `steward tenant list`

use super::client::Client;
use super::output::{json, say, table, text};
use crate::command_line::Stopped;
use clap::Args;
use serde_json::Value;

/// What to list.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// A fragment of name, short name, domain or contact.
    #[arg(long, short)]
    query: Option<String>,
    /// Only those that are this: draft, provisioning, active, suspended, …
    #[arg(long)]
    status: Option<String>,
    /// Only those that need attention of this kind: retrying, waiting, stopped.
    #[arg(long)]
    attention: Option<String>,
    /// Only those of this reseller, by its short name; `direct` for those of none.
    #[arg(long)]
    reseller: Option<String>,
    /// At most so many; 0 for all.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Lists.
pub(super) async fn run(client: &Client, as_json: bool, list: List) -> Result<(), Stopped> {
    let most = if list.limit == 0 { usize::MAX } else { list.limit };
    let pairs = [("q", list.query), ("status", list.status), ("attention", list.attention), ("reseller", list.reseller)];
    let pairs: Vec<(&str, String)> = pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
    let mut next = Some(format!("/v2/tenants?{query}&limit={}", most.min(200)).replace("?&", "?"));
    let mut tenants: Vec<Value> = Vec::new();
    let mut more = false;
    while let Some(path) = next {
        let mut page = client.get(&path).await?.body;
        next = page.get("next").and_then(Value::as_str).map(str::to_owned);
        if let Some(rows) = page.get_mut("tenants").and_then(Value::as_array_mut) {
            tenants.append(rows);
        }
        if tenants.len() >= most {
            more = next.is_some() || tenants.len() > most;
            tenants.truncate(most);
            break;
        }
    }
    if as_json {
        json(&Value::Array(tenants));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = tenants
        .iter()
        .map(|tenant| {
            let attention = tenant.get("attention").map_or_else(|| "–".to_owned(), |attention| text(attention, "text"));
            vec![text(tenant, "name"), text(tenant, "domain"), text(tenant, "status"), attention, text(tenant, "reseller")]
        })
        .collect();
    say(&table(&["NAME", "DOMAIN", "STATUS", "ATTENTION", "RESELLER"], &rows));
    if more {
        say(&format!("There are more than {most}: give --limit, or narrow the search."));
    }
    Ok(())
}
