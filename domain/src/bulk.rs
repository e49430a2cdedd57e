//! Many tenants at once, as a table: the names of its columns, and what a row asks for. How a table is read from CSV is `core`'s business.

use crate::features::{Feature, Features};
use crate::field::FieldError;
use crate::limits::Limits;
use crate::onboarding::{Draft, OrganisationForm, SettingsForm, Wish};
use crate::plan::Verdict;
use crate::region::Region;
use serde::{Deserialize, Serialize};

/// Most rows of a table.
pub const ROWS_MAX: usize = 200;

/// The columns that a table can have. The first two it must have.
pub const COLUMNS: [&str; 10] =
    ["name", "contact_email", "short_name", "reseller", "region", "cpu", "memory_gib", "storage_gib", "gpu", "features"];
/// How many of them it must have.
const REQUIRED: usize = 2;

/// The columns of one table, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header(Vec<&'static str>);

impl Header {
    /// Reads the first row.
    ///
    /// # Errors
    /// Every column that is missing, twice there or not known.
    pub fn read<'a>(cells: impl IntoIterator<Item = &'a str>) -> Result<Self, Vec<String>> {
        let (mut columns, mut wrong) = (Vec::new(), Vec::new());
        for cell in cells {
            let name = cell.trim().trim_start_matches('\u{feff}').to_ascii_lowercase();
            match COLUMNS.iter().find(|column| **column == name) {
                Some(column) if columns.contains(column) => wrong.push(format!("Column {column} is there twice")),
                Some(column) => columns.push(*column),
                None => wrong.push(format!("There is no column called {cell:?}; known are {}", COLUMNS.join(", "))),
            }
        }
        let missing = COLUMNS.iter().take(REQUIRED).filter(|column| !columns.contains(column));
        wrong.extend(missing.map(|column| format!("Column {column} is missing; the first row names the columns")));
        if wrong.is_empty() { Ok(Self(columns)) } else { Err(wrong) }
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.len()
    }

    /// The draft that a row asks for: what is empty has its default, and whoever turns AI on gets a GPU, as in the API.
    #[must_use]
    pub fn draft<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Draft {
        let cells: Vec<(&str, String)> = self.0.iter().copied().zip(cells.into_iter().map(|cell| cell.trim().to_owned())).collect();
        let cell = |column: &str| cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell.clone()).unwrap_or_default();
        let features: Vec<String> = match cell("features") {
            text if text.is_empty() => Features::default().on().iter().map(|feature| feature.as_str().to_owned()).collect(),
            text if text == "none" => Vec::new(),
            text => text.split([';', ' ', '|']).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        };
        let default = Limits::default_for(features.iter().any(|name| name == Feature::Ml.as_str()));
        let or = |column: &str, default: u32| Some(cell(column)).filter(|cell| !cell.is_empty()).unwrap_or_else(|| default.to_string());
        Draft {
            organisation: OrganisationForm {
                name: cell("name"),
                short_name: cell("short_name"),
                contact_email: cell("contact_email"),
                reseller: cell("reseller"),
            },
            settings: Some(SettingsForm {
                cpu: or("cpu", default.cpu),
                memory_gib: or("memory_gib", default.memory_gib),
                storage_gib: or("storage_gib", default.storage_gib),
                gpu: or("gpu", default.gpu),
                region: Some(cell("region")).filter(|region| !region.is_empty()).unwrap_or_else(|| Region::default().as_str().to_owned()),
                features,
            }),
        }
    }
}

/// What came of looking at a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowVerdict {
    /// The line of the table, as editors count: the first row is line 1.
    pub line: u32,
    /// The organisation's name as typed.
    pub name: String,
    /// The short name, if there is a usable one.
    pub short_name: Option<String>,
    /// How it came out.
    pub verdict: Verdict,
    /// What is wrong, each at its column.
    pub errors: Vec<FieldError>,
}

/// Looks at rows as far as the table itself tells: each by the wizard's rules, and no short name twice. Gives what each asks for, too.
#[must_use]
pub fn check(rows: &[(u32, Draft)]) -> Vec<(RowVerdict, Option<Wish>)> {
    let mut seen: Vec<(String, u32)> = Vec::new();
    let mut all = Vec::new();
    for (line, draft) in rows {
        let checked = draft.check();
        let mut errors = checked.as_ref().err().cloned().unwrap_or_default();
        let short_name = checked.as_ref().ok().map(|wish| wish.organisation.short_name.to_string());
        if let Some(short_name) = &short_name {
            match seen.iter().find(|(other, _)| other == short_name) {
                Some((_, first)) => {
                    errors.push(FieldError::new("short_name", format!("The short name {short_name} is that of line {first} already")));
                }
                None => seen.push((short_name.clone(), *line)),
            }
        }
        let verdict = if errors.is_empty() { Verdict::Pass } else { Verdict::Fail };
        let name = draft.organisation.name.clone();
        all.push((RowVerdict { line: *line, name, short_name, verdict, errors }, checked.ok()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_names_the_columns_in_any_order() {
        let header = Header::read([" Contact_Email", "name", "cpu", "features"]).unwrap();
        let wish = header.draft(["a@acme.com", "Acme Corp", "8", "crm_enabled; ml_enabled"]).check().unwrap();
        assert_eq!(wish.organisation.short_name.as_str(), "acme");
        assert_eq!(wish.settings.limits, Limits { cpu: 8, ..Limits::default_for(true) });
        assert_eq!(wish.settings.features, Features::new(&[Feature::Crm, Feature::Ml]));
        let plain = header.draft(["a@acme.com", "Acme Corp", "", ""]).check().unwrap();
        assert_eq!((plain.settings.limits, plain.settings.features), (Limits::default_for(false), Features::default()));
    }

    #[test]
    fn a_header_says_everything_that_is_wrong_with_it() {
        let wrong = Header::read(["name", "name", "plan"]).unwrap_err();
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[2].starts_with("Column contact_email is missing"));
    }

    #[test]
    fn every_row_is_judged_and_no_name_comes_twice() {
        let header = Header::read(["name", "contact_email"]).unwrap();
        let rows: Vec<(u32, Draft)> = [["Acme", "a@acme.com"], ["Acme", "b@acme.com"], ["X", "nobody"], ["Kestrel", "k@kestrel.com"]]
            .into_iter()
            .zip(2..)
            .map(|(cells, line)| (line, header.draft(cells)))
            .collect();
        let verdicts = check(&rows);
        let words: Vec<_> = verdicts.iter().map(|(row, _)| (row.line, row.verdict, row.errors.len())).collect();
        assert_eq!(words, [(2, Verdict::Pass, 0), (3, Verdict::Fail, 1), (4, Verdict::Fail, 3), (5, Verdict::Pass, 0)]);
        assert_eq!(verdicts[1].0.errors[0].message, "The short name acme is that of line 2 already");
    }
}
