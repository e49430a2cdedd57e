//! Proof 7 of TRUST.md §5, drawn at random: a few kinds are made and removed again, while calls fail, workers die and people cancel. What is
//! drawn follows from a schedule's seed alone; when it comes to pass, beside which other schedule and on which worker, the machine decides.
//! A schedule that goes wrong says its seed, with which it is carried out again.

use crate::proofs::{end_of, immortal, side_by_side};
use crate::world::*;
use futures::FutureExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sqlx::PgPool;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steward_core::access::{CancelRuns, ConfigureTenants, RepairDrift};
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::provisioning::resources::resource;
use steward_core::provisioning::{Deaths, Point, Proposal, Provisioning, Tuning, Wanted};
use steward_domain::change::SettingsPatch;
use steward_domain::limits::Limits;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, RunView, StepState};
use steward_in_process::World;
use steward_in_process::fault::{Call, Fault, Trick};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// So many schedules at once.
const AT_ONCE: usize = 48;
/// The share of schedules in which workers die. Whoever dies takes along what else it holds, until the leases end.
const MORTAL: f64 = 0.1;

/// The worker dies over the step of this kind, at this point.
type Death = (ResourceKind, Point);

/// What happens to one tenant. Everything is drawn in a fixed order from one generator, whose seed is the schedule's own.
struct Schedule {
    seed: u64,
    kinds: Vec<ResourceKind>,
    faults: Vec<(ResourceKind, Call, Trick, u32)>,
    /// When the kinds are made, and when they are removed.
    deaths: [Vec<Death>; 2],
    cancels: bool,
}

impl Schedule {
    fn of(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        // One kind and what it comes after: runs of one to six steps.
        let last = *ResourceKind::ALL.choose(&mut random).unwrap();
        let mut kinds = vec![last];
        while let Some(missing) = kinds.iter().flat_map(|kind| kind.after()).find(|before| !kinds.contains(before)) {
            kinds.push(*missing);
        }
        let mut faults = Vec::new();
        let mut deaths = [Vec::new(), Vec::new()];
        let mortal = random.random_bool(MORTAL);
        for kind in &kinds {
            let makes_something = resource(*kind).makes_something();
            if random.random_bool(0.4) {
                let passing =
                    [Trick::TimeoutApplied, Trick::TimeoutNotApplied, Trick::Partial, Trick::RateLimited, Trick::Broken, Trick::Away];
                let calls: &[Call] = if makes_something { &[Call::Observe, Call::Apply, Call::Remove] } else { &[Call::Observe] };
                faults.push((
                    *kind,
                    *calls.choose(&mut random).unwrap(),
                    *passing.choose(&mut random).unwrap(),
                    random.random_range(1..=2),
                ));
            }
            // There is no step for a custom domain while it is proved.
            if mortal && *kind != ResourceKind::CustomDomain {
                // What makes nothing has no effect that a death could come after.
                let points: &[Point] =
                    if makes_something { &Point::ALL } else { &[Point::BeforeIntent, Point::AfterIntent, Point::AfterCommit] };
                for way in &mut deaths {
                    if random.random_bool(0.5) {
                        way.push((*kind, *points.choose(&mut random).unwrap()));
                    }
                }
            }
        }
        Self { seed, kinds, faults, deaths, cancels: random.random_bool(0.2) }
    }
}

/// Dies as the schedules say, once each: over the step of that kind of that tenant, at that point.
#[derive(Default)]
struct Drawn {
    to_come: Mutex<HashSet<(Uuid, Death)>>,
    met: AtomicUsize,
}

impl Deaths for Drawn {
    fn dies(&self, point: Point, kind: ResourceKind, tenant: &Wanted) -> bool {
        let dies = self.to_come.lock().unwrap().remove(&(tenant.tenant_id, (kind, point)));
        self.met.fetch_add(usize::from(dies), Ordering::Relaxed);
        dies
    }
}

impl Drawn {
    fn draw(&self, tenant: &Wanted, deaths: &[Death]) {
        self.to_come.lock().unwrap().extend(deaths.iter().map(|death| (tenant.tenant_id, *death)));
    }

    /// The deaths that did not come, of those that a step which is done must have met. Another's death may come between effect and look, or
    /// between commit and what is after it: then nobody is there to meet one's own. What did not come does not come any more.
    fn missed(&self, tenant: &Wanted, deaths: &[Death], view: &RunView) -> Vec<Death> {
        let done = |kind: ResourceKind| view.steps.iter().any(|step| step.kind == kind && step.state == StepState::Done);
        let mut to_come = self.to_come.lock().unwrap();
        let sure = |(kind, point): &Death| done(*kind) && !matches!(point, Point::AfterObserve | Point::AfterCommit);
        deaths.iter().copied().filter(|death| to_come.remove(&(tenant.tenant_id, *death))).filter(sure).collect()
    }
}

/// How many schedules; `make soak` asks for more. STEWARD_SEED replays a single one.
fn schedules() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    match number("STEWARD_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("STEWARD_SCHEDULES").unwrap_or(10_000)),
    }
}

/// A tenant of the platform with nothing of it made, all but some kinds left out: rows as an onboarding writes them.
async fn bare_tenants(pool: &PgPool, world: &World, schedules: &[Schedule]) -> Vec<Wanted> {
    let mut tenants = Vec::new();
    let mut rows = Vec::new();
    for schedule in schedules {
        let name = format!("s{}", schedule.seed);
        let mut wanted = wanted_of(Uuid::new_v4(), &format!("{name}x"));
        if schedule.kinds.iter().any(|kind| kind.is_of_the_custom_domain()) {
            wanted = with_custom_domain(&wanted);
            world.publish(&wanted);
        }
        let wish = wanted.custom_domain.as_ref();
        rows.push(serde_json::json!({
            "id": wanted.tenant_id, "short_name": wanted.short_name, "name": wanted.organisation, "contact": wanted.contact_email,
            "domain": wanted.names().domain, "custom": wish.map(|wish| wish.host.as_str()), "token": wish.map(|wish| wish.token.as_str()),
            "without": ResourceKind::ALL.into_iter().filter(|kind| !schedule.kinds.contains(kind)).map(ResourceKind::as_str).collect::<Vec<_>>(),
        }));
        tenants.push(wanted);
    }
    let limits = serde_json::to_value(Limits::default_for(false)).unwrap();
    let features = serde_json::to_value(steward_domain::features::Features::default()).unwrap();
    sqlx::query(
        "with rows as (select * from jsonb_to_recordset($1) as r (id uuid, short_name text, name text, contact text, domain text, custom text, token text, without text[])),
              made as (insert into tenant (id, status, stage, name, short_name, domain, contact_email, region, created_by)
                       select id, 'active', 'activation', name, short_name, domain, contact, 'morocco', 'test' from rows),
              proved as (insert into domain_challenge (tenant_id, domain, token, begun_by, expires_at, verified_at)
                         select id, custom, token, 'test', now() + interval '7 days', now() from rows where custom is not null)
         insert into tenant_config (tenant_id, limits, features, without, custom_domain) select id, $2, $3, without, custom from rows",
    )
    .bind(serde_json::Value::Array(rows))
    .bind(limits)
    .bind(features)
    .execute(pool)
    .await
    .unwrap();
    tenants
}

/// Asks again while the database has no time: the machine may be busy, and a person would press the button once more.
async fn patiently<T, F: Future<Output = Result<T, Error>>>(ask: impl Fn() -> F) -> Result<T, Error> {
    loop {
        match ask().await {
            Err(Error::DatabaseAway { .. }) => {}
            answer => return answer,
        }
    }
}

/// What the schedules share.
struct Ground {
    provisioning: Provisioning,
    database: Database,
    world: World,
    drawn: Arc<Drawn>,
}

impl Ground {
    /// Carries out a schedule; in words what went wrong, with how it is carried out again.
    async fn carries_out(&self, schedule: &Schedule, wanted: &Wanted) -> Result<(), String> {
        let outcome = AssertUnwindSafe(self.there_and_back(schedule, wanted)).catch_unwind().await;
        let outcome = outcome.unwrap_or_else(|panic| Err(format!("it panicked: {:?}", panic.downcast_ref::<String>())));
        outcome.map_err(|wrong| format!("STEWARD_SEED={} make proofs carries it out again: {wrong}", schedule.seed))
    }

    async fn there_and_back(&self, schedule: &Schedule, wanted: &Wanted) -> Result<(), String> {
        let [there, back] = &schedule.deaths;
        self.order(schedule, wanted, |_| true);
        self.drawn.draw(wanted, there);
        let run = self.makes(schedule, wanted).await?;
        if schedule.cancels {
            // Whatever it was at: what was done stays, nothing else begins, and it can be gone on with.
            let _ = self.provisioning.cancel_run(&may::<CancelRuns>(&self.database).await, run).await;
        }
        let view = self.ended(run, wanted, there).await?;
        if !schedule.cancels && view.state != RunState::Done {
            return Err(format!("the way there did not end done: {view:#?}"));
        }
        self.world.heal_tenant(wanted);
        self.order(schedule, wanted, |call| call == Call::Remove);
        self.drawn.draw(wanted, back);
        let run = self.removes(wanted).await.map_err(|error| format!("removing: {error:#?}"))?;
        let view = self.ended(run, wanted, back).await?;
        if view.state != RunState::Done {
            return Err(format!("the way back did not end done: {view:#?}"));
        }
        let left = self.world.left_of(wanted);
        if left.is_empty() { Ok(()) } else { Err(format!("something is left: {left:?}")) }
    }

    fn order(&self, schedule: &Schedule, wanted: &Wanted, which: impl Fn(Call) -> bool) {
        for (kind, call, trick, times) in schedule.faults.iter().filter(|(_, call, ..)| which(*call)) {
            let tenant = Some(wanted.short_name.to_string());
            self.world.fail(Fault { tenant, kind: *kind, call: *call, trick: *trick, times: *times });
        }
    }

    async fn makes(&self, schedule: &Schedule, wanted: &Wanted) -> Result<Uuid, String> {
        let repair = may::<RepairDrift>(&self.database).await;
        let mut plan_again = 0;
        // Faults of looking meet the plan too: then it cannot run, and is asked for again.
        loop {
            let proposal = || Proposal::repair(Some(schedule.kinds.iter().copied().collect()));
            let change = patiently(|| self.provisioning.propose(&repair, wanted.tenant_id, proposal())).await;
            let change = change.map_err(|error| format!("proposing: {error:#?}"))?;
            match patiently(|| self.provisioning.start_change(&repair, wanted.tenant_id, change, None)).await {
                Ok(begun) => return Ok(begun.run_id),
                Err(_) if plan_again < 10 => plan_again += 1,
                Err(error) => return Err(format!("starting: {error:#?}")),
            }
        }
    }

    async fn removes(&self, wanted: &Wanted) -> Result<Uuid, Error> {
        let configure = may::<ConfigureTenants>(&self.database).await;
        let all = SettingsPatch { without: Some(ResourceKind::ALL.into_iter().collect()), ..SettingsPatch::default() };
        let proposal = || Proposal::settings(all.clone(), None);
        let change = patiently(|| self.provisioning.propose(&configure, wanted.tenant_id, proposal())).await?;
        Ok(patiently(|| self.provisioning.start_change(&configure, wanted.tenant_id, change, None)).await?.run_id)
    }

    async fn ended(&self, run: Uuid, wanted: &Wanted, deaths: &[Death]) -> Result<RunView, String> {
        let view = end_of(&self.provisioning, &self.database, run, 120).await?;
        match self.drawn.missed(wanted, deaths, &view) {
            missed if missed.is_empty() => Ok(view),
            missed => Err(format!("no worker died of {missed:?}: {view:#?}")),
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_randomised_schedules(pool: PgPool) {
    let began = Instant::now();
    let (from, to) = schedules();
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 30).await;
    let drawn = Arc::new(Drawn::default());
    let deaths: Arc<dyn Deaths> = drawn.clone();
    let ground = Ground { provisioning, database, world, drawn };
    let stop = CancellationToken::new();
    // Long enough that a busy machine loses none by chance; whoever dies is taken over after it. Few steps each, so that a death takes few
    // others along.
    let poll = Duration::from_millis(100);
    let tuning = Tuning { lease: Duration::from_millis(1_500), renew: Duration::from_millis(300), poll, ..hasty(4) };
    let workers: Vec<_> = (0..4).map(|_| immortal(&ground.provisioning, tuning, &deaths, &stop)).collect();
    let schedules: Vec<Schedule> = (from..to).map(Schedule::of).collect();
    let mut tenants = Vec::new();
    for some in schedules.chunks(500) {
        tenants.extend(bare_tenants(&pool, &ground.world, some).await);
    }
    let all = schedules.iter().zip(&tenants).map(|(schedule, wanted)| Box::pin(ground.carries_out(schedule, wanted)));
    let wrong: Vec<String> = side_by_side(AT_ONCE, all).await.into_iter().filter_map(Result::err).collect();
    stop.cancel();
    futures::future::join_all(workers).await;
    assert!(wrong.is_empty(), "{} of {} schedules went wrong; the first: {}", wrong.len(), schedules.len(), wrong[0]);
    println!(
        "proof 07: {} randomised schedules, {} deaths of a worker among them ({} were drawn): all ended done, and nothing was left; {} s",
        schedules.len(),
        ground.drawn.met.load(Ordering::Relaxed),
        schedules.iter().flat_map(|schedule| &schedule.deaths).map(Vec::len).sum::<usize>(),
        began.elapsed().as_secs()
    );
}
