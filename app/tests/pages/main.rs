//! Every page, drawn from samples: complete as HTML, by the house's rules. With `STEWARD_PAGES` set to a folder the pages
//! are written there, to be looked at.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod branding;
mod change;
mod domain;
mod drift;
mod limits;
mod mails;
mod platform;
mod resources;
mod samples;

use samples::{ID, cells, entries, frame, plan, resellers, run, run_rows, signed_out, tenant, tenant_rows};
use std::collections::{BTreeMap, BTreeSet};
use steward_app::frame::Frame;
use steward_app::pages::{account, audit, cells as cells_page, error, runs, signed_out as out, tenants};
use steward_app::query::Query;
use steward_domain::field::FieldError;
use steward_domain::onboarding::{Draft, OrganisationForm, SettingsForm};
use steward_domain::role::Role;
use steward_domain::run::RunState;
use steward_domain::tenant::Status;

fn query(pairs: &[(&str, &str)]) -> Query {
    let pairs: Vec<(String, String)> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let known: Vec<&str> = pairs.iter().map(|(n, _)| n.as_str()).collect();
    Query::read(&pairs, &known)
}

fn typed() -> OrganisationForm {
    OrganisationForm {
        name: "Orchard Legal".into(),
        short_name: "orchard".into(),
        contact_email: "admin@orchardlegal".into(),
        reseller: "nordwerk".into(),
    }
}

fn choices() -> Vec<(String, String)> {
    resellers().into_iter().map(|reseller| (reseller.short_name, reseller.name)).collect()
}

fn not_saved(status: u16, code: &str, sign_in: bool) -> tenants::wizard::NotSaved {
    let (title, message) = ("It was not saved".to_owned(), "Send this form again.".to_owned());
    tenants::wizard::NotSaved { status, code: code.into(), title, message, sign_in }
}

fn every_page() -> BTreeMap<&'static str, String> {
    let ops = |path: &str| frame(Role::PlatformOps, path);
    let officer = |path: &str| frame(Role::ComplianceOfficer, path);
    let flashed = Frame { flash: Some("Draft saved. Open it here to go on.".into()), ..ops("/tenants") };
    let list = |query: Query, rows| tenants::list::Model {
        rows,
        resellers: resellers().into(),
        query,
        previous: None,
        next: Some("/tenants?after=x".into()),
    };
    let bulk_wrong = tenants::bulk::Model {
        csv: "name,mail\nAcme,<b>".into(),
        errors: vec![FieldError::new("csv", "There is no column called \"mail\"; known are name, contact_email")],
        not_saved: None,
    };
    let organisation = tenants::wizard::organisation::Model { resellers: choices(), ..Default::default() };
    let organisation_wrong = tenants::wizard::organisation::Model {
        draft: Some(ID),
        saved_at: Some(samples::before(11)),
        values: typed(),
        errors: vec![
            FieldError::new("short_name", "The short name orchard is taken by another tenant; orchard-legal is free"),
            FieldError::new("contact_email", "Enter a contact e-mail address like admin@acme.com"),
        ],
        resellers: choices(),
        not_saved: None,
    };
    let organisation_kept = tenants::wizard::organisation::Model {
        draft: Some(ID),
        values: typed(),
        not_saved: Some(not_saved(401, "AUTH-111", true)),
        ..Default::default()
    };
    let reseller_wrong = tenants::wizard::organisation::Model {
        errors: vec![FieldError::new("reseller", "Your account belongs to no reseller that Steward knows")],
        ..Default::default()
    };
    let kestrel = OrganisationForm {
        name: "Kestrel Freight".into(),
        short_name: "kestrel".into(),
        contact_email: "ops@kestrelfreight.example".into(),
        reseller: "nordwerk".into(),
    };
    let settings = tenants::wizard::settings::Model {
        draft: ID,
        saved: Some((samples::before(11), kestrel.clone())),
        values: SettingsForm::default(),
        errors: Vec::new(),
        not_saved: None,
    };
    let mut settings_kept = settings.clone();
    settings_kept.saved = None;
    settings_kept.values.cpu = "12".into();
    settings_kept.not_saved = Some(not_saved(503, "AUTH-101", false));
    let mut settings_wrong = settings.clone();
    settings_wrong.values.cpu = "lots".into();
    settings_wrong.values.gpu = "2".into();
    settings_wrong.errors = settings_wrong.values.check().unwrap_err();
    let wish = Draft { organisation: kestrel, settings: None }.check().unwrap();
    let review = |foreign, changed| tenants::wizard::review::Model {
        draft: ID,
        wish: wish.clone(),
        reseller: Some("Nordwerk Partners".into()),
        plan: plan(foreign),
        changed,
    };
    let page_of = |status, state| tenants::view::Model {
        tenant: tenant(status),
        resources: samples::resources(status == Status::Active),
        runs: run_rows(state)[..1].to_vec(),
        entries: entries(),
        mails_given_up: i64::from(status == Status::Suspended),
        errors: Vec::new(),
    };
    let failed = out::Failed {
        status: 400,
        code: "AUTH-104".into(),
        what: "sign-in answer expired".into(),
        title: "You are not signed in: the sign-in took too long".into(),
        lede: "Keycloak answered 14 minutes after you started. We accept an answer for 10 minutes, so that nobody else can use it. Your password and second factor were fine.".into(),
        advice: vec!["Close other tabs in which you started to sign in.".into()],
        return_to: "/tenants".into(),
    };
    let wrong = |code: &str, status: u16, message: &str| error::Model {
        code: code.into(),
        title: error::title_of(status).into(),
        message: message.into(),
        act: ("/".into(), "Go to tenants".into()),
    };
    let support = frame(Role::Support, "/x");
    let mut pages = BTreeMap::from([
        ("cells", cells_page::view(&ops("/platform/cells"), cells())),
        ("tenants", tenants::list::view(&flashed, list(Query::default(), tenant_rows()))),
        (
            "tenants-filtered",
            tenants::list::view(
                &ops("/tenants"),
                list(query(&[("q", "or & <b>"), ("status", "active"), ("sort", "changed")]), tenant_rows()),
            ),
        ),
        ("bulk", tenants::bulk::view(&ops("/tenants/bulk"), tenants::bulk::Model::default())),
        ("bulk-wrong", tenants::bulk::view(&ops("/tenants/bulk"), bulk_wrong)),
        ("bulk-checked", tenants::bulk::progress::view(&ops("/tenants/bulk/x"), samples::batch(false, false))),
        ("bulk-refused", tenants::bulk::progress::view(&ops("/tenants/bulk/x"), samples::batch(false, true))),
        ("bulk-running", tenants::bulk::progress::view(&ops("/tenants/bulk/x"), samples::batch(true, false))),
        ("tenants-none", tenants::list::view(&ops("/tenants"), tenants::list::Model::default())),
        ("tenants-no-match", tenants::list::view(&ops("/tenants"), list(query(&[("q", "orchrad")]), Vec::new()))),
        ("tenants-support", tenants::list::view(&frame(Role::Support, "/tenants"), list(Query::default(), tenant_rows()))),
        ("tenant", tenants::view::view(&ops("/tenants/x"), page_of(Status::Active, RunState::Done))),
        ("tenant-provisioning", tenants::view::view(&ops("/tenants/x"), page_of(Status::Provisioning, RunState::Running))),
        ("tenant-support", tenants::view::view(&frame(Role::Support, "/tenants/x"), page_of(Status::Active, RunState::Done))),
        ("tenant-draft-support", tenants::view::view_draft(&frame(Role::Support, "/tenants/x"), &tenant(Status::Draft))),
        ("tenant-suspended", tenants::view::view(&ops("/tenants/x"), page_of(Status::Suspended, RunState::Done))),
        ("tenant-mails", tenants::mails::view(&ops("/x"), samples::mails::of_tenant())),
        ("tenant-mails-support", tenants::mails::view(&support, samples::mails::of_tenant())),
        ("tenant-mails-none", tenants::mails::view(&support, samples::mails::none())),
        ("branding", tenants::branding::view(&ops("/x"), samples::branding("#1F4E79", true)).unwrap()),
        ("branding-defaults", tenants::branding::view(&ops("/x"), samples::branding("#006FF9", false)).unwrap()),
        ("branding-wrong", tenants::branding::view(&ops("/x"), samples::branding("#F2B705", true)).unwrap()),
        (
            "branding-kept",
            tenants::branding::view(
                &signed_out("/x"),
                tenants::branding::Model {
                    themes: None,
                    logo: None,
                    errors: Vec::new(),
                    not_saved: Some(not_saved(401, "AUTH-111", true)),
                    ..samples::branding("#F2B705", true)
                },
            )
            .unwrap(),
        ),
        ("branding-compare", tenants::branding::compare::view(&ops("/x"), samples::compared())),
        ("wizard-organisation", tenants::wizard::organisation::view(&ops("/tenants/new"), organisation)),
        ("wizard-organisation-wrong", tenants::wizard::organisation::view(&ops("/tenants/new"), organisation_wrong)),
        ("wizard-organisation-kept", tenants::wizard::organisation::view(&signed_out("/tenants/new"), organisation_kept)),
        ("wizard-organisation-reseller", tenants::wizard::organisation::view(&frame(Role::Reseller, "/tenants/new"), reseller_wrong)),
        ("wizard-settings-kept", tenants::wizard::settings::view(&ops("/x"), settings_kept)),
        ("wizard-settings", tenants::wizard::settings::view(&ops("/x"), settings)),
        ("wizard-settings-wrong", tenants::wizard::settings::view(&ops("/x"), settings_wrong)),
        ("wizard-review", tenants::wizard::review::view(&ops("/x"), review(false, false))),
        ("wizard-review-foreign", tenants::wizard::review::view(&ops("/x"), review(true, false))),
        ("wizard-review-changed", tenants::wizard::review::view(&ops("/x"), review(false, true))),
        ("run", runs::timeline::view(&ops("/x"), run(RunState::Running))),
        ("run-done", runs::timeline::view(&ops("/x"), run(RunState::Done))),
        ("run-stopped", runs::timeline::view(&ops("/x"), run(RunState::Stopped))),
        ("run-support", runs::timeline::view(&frame(Role::Support, "/x"), run(RunState::Stopped))),
        (
            "runs",
            runs::list::view(&ops("/runs"), runs::list::Model { runs: run_rows(RunState::Running), query: Query::default(), more: true }),
        ),
        ("runs-none", runs::list::view(&ops("/runs"), runs::list::Model { query: query(&[("state", "stopped")]), ..Default::default() })),
        (
            "audit",
            audit::list::view(
                &officer("/audit"),
                audit::list::Model {
                    entries: entries(),
                    query: query(&[("tenant", &ID.to_string()), ("range", "day")]),
                    older: Some("/audit?after=x".into()),
                },
            ),
        ),
        (
            "audit-none",
            audit::list::view(&officer("/audit"), audit::list::Model { query: query(&[("person", "nobody")]), ..Default::default() }),
        ),
        ("audit-entry", audit::entry::view(&officer("/audit/x"), entries().pop().unwrap(), true)),
        ("audit-entry-gone", audit::entry::view(&officer("/audit/x"), entries().pop().unwrap(), false)),
        ("account", account::view(&ops("/account"))),
        ("sign-in-failed", out::view_failed(&signed_out("/auth/callback"), failed)),
        ("signed-out", out::view_signed_out(&signed_out("/auth/signed-out"), Some(out::AtKeycloak::Ended))),
        ("signed-out-here", out::view_signed_out(&signed_out("/auth/signed-out"), Some(out::AtKeycloak::Away))),
        ("signed-out-before", out::view_signed_out(&signed_out("/auth/signed-out"), None)),
        ("signed-out-not", out::view_signed_out(&ops("/auth/signed-out"), None)),
        (
            "error-403",
            error::view(&ops("/x"), wrong("APP-403", 403, "Your roles do not allow you to read the audit log. Ask SRE or CISO to do it.")),
        ),
        ("error-404", error::view(&ops("/x"), wrong("APP-404", 404, "There is no such page, or it is not yours to see."))),
        (
            "error-503",
            error::view(
                &signed_out("/x"),
                wrong("AUTH-503", 503, "Keycloak does not answer. You cannot sign in until it does; who is signed in goes on."),
            ),
        ),
    ]);
    for more in [change::pages(), domain::pages(), drift::pages(), limits::pages(), platform::pages(), resources::pages()] {
        pages.extend(more);
    }
    pages
}

/// Every page without the renderer's marks between texts.
fn plain_pages() -> BTreeMap<&'static str, String> {
    every_page().into_iter().map(|(name, page)| (name, page.replace("<!>", ""))).collect()
}

/// The tags of a page: name and attributes.
fn tags(html: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        rest = &rest[name.len()..];
        let mut attributes = BTreeMap::new();
        loop {
            rest = rest.trim_start();
            if let Some(behind) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
                rest = behind;
                break;
            }
            let attribute: String = rest.chars().take_while(|c| !matches!(c, '=' | '>' | '/' | ' ')).collect();
            rest = &rest[attribute.len()..];
            let mut value = String::new();
            if let Some(behind) = rest.strip_prefix("=\"") {
                let end = behind.find('"').unwrap();
                value = behind[..end].to_owned();
                rest = &behind[end + 1..];
            }
            assert!(attributes.insert(attribute.clone(), value).is_none(), "{name} has {attribute} twice");
        }
        tags.push((name, attributes));
    }
    tags
}

#[test]
fn every_page_keeps_the_rules_of_the_house() {
    let folder = std::env::var_os("STEWARD_PAGES").map(std::path::PathBuf::from);
    for (page, html) in every_page() {
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{page}.html")), &html).unwrap();
        }
        let tags = tags(&html);
        let all = |name: &str| tags.iter().filter(|(tag, _)| tag == name).map(|(_, attributes)| attributes).collect::<Vec<_>>();
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\""), "{page}");
        assert_eq!(all("h1").len(), 1, "{page}: one h1");
        assert_eq!(all("main").len(), 1, "{page}: one main");
        assert_eq!(all("title").len(), 1, "{page}: one title");

        let mut ids = BTreeSet::new();
        for (tag, attributes) in &tags {
            assert!(!attributes.contains_key("style"), "{page}: {tag} has a style attribute, which the CSP forbids");
            assert!(!attributes.keys().any(|name| name.starts_with("on")), "{page}: {tag} has an inline handler");
            for name in ["href", "src", "action"] {
                let target = attributes.get(name).map(String::as_str).unwrap_or("/");
                assert!(
                    !target.is_empty() && target != "#" && !target.starts_with("data:") && !target.starts_with("javascript:"),
                    "{page}: {tag} leads nowhere: {target}"
                );
            }
            if let Some(id) = attributes.get("id") {
                assert!(ids.insert(id.clone()), "{page}: id {id} twice");
            }
        }
        for (tag, attributes) in &tags {
            for name in ["for", "aria-describedby", "aria-labelledby", "popovertarget"] {
                for id in attributes.get(name).map(String::as_str).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(id), "{page}: {tag} {name} names {id}, which is not there");
                }
            }
            if let Some(id) = attributes.get("href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(id), "{page}: {tag} links to {id}, which is not there");
            }
        }
        let labelled: BTreeSet<&String> = all("label").into_iter().filter_map(|label| label.get("for")).collect();
        for input in all("input").into_iter().chain(all("select")).filter(|input| input.get("type").map(String::as_str) != Some("hidden")) {
            assert!(input.get("id").is_some_and(|id| labelled.contains(id)), "{page}: an input without a label: {input:?}");
        }
        for button in all("button") {
            assert!(button.contains_key("type"), "{page}: a button without a type");
        }
        for form in all("form") {
            assert!(form.contains_key("action"), "{page}: a form without an action");
        }
        for script in all("script") {
            assert!(script.contains_key("src") && script.contains_key("nonce"), "{page}: an inline script");
        }
        for scroll in tags.iter().filter(|(_, attributes)| attributes.get("class").is_some_and(|class| class == "scroll")) {
            assert!(scroll.1.contains_key("aria-label") && scroll.1.contains_key("tabindex"), "{page}");
        }
        assert_eq!(all("table").len(), all("caption").len(), "{page}: each table has a caption");
        let wasm = html.contains("boot");
        assert_eq!(wasm, html.contains("<leptos-island"), "{page}: WebAssembly is loaded where there are islands, and only there");
    }
}

#[test]
fn what_people_type_is_text() {
    let pages = every_page();
    let list = &pages["tenants-filtered"];
    assert!(!list.contains("<b>”") && list.contains("or &amp; &lt;b&gt;"));
    assert!(pages["tenants"].contains("Borrow &amp; Lane"));
}

#[test]
fn a_form_that_comes_back_keeps_what_was_typed_and_says_so_first() {
    let page = &every_page()["wizard-organisation-wrong"];
    assert!(page.contains("<title>Error: Organisation"));
    assert!(page.contains(r##"<a href="#short_name">The short name orchard is taken"##));
    assert!(page.contains(r#"value="admin@orchardlegal""#));
    assert!(page.contains(r#"<option value="nordwerk" selected"#));
}

#[test]
fn nobody_is_offered_what_they_may_not_do() {
    let pages = every_page();
    for (page, forbidden) in [
        ("tenants-support", "/tenants/new"),
        ("tenants-support", "\"/audit\""),
        ("tenants-support", "/draft/"),
        ("run-support", "/retry"),
        ("run-support", "/audit"),
        // Links into the systems, and one to a tenant whose page would refuse.
        ("tenant-support", "https://kubernetes.example"),
        ("tenant-draft-support", "/draft/"),
        ("audit-entry-gone", &format!("href=\"/tenants/{ID}\"")),
    ] {
        assert!(!pages[page].contains(forbidden), "{page} offers {forbidden}");
    }
    assert!(pages["tenant"].contains("https://kubernetes.example") && pages["audit-entry"].contains(&format!("href=\"/tenants/{ID}\"")));
    assert!(pages["tenants"].contains("/tenants/new") && pages["run-stopped"].contains("/retry"));
}

#[test]
fn without_a_script_a_run_that_goes_on_loads_itself_again() {
    let pages = every_page();
    // Marked in its address: it is no click, and keeps nobody signed in.
    assert!(pages["run"].contains(r#"<noscript><meta http-equiv="refresh" content="3; url=/x?refresh=1"></noscript>"#));
    assert!(!pages["run-done"].contains("http-equiv"));
}

#[test]
fn a_form_that_was_not_saved_says_why_and_keeps_everything_also_for_somebody_signed_out() {
    let pages = every_page();
    let page = &pages["wizard-organisation-kept"];
    for kept in [
        "<title>Error: Organisation",
        r#"value="Orchard Legal""#,
        r#"value="admin@orchardlegal""#,
        // No list of resellers can be read for them, and what they chose must not get lost.
        r#"<option value="nordwerk" selected>"#,
        "AUTH-111",
        r#"href="/auth/sign-in?return_to=/account" target="_blank""#,
        &format!(r#"action="/tenants/{ID}/draft/organisation""#),
    ] {
        assert!(page.contains(kept), "{kept} is not on the page: {page}");
    }
    let page = &pages["wizard-settings-kept"];
    assert!(page.contains(r#"value="12""#) && page.contains("AUTH-101") && !page.contains("Sign in in another tab"));
}

#[test]
fn a_summary_links_to_a_field_that_is_there_also_where_nothing_is_to_choose() {
    let page = &every_page()["wizard-organisation-reseller"];
    assert!(page.contains("href=\"#reseller\"") && page.contains("id=\"reseller\"") && page.contains("id=\"reseller-error\""));
}

#[test]
fn what_is_said_of_keycloak_when_signing_out_is_what_keycloak_said() {
    let pages = every_page();
    assert!(pages["signed-out"].contains("here and at Keycloak has ended"));
    assert!(pages["signed-out-here"].contains("may still be open"));
    assert!(!pages["signed-out-before"].contains("Keycloak"));
    assert!(pages["signed-out-not"].contains("You are still signed in") && !pages["signed-out-not"].contains("Session ended"));
}

#[test]
fn the_page_tells_the_script_when_the_session_ends_whatever_happens() {
    let pages = every_page();
    assert!(pages["tenants"].contains(r#"<meta name="session-ends-in" content="21600">"#));
    assert!(!pages["signed-out"].contains("session-ends-in"));
}

#[test]
fn the_switcher_says_where_the_person_is() {
    let pages = every_page();
    let switcher = |page: &str| {
        let html = &pages[page];
        html.split(r#"<details class="menu where">"#).nth(1).map(|rest| rest.split("</details>").next().unwrap().to_owned())
    };
    assert!(switcher("tenants").unwrap().contains("<span>Platform</span>"));
    for page in ["tenant", "run"] {
        let switcher = switcher(page).unwrap();
        assert!(switcher.contains("<span>Kestrel Freight</span>") && switcher.contains(r#"aria-label="Tenant: Kestrel Freight. Switch""#));
    }
    assert!(switcher("account").unwrap().contains(r#"<form class="seek" role="search" action="/tenants""#));
    assert_eq!(switcher("signed-out"), None);
}

#[test]
fn each_step_that_is_not_over_says_which_attempt_it_is() {
    use steward_domain::run::StepState as S;
    let view = run(RunState::Running);
    let html = &every_page()["run"];
    for step in view.steps.iter().filter(|step| matches!(step.state, S::Running | S::Retrying | S::Waiting | S::Stopped)) {
        let row = html.split(&format!("<h3>{}", step.title)).nth(1).unwrap().split("</li>").next().unwrap();
        let attempt = format!("<span class=\"took\">Attempt {} of 8</span>", step.attempt.max(1));
        assert!(row.contains(&attempt), "{:?}: {row}", step.state);
    }
    assert!(view.steps.iter().any(|step| step.state == S::Waiting) && view.steps.iter().any(|step| step.state == S::Running));
}

#[test]
fn an_announcement_names_each_changed_step_once() {
    use steward_app::components::timeline::announcement;
    let (before, after) = (run(RunState::Running), run(RunState::Done));
    let said = announcement(&before, &after);
    assert!(said.contains("Folder tenant-kestrel: Done") && said.ends_with("Run 4417: Done"));
    assert_eq!(announcement(&after, &after), "");
}
