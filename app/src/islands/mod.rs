//! The parts of pages that are awake in the browser: the live timeline and the pages of the wizard.
//!
//! Each is complete as the server renders it, without a script. An island never holds a rule of its own: it runs
//! `steward-domain`'s. Islands are few and small, because every page that has one loads the WebAssembly.
#![allow(missing_docs, reason = "the macro of islands generates public items without documentation")]

/// Names and texts: what a form holds, what is wrong with it, what there is to choose. Islands take nothing else of a form,
/// because every further type that goes through the page costs code in the browser.
pub type Pairs = Vec<(String, String)>;

/// The text of that name; empty if there is none.
fn text_of(pairs: &Pairs, name: &str) -> String {
    find(pairs, name).unwrap_or_default().to_owned()
}

/// The text of that name.
fn find<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
}

mod input;
pub mod organisation;
pub mod run;
pub mod settings;
