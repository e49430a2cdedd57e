//! A table of tenants in each of its states, by hand.

use super::{ID, before};
use steward_core::provisioning::{BatchRow, BatchView};
use steward_domain::bulk::RowVerdict;
use steward_domain::field::FieldError;
use steward_domain::plan::Verdict;
use steward_domain::run::RunState;

/// A table of three tenants: checked, refused, or on its way.
pub fn batch(started: bool, refused: bool) -> BatchView {
    let row = |line: u32, name: &str, run: Option<(i64, RunState)>, problem: Option<&str>| BatchRow {
        review: RowVerdict {
            line,
            name: name.into(),
            short_name: Some(name.to_lowercase()),
            verdict: if refused && line == 3 { Verdict::Fail } else { Verdict::Pass },
            errors: if refused && line == 3 {
                vec![FieldError::new("short_name", "The short name is taken by <Acme>")]
            } else {
                Vec::new()
            },
        },
        tenant_id: run.map(|_| ID),
        run_number: run.map(|(number, _)| number),
        run_state: run.map(|(_, state)| state),
        problem: problem.filter(|_| started).map(str::to_owned),
    };
    let run = |number, state| started.then_some((number, state));
    BatchView {
        id: ID,
        requested_by: "platform-ops".into(),
        created_at: before(300),
        started_at: started.then(|| before(200)),
        rows: vec![
            row(2, "Orchard", run(41, RunState::Done), None),
            row(3, "Kestrel", run(42, RunState::Stopped), None),
            row(4, "Meridian", None, Some("The plan cannot run: Realm meridian is taken. Nothing was made. (TEN-412)")),
        ],
    }
}
