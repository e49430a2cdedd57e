//! How full each cell is: for the platform's pages and `steward check`.

use super::{Cells, LOOK_FROM_PERCENT, figure, percent};
use crate::access::{Authority, Right};
use crate::error::Result;
use crate::platform::{Finding, Instance};
use crate::provisioning::Provisioning;
use sqlx::FromRow;
use steward_domain::region::Region;

/// One cell and how full it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellGauge {
    /// Its name.
    pub name: String,
    /// Whether it is among the configured ones. If not, nothing of its tenants in Keycloak can be looked at or changed.
    pub configured: bool,
    /// Whether it also has the realm of the staff.
    pub first: bool,
    /// The regions whose tenants it takes.
    pub regions: Vec<Region>,
    /// Those in words.
    pub regions_in_words: String,
    /// Whether it takes new ones.
    pub open: bool,
    /// How many tenants have their realm there, or will.
    pub placed: u64,
    /// How many of those realms are still to be made.
    pub waiting: u64,
    /// How many realms it takes; 0 if it is not configured.
    pub capacity: u32,
    /// How much of that is given out.
    pub percent: u32,
    /// Where people open its admin console.
    pub link: Option<String>,
}

impl CellGauge {
    /// What `steward check` and the log say of it.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let of = Instance::cell(&self.name).to_string();
        if !self.configured {
            return Finding::fail(
                of,
                "settings",
                format!(
                    "{} in it, and it is not configured",
                    if self.placed == 1 {
                        "the realm of a tenant is".to_owned()
                    } else {
                        format!("the realms of {} tenants are", figure(self.placed))
                    }
                ),
                format!("Name {} in STEWARD_KEYCLOAK_CELLS again, with its address and credentials, and restart Steward.", self.name),
            );
        }
        let found = format!(
            "{} of {} realms, {} %; {}, {}{}",
            figure(self.placed),
            figure(self.capacity.into()),
            self.percent,
            self.regions_in_words,
            if self.open { "open" } else { "closed" },
            if self.waiting == 0 { String::new() } else { format!("; {} still to be made", figure(self.waiting)) },
        );
        if self.open && u64::from(self.percent) >= LOOK_FROM_PERCENT {
            return Finding::look(of, "room", found, "Add a cell for these regions, or raise its capacity if it stays quick.");
        }
        Finding::pass(of, "room", found)
    }
}

#[derive(FromRow)]
struct Row {
    cell: String,
    tenants: i64,
    waiting: i64,
}

impl Provisioning {
    /// Every cell that is configured, the first one first, then those that are not and have tenants all the same. Of the tenants it
    /// gives numbers only.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cells<R: Right>(&self, authority: &Authority<R>) -> Result<Vec<CellGauge>> {
        let mut reader = self.database.read(authority).await?;
        let rows: Vec<Row> =
            sqlx::query_as("select cell, tenants, waiting from cells_filled() order by cell").fetch_all(reader.conn()).await?;
        drop(reader);
        let (cells, links) = (&self.site.settings.cells, &self.site.settings.links);
        Ok(gauges(cells, &rows)
            .into_iter()
            .map(|gauge| if gauge.first { CellGauge { link: links.keycloak.clone(), ..gauge } } else { gauge })
            .collect())
    }
}

fn gauges(cells: &Cells, rows: &[Row]) -> Vec<CellGauge> {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let of = |name: &str| rows.iter().find(|row| row.cell == name).map_or((0, 0), |row| (count(row.tenants), count(row.waiting)));
    let configured = cells.all().map(|cell| {
        let (placed, waiting) = of(&cell.name);
        CellGauge {
            name: cell.name.clone(),
            configured: true,
            first: cell.name == cells.first().name,
            regions: cell.regions.clone(),
            regions_in_words: cell.regions_in_words(),
            open: cell.open,
            placed,
            waiting,
            capacity: cell.capacity,
            percent: percent(placed, cell.capacity),
            link: cell.link.clone(),
        }
    });
    let forgotten = rows.iter().filter(|row| cells.get(&row.cell).is_none()).map(|row| CellGauge {
        name: row.cell.clone(),
        configured: false,
        first: false,
        regions: Vec::new(),
        regions_in_words: String::new(),
        open: false,
        placed: count(row.tenants),
        waiting: count(row.waiting),
        capacity: 0,
        percent: percent(count(row.tenants), 0),
        link: None,
    });
    configured.chain(forgotten).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Cell;
    use super::*;
    use steward_domain::plan::Verdict;

    #[test]
    fn what_is_said_of_a_cell_follows_from_its_fill() {
        let cells = Cells::new(Cell { capacity: 10, ..Cell::named("main") }, Vec::new());
        let said = |tenants, waiting| {
            let finding = gauges(&cells, &[Row { cell: "main".to_owned(), tenants, waiting }])[0].finding();
            (finding.verdict, finding.found)
        };
        assert_eq!(said(7, 0), (Verdict::Pass, "7 of 10 realms, 70 %; every region, open".to_owned()));
        assert_eq!(said(8, 1), (Verdict::Look, "8 of 10 realms, 80 %; every region, open; 1 still to be made".to_owned()));
        let forgotten = gauges(&cells, &[Row { cell: "gone".to_owned(), tenants: 1, waiting: 0 }])[1].finding();
        assert_eq!(
            (forgotten.verdict, forgotten.of.as_str(), forgotten.found.as_str()),
            (Verdict::Fail, "Keycloak cell gone", "the realm of a tenant is in it, and it is not configured")
        );
    }

    #[test]
    fn a_cell_that_was_forgotten_comes_last_and_is_told_apart() {
        let cells = Cells::new(Cell { capacity: 4, ..Cell::named("main") }, vec![Cell::named("eu")]);
        let row = |cell: &str, tenants, waiting| Row { cell: cell.to_owned(), tenants, waiting };
        let all: Vec<(String, bool, u64, u64, u32)> = gauges(&cells, &[row("gone", 2, 0), row("main", 3, 1)])
            .into_iter()
            .map(|gauge| (gauge.name, gauge.configured, gauge.placed, gauge.waiting, gauge.percent))
            .collect();
        assert_eq!(all, [("main".to_owned(), true, 3, 1, 75), ("eu".to_owned(), true, 0, 0, 0), ("gone".to_owned(), false, 2, 0, 100)]);
    }
}
