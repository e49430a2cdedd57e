//! The mails of a tenant: what became of each, and who may have one sent again.

use super::every_page;

#[test]
fn each_mail_says_what_became_of_it_and_why() {
    let page = &every_page()["tenant-mails"];
    for part in [
        "1 mail given up",
        "The mail server refuses the mail for good: 550 no such &lt;user&gt;",
        "<code>MAIL-550",
        "Tried 3 times",
        "Not taken yet",
        "/runs/1204\"",
        "name=\"mail\" value=\"00000000-0000-0000-0000-000000000004\"",
    ] {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
    assert_eq!(page.matches("/mails/again\"").count(), 1, "only what was given up is sent again");
}

#[test]
fn whoever_may_only_look_is_offered_nothing() {
    let pages = every_page();
    assert!(pages["tenant-mails-support"].contains("MAIL-550") && !pages["tenant-mails-support"].contains("/mails/again"));
    assert!(pages["tenant-mails-none"].contains("No mails yet"));
    assert!(pages["tenant-suspended"].contains("1 mail given up") && !pages["tenant"].contains("given up"));
}
