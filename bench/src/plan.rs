//! A plan for a tenant with nothing to change, on the real systems: every resource of it is looked at, and found as wanted.

use crate::fixture::Fixture;
use crate::list::median;
use crate::report::{Goal, Report};
use crate::tenants::{ActiveTenant, may};
use anyhow::{Result, anyhow, ensure};
use std::time::Instant;
use steward_core::access::ReadTenants;
use steward_core::provisioning::Provisioning;
use steward_domain::plan::Action;

const ROUNDS: usize = 50;

/// Measures.
///
/// # Errors
/// When a system is away, or something was found that is not as wanted.
pub async fn measure(fixture: &Fixture, provisioning: &Provisioning, tenant: &ActiveTenant, report: &mut Report) -> Result<()> {
    let read = may::<ReadTenants>(fixture).await?;
    let mut took = Vec::new();
    // One more than is counted: the first one warms connections and caches.
    for round in 0..=ROUNDS {
        let began = Instant::now();
        let plan = provisioning.plan_differences(&read, tenant.wanted.tenant_id).await.map_err(|error| anyhow!("{error}"))?;
        let elapsed = began.elapsed().as_secs_f64() * 1e3;
        ensure!(plan.count(Action::Keep) == plan.items.len(), "something is not as wanted: {plan:?}");
        if round > 0 {
            took.push(elapsed);
        }
    }
    let longest = took.iter().copied().fold(0.0, f64::max);
    let name = "plan for a tenant with nothing to change, all systems real";
    report.add(format!("{name}, median of {ROUNDS}"), median(took), "ms", Goal::AtMost(150.0));
    report.add(format!("{name}, slowest"), longest, "ms", Goal::Comparison);
    Ok(())
}
