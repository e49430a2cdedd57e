//! The resources on a tenant's page: which of them may be taken away or brought back, by whom, and what is said when one may not.

use super::plain_pages;
use super::samples::{frame, resources, tenant};
use std::collections::BTreeSet;
use steward_app::pages::tenants::view::{Model, view};
use steward_domain::field::FieldError;
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::tenant::Status;

/// The page of a tenant that does without these.
fn model(without: &[ResourceKind]) -> Model {
    let mut tenant = tenant(Status::Active);
    tenant.config.as_mut().unwrap().without = without.iter().copied().collect();
    let mut resources = resources(true);
    resources.retain(|row| !row.kind.is_of_the_custom_domain());
    for row in resources.iter_mut().filter(|row| without.contains(&row.kind)) {
        (row.state, row.detail, row.link) = ("removed".into(), String::new(), None);
    }
    Model { tenant, resources, runs: Vec::new(), entries: Vec::new(), mails_given_up: 0, errors: Vec::new() }
}

/// The page in every state.
pub fn pages() -> Vec<(&'static str, String)> {
    let (ops, support) = (frame(Role::PlatformOps, "/x"), frame(Role::Support, "/x"));
    let poor = [ResourceKind::LimitRange, ResourceKind::Dashboard, ResourceKind::LokiDatasource];
    let wrong = Model { errors: vec![FieldError::new("without", "Dashboard needs folder: remove it first")], ..model(&[]) };
    let mut foreign = model(&[]);
    foreign.resources.iter_mut().filter(|row| row.kind == ResourceKind::Policy).for_each(|row| row.state = "foreign".into());
    vec![
        ("resources", view(&ops, model(&[]))),
        ("resources-without", view(&ops, model(&poor))),
        ("resources-without-support", view(&support, model(&poor))),
        ("resources-foreign", view(&ops, foreign)),
        ("resources-wrong", view(&ops, wrong)),
    ]
}

/// The kinds that a form of the page names.
fn offered(page: &str, act: &str) -> BTreeSet<ResourceKind> {
    let forms = page.split("<form").filter(|form| form.contains(&format!("/{act}-resource\"")));
    let kinds = forms.map(|form| form.split("name=\"kind\" value=\"").nth(1).unwrap().split('"').next().unwrap());
    kinds.map(|kind| ResourceKind::parse(kind).unwrap()).collect()
}

#[test]
fn what_no_other_resource_needs_may_be_removed() {
    use ResourceKind as K;
    let pages = plain_pages();
    let page = &pages["resources"];
    let leaves =
        [K::ResourceQuota, K::LimitRange, K::NetworkPolicy, K::Administrator, K::Policy, K::TransitKey, K::Dashboard, K::Validation];
    assert_eq!(offered(page, "remove"), BTreeSet::from(leaves));
    assert_eq!(offered(page, "bring-back"), BTreeSet::new());
    let form = page.split("<form").find(|form| form.contains("value=\"limit-range\"")).unwrap();
    for part in ["method=\"post\"", "name=\"version\" value=\"1\"", "Remove<span class=\"vh\"> limit range</span>", "btn small quiet"] {
        assert!(form.contains(part), "{part} is not there: {form}");
    }
    assert!(page.contains("<small>serial 4c:<wbr>59:<wbr>4a:<wbr>95, by Inosec &lt;Tenants&gt; CA</small>"), "a long number may break");
    assert!(!page.contains("Does without") && page.contains("19 of 19 present"), "{page}");
    assert!(!offered(&pages["resources-foreign"], "remove").contains(&K::Policy), "Steward does not take away what it did not make");
}

#[test]
fn what_is_done_without_may_be_brought_back_once_all_that_it_needs_is_there() {
    use ResourceKind as K;
    let pages = plain_pages();
    let page = &pages["resources-without"];
    assert_eq!(offered(page, "bring-back"), BTreeSet::from([K::LimitRange, K::LokiDatasource]), "the dashboard needs the datasource");
    let removable = offered(page, "remove");
    assert!(removable.is_superset(&BTreeSet::from([K::Folder, K::PrometheusDatasource])) && !removable.contains(&K::LimitRange));
    assert!(page.contains("Bring back<span class=\"vh\"> Loki datasource</span>"));
    assert!(page.contains("16 of 16 present, 3 done without"), "{page}");
    assert!(page.contains("<dt>Does without</dt><dd>Limit range, Loki datasource, Dashboard</dd>"));
}

#[test]
fn nobody_is_offered_to_change_the_resources_of_a_tenant_that_they_may_not_change_or_that_cannot_be_now() {
    let pages = plain_pages();
    for page in ["resources-without-support", "tenant-support", "tenant-provisioning"] {
        let acts = ["remove", "bring-back"].map(|act| offered(&pages[page], act).len());
        assert_eq!(acts, [0, 0], "{page}");
        assert!(!pages[page].contains("lead to a plan"), "{page}");
    }
    assert!(!offered(&pages["tenant-suspended"], "remove").is_empty());
}

#[test]
fn a_resource_that_others_need_is_told_of_at_the_list() {
    let page = &plain_pages()["resources-wrong"];
    assert!(
        page.contains("<title>Error: Kestrel Freight") && page.contains("<a href=\"#without\">Dashboard needs folder: remove it first")
    );
    assert!(page.contains("<section id=\"without\" class=\"sec\""));
}
