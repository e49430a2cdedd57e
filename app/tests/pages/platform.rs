//! The page of the platform: each system's health, latency, queue and head-room; the cells of Keycloak; the switch.

use super::samples::{cells, frame, overview, paused, signed_out, with_open_circuit};
use super::{not_saved, plain_pages};
use steward_app::pages::platform::{Model, view};
use steward_core::operations::Overview;
use steward_core::provisioning::CellGauge;
use steward_domain::field::FieldError;
use steward_domain::role::Role;

/// The cells by the names that their gates have.
fn two_cells() -> Vec<CellGauge> {
    cells().into_iter().take(2).collect()
}

fn model(overview: Overview) -> Model {
    Model { loaded: Some((overview, two_cells())), ..Model::default() }
}

/// The page in every state.
pub fn pages() -> Vec<(&'static str, String)> {
    let (ops, support) = (frame(Role::PlatformOps, "/platform"), frame(Role::Support, "/platform"));
    let wrong = Model {
        reason: "a reason \" <b>".into(),
        errors: vec![FieldError::new("reason", "Enter why, in at most 300 characters")],
        ..model(overview())
    };
    let kept = Model { reason: "the backup".into(), not_saved: Some(not_saved(401, "AUTH-111", true)), ..Model::default() };
    let silent = Overview { processes: Vec::new(), ..overview() };
    vec![
        ("platform", view(&ops, model(overview()))),
        ("platform-support", view(&support, model(overview()))),
        ("platform-open", view(&ops, model(with_open_circuit()))),
        ("platform-paused", view(&ops, model(paused()))),
        ("platform-paused-support", view(&support, model(paused()))),
        ("platform-silent", view(&ops, model(silent))),
        ("platform-wrong", view(&ops, wrong)),
        ("platform-kept", view(&signed_out("/platform"), kept)),
    ]
}

/// The rows of a system.
fn rows(page: &str, system: &str) -> Vec<String> {
    let table = page.split("<table").find(|table| table.contains(">Systems</caption>")).unwrap();
    let rows = table.split("<tr>").filter(|row| row.starts_with(&format!("<th scope=\"row\"><b>{system}</b>")));
    rows.map(str::to_owned).collect()
}

#[test]
fn each_system_shows_health_latency_calls_queue_and_head_room() {
    let pages = plain_pages();
    let page = &pages["platform"];
    let kubernetes = &rows(page, "Kubernetes")[0];
    for part in [
        "status ok",
        "Answers",
        "<time datetime=\"2026-03-19T14:32:10",
        "4.2 ms, 41 ms",
        "3 of 16",
        "1,284 lately, all answered",
        "13 calls",
        "CPU: 432 of 512 cores, 84 %",
        "GPU: 3 of 4 GPUs, 75 %",
    ] {
        assert!(kubernetes.contains(part), "{part} is not there: {kubernetes}");
    }
    let ingress = &rows(page, "Ingress controller")[0];
    assert!(ingress.contains("Not asked yet") && ingress.contains("None lately"), "{ingress}");
    assert!(page.contains("measured by 2 processes. As of <time"));
    assert!(page.contains("<code>steward-1</code>") && page.contains("<code>steward-2</code>"));
    assert!(pages["platform-silent"].contains("No process works") && !pages["platform-silent"].contains("Processes of Steward</caption>"));
}

#[test]
fn each_cell_of_keycloak_has_a_row_with_what_of_it_is_given_out() {
    let keycloak = rows(&plain_pages()["platform"], "Keycloak");
    assert_eq!(keycloak.len(), 2, "{keycloak:?}");
    for part in ["8 of 8, 2 wait", "4.2 ms, 1.4 s", "Realms being made: 1 of 2, 1 waits", "No call", "177 of 300 realms, 59 %"] {
        assert!(keycloak[0].contains(part), "{part} is not there: {}", keycloak[0]);
    }
    for part in ["<small>eu</small>", "Slow", "More than 5 % of the calls", "258 of 300 realms, 86 %"] {
        assert!(keycloak[1].contains(part), "{part} is not there: {}", keycloak[1]);
    }
}

#[test]
fn a_system_whose_circuit_is_open_says_since_when_why_and_what_waits() {
    let pages = plain_pages();
    let grafana = &rows(&pages["platform-open"], "Grafana")[0];
    for part in [
        "status bad",
        "Circuit open",
        "No calls since <time datetime=\"2026-03-19T14:30:04",
        "next trial at <time datetime=\"2026-03-19T14:32:21",
        "connection &lt;refused&gt;",
        "37 not answered",
        "1,012 not made",
        "1 ready, 2 retrying, 5 waiting",
        "The first since",
    ] {
        assert!(grafana.contains(part), "{part} is not there: {grafana}");
    }
    let cell = &rows(&pages["platform-open"], "Keycloak")[1];
    assert!(cell.contains("Does not answer") && cell.contains("no answer within 5 s"), "{cell}");
    assert!(!pages["platform"].contains("Circuit open"));
}

#[test]
fn while_destructive_work_is_paused_the_page_says_by_whom_why_and_what_waits() {
    let pages = plain_pages();
    for page in ["platform-paused", "platform-paused-support"] {
        let page = &pages[page];
        for part in
            ["Destructive work is paused", "The backup of &lt;last night&gt; is being checked", "Sana Reliable", "3 destructive steps"]
        {
            assert!(page.contains(part), "{part} is not there");
        }
        assert!(page.find("Destructive work is paused") < page.find("<h2>Systems</h2>"), "it stands before the tables");
    }
    let forms = |page: &str| ["action=\"/platform/resume\"", "action=\"/platform\""].map(|form| pages[page].matches(form).count());
    assert_eq!((forms("platform-paused"), forms("platform")), ([1, 0], [0, 1]));
    assert_eq!((forms("platform-paused-support"), forms("platform-support")), ([0, 0], [0, 0]));
    assert!(pages["platform-paused-support"].contains("To let it go on, ask") && pages["platform-support"].contains("To pause it, ask"));
    assert!(pages["platform"].contains("/platform/cells") && !pages["platform-support"].contains("/platform/cells"));
}

#[test]
fn a_pause_that_was_not_taken_keeps_its_reason() {
    let pages = plain_pages();
    let wrong = &pages["platform-wrong"];
    for part in [
        "<title>Error: Platform",
        "href=\"#reason\"",
        "id=\"reason-error\"",
        "aria-invalid=\"true\"",
        "value=\"a reason &quot; &lt;b&gt;\"",
    ] {
        assert!(wrong.contains(part), "{part} is not there");
    }
    let kept = &pages["platform-kept"];
    assert!(kept.contains("AUTH-111") && kept.contains("value=\"the backup\"") && !kept.contains("Kubernetes"));
}
