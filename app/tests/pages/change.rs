//! The review of a proposed change: every kind of row, what it interrupts, how long it takes; both versions where two people changed the
//! same; and who may start it.

use super::plain_pages;
use super::samples::{conflicting, frame, plan_of_everything, proposed, removal};
use steward_app::pages::tenants::change::{Model, view};
use steward_core::provisioning::ChangeView;
use steward_domain::change::SettingsPatch;
use steward_domain::field::FieldError;
use steward_domain::plan::Plan;
use steward_domain::role::Role;
use steward_domain::run::RunKind;

fn model(change: ChangeView, plan: Plan) -> Model {
    Model { change, plan, plan_changed: false, errors: Vec::new() }
}

/// The page in every state.
pub fn pages() -> Vec<(&'static str, String)> {
    let (ops, support) = (frame(Role::PlatformOps, "/x"), frame(Role::Support, "/x"));
    let everything = || model(proposed(), plan_of_everything(true));
    let suspended = ChangeView {
        kind: RunKind::Suspend,
        title: "Suspend",
        reason: Some("unpaid <since March>".into()),
        patch: SettingsPatch { suspended: Some(true), ..SettingsPatch::default() },
        ..proposed()
    };
    let rolled_back = ChangeView { kind: RunKind::RollBack, title: "Roll back", changed: Vec::new(), ..proposed() };
    let (taken, plan_of_taken) = removal(false);
    let (back, plan_of_back) = removal(true);
    vec![
        ("change", view(&ops, everything())),
        ("change-support", view(&support, everything())),
        ("change-never-run", view(&ops, model(proposed(), Plan { usual: None, ..plan_of_everything(true) }))),
        ("change-nothing-to-do", view(&ops, model(proposed(), Plan { items: Vec::new(), ..plan_of_everything(true) }))),
        ("change-blocked", view(&ops, model(proposed(), plan_of_everything(false)))),
        ("change-other-plan", view(&ops, Model { plan_changed: true, ..everything() })),
        ("change-both-versions", view(&ops, model(conflicting(), plan_of_everything(true)))),
        ("change-both-versions-support", view(&support, model(conflicting(), plan_of_everything(true)))),
        ("change-suspend", view(&ops, model(suspended, plan_of_everything(true)))),
        (
            "change-roll-back-wrong",
            view(
                &ops,
                Model {
                    errors: vec![FieldError::new("short_name", "Type kestrel to roll this tenant back")],
                    ..model(rolled_back, plan_of_everything(true))
                },
            ),
        ),
        ("change-remove-resource", view(&ops, model(taken, plan_of_taken))),
        ("change-bring-back-resource", view(&ops, model(back, plan_of_back))),
    ]
}

/// The row of the plan that names a resource.
fn row<'a>(page: &'a str, resource: &str) -> &'a str {
    let rows = page.split("<tr").filter(|row| row.contains("class=\"act "));
    rows.into_iter().find(|row| row.contains(&format!("<td>{resource}<small>"))).unwrap_or_else(|| panic!("no row of {resource}: {page}"))
}

#[test]
fn the_plan_says_of_each_resource_what_is_done_from_where_to_where_and_what_it_interrupts() {
    let pages = plain_pages();
    let page = &pages["change"];
    for (resource, action, says) in [
        ("Namespace", "Keep", &["pod security restricted"][..]),
        (
            "Resource quota",
            "Change",
            &[
                "<code>spec.hard.requests.cpu</code> <span class=\"delta\"><del>4</del>",
                "<ins>6</ins>",
                "Interrupts: What runs goes on; what is new must fit the new limits",
            ],
        ),
        ("Network policy", "Create", &["deny all traffic", "Interrupts: Connections that it does not allow end"]),
        ("Folder", "Foreign", &["a folder tenant-kestrel that Steward did not make; left alone"]),
        (
            "Loki datasource",
            "Remove",
            &["logs of namespace tenant-kestrel", "Interrupts: Panels and alerts that ask it for logs show nothing"],
        ),
    ] {
        let row = row(page, resource);
        assert!(row.contains(&format!("{action}</span>")), "{resource} is not to {action}: {row}");
        for said in says {
            assert!(row.contains(said), "{resource} does not say {said}: {row}");
        }
    }
    assert!(!row(page, "Namespace").contains("Interrupts") && !row(page, "Folder").contains("Interrupts"));
    let sums = page.split("class=\"sum\">").nth(1).unwrap().split("</header>").next().unwrap();
    for sum in ["1 create", "1 change", "1 remove", "1 keep", "1 foreign"] {
        assert!(sums.contains(sum), "{sum} is not counted");
    }
    assert!(page.contains("1 resource stays as it is"), "what is kept is folded away");
    assert!(page.contains("<code class=\"id\">a91c7440cb1c</code>") && page.contains("name=\"plan\" value=\"a91c7440cb1c3e8f"));
}

#[test]
fn what_the_person_changes_stands_before_the_plan_and_how_long_it_takes_beside_the_button() {
    let pages = plain_pages();
    let page = &pages["change"];
    for part in ["<del>4 cores</del>", "<ins>6 cores</ins>", "<del>8 GiB</del>", "<ins>16 GiB</ins>", "Apply limits</button>"] {
        assert!(page.contains(part), "{part} is not there");
    }
    assert!(page.find("What you change") < page.find("<h2>Plan</h2>"));
    assert!(page.contains("Usually takes 6.4 s. You can watch it, or leave."), "{page}");
    assert!(pages["change-never-run"].contains("No such run has been yet."));
    assert!(pages["change-nothing-to-do"].contains("Nothing has to be done in any system"));
    assert!(pages["change-suspend"].contains("unpaid &lt;since March&gt;") && pages["change-suspend"].contains("btn danger"));
}

#[test]
fn a_resource_that_is_removed_or_brought_back_is_named_on_the_button() {
    let pages = plain_pages();
    let (removal, back) = (&pages["change-remove-resource"], &pages["change-bring-back-resource"]);
    assert!(row(removal, "Limit range").contains("Remove</span>") && removal.contains("the quota refuses new containers"));
    assert!(removal.contains("<ins>Limit range</ins>") && back.contains("<del>Limit range</del>"));
    let button = |page: &str| page.split("class=\"formend\">").nth(1).unwrap().split("</button>").next().unwrap().to_owned();
    assert!(button(removal).contains("btn danger") && button(removal).ends_with("Remove limit range"), "{}", button(removal));
    assert!(button(back).contains("btn primary") && button(back).ends_with("Bring back limit range"), "{}", button(back));
}

#[test]
fn a_plan_that_cannot_run_or_is_another_one_says_so_first() {
    let pages = plain_pages();
    let blocked = &pages["change-blocked"];
    assert!(blocked.contains("This plan cannot run") && blocked.contains("SRE brings Keycloak back.") && blocked.contains("1 fails"));
    assert!(!blocked.contains("/start\"") && blocked.contains("Check again"), "what cannot run has no button that starts it");
    let other = &pages["change-other-plan"];
    assert!(other.contains("<title>Error: Review") && other.contains("The plan changed") && other.contains("TEN-409"));
    assert!(other.find("The plan changed") < other.find("<h2>Plan</h2>") && other.contains("/start\""));
    let wrong = &pages["change-roll-back-wrong"];
    assert!(wrong.contains("href=\"#short_name\"") && wrong.contains("id=\"short_name-error\""));
}

#[test]
fn where_two_people_changed_the_same_both_versions_stand_side_by_side_and_nothing_can_be_started() {
    let pages = plain_pages();
    let page = &pages["change-both-versions"];
    let text = page;
    for part in [
        "devops &lt;b&gt; changed the same settings meanwhile",
        "Now, by devops &lt;b&gt;",
        "<th scope=\"row\">CPU</th><td><del>4 cores</del></td><td>8 cores</td><td><ins>6 cores</ins></td>",
        "<th scope=\"row\">Memory</th><td><del>8 GiB</del></td><td>12 GiB</td><td><ins>16 GiB</ins></td>",
        "TEN-415",
        "Go on with yours",
        "Keep theirs",
    ] {
        assert!(text.contains(part), "{part} is not there: {text}");
    }
    let forms = |page: &str| ["start", "insist", "discard"].map(|act| pages[page].matches(&format!("/{act}\"")).count());
    assert_eq!(forms("change-both-versions"), [0, 1, 1]);
    assert_eq!(forms("change-both-versions-support"), [0, 0, 0]);
    assert_eq!((forms("change"), forms("change-support")), ([1, 0, 1], [0, 0, 0]));
    assert!(pages["change-support"].contains("It is the turn of"));
}
