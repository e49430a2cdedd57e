//! Tenants to measure with: brought onto the systems by a run, taken off again by hand.

use crate::fixture::Fixture;
use crate::real::BASE_DOMAIN;
use anyhow::{Result, anyhow, bail};
use std::time::{Duration, Instant};
use steward_core::access::{Actor, Authority, CreateTenants, Origin, ReadTenants, Right, demand};
use steward_core::provisioning::resources::resource;
use steward_core::provisioning::{Provisioning, Site, Wanted};
use steward_domain::onboarding::{Draft, OrganisationForm};
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::run::{RunState, RunView};

/// A tenant that is active.
#[derive(Debug)]
pub struct ActiveTenant {
    /// What it is to have, which it has.
    pub wanted: Wanted,
    /// The run that made it.
    pub run: RunView,
    /// From asking until the run was accepted.
    pub asked: Duration,
}

/// Somebody with a right.
///
/// # Errors
/// When the database fails.
pub async fn may<R: Right>(fixture: &Fixture) -> Result<Authority<R>> {
    let origin = Origin { request_id: "bench".into(), address: None };
    let actor = Actor::person("bench".into(), "Bench".into(), vec![Role::PlatformOps], None, origin);
    demand(&fixture.database, &actor).await.map_err(|error| anyhow!("{error}"))
}

/// A short name that nobody has.
///
/// # Errors
/// When the operating system has no random bytes to give.
pub fn fresh_name(fixture: &Fixture) -> Result<String> {
    let random = fixture.database.context().random::<4>().map_err(|error| anyhow!("{error}"))?;
    Ok(format!("bench-{:08x}", u32::from_le_bytes(random)))
}

/// What somebody would type to create it.
#[must_use]
pub fn draft(short_name: &str) -> Draft {
    let organisation = OrganisationForm {
        name: format!("Bench {short_name}"),
        short_name: short_name.into(),
        contact_email: format!("admin@{short_name}.example.com"),
        reseller: String::new(),
    };
    Draft { organisation, settings: None }
}

/// What a tenant of that name is to have. It need not exist.
///
/// # Errors
/// When the operating system has no random bytes to give.
pub fn wanted(fixture: &Fixture, short_name: &str) -> Result<Wanted> {
    let wish = draft(short_name).check().map_err(|errors| anyhow!("{errors:?}"))?;
    Ok(Wanted::of(fixture.database.context().id()?, &wish, BASE_DOMAIN))
}

/// Creates a tenant and waits until it is active. A worker must be at work.
///
/// # Errors
/// When it is refused, stops or takes more than a minute.
pub async fn onboard(fixture: &Fixture, provisioning: &Provisioning, short_name: &str) -> Result<ActiveTenant> {
    let (create, read) = (may::<CreateTenants>(fixture).await?, may::<ReadTenants>(fixture).await?);
    let began = Instant::now();
    let started = provisioning.onboard(&create, draft(short_name), None).await.map_err(|error| anyhow!("{error}: {:?}", error.log()))?;
    let asked = began.elapsed();
    let run = loop {
        let run = provisioning.run_view(&read, started.run_id).await.map_err(|error| anyhow!("{error}"))?;
        match run.state {
            RunState::Done => break run,
            RunState::Stopped | RunState::Cancelled => bail!("the onboarding stopped: {run:?}"),
            RunState::Running if began.elapsed() > Duration::from_secs(60) => bail!("the onboarding did not end: {run:?}"),
            RunState::Running => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let wanted = Wanted { tenant_id: started.tenant_id, ..wanted(fixture, short_name)? };
    Ok(ActiveTenant { wanted, run, asked })
}

/// Takes everything of a tenant off the systems.
pub async fn remove(site: &Site, wanted: &Wanted) {
    for kind in ResourceKind::ALL.into_iter().rev() {
        // What was not made is not there.
        let _ = resource(kind).remove(site, wanted).await;
    }
}
