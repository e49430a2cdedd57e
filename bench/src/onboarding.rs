//! Onboarding beside the longest chain of bare calls that it needs: realm, second factor, administrator with the mail.
//!
//! Both go to the same real systems in turn. The bare calls are the same calls with the same bodies, without plan, engine, database or
//! looks. They are made twice: the chain alone, with nothing else going on; and side by side with all the other calls of an onboarding,
//! each as soon as what it needs is there. The second is what a perfect engine would take, since the systems share their processors.

use crate::fixture::{Fixture, variable};
use crate::report::{Goal, Report};
use anyhow::{Context, Result, anyhow, bail};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all, try_join_all};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use steward_core::access::{Actor, Authority, CreateTenants, Origin, ReadTenants, Right, demand};
use steward_core::platform::{
    CallLimits, CloudflareSettings, DnsSettings, GrafanaSettings, IngressSettings, KeycloakSettings, KubernetesSettings, OpenBaoSettings,
    Platform, PlatformSettings, ResolverSettings, Secret,
};
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{Cells, Domains, Links, MailSender, Provisioning, Settings, Site, Wanted};
use steward_domain::onboarding::{Draft, OrganisationForm};
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::run::RunState;
use tokio_util::sync::CancellationToken;

/// How often each is measured. Most of a realm's creation is looking for the primes of two RSA keys, which takes one time 0.5 s and another
/// 3 s: with few rounds the ratio is luck (at 5 rounds 1.30 and 1.50 were seen in a row).
const ROUNDS: usize = 25;
const CHAIN: [ResourceKind; 3] = [ResourceKind::Realm, ResourceKind::SecondFactor, ResourceKind::Administrator];
const BASE_DOMAIN: &str = "inosec.com";

fn secret(name: &str) -> Result<Secret> {
    let path = variable(name)?;
    Ok(Secret::new(std::fs::read_to_string(&path).with_context(|| path.clone())?.trim().to_owned()))
}

async fn platform() -> Result<Platform> {
    let settings = PlatformSettings {
        keycloak: KeycloakSettings {
            url: variable("STEWARD_KEYCLOAK_URL")?,
            client_id: variable("STEWARD_KEYCLOAK_CLIENT_ID")?,
            client_secret: secret("STEWARD_KEYCLOAK_CLIENT_SECRET_FILE")?,
        },
        cells: BTreeMap::new(),
        openbao: OpenBaoSettings {
            url: variable("STEWARD_VAULT_URL")?,
            role_id: variable("STEWARD_VAULT_ROLE_ID")?,
            secret_id: secret("STEWARD_VAULT_SECRET_ID_FILE")?,
            approle_mount: "approle".into(),
            kv_mount: "secret".into(),
            transit_mount: "transit".into(),
            pki_mount: variable("STEWARD_PKI_MOUNT")?,
            pki_role: variable("STEWARD_PKI_ROLE")?,
            pki_custom_role: variable("STEWARD_PKI_CUSTOM_ROLE")?,
        },
        kubernetes: KubernetesSettings { kubeconfig: variable("STEWARD_KUBECONFIG")?.into() },
        grafana: GrafanaSettings { url: variable("STEWARD_GRAFANA_URL")?, token: secret("STEWARD_GRAFANA_TOKEN_FILE")? },
        dns: DnsSettings::Cloudflare(CloudflareSettings {
            url: variable("STEWARD_CLOUDFLARE_URL")?,
            zone_id: variable("STEWARD_CLOUDFLARE_ZONE_ID")?,
            token: secret("STEWARD_CLOUDFLARE_TOKEN_FILE")?,
        }),
        ingress: IngressSettings { address: variable("STEWARD_INGRESS_ADDRESS")? },
        resolver: ResolverSettings { server: None },
        calls: CallLimits::default(),
    };
    Platform::new(settings).await.map_err(|failure| anyhow!("{}: {}", failure.cause.what, failure.log))
}

fn settings() -> Result<Settings> {
    Ok(Settings {
        base_domain: BASE_DOMAIN.into(),
        domains: Domains {
            target: variable("STEWARD_DNS_TARGET")?,
            certificate_life: Domains::CERTIFICATE_LIFE,
            ingress_class: variable("STEWARD_INGRESS_CLASS")?,
            service: (variable("STEWARD_INGRESS_SERVICE")?, 80),
        },
        cells: Cells::default(),
        capacity: None,
        links: Links::default(),
        mail: MailSender::through(variable("STEWARD_SMTP_HOST")?, variable("STEWARD_SMTP_PORT")?.parse()?, variable("STEWARD_SMTP_FROM")?),
        prometheus_url: variable("STEWARD_PROMETHEUS_URL")?,
        loki_url: variable("STEWARD_LOKI_URL")?,
        public_url: "https://steward.example".into(),
    })
}

fn draft(short_name: &str) -> Draft {
    let organisation = OrganisationForm {
        name: format!("Bench {short_name}"),
        short_name: short_name.into(),
        contact_email: format!("admin@{short_name}.example.com"),
        reseller: String::new(),
    };
    Draft { organisation, settings: None }
}

/// The real systems, and what they are told about each other.
///
/// # Errors
/// When the instance's environment is missing.
pub async fn site() -> Result<Site> {
    Ok(Site::real(Arc::new(platform().await?), Arc::new(settings()?), steward_core::context::Context::default()))
}

async fn may<R: Right>(fixture: &Fixture) -> Result<Authority<R>> {
    let origin = Origin { request_id: "bench".into(), address: None };
    let actor = Actor::person("bench".into(), "Bench".into(), vec![Role::PlatformOps], None, origin);
    demand(&fixture.database, &actor).await.map_err(|error| anyhow!("{error}"))
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
    let platform = Arc::new(platform().await?);
    let settings = Arc::new(settings()?);
    let provisioning = Provisioning::new(fixture.database.clone(), Arc::clone(&platform), Arc::clone(&settings));
    let site = Arc::new(Site::real(platform, settings, steward_core::context::Context::default()));
    let (create, read) = (may::<CreateTenants>(fixture).await?, may::<ReadTenants>(fixture).await?);
    let shutdown = CancellationToken::new();
    let worker = tokio::spawn(provisioning.worker("bench".into()).run(shutdown.clone()));

    let mut together = Vec::new();
    let (mut chains, mut runs, mut creates) = (Vec::new(), Vec::new(), Vec::new());
    let mut links: Vec<(ResourceKind, Vec<f64>, Vec<f64>)> = CHAIN.into_iter().map(|kind| (kind, Vec::new(), Vec::new())).collect();
    // One round more than is counted: the first one warms connections and Keycloak's caches.
    for round in 0..=ROUNDS {
        let random = fixture.database.context().random::<4>().map_err(|error| anyhow!("{error}"))?;
        let name = format!("bench-{:08x}", u32::from_le_bytes(random));

        let chain_name = format!("{name}-a");
        let wish = draft(&chain_name).check().map_err(|errors| anyhow!("{errors:?}"))?;
        let wanted = Wanted::of(fixture.database.context().id()?, &wish, BASE_DOMAIN);
        let began = Instant::now();
        let mut alone = Vec::new();
        for kind in CHAIN {
            let began = Instant::now();
            let applied = resource(kind).apply(&site, &wanted, &Observation::Absent).await;
            applied.map_err(|failure| anyhow!("{}: {}", failure.cause.what, failure.log))?;
            alone.push(began.elapsed());
        }
        let chain = began.elapsed();
        remove(&site, &wanted).await;

        let all_name = format!("{name}-c");
        let wish = draft(&all_name).check().map_err(|errors| anyhow!("{errors:?}"))?;
        let wanted = Arc::new(Wanted::of(fixture.database.context().id()?, &wish, BASE_DOMAIN));
        let began = Instant::now();
        make_side_by_side(&site, &wanted).await?;
        let all = began.elapsed();
        remove(&site, &wanted).await;

        let run_name = format!("{name}-b");
        let began = Instant::now();
        let started = provisioning.onboard(&create, draft(&run_name), None).await.map_err(|error| anyhow!("{error}: {:?}", error.log()))?;
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
        let wish = draft(&run_name).check().map_err(|errors| anyhow!("{errors:?}"))?;
        remove(&site, &Wanted::of(started.tenant_id, &wish, BASE_DOMAIN)).await;
        let took = run.ended_at.context("a run that is done has an end")? - run.created_at;
        if round > 0 {
            chains.push(chain.as_secs_f64() * 1e3);
            together.push(all.as_secs_f64() * 1e3);
            creates.push(asked.as_secs_f64() * 1e3);
            for ((kind, bare, step), alone) in links.iter_mut().zip(alone) {
                bare.push(alone.as_secs_f64() * 1e3);
                let took = run.steps.iter().find(|step| step.kind == *kind).and_then(|step| step.took_ms);
                step.push(took.context("a step that is done took some time")? as f64);
            }
            runs.push(took.num_microseconds().context("a short run")? as f64 / 1e3);
        }
    }
    shutdown.cancel();
    worker.await?;
    for (kind, bare, step) in links {
        report.add(format!("{}: bare calls", kind.label()), crate::list::median(bare), "ms", Goal::Comparison);
        report.add(format!("{}: step of the run, looks included", kind.label()), crate::list::median(step), "ms", Goal::Comparison);
    }
    let [chain, together, run] = [chains, together, runs].map(crate::list::median);
    report.add("longest chain of bare calls with nothing else going on, median of 25", chain, "ms", Goal::Comparison);
    report.add("longest chain of bare calls, all others side by side with it, median of 25", together, "ms", Goal::Comparison);
    report.add("Create until the run is accepted (plan included), median of 25", crate::list::median(creates), "ms", Goal::Comparison);
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

async fn remove(site: &Site, wanted: &Wanted) {
    for kind in ResourceKind::ALL.into_iter().rev() {
        // What the chain did not make is not there.
        let _ = resource(kind).remove(site, wanted).await;
    }
}
