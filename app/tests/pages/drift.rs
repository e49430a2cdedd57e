//! The drift boards: of the platform, of a tenant.

use super::samples::{drift_board, drift_rows, frame};
use super::{every_page, query};
use steward_app::pages::drift;
use steward_domain::field::FieldError;
use steward_domain::role::Role;

/// The boards in every state.
pub fn pages() -> Vec<(&'static str, String)> {
    let ops = |path: &str| frame(Role::PlatformOps, path);
    let support = frame(Role::Support, "/x");
    let not_ignored = drift::rows::NotIgnored {
        id: drift_rows()[0].id,
        until: "2020-01-01".into(),
        reason: "a load \"test\"".into(),
        errors: vec![FieldError::new("until", "Enter a day that is still to come")],
    };
    vec![
        (
            "drift",
            drift::list::view(&ops("/drift"), drift::list::Model { rows: drift_rows(), query: query(&[("decision", "all")]), more: true }),
        ),
        ("drift-none", drift::list::view(&ops("/drift"), drift::list::Model::default())),
        (
            "drift-no-match",
            drift::list::view(&ops("/drift"), drift::list::Model { query: query(&[("tenant", "x")]), ..Default::default() }),
        ),
        ("drift-tenant", drift::tenant::view(&ops("/x"), drift::tenant::Model { board: drift_board(drift_rows()), wrong: None })),
        ("drift-tenant-support", drift::tenant::view(&support, drift::tenant::Model { board: drift_board(drift_rows()), wrong: None })),
        ("drift-tenant-none", drift::tenant::view(&ops("/x"), drift::tenant::Model { board: drift_board(Vec::new()), wrong: None })),
        (
            "drift-tenant-wrong",
            drift::tenant::view(&ops("/x"), drift::tenant::Model { board: drift_board(drift_rows()), wrong: Some(not_ignored) }),
        ),
    ]
}

#[test]
fn what_drifted_is_shown_field_by_field_to_all_and_acted_on_by_those_who_may() {
    let pages = every_page();
    let board = &pages["drift-tenant"];
    assert!(board.contains("<del>64<") && board.contains("<ins>4<") && board.contains("kubectl-edit"));
    assert!(board.contains("&lt;b&gt;64Gi") && !board.contains("<b>64Gi"), "what a system says is text");
    // Differs, gone, incomplete and foreign are open; what is foreign has no repair.
    let forms = |page: &str, act: &str| pages[page].matches(&format!("/drift/{act}\"")).count();
    assert_eq!(["repair", "accept", "ignore", "report", "look"].map(|act| forms("drift-tenant", act)), [4, 4, 4, 2, 1]);
    assert_eq!(["repair", "accept", "ignore", "report", "look"].map(|act| forms("drift-tenant-support", act)), [0; 5]);
    assert!(pages["drift-tenant-wrong"].contains("value=\"2020-01-01\"") && pages["drift-tenant-wrong"].contains("href=\"#until\""));
    assert!(pages["drift"].contains(">7<span class=\"vh\"> open</span>"));
}
