//! How long it takes until a change that somebody made by hand in Kubernetes, which is watched, is on the drift board.

use crate::fixture::Fixture;
use crate::list::median;
use crate::report::{Goal, Report};
use crate::tenants::{ActiveTenant, may};
use anyhow::{Context, Result, anyhow, ensure};
use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::api::networking::v1::Ingress;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use std::time::{Duration, Instant};
use steward_core::access::ReadTenants;
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{Provisioning, SweepTuning};
use steward_domain::resource::ResourceKind;
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 5;
const GOAL: Duration = Duration::from_secs(60);
/// The sweep comes too late to find anything: what is found, the watch told of.
const EVERY: Duration = Duration::from_secs(3600);

/// Measures.
///
/// # Errors
/// When Kubernetes refuses, or something is not noticed within the goal's time.
pub async fn measure(fixture: &Fixture, provisioning: &Provisioning, tenant: &ActiveTenant, report: &mut Report) -> Result<()> {
    let board = Board { fixture, provisioning, tenant };
    let stop = CancellationToken::new();
    let tuning = SweepTuning { every: EVERY, ..SweepTuning::default() };
    let reconciler = tokio::spawn(provisioning.reconciler("bench".into(), tuning).run(stop.clone()));
    board.has_been_looked_at().await?;

    let site = provisioning.site();
    let namespace = tenant.wanted.names().namespace;
    let quotas: Api<ResourceQuota> = site.platform.kubernetes.namespaced(&namespace);
    let ingresses: Api<Ingress> = site.platform.kubernetes.namespaced(&namespace);
    let name = |kind: ResourceKind| {
        let name = resource(kind).name(site, &tenant.wanted);
        name.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let (quota, ingress) = (name(ResourceKind::ResourceQuota), name(ResourceKind::Ingress));
    let by_hand = PatchParams { field_manager: Some("kubectl-edit".into()), ..PatchParams::default() };
    let raised = Patch::Merge(serde_json::json!({ "spec": { "hard": { "requests.cpu": "64" } } }));
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        quotas.patch(&quota, &by_hand, &raised).await.context("raise the quota by hand")?;
        took.push(board.shows(ResourceKind::ResourceQuota, true).await?);
        board.put_back(ResourceKind::ResourceQuota).await?;
        ingresses.delete(&ingress, &DeleteParams::default()).await.context("delete the Ingress by hand")?;
        took.push(board.shows(ResourceKind::Ingress, true).await?);
        board.put_back(ResourceKind::Ingress).await?;
    }
    stop.cancel();
    reconciler.await?;
    let longest = took.iter().copied().fold(0.0, f64::max);
    let name = format!("change by hand in Kubernetes until it is on the drift board, {} changes", took.len());
    report.add(format!("{name}, median"), median(took), "s", Goal::Comparison);
    report.add(format!("{name}, slowest"), longest, "s", Goal::AtMost(GOAL.as_secs_f64()));
    Ok(())
}

struct Board<'a> {
    fixture: &'a Fixture,
    provisioning: &'a Provisioning,
    tenant: &'a ActiveTenant,
}

impl Board<'_> {
    /// Seconds until something of this kind is on it, or is no more.
    async fn shows(&self, kind: ResourceKind, there: bool) -> Result<f64> {
        let read = may::<ReadTenants>(self.fixture).await?;
        let began = Instant::now();
        loop {
            let board = self.provisioning.drift_of(&read, self.tenant.wanted.tenant_id).await.map_err(|error| anyhow!("{error}"))?;
            if board.rows.iter().any(|row| row.kind == kind) == there {
                return Ok(began.elapsed().as_secs_f64());
            }
            ensure!(began.elapsed() < GOAL, "{} is {} the board after {GOAL:?}", kind.label(), if there { "not on" } else { "still on" });
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn put_back(&self, kind: ResourceKind) -> Result<()> {
        let (site, wanted) = (self.provisioning.site(), &self.tenant.wanted);
        let seen = resource(kind).observe(site, wanted).await.unwrap_or(Observation::Absent);
        resource(kind).apply(site, wanted, &seen).await.map_err(|failure| anyhow!("{}: {}", failure.cause.what, failure.log))?;
        self.shows(kind, false).await.map(drop)
    }

    async fn has_been_looked_at(&self) -> Result<()> {
        let read = may::<ReadTenants>(self.fixture).await?;
        let began = Instant::now();
        loop {
            let board = self.provisioning.drift_of(&read, self.tenant.wanted.tenant_id).await.map_err(|error| anyhow!("{error}"))?;
            if board.looked_at.is_some() {
                return Ok(());
            }
            ensure!(began.elapsed() < GOAL, "nobody looks");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
