//! Onboarding beside the longest chain of bare calls that it needs.
//!
//! Both go to the same real systems in turn. The bare calls are what making each resource takes, with the same bodies, without plan,
//! engine and database, and without the looks before and after. They are made twice: one after the other, with nothing else going on, from
//! which the longest chain follows by what comes after what; and side by side, each as soon as what it needs is there. The second is what a
//! perfect engine would take, since the systems share their processors.

use crate::fixture::Fixture;
use crate::report::{Goal, Report};
use crate::tenants::{fresh_name, onboard, remove, wanted};
use crate::{list, real};
use anyhow::{Context, Result, anyhow};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all, try_join_all};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{Provisioning, Site, Wanted};
use steward_domain::resource::ResourceKind;
use tokio_util::sync::CancellationToken;

/// How often each is measured. Most of a realm's creation is looking for the primes of two RSA keys, which takes one time 0.5 s and another
/// 3 s: with few rounds the ratio is luck (at 5 rounds 1.30 and 1.50 were seen in a row).
const ROUNDS: usize = 25;

/// Milliseconds, by kind.
type Times = BTreeMap<ResourceKind, f64>;

/// Makes everything, one after the other.
async fn make_one_by_one(site: &Site, wanted: &Wanted) -> Result<Times> {
    let mut took = Times::new();
    // What comes before stands earlier in the list.
    for kind in ResourceKind::ALL.into_iter().filter(|kind| wanted.wants(*kind)) {
        let began = Instant::now();
        let applied = resource(kind).apply(site, wanted, &Observation::Absent).await;
        applied.map_err(|failure| anyhow!("{kind:?}: {} {}", failure.cause.what, failure.log))?;
        took.insert(kind, began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

/// Of the chains that end with this kind, the longest.
fn chain_to(kind: ResourceKind, took: &Times) -> f64 {
    let before = kind.after().iter().filter(|before| took.contains_key(before));
    before.map(|before| chain_to(*before, took)).fold(0.0, f64::max) + took.get(&kind).copied().unwrap_or_default()
}

/// The last of the longest chain of all, and how long that takes.
fn longest_chain(took: &Times) -> Option<(ResourceKind, f64)> {
    took.keys().map(|kind| (*kind, chain_to(*kind, took))).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Makes everything, each resource as soon as what must be there before it is there.
async fn make_side_by_side(site: &Arc<Site>, wanted: &Arc<Wanted>) -> Result<()> {
    let mut made: HashMap<ResourceKind, Shared<BoxFuture<'static, Result<(), String>>>> = HashMap::new();
    // What comes before stands earlier in the list.
    for kind in ResourceKind::ALL.into_iter().filter(|kind| wanted.wants(*kind)) {
        let before: Vec<_> = kind.after().iter().filter_map(|before| made.get(before).cloned()).collect();
        let (site, wanted) = (Arc::clone(site), Arc::clone(wanted));
        let making = async move {
            try_join_all(before).await?;
            let applied = resource(kind).apply(&site, &wanted, &Observation::Absent).await;
            applied.map_err(|failure| format!("{kind:?}: {} {}", failure.cause.what, failure.log))
        };
        made.insert(kind, making.boxed().shared());
    }
    let tasks = made.into_values().map(tokio::spawn);
    for outcome in join_all(tasks).await {
        outcome?.map_err(|error| anyhow!(error))?;
    }
    Ok(())
}

/// Measures.
///
/// # Errors
/// When a system is away or an onboarding does not end.
pub async fn measure(fixture: &Fixture, report: &mut Report) -> Result<()> {
    let provisioning = Provisioning::on(fixture.database.clone(), real::site().await?);
    let site = Arc::new(real::site().await?);
    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(provisioning.worker("bench".into()).run(shutdown.clone()));

    let mut together = Vec::new();
    let (mut chains, mut runs, mut creates) = (Vec::new(), Vec::new(), Vec::new());
    let mut domains = Vec::new();
    let mut times: BTreeMap<ResourceKind, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    // One round more than is counted: the first one warms connections and Keycloak's caches.
    for round in 0..=ROUNDS {
        let name = fresh_name(fixture)?;

        let wished = wanted(fixture, &format!("{name}-a"))?;
        let alone = make_one_by_one(&site, &wished).await?;
        remove(&site, &wished).await;

        let wished = Arc::new(wanted(fixture, &format!("{name}-c"))?);
        let began = Instant::now();
        make_side_by_side(&site, &wished).await?;
        let all = began.elapsed();
        remove(&site, &wished).await;

        let tenant = onboard(fixture, &provisioning, &format!("{name}-b")).await?;
        remove(&site, &tenant.wanted).await;
        let run = tenant.run;
        let took = run.ended_at.context("a run that is done has an end")? - run.created_at;
        if round > 0 {
            chains.push(longest_chain(&alone).context("a tenant has something")?.1);
            domains.push(chain_to(ResourceKind::Validation, &alone));
            together.push(all.as_secs_f64() * 1e3);
            creates.push(tenant.asked.as_secs_f64() * 1e3);
            runs.push(took.num_microseconds().context("a short run")? as f64 / 1e3);
            for (kind, bare) in alone {
                let took = run.steps.iter().find(|step| step.kind == kind).and_then(|step| step.took_ms);
                let (bares, steps) = times.entry(kind).or_default();
                bares.push(bare);
                steps.push(took.context("a step that is done took some time")? as f64);
            }
        }
    }
    shutdown.cancel();
    worker.await?;
    for (kind, (bare, step)) in times {
        report.add(format!("{}: bare calls", kind.label()), list::median(bare), "ms", Goal::Comparison);
        report.add(format!("{}: step of the run, looks included", kind.label()), list::median(step), "ms", Goal::Comparison);
    }
    let [chain, together, run] = [chains, together, runs].map(list::median);
    report.add(
        "domain chain of bare calls with nothing else going on, until the handshake, median of 25",
        list::median(domains),
        "ms",
        Goal::Comparison,
    );
    report.add("longest chain of bare calls with nothing else going on, median of 25", chain, "ms", Goal::Comparison);
    report.add("all bare calls side by side, median of 25", together, "ms", Goal::Comparison);
    report.add("Create until the run is accepted (plan included), median of 25", list::median(creates), "ms", Goal::Comparison);
    report.add("onboarding, accepted until active, median of 25", run, "ms", Goal::Comparison);
    report.add("onboarding beside the longest chain", run / chain, "×", Goal::AtMost(1.25));
    report.add(
        "onboarding beside all bare calls side by side: what a perfect engine would take here",
        run / together,
        "×",
        Goal::Comparison,
    );
    Ok(())
}
