//! Placing a realm: read while a plan is made, decided under a lock when its run begins.

use super::{Cells, Placed};
use crate::database::Transaction;
use crate::error::Result;
use sqlx::PgConnection;
use steward_domain::region::Region;

/// How many realms have their place in each cell, those still to be made included.
pub(in crate::provisioning) async fn filled(connection: &mut PgConnection) -> Result<Placed> {
    let rows: Vec<(String, i64)> = sqlx::query_as("select cell, tenants from cells_filled()").fetch_all(connection).await?;
    Ok(Placed(rows.into_iter().map(|(cell, tenants)| (cell, u64::try_from(tenants).unwrap_or_default())).collect()))
}

/// Whether a place was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provisioning) enum Held {
    /// It was: nobody else gets it before this transaction ends.
    Yes,
    /// Others were faster, or the cell was closed since.
    No,
}

/// Holds a place in a cell until the transaction commits with the tenant in it: one *Create* after the other, because two that were
/// planned at the same time both saw the last place.
pub(in crate::provisioning) async fn hold_place(
    transaction: &mut Transaction,
    cells: &Cells,
    region: Region,
    cell: Option<&str>,
) -> Result<Held> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('steward cells', 0))").execute(transaction.conn()).await?;
    let placed = filled(transaction.conn()).await?;
    let takes_it = cells.candidates(region, &placed).iter().any(|candidate| Some(candidate.name.as_str()) == cell);
    Ok(if takes_it { Held::Yes } else { Held::No })
}
