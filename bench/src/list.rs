//! The tenant list with 100,000 tenants: requests per second beside the bare handler, latencies, search, memory, start.

use crate::fixture::{Fixture, TENANTS};
use crate::load;
use crate::process;
use crate::report::{Goal, Report};
use anyhow::Result;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const STEWARD: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9085);
const BARE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9086);
const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_secs(5);

/// Measures.
///
/// # Errors
/// When a server does not start or answers with anything but 200.
pub async fn measure(fixture: &Fixture, steward: &Path, report: &mut Report) -> Result<()> {
    let mut environment = fixture.environment.clone();
    environment.push(("STEWARD_LISTEN".into(), STEWARD.to_string()));
    environment.push(("STEWARD_URL".into(), format!("http://localhost:{}", STEWARD.port())));
    environment.push(("STEWARD_LOG".into(), "warn".into()));
    let server = process::start(steward, &["serve".into()], &environment, STEWARD, "/health/live").await?;
    report.add("start to first answer", server.first_answer.as_secs_f64(), "s", Goal::AtMost(0.3));
    let bare_environment = [("BENCH_DATABASE_URL".to_owned(), fixture.superuser_url.clone())];
    let bare = process::start(
        &std::env::current_exe()?,
        &["bare".into(), "--listen".into(), BARE.to_string()],
        &bare_environment,
        BARE,
        "/health/live",
    )
    .await?;

    let list = || vec!["/tenants".to_owned()];
    let cookie = |id: &str| format!("__Host-sid={id}");
    // In turn, so that a change of the machine's speed meets both.
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut our_bytes, mut their_bytes) = (0, 0);
    for _ in 0..3 {
        let id = fixture.sign_in().await?;
        let outcome = load::run(STEWARD, list(), cookie(&id), CONNECTIONS, ROUND).await?;
        our_bytes = outcome.bytes;
        ours.push(outcome.per_second);
        let outcome = load::run(BARE, list(), cookie(&id), CONNECTIONS, ROUND).await?;
        their_bytes = outcome.bytes;
        theirs.push(outcome.per_second);
    }
    report.add("size of the list's page, uncompressed", our_bytes as f64 / 1e3, "kB", Goal::Comparison);
    report.add("size of the bare page", their_bytes as f64 / 1e3, "kB", Goal::Comparison);
    let (ours, theirs) = (median(ours), median(theirs));
    report.add(format!("signed-in tenant list, {TENANTS} tenants, 16 connections"), ours, "/s", Goal::Comparison);
    report.add("bare axum + askama + sqlx, same query", theirs, "/s", Goal::Comparison);
    report.add("list beside bare handler", ours / theirs, "×", Goal::AtLeast(0.5));
    drop(bare);

    let words: Vec<String> = ('a'..='j').map(|c| format!("secondbe{c}")).collect();
    let searches: Vec<String> = words.iter().map(|word| format!("/tenants?q={word}")).collect();
    let id = fixture.sign_in().await?;
    let search = load::run(STEWARD, searches.clone(), cookie(&id), CONNECTIONS, ROUND).await?;
    report.add("search by a fragment, 2 % of rows matching", search.per_second, "/s", Goal::AtLeast(1_000.0));
    // The bad case of the same search: matches that stand together at the end of the list.
    let together: Vec<String> = ('a'..='e').map(|c| format!("/tenants?q=firstbe{c}")).collect();
    let id = fixture.sign_in().await?;
    let search = load::run(STEWARD, together.clone(), cookie(&id), CONNECTIONS, ROUND).await?;
    report.add("search by a fragment, 2 % of rows matching, all at the end of the list", search.per_second, "/s", Goal::Comparison);

    // What one person waits for, while one other works: two connections, so that the figure is the server's and not the queue's.
    let cases: [(&str, Vec<String>); 10] = [
        ("list", list()),
        ("list by last change", vec!["/tenants?sort=changed".into()]),
        ("filter by status", vec!["/tenants?status=suspended".into(), "/tenants?status=purged".into()]),
        ("filter by stage", vec!["/tenants?stage=termination".into()]),
        ("search, 2 % matching", searches),
        ("search, 2 % matching, all at the end", together),
        ("search and status, 2 % matching", words.iter().map(|word| format!("/tenants?q={word}&status=suspended")).collect()),
        ("search and reseller, 2 % matching", words.iter().map(|word| format!("/tenants?q={word}&reseller=direct")).collect()),
        ("search, one matching", (1..200).map(|n| format!("/tenants?q=admin{}%40customer", n * 487)).collect()),
        ("search, all matching", vec!["/tenants?q=inosec.com".into()]),
    ];
    for (name, paths) in cases {
        let id = fixture.sign_in().await?;
        let outcome = load::run(STEWARD, paths, cookie(&id), 2, Duration::from_secs(3)).await?;
        report.add(format!("{name}, p99"), outcome.p99_ms, "ms", Goal::AtMost(20.0));
    }
    report.add("Steward after load, resident", server.resident_mb()?, "MB", Goal::AtMost(60.0));
    Ok(())
}

/// The middle one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
