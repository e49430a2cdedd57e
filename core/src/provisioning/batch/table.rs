//! A table of tenants as CSV (RFC 4180), read into drafts. What a draft may be is the domain's to say.

use crate::error::{Error, Result};
use steward_domain::bulk::{Header, ROWS_MAX};
use steward_domain::field::FieldError;
use steward_domain::onboarding::Draft;

/// Most mistakes that are told of at once.
const MISTAKES_MAX: usize = 20;

/// Reads a table. Gives the rows with their lines.
///
/// # Errors
/// [`Error::Invalid`] at `csv` with everything that keeps it from being read.
pub(super) fn read(csv: &str) -> Result<Vec<(u32, Draft)>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let mut header = None;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push(format!("The table cannot be read: {error}"));
                break;
            }
        };
        let line = record.position().map_or(0, |position| line_at(csv, position.byte()));
        if record.iter().flat_map(str::chars).any(char::is_control) {
            wrong.push(format!("Line {line}: a field must not contain line breaks or other control characters"));
            continue;
        }
        let Some(columns) = &header else {
            match Header::read(record.iter()) {
                Ok(read) => header = Some(read),
                Err(errors) => {
                    wrong.extend(errors);
                    break;
                }
            }
            continue;
        };
        if record.len() == columns.width() {
            rows.push((line, columns.draft(record.iter())));
        } else {
            wrong.push(format!("Line {line} has {} fields, the first row {}", record.len(), columns.width()));
        }
    }
    if wrong.is_empty() && rows.is_empty() {
        wrong.push("The table has no rows: the first one names the columns, each other one is a tenant".to_owned());
    }
    if rows.len() > ROWS_MAX {
        wrong.push(format!("The table has {} rows; at most {ROWS_MAX} go at a time", rows.len()));
    }
    if wrong.is_empty() {
        return Ok(rows);
    }
    Err(Error::Invalid(wrong.into_iter().take(MISTAKES_MAX).map(|message| FieldError::new("csv", message)).collect()))
}

/// The line of the record that begins there, as editors count: the reader's own count is off where lines end as in RFC 4180, and where some
/// are empty.
fn line_at(csv: &str, byte: u64) -> u32 {
    let before = usize::try_from(byte).unwrap_or(usize::MAX);
    let rest = csv.get(before..).unwrap_or_default();
    let empty = rest.len().saturating_sub(rest.trim_start_matches(['\r', '\n']).len());
    let ends = csv.bytes().take(before.saturating_add(empty)).filter(|byte| *byte == b'\n').count();
    u32::try_from(ends).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(csv: &str) -> Vec<String> {
        match read(csv) {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.message).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn quoted_fields_and_both_ends_of_lines_are_read() {
        let rows = read("name,contact_email\r\n\"Acme, \"\"the\"\" Corp\",a@acme.com\r\n\nKestrel,k@kestrel.com\n").unwrap();
        let names: Vec<_> = rows.iter().map(|(line, draft)| (*line, draft.organisation.name.as_str())).collect();
        assert_eq!(names, [(2, "Acme, \"the\" Corp"), (4, "Kestrel")]);
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        assert_eq!(
            wrong("name,contact_email\nAcme\nKestrel,k@k.com,x\n"),
            ["Line 2 has 1 fields, the first row 2", "Line 3 has 3 fields, the first row 2"]
        );
        assert_eq!(
            wrong("name,contact_email\n\"Ac\nme\",a@acme.com\n"),
            ["Line 2: a field must not contain line breaks or other control characters"]
        );
        assert!(wrong("name,contact_email\n")[0].starts_with("The table has no rows"));
        assert!(wrong("")[0].starts_with("The table has no rows"));
        assert!(wrong("Acme,a@acme.com\n").iter().any(|line| line.starts_with("Column name is missing")));
        let many = format!("name,contact_email\n{}", "Acme,a@acme.com\n".repeat(ROWS_MAX + 1));
        assert_eq!(wrong(&many).len(), 1);
    }
}
