//! The Keycloak clusters that realms are placed on, called cells, and which of them takes the next one.
//!
//! Placement looks at Steward's own tables alone. It never asks Keycloak how many realms it has, and never moves one.
//!
//! Start reading at [`Cells::candidates`], then [`gauge`].

mod gauge;
mod placement;

pub use gauge::CellGauge;
pub(super) use placement::{Held, filled, hold_place};

use std::cmp::Ordering;
use std::collections::BTreeMap;
use steward_domain::moment::thousands;
use steward_domain::plan::{PreflightCheck, Verdict};
use steward_domain::region::Region;

/// From this share of its capacity on, somebody should look.
const LOOK_FROM_PERCENT: u64 = 80;

/// A Keycloak cluster that realms are placed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its name: what tenants remember it by.
    pub name: String,
    /// How many realms it takes.
    pub capacity: u32,
    /// The regions whose tenants it takes.
    pub regions: Vec<Region>,
    /// Whether it takes new ones. What is there stays either way.
    pub open: bool,
    /// Where people open its admin console; none: no links.
    pub link: Option<String>,
}

impl Cell {
    /// How many realms a cell takes unless it is told otherwise. Where people report that the admin API becomes slow: from about 300
    /// realms on (keycloak/keycloak issues 10882, 20453 and 38803).
    pub const CAPACITY: u32 = 300;

    /// An open cell for every region.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), capacity: Self::CAPACITY, regions: Region::ALL.to_vec(), open: true, link: None }
    }

    /// The regions in words: "every region", "Morocco, European Union".
    #[must_use]
    pub fn regions_in_words(&self) -> String {
        if Region::ALL.iter().all(|region| self.regions.contains(region)) {
            return "every region".to_owned();
        }
        self.regions.iter().map(|region| region.label()).collect::<Vec<_>>().join(", ")
    }

    fn is_full(&self, placed: u64) -> bool {
        placed >= u64::from(self.capacity)
    }

    /// Why it takes no tenant of a region; none if it does.
    fn refusal(&self, region: Region, placed: u64) -> Option<String> {
        let name = &self.name;
        if !self.regions.contains(&region) {
            Some(format!("{name} does not serve it"))
        } else if !self.open {
            Some(format!("{name} is closed"))
        } else if self.is_full(placed) {
            Some(format!("{name} has {} of {} realms", figure(placed), figure(self.capacity.into())))
        } else {
            None
        }
    }
}

/// Every cell. The first is the cluster that also has the realm of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    first: Cell,
    further: Vec<Cell>,
}

impl Cells {
    /// What the first cell is called unless it is told otherwise.
    pub const FIRST: &str = "main";

    /// These cells; names are given once.
    #[must_use]
    pub fn new(first: Cell, further: Vec<Cell>) -> Self {
        Self { first, further }
    }

    /// The one that also has the realm of the staff.
    #[must_use]
    pub fn first(&self) -> &Cell {
        &self.first
    }

    /// Every cell, the first one first.
    pub fn all(&self) -> impl Iterator<Item = &Cell> {
        std::iter::once(&self.first).chain(&self.further)
    }

    /// The cell of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Cell> {
        self.all().find(|cell| cell.name == name)
    }

    /// Whether there is a choice.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.further.is_empty()
    }

    /// The cells that take a tenant of a region now, the best one first: the least filled for its capacity, then by name.
    #[must_use]
    pub fn candidates(&self, region: Region, placed: &Placed) -> Vec<&Cell> {
        let mut all: Vec<&Cell> = self.all().filter(|cell| cell.refusal(region, placed.on(&cell.name)).is_none()).collect();
        all.sort_by(|one, other| filled_less(one, other, placed).then_with(|| one.name.cmp(&other.name)));
        all
    }

    /// The line of the preflight about the cell that was chosen, if one could be.
    pub(super) fn check(&self, region: Region, chosen: Option<&str>, placed: &Placed) -> PreflightCheck {
        let source = "Tenants in Steward's own tables".to_owned();
        let taken = chosen.and_then(|name| self.get(name)).filter(|cell| cell.refusal(region, placed.on(&cell.name)).is_none());
        let Some(cell) = taken else {
            let why: Vec<String> = self.all().filter_map(|cell| cell.refusal(region, placed.on(&cell.name))).collect();
            return PreflightCheck {
                verdict: Verdict::Fail,
                what: format!("No Keycloak cell takes another tenant of region {}: {}", region.label(), why.join(", ")),
                source,
                helps: Some(format!("Have DevOps open a cell for {}, add one, or raise the capacity of one.", region.label())),
            };
        };
        let with_this = placed.on(&cell.name).saturating_add(1);
        let percent = percent(with_this, cell.capacity);
        let near = u64::from(percent) >= LOOK_FROM_PERCENT;
        PreflightCheck {
            verdict: if near { Verdict::Look } else { Verdict::Pass },
            what: format!(
                "The realm goes to the Keycloak cell {}: with it {} of {} realms, {percent} %",
                cell.name,
                figure(with_this),
                figure(cell.capacity.into())
            ),
            source,
            helps: near.then(|| "Tell DevOps that the cell runs full.".to_owned()),
        }
    }
}

impl Default for Cells {
    /// One cell for everybody.
    fn default() -> Self {
        Self::new(Cell::named(Self::FIRST), Vec::new())
    }
}

/// How many realms have their place in each cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed(pub BTreeMap<String, u64>);

impl Placed {
    /// How many in the cell of that name.
    #[must_use]
    pub fn on(&self, cell: &str) -> u64 {
        self.0.get(cell).copied().unwrap_or_default()
    }

    /// One more.
    pub(super) fn add(&mut self, cell: &str) {
        *self.0.entry(cell.to_owned()).or_default() += 1;
    }
}

/// Compares a/b with c/d without dividing. A cell of capacity 0 takes nobody and is never compared.
fn filled_less(one: &Cell, other: &Cell, placed: &Placed) -> Ordering {
    let filled = |cell: &Cell, of: &Cell| u128::from(placed.on(&cell.name)) * u128::from(of.capacity);
    filled(one, other).cmp(&filled(other, one))
}

fn percent(placed: u64, capacity: u32) -> u32 {
    let percent = placed.saturating_mul(100).checked_div(capacity.into()).unwrap_or(if placed == 0 { 0 } else { 100 });
    u32::try_from(percent).unwrap_or(u32::MAX)
}

fn figure(n: u64) -> String {
    thousands(i64::try_from(n).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str, capacity: u32, regions: &[Region]) -> Cell {
        Cell { capacity, regions: regions.to_vec(), ..Cell::named(name) }
    }

    fn placed(on: &[(&str, u64)]) -> Placed {
        Placed(on.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect())
    }

    fn names(cells: &Cells, region: Region, on: &[(&str, u64)]) -> Vec<String> {
        cells.candidates(region, &placed(on)).into_iter().map(|cell| cell.name.clone()).collect()
    }

    #[test]
    fn the_region_decides_first_then_the_fill_for_the_capacity_then_the_name() {
        let cells = Cells::new(
            cell("main", 300, &[Region::Morocco, Region::Mena]),
            vec![cell("eu", 10, &[Region::Eu]), cell("big", 600, &Region::ALL)],
        );
        assert_eq!(names(&cells, Region::Morocco, &[]), ["big", "main"]);
        assert_eq!(names(&cells, Region::Eu, &[]), ["big", "eu"]);
        // 30 of 300 are as full as 60 of 600, and fuller than 59.
        assert_eq!(names(&cells, Region::Mena, &[("main", 30), ("big", 60)]), ["big", "main"]);
        assert_eq!(names(&cells, Region::Mena, &[("main", 29), ("big", 60)]), ["main", "big"]);
        assert_eq!(names(&cells, Region::Eu, &[("eu", 9), ("big", 0)]), ["big", "eu"]);
    }

    #[test]
    fn a_cell_that_is_full_or_closed_takes_nobody() {
        let cells = Cells::new(cell("main", 2, &Region::ALL), vec![Cell { open: false, ..cell("b", 9, &Region::ALL) }]);
        assert_eq!(names(&cells, Region::Eu, &[("main", 1)]), ["main"]);
        assert!(names(&cells, Region::Eu, &[("main", 2)]).is_empty());
        assert!(names(&cells, Region::Eu, &[("main", 3)]).is_empty(), "its capacity was lowered");
        assert!(Cells::new(cell("main", 0, &Region::ALL), Vec::new()).candidates(Region::Eu, &Placed::default()).is_empty());
    }

    #[test]
    fn where_none_takes_it_the_line_says_why_and_whose_job_it_is() {
        let cells = Cells::new(
            cell("main", 2000, &[Region::Morocco]),
            vec![cell("eu", 2000, &[Region::Eu]), Cell { open: false, ..cell("north", 9, &[Region::Eu]) }],
        );
        let check = cells.check(Region::Eu, None, &placed(&[("eu", 2000)]));
        assert_eq!(check.verdict, Verdict::Fail);
        assert_eq!(
            check.what,
            "No Keycloak cell takes another tenant of region European Union: main does not serve it, eu has 2,000 of 2,000 realms, \
             north is closed"
        );
        assert_eq!(check.helps.as_deref(), Some("Have DevOps open a cell for European Union, add one, or raise the capacity of one."));
        // What was chosen a moment ago counts only as long as it would be chosen now.
        assert_eq!(cells.check(Region::Eu, Some("eu"), &placed(&[("eu", 2000)])).verdict, Verdict::Fail);
    }

    #[test]
    fn the_chosen_cell_is_named_and_a_warning_comes_at_four_fifths() {
        let cells = Cells::new(cell("main", 10, &Region::ALL), Vec::new());
        let line = |count| cells.check(Region::Mena, Some("main"), &placed(&[("main", count)]));
        assert_eq!((line(6).verdict, line(7).verdict, line(9).verdict), (Verdict::Pass, Verdict::Look, Verdict::Look));
        assert_eq!(line(7).what, "The realm goes to the Keycloak cell main: with it 8 of 10 realms, 80 %");
    }
}
