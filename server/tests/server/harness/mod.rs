//! A server with a database and a port of its own, people with accounts of their own, and a browser to sign them in with.

mod account;
mod app;
mod browser;
mod client;
mod database;
mod in_use;
mod keycloak;

pub use account::Account;
pub use app::{App, Planted, STYLESHEET};
pub use browser::{Browser, Page};
pub use client::{Answer, Client, answer, name};
pub use in_use::InUse;
pub use keycloak::{Admin, token};

/// A variable of the test instance.
pub fn environment(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `make test`, or load .stack-test/env and .stack-test/steward.env"))
}

/// Does something at the end of a test, also of one that fails.
pub fn at_end<F>(work: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
    });
    let _ = thread.join();
}
