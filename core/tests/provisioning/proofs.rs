//! Proofs 7 to 9 of TRUST.md §5, on systems in memory that keep the same contract as the real ones. A kind of resource is covered by
//! being registered. `make proofs` prints what these tests print.

use crate::own_domains::{dies_once_taking_a_custom_domain_away, meets_with_own_domain, with_own_domain};
use crate::world::*;
use futures::StreamExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steward_core::access::{CancelRuns, ConfigureTenants, CreateTenants, ReadTenants, RetryRuns, RollBackTenants};
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::provisioning::{Deaths, Point, Proposal, Provisioning, Tuning, Wanted};
use steward_domain::cause::Nature;
use steward_domain::change::SettingsPatch;
use steward_domain::limits::Limits;
use steward_domain::resource::ResourceKind;
use steward_domain::run::{RunState, RunView};
use steward_in_process::World;
use steward_in_process::fault::{Call, Fault, Trick};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Workers that are started again whenever they die.
pub fn immortal(
    provisioning: &Provisioning,
    tuning: Tuning,
    deaths: &Arc<dyn Deaths>,
    stop: &CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let (provisioning, deaths, stop) = (provisioning.clone(), Arc::clone(deaths), stop.clone());
    tokio::spawn(async move {
        let mut life = 0;
        while !stop.is_cancelled() {
            life += 1;
            provisioning.worker(format!("life {life}")).with(tuning, Some(Arc::clone(&deaths))).run(stop.clone()).await;
        }
    })
}

pub async fn onboard(provisioning: &Provisioning, database: &Database) -> (Wanted, Uuid) {
    onboard_as(provisioning, database, short_name()).await
}

async fn onboard_as(provisioning: &Provisioning, database: &Database, name: String) -> (Wanted, Uuid) {
    let create = may::<CreateTenants>(database).await;
    let onboarded = loop {
        match provisioning.onboard(&create, draft(&name), None).await {
            Err(Error::DatabaseAway { .. }) => {}
            onboarded => break onboarded.unwrap(),
        }
    };
    (wanted_of(onboarded.tenant_id, &name), onboarded.run_id)
}

pub async fn roll_back(provisioning: &Provisioning, database: &Database, wanted: &Wanted) -> Uuid {
    let authority = may::<RollBackTenants>(database).await;
    let change = provisioning.propose(&authority, wanted.tenant_id, Proposal::roll_back()).await.unwrap();
    let name = wanted.short_name.as_str();
    provisioning.start_roll_back(&authority, wanted.tenant_id, change, None, name).await.unwrap().run_id
}

pub async fn ended(provisioning: &Provisioning, database: &Database, run: Uuid, seconds: u64) -> RunView {
    let authority = may::<ReadTenants>(database).await;
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        tokio::time::sleep(Duration::from_millis(30)).await;
        // The whole view is read only at the end: thousands of runs are watched here at once.
        let over = match database.read(&authority).await {
            Ok(mut reader) => {
                sqlx::query_scalar("select state <> 'running' from run where id = $1").bind(run).fetch_one(reader.conn()).await.unwrap()
            }
            // The machine may be busy: whoever watches tries again, as a browser does.
            Err(Error::DatabaseAway { .. }) => false,
            Err(error) => panic!("{error:?}"),
        };
        if over && let Ok(view) = provisioning.run_view(&authority, run).await {
            return view;
        }
        assert!(Instant::now() < end, "the run goes on for ever: {:#?}", provisioning.run_view(&authority, run).await);
    }
}

/// So many cases side by side.
async fn side_by_side<T>(cases: impl IntoIterator<Item = std::pin::Pin<Box<impl Future<Output = T>>>>) -> Vec<T> {
    futures::stream::iter(cases).buffer_unordered(AT_ONCE).collect().await
}

const AT_ONCE: usize = 32;

async fn dies_once_of_every_kind(pool: PgPool, point: Point, back: bool) -> usize {
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 6).await;
    if back {
        world.fail(Fault { tenant: None, kind: ResourceKind::Dashboard, call: Call::Apply, trick: Trick::Partial, times: 1_000 });
    }
    let (wanted, run) = onboard(&provisioning, &database).await;
    let forward = Arc::new(Once { point, died: Mutex::default() });
    let nobody: Arc<dyn Deaths> = Arc::new(Once { point, died: Mutex::new(ResourceKind::ALL.into_iter().collect()) });
    let stop = CancellationToken::new();
    let deaths: Arc<dyn Deaths> = if back { nobody } else { forward.clone() };
    let worker = immortal(&provisioning, hasty(1), &deaths, &stop);
    if !back {
        assert_eq!(ended(&provisioning, &database, run, 120).await.state, RunState::Done);
        let (wanted, run) = with_own_domain(&pool, &provisioning, &database, &world, &wanted).await;
        assert_eq!(ended(&provisioning, &database, run, 120).await.state, RunState::Done);
        let site = in_memory(&world).await;
        for kind in ResourceKind::ALL {
            assert!(site.resource(kind).observe(&site, &wanted).await.unwrap().is_as_wanted(), "{kind:?}");
        }
        let invited = world.effects().iter().filter(|effect| effect.did == "invited").count();
        assert_eq!(invited, 1, "mails");
        stop.cancel();
        worker.await.unwrap();
        return forward.died.lock().unwrap().len();
    }
    // All is made but the half of one: a creation that did not come to its end.
    let view = ended(&provisioning, &database, run, 60).await;
    assert_eq!(view.state, RunState::Stopped, "{view:#?}");
    stop.cancel();
    worker.await.unwrap();
    world.heal();
    let stop = CancellationToken::new();
    let deaths: Arc<dyn Deaths> = forward.clone();
    let removal = roll_back(&provisioning, &database, &wanted).await;
    let worker = immortal(&provisioning, hasty(1), &deaths, &stop);
    let view = ended(&provisioning, &database, removal, 120).await;
    assert_eq!(view.state, RunState::Done, "{view:#?}");
    assert_eq!(world.left_of(&wanted), [], "nothing is left");
    stop.cancel();
    worker.await.unwrap();
    // What makes nothing is gone with what it looks at: its step finds nothing to do, and the later points are never reached.
    let site = in_memory(&world).await;
    let removed = view.steps.iter().map(|step| step.kind).filter(|kind| site.resource(*kind).makes_something()).collect::<HashSet<_>>();
    let died = forward.died.lock().unwrap().clone();
    assert!(removed.is_subset(&died), "every step that there was met its death: {removed:?} {died:?}");
    removed.len()
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_a_crash_at_each_point_of_each_step_forward_and_back(pool: PgPool) {
    let began = Instant::now();
    let mut crashes = 0;
    for point in Point::ALL {
        for back in [false, true] {
            let died = dies_once_of_every_kind(pool.clone(), point, back).await;
            // Forward the custom domain comes too; what is only looked at has no step that dies at every point.
            let kinds = if back { of_every_tenant().count() - 3 } else { ResourceKind::ALL.len() - 5 };
            assert!(died >= kinds, "{point:?}, back: {back}: {died} of {} kinds", ResourceKind::ALL.len());
            crashes += died;
            if back {
                crashes += dies_once_taking_a_custom_domain_away(pool.clone(), point).await;
            }
            // The next one begins on an empty platform.
            sqlx::query("update run set state = 'cancelled', ended_at = now() where ended_at is null").execute(&pool).await.unwrap();
        }
    }
    println!(
        "proof 07: {crashes} crashes of {} kinds at 5 points, forward and back: all ended done or without a trace; {} s",
        ResourceKind::ALL.len(),
        began.elapsed().as_secs()
    );
}

/// One fault at one kind of one tenant, forward.
async fn meets(pool: &PgPool, provisioning: &Provisioning, database: &Database, world: &World, kind: ResourceKind, trick: Trick) {
    if kind.is_of_the_custom_domain() {
        return meets_with_own_domain(pool, provisioning, database, world, kind, trick).await;
    }
    let name = short_name();
    // Passing ones pass by themselves, the others last until somebody mends them.
    let times = match trick {
        Trick::WrongCredentials => 1_000,
        Trick::RateLimited | Trick::Broken => 3,
        _ => 1,
    };
    world.fail(Fault { tenant: Some(name.clone()), kind, call: Call::Apply, trick, times });
    let (wanted, run) = onboard_as(provisioning, database, name).await;
    let view = ended(provisioning, database, run, 120).await;
    // Somebody else gets in only where a place is free: the realm is made with its flows in it, and a handshake has no place.
    let makes_something = in_memory(world).await.resource(kind).makes_something();
    let free = makes_something && kind != ResourceKind::SecondFactor;
    let taken = world.left_of(&wanted).contains(&(kind, false));
    assert_eq!(taken, trick == Trick::Foreign && free, "{kind:?} {trick:?}");
    // What makes nothing finds everything served at its first look, and is never applied.
    let lasts = trick == Trick::WrongCredentials && makes_something || taken;
    if lasts {
        assert_eq!(view.state, RunState::Stopped, "{kind:?} {trick:?}: {view:#?}");
        let cause = view.steps.iter().find(|step| step.kind == kind).and_then(|step| step.cause.clone()).unwrap();
        assert_eq!((cause.system, cause.nature), (kind.system(), Nature::Lasting), "{kind:?} {trick:?}: {cause:?}");
        assert!(!cause.what.is_empty() && !cause.helps.is_empty() && !cause.code.is_empty());
        assert!(!cause.whose.label().is_empty(), "whose job it is");
        world.heal_tenant(&wanted);
        if trick == Trick::Foreign {
            // In something of ours it would go too: then nothing is removed before its owner moved it.
            if kind.inside().is_some() {
                let authority = may::<RollBackTenants>(database).await;
                let change = provisioning.propose(&authority, wanted.tenant_id, Proposal::roll_back()).await.unwrap();
                let name = wanted.short_name.as_str();
                let refused = provisioning.start_roll_back(&authority, wanted.tenant_id, change, None, name).await;
                assert!(matches!(refused, Err(Error::Conflict { code: "TEN-412", .. })), "{kind:?}: {refused:?}");
                assert!(world.left_of(&wanted).iter().any(|(left, ours)| *left == kind && !ours), "{kind:?}: it stays");
                world.move_foreign_away(&wanted);
            }
            // What is foreign stays, all that is ours goes.
            let removal = roll_back(provisioning, database, &wanted).await;
            let view = ended(provisioning, database, removal, 60).await;
            assert_eq!(view.state, RunState::Done, "{kind:?} {trick:?}: {view:#?}");
            assert!(world.left_of(&wanted).iter().all(|(_, ours)| !ours), "{kind:?} {trick:?}: an orphan: {:?}", world.left_of(&wanted));
            let stays = kind.inside().is_none();
            assert_eq!(world.left_of(&wanted).iter().any(|(left, _)| *left == kind), stays, "{kind:?}: something foreign was removed");
            return;
        }
        provisioning.retry_run(&may::<RetryRuns>(database).await, run).await.unwrap();
    }
    let view = ended(provisioning, database, run, 60).await;
    assert_eq!(view.state, RunState::Done, "{kind:?} {trick:?}: {view:#?}");
    assert_eq!(world.left_of(&wanted).len(), of_every_tenant().count() - 1, "{kind:?} {trick:?}");
    let site = in_memory(world).await;
    for each in ResourceKind::ALL.into_iter().filter(|each| wanted.wants(*each)) {
        assert!(site.resource(each).observe(&site, &wanted).await.unwrap().is_as_wanted(), "{kind:?} {trick:?}: {each:?}");
    }
}

/// The same fault when that kind is removed.
async fn meets_going_back(
    pool: &PgPool,
    provisioning: &Provisioning,
    database: &Database,
    world: &World,
    kind: ResourceKind,
    trick: Trick,
) {
    let (mut wanted, run) = onboard(provisioning, database).await;
    assert_eq!(ended(provisioning, database, run, 60).await.state, RunState::Done);
    if kind.is_of_the_custom_domain() {
        let (with_domain, run) = with_own_domain(pool, provisioning, database, world, &wanted).await;
        assert_eq!(ended(provisioning, database, run, 60).await.state, RunState::Done);
        wanted = with_domain;
    }
    let times = if trick == Trick::WrongCredentials { 1_000 } else { 2 };
    world.fail(Fault { tenant: Some(wanted.short_name.to_string()), kind, call: Call::Remove, trick, times });
    let configure = may::<ConfigureTenants>(database).await;
    let all = SettingsPatch { without: Some(ResourceKind::ALL.into_iter().collect()), ..SettingsPatch::default() };
    let change = provisioning.propose(&configure, wanted.tenant_id, Proposal::settings(all, None)).await.unwrap();
    let started = provisioning.start_change(&configure, wanted.tenant_id, change, None).await.unwrap();
    let mut view = ended(provisioning, database, started.run_id, 60).await;
    if view.state == RunState::Stopped {
        assert_eq!(trick, Trick::WrongCredentials, "{kind:?} {trick:?}: {view:#?}");
        world.heal_tenant(&wanted);
        provisioning.retry_run(&may::<RetryRuns>(database).await, started.run_id).await.unwrap();
        view = ended(provisioning, database, started.run_id, 60).await;
    }
    assert_eq!(view.state, RunState::Done, "{kind:?} {trick:?}: {view:#?}");
    assert_eq!(world.left_of(&wanted), [], "{kind:?} {trick:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_09_every_fault_at_every_step(pool: PgPool) {
    let began = Instant::now();
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 30).await;
    let stop = CancellationToken::new();
    let nobody: Arc<dyn Deaths> = Arc::new(Once { point: Point::AfterCommit, died: Mutex::new(ResourceKind::ALL.into_iter().collect()) });
    let workers: Vec<_> = (0..2)
        .map(|_| {
            immortal(&provisioning, Tuning { lease: Duration::from_secs(15), renew: Duration::from_secs(5), ..hasty(12) }, &nobody, &stop)
        })
        .collect();
    let mut met = 0;
    for trick in Trick::ALL {
        let cases = ResourceKind::ALL.map(|kind| Box::pin(meets(&pool, &provisioning, &database, &world, kind, trick)));
        met += side_by_side(cases).await.len();
        if trick != Trick::Foreign {
            let cases = ResourceKind::ALL.map(|kind| Box::pin(meets_going_back(&pool, &provisioning, &database, &world, kind, trick)));
            met += side_by_side(cases).await.len();
        }
    }
    stop.cancel();
    futures::future::join_all(workers).await;
    println!(
        "proof 09: {met} faults ({} ways × {} kinds, forward and back): no orphan, each cause shown with whose job it is; {} s",
        Trick::ALL.len(),
        ResourceKind::ALL.len(),
        began.elapsed().as_secs()
    );
}

/// What happens in a schedule follows from its seed alone: each kind has random numbers of its own, whatever runs beside it.
struct Schedule {
    seed: u64,
    kinds: Vec<ResourceKind>,
    faults: Vec<(ResourceKind, Call, Trick, u32)>,
    deaths: HashMap<ResourceKind, Point>,
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
        let mut deaths = HashMap::new();
        for kind in &kinds {
            if random.random_bool(0.4) {
                let passing =
                    [Trick::TimeoutApplied, Trick::TimeoutNotApplied, Trick::Partial, Trick::RateLimited, Trick::Broken, Trick::Away];
                let call = *[Call::Observe, Call::Apply, Call::Remove].choose(&mut random).unwrap();
                faults.push((*kind, call, *passing.choose(&mut random).unwrap(), random.random_range(1..=2)));
            }
            if random.random_bool(0.15) {
                deaths.insert(*kind, *Point::ALL.choose(&mut random).unwrap());
            }
        }
        Self { seed, kinds, faults, deaths, cancels: random.random_bool(0.2) }
    }
}

/// Dies as the schedules say, once each. Which schedule a step belongs to is not known here: kinds and points are drawn from all.
struct Drawn(Mutex<HashMap<(Point, ResourceKind), usize>>, AtomicUsize);

impl Deaths for Drawn {
    fn dies(&self, point: Point, kind: ResourceKind) -> bool {
        let mut drawn = self.0.lock().unwrap();
        match drawn.get_mut(&(point, kind)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                self.1.fetch_add(1, Ordering::Relaxed);
                true
            }
            _ => false,
        }
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

async fn carry_out(
    provisioning: &Provisioning,
    database: &Database,
    world: &World,
    schedule: &Schedule,
    wanted: &Wanted,
) -> Result<(), String> {
    let seed = schedule.seed;
    let said = |what: &str, view: &dyn std::fmt::Debug| format!("seed {seed}: {what} (replay: STEWARD_SEED={seed}): {view:#?}");
    for (kind, call, trick, times) in &schedule.faults {
        world.fail(Fault { tenant: Some(wanted.short_name.to_string()), kind: *kind, call: *call, trick: *trick, times: *times });
    }
    let configure = may::<ConfigureTenants>(database).await;
    let repair = may::<steward_core::access::RepairDrift>(database).await;
    let mut plan_again = 0;
    // Faults of looking meet the plan too: then it cannot run, and is asked for again.
    let begun = loop {
        let change =
            provisioning.propose(&repair, wanted.tenant_id, Proposal::repair(Some(schedule.kinds.iter().copied().collect()))).await;
        let change = match change {
            Err(Error::DatabaseAway { .. }) => continue,
            change => change.map_err(|error| said("proposing", &error))?,
        };
        match provisioning.start_change(&repair, wanted.tenant_id, change, None).await {
            Ok(begun) => break begun,
            Err(_) if plan_again < 10 => plan_again += 1,
            Err(error) => return Err(said("starting", &error)),
        }
    };
    if schedule.cancels {
        // Whatever it was at: what was done stays, nothing else begins, and it can be gone on with.
        let _ = provisioning.cancel_run(&may::<CancelRuns>(database).await, begun.run_id).await;
    }
    let view = ended(provisioning, database, begun.run_id, 120).await;
    if !schedule.cancels && view.state != RunState::Done {
        return Err(said("the way there did not end done", &view));
    }
    world.heal_tenant(wanted);
    for (kind, call, trick, times) in schedule.faults.iter().filter(|(_, call, ..)| *call == Call::Remove) {
        world.fail(Fault { tenant: Some(wanted.short_name.to_string()), kind: *kind, call: *call, trick: *trick, times: *times });
    }
    let all = SettingsPatch { without: Some(ResourceKind::ALL.into_iter().collect()), ..SettingsPatch::default() };
    let change = provisioning
        .propose(&configure, wanted.tenant_id, Proposal::settings(all, None))
        .await
        .map_err(|error| said("removing", &error))?;
    let removal = provisioning.start_change(&configure, wanted.tenant_id, change, None).await.map_err(|error| said("removing", &error))?;
    let view = ended(provisioning, database, removal.run_id, 120).await;
    if view.state != RunState::Done {
        return Err(said("the way back did not end done", &view));
    }
    if !world.left_of(wanted).is_empty() {
        return Err(said("something is left", &world.left_of(wanted)));
    }
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_07_randomised_schedules(pool: PgPool) {
    let began = Instant::now();
    let (from, to) = schedules();
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 30).await;
    let drawn = Arc::new(Drawn(Mutex::default(), AtomicUsize::new(0)));
    let deaths: Arc<dyn Deaths> = drawn.clone();
    let stop = CancellationToken::new();
    // Long enough that a busy machine loses none by chance; whoever dies is taken over after it.
    let tuning = Tuning { lease: Duration::from_millis(1_500), renew: Duration::from_millis(300), ..hasty(12) };
    let workers: Vec<_> = (0..3).map(|_| immortal(&provisioning, tuning, &deaths, &stop)).collect();
    let mut wrong: Vec<String> = Vec::new();
    let seeds: Vec<u64> = (from..to).collect();
    let schedules: Vec<Schedule> = seeds.iter().map(|seed| Schedule::of(*seed)).collect();
    let mut tenants = Vec::new();
    for some in schedules.chunks(500) {
        tenants.extend(bare_tenants(&pool, &world, some).await);
        // A death takes the whole worker with all that it holds: as many as some of the schedules drew.
        for (kind, point) in some.iter().flat_map(|schedule| &schedule.deaths).take(6) {
            *drawn.0.lock().unwrap().entry((*point, *kind)).or_default() += 1;
        }
    }
    let all =
        schedules.iter().zip(&tenants).map(|(schedule, wanted)| Box::pin(carry_out(&provisioning, &database, &world, schedule, wanted)));
    wrong.extend(side_by_side(all).await.into_iter().filter_map(Result::err));
    stop.cancel();
    futures::future::join_all(workers).await;
    assert!(wrong.is_empty(), "{} of {} schedules went wrong; the first: {}", wrong.len(), seeds.len(), wrong[0]);
    println!(
        "proof 07: {} randomised schedules, {} deaths of a worker among them: all ended done, and nothing was left; {} s",
        seeds.len(),
        drawn.1.load(Ordering::Relaxed),
        began.elapsed().as_secs()
    );
}
