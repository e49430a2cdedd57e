//! The branding page: refused colours, what was not saved, versions side by side.

use super::every_page;
use super::samples::ID;

#[test]
fn a_colour_that_cannot_be_read_comes_back_with_the_nearest_and_a_preview_of_it() {
    let pages = every_page();
    let page = &pages["branding-wrong"];
    for part in [
        "<title>Error: Branding of Kestrel Freight",
        r##"<a href="#primary">White text on #F2B705 reaches 1.8 to 1. Take a darker colour.</a>"##,
        r##"value="#F2B705""##,
        r##"name="use_primary" value="#967103""##,
        "Preview with #967103",
        "<style nonce=\"nonce\">.p-light{--p:#967103;--p-on:#FFFFFF;",
        "Unsaved changes",
        "Version 7 in use",
    ] {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
    // Enter in a field presses the first button: that must not be the offer.
    let form = page.split("enctype=").nth(1).unwrap();
    assert!(form.find("name=\"preview\"").unwrap() < form.find("name=\"use_primary\"").unwrap());
    assert!(!pages["branding"].contains("Unsaved changes") && !pages["branding"].contains("use_primary"));
    assert!(pages["branding-defaults"].contains("Defaults in use") && pages["branding-defaults"].contains("No versions yet"));
}

#[test]
fn a_branding_that_was_not_saved_keeps_what_was_typed_and_the_logo() {
    let page = &every_page()["branding-kept"];
    let logo = format!("type=\"hidden\" name=\"logo\" value=\"{}\"", "ab".repeat(32));
    for kept in [r##"value="#F2B705""##, "AUTH-111", &logo, &format!("action=\"/tenants/{ID}/branding\"")] {
        assert!(page.contains(kept), "{kept} is not on the page: {page}");
    }
    assert!(!page.contains("Kestrel"), "nothing of the tenant is shown to somebody who is not signed in");
}

#[test]
fn versions_are_compared_field_by_field_and_brought_back() {
    let pages = every_page();
    let page = &pages["branding-compare"];
    for part in ["<del>#967103<", "<ins>#1F4E79<", "<del>Serif<", "name=\"number\" value=\"6\"", "Bring back"] {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
    assert!(!page.contains("Dark mode"), "what is the same is not shown");
    assert!(!page.contains("name=\"number\" value=\"7\""), "what is in use is not brought back");
}
