//! Proof 9 of TRUST.md §5, on systems in memory: every way in which a call can fail × every kind, when it is made and when it is removed.
//! What makes nothing is only looked at, so there it is the look that fails. Each fault must be met, each failed attempt must say what a
//! person is to be told, and nothing may be left over.

use crate::own_domains::{set_own_domain, with_own_domain};
use crate::proofs::{ended, immortal, onboard, onboard_as, roll_back, side_by_side};
use crate::world::*;
use sqlx::PgPool;
use sqlx::types::Json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use steward_core::access::{CancelRuns, ConfigureTenants, RepairDrift, RetryRuns};
use steward_core::database::Database;
use steward_core::error::Error;
use steward_core::provisioning::resources::resource;
use steward_core::provisioning::{Deaths, Point, Proposal, Provisioning, Tuning, Wanted};
use steward_domain::cause::{Cause, Nature};
use steward_domain::change::SettingsPatch;
use steward_domain::resource::ResourceKind;
use steward_domain::role::Role;
use steward_domain::run::{RunState, RunView};
use steward_domain::system::System;
use steward_in_process::World;
use steward_in_process::fault::{Call, Fault, Trick};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const AT_ONCE: usize = 32;

/// One fault at one kind of one tenant.
#[derive(Clone, Copy, Debug)]
struct Case {
    kind: ResourceKind,
    trick: Trick,
    back: bool,
}

/// What a person is to be told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    code: String,
    system: System,
    nature: Nature,
    whose: Role,
}

impl Case {
    fn call(self) -> Call {
        match self.back {
            _ if !resource(self.kind).makes_something() => Call::Observe,
            true => Call::Remove,
            false => Call::Apply,
        }
    }

    /// How often. Lasting ones last until somebody mends them, but for what happens once: an answer that is lost although all is done, and
    /// somebody else who takes the place.
    fn times(self) -> u32 {
        match self.trick {
            Trick::TimeoutApplied | Trick::Foreign => 1,
            Trick::TimeoutNotApplied | Trick::Partial | Trick::Away => 2,
            Trick::RateLimited | Trick::Broken => 3,
            Trick::WrongCredentials => LASTS,
        }
    }

    /// Whether somebody else can get in. The realm is made with its flows in it, so that their place is never free; and what is only looked
    /// at has none.
    fn is_taken(self) -> bool {
        self.trick == Trick::Foreign && self.call() != Call::Observe && (self.back || self.kind != ResourceKind::SecondFactor)
    }

    /// What a person is to be told, written down here once more and not asked of the code that says it.
    fn told(self) -> Told {
        let (number, nature, whose) = match self.trick {
            Trick::TimeoutApplied | Trick::TimeoutNotApplied => (504, Nature::Passing, Role::Sre),
            Trick::Partial | Trick::Broken => (500, Nature::Passing, Role::Sre),
            Trick::RateLimited => (429, Nature::Passing, Role::Sre),
            Trick::Away => (503, Nature::Away, Role::Sre),
            Trick::WrongCredentials => (401, Nature::Lasting, Role::DevOps),
            Trick::Foreign if self.is_taken() || self.call() == Call::Observe => (409, Nature::Lasting, Role::PlatformOps),
            // The call only says that somebody else is at it.
            Trick::Foreign => (423, Nature::Passing, Role::Sre),
        };
        let system = match self.kind.system() {
            // A handshake takes no credentials and counts no calls: what fails so is OpenBao, which is asked for the certificate.
            System::Ingress if matches!(number, 401 | 429 | 500) => System::OpenBao,
            system => system,
        };
        let area = match system {
            System::Kubernetes => "K8S",
            System::Keycloak => "KEY",
            System::OpenBao => "VLT",
            System::Grafana => "GRA",
            System::Dns => "DNS",
            System::Ingress => "ING",
        };
        Told { code: format!("{area}-{number}"), system, nature, whose }
    }

    /// Whether an attempt fails at all. One whose answer is lost is seen to have worked; and going back, a look that may pass is done
    /// again within the attempt, because what is being removed cannot always be looked at.
    fn fails(self) -> Fails {
        match (self.call(), self.trick) {
            // It goes on in the background for a while: whoever looks at once does not see the end of it.
            (Call::Remove, Trick::TimeoutApplied) if self.kind == ResourceKind::Namespace => Fails::Perhaps,
            (Call::Apply | Call::Remove, Trick::TimeoutApplied) => Fails::Never,
            (Call::Observe, _) if self.back && self.told().nature == Nature::Passing => Fails::Never,
            _ => Fails::Always,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Fails {
    Always,
    Perhaps,
    Never,
}

/// Longer than anybody tries.
const LASTS: u32 = 1_000;

/// Orders a fault in the moment in which a worker has the step, before its first look: no plan meets it. Nobody dies of it.
struct Orders {
    world: World,
    faults: Mutex<HashMap<(String, ResourceKind), Fault>>,
}

impl Deaths for Orders {
    fn dies(&self, point: Point, kind: ResourceKind, tenant: &Wanted) -> bool {
        if point == Point::AfterIntent
            && let Some(fault) = self.faults.lock().unwrap().remove(&(tenant.short_name.to_string(), kind))
        {
            // Its owner writes it again: see `has_a_step_for_its_proof`.
            if kind == ResourceKind::CustomDomain {
                self.world.publish(tenant);
            }
            self.world.fail(fault);
        }
        false
    }
}

/// What the cases share.
struct Ground {
    pool: PgPool,
    provisioning: Provisioning,
    database: Database,
    world: World,
    orders: Arc<Orders>,
    /// How many faults were met.
    met: AtomicUsize,
    /// How many attempts failed, each with its cause.
    shown: AtomicUsize,
}

impl Ground {
    fn order(&self, case: Case, short_name: &str) {
        let tenant = Some(short_name.to_owned());
        let fault = Fault { tenant, kind: case.kind, call: case.call(), trick: case.trick, times: case.times() };
        self.orders.faults.lock().unwrap().insert((short_name.to_owned(), case.kind), fault);
    }

    async fn ended(&self, run: Uuid) -> RunView {
        ended(&self.provisioning, &self.database, run, 120).await
    }

    async fn retried(&self, run: Uuid) -> RunView {
        self.provisioning.retry_run(&may::<RetryRuns>(&self.database).await, run).await.unwrap();
        self.ended(run).await
    }

    /// A tenant with a custom domain, both served.
    async fn with_both_domains(&self) -> Wanted {
        let (wanted, run) = onboard(&self.provisioning, &self.database).await;
        assert_eq!(self.ended(run).await.state, RunState::Done);
        let (wanted, run) = self.with_own_domain(&wanted).await;
        assert_eq!(self.ended(run).await.state, RunState::Done);
        wanted
    }

    async fn with_own_domain(&self, wanted: &Wanted) -> (Wanted, Uuid) {
        with_own_domain(&self.pool, &self.provisioning, &self.database, &self.world, wanted).await
    }

    /// While a custom domain is proved there is no step for it, and without its proof it cannot be set. So it is lost, everything is
    /// repaired, and its owner writes it again in the moment in which the step begins.
    async fn has_a_step_for_its_proof(&self, case: Case) -> (Wanted, Uuid) {
        let wanted = self.with_both_domains().await;
        self.world.withdraw(&wanted);
        self.order(case, wanted.short_name.as_str());
        let repair = may::<RepairDrift>(&self.database).await;
        let change = self.provisioning.propose(&repair, wanted.tenant_id, Proposal::repair(None)).await.unwrap();
        let run = self.provisioning.start_change(&repair, wanted.tenant_id, change, None).await.unwrap().run_id;
        (wanted, run)
    }

    /// Begins a run that makes the kind and meets the fault at it.
    async fn makes(&self, case: Case) -> (Wanted, Uuid) {
        if case.kind == ResourceKind::CustomDomain {
            return self.has_a_step_for_its_proof(case).await;
        }
        if case.kind.is_of_the_custom_domain() {
            let (wanted, run) = onboard(&self.provisioning, &self.database).await;
            assert_eq!(self.ended(run).await.state, RunState::Done);
            self.order(case, wanted.short_name.as_str());
            return self.with_own_domain(&wanted).await;
        }
        let name = short_name();
        self.order(case, &name);
        onboard_as(&self.provisioning, &self.database, name).await
    }

    /// Begins a run that removes everything and meets the fault at that kind.
    async fn removes(&self, case: Case) -> (Wanted, Uuid) {
        let wanted = if case.kind.is_of_the_custom_domain() {
            self.with_both_domains().await
        } else {
            let (wanted, run) = onboard(&self.provisioning, &self.database).await;
            assert_eq!(self.ended(run).await.state, RunState::Done);
            wanted
        };
        self.order(case, wanted.short_name.as_str());
        let configure = may::<ConfigureTenants>(&self.database).await;
        let all = SettingsPatch { without: Some(ResourceKind::ALL.into_iter().collect()), ..SettingsPatch::default() };
        let change = self.provisioning.propose(&configure, wanted.tenant_id, Proposal::settings(all, None)).await.unwrap();
        let run = self.provisioning.start_change(&configure, wanted.tenant_id, change, None).await.unwrap().run_id;
        (wanted, run)
    }

    /// The fault was met as often as it was ordered, and what every failed attempt told is what a person is to be told.
    async fn was_met_and_told(&self, case: Case, wanted: &Wanted, view: &RunView) {
        let told = case.told();
        let met = self.world.met(wanted);
        assert!(met.iter().all(|it| *it == (case.kind, case.call(), case.trick)), "{case:?}: {met:?}");
        let enough = if case.times() == LASTS { !met.is_empty() } else { met.len() == case.times() as usize };
        assert!(enough, "{case:?} was met {} times: {view:#?}", met.len());
        self.met.fetch_add(1, Ordering::Relaxed);

        let shown: Vec<Json<Cause>> = sqlx::query_scalar("select cause from cause_shown where tenant_id = $1 order by number")
            .bind(wanted.tenant_id)
            .fetch_all(&self.pool)
            .await
            .unwrap();
        for Json(cause) in &shown {
            let Cause { code, system, nature, whose, what, helps } = cause.clone();
            assert!(!what.is_empty() && !helps.is_empty(), "{case:?}: {cause:?}");
            assert_eq!(Told { code, system, nature, whose }, told, "{case:?}: {cause:?}");
        }
        match case.fails() {
            Fails::Always => assert!(!shown.is_empty(), "{case:?}: no cause was shown: {view:#?}"),
            Fails::Perhaps => {}
            Fails::Never => assert!(shown.is_empty(), "{case:?}: {shown:?}"),
        }
        let step = view.steps.iter().find(|step| step.kind == case.kind).unwrap();
        let codes: Vec<&str> = step.attempts.iter().filter_map(|attempt| attempt.code.as_deref()).collect();
        assert_eq!(codes, vec![told.code.as_str(); shown.len()], "{case:?}: the attempts of the timeline");
        self.shown.fetch_add(shown.len(), Ordering::Relaxed);

        let stops = told.nature == Nature::Lasting;
        assert_eq!(view.state, if stops { RunState::Stopped } else { RunState::Done }, "{case:?}: {view:#?}");
        let cause = step.cause.clone().map(|Cause { code, system, nature, whose, .. }| Told { code, system, nature, whose });
        assert_eq!(cause, stops.then_some(told), "{case:?}: what the timeline says in the end");
    }

    async fn meets_forward(&self, case: Case) {
        let (wanted, run) = self.makes(case).await;
        let mut view = self.ended(run).await;
        self.was_met_and_told(case, &wanted, &view).await;
        let taken = self.world.left_of(&wanted).contains(&(case.kind, false));
        assert_eq!(taken, case.is_taken(), "{case:?}");
        if view.state == RunState::Stopped {
            self.world.heal_tenant(&wanted);
            if taken {
                return self.gives_up(case, &wanted, run).await;
            }
            view = self.retried(run).await;
        }
        assert_eq!(view.state, RunState::Done, "{case:?}: {view:#?}");
        let site = in_memory(&self.world).await;
        let kinds = || ResourceKind::ALL.into_iter().filter(|kind| wanted.wants(*kind));
        for kind in kinds() {
            assert!(site.resource(kind).observe(&site, &wanted).await.unwrap().is_as_wanted(), "{case:?}: {kind:?}");
        }
        let made = kinds().filter(|kind| resource(*kind).makes_something()).count();
        assert_eq!(self.world.left_of(&wanted).len(), made, "{case:?}: something is there that nobody wanted");
    }

    /// Somebody else has the place. What was begun is undone: what is foreign stays, all that is ours goes.
    async fn gives_up(&self, case: Case, wanted: &Wanted, run: Uuid) {
        if case.kind.is_of_the_custom_domain() {
            self.provisioning.cancel_run(&may::<CancelRuns>(&self.database).await, run).await.unwrap();
            let removal = set_own_domain(&self.provisioning, &self.database, wanted, false).await;
            assert_eq!(self.ended(removal).await.state, RunState::Done, "{case:?}");
            let left: Vec<_> = self.world.left_of(wanted).into_iter().filter(|(kind, _)| kind.is_of_the_custom_domain()).collect();
            return assert_eq!(left, [(case.kind, false)], "{case:?}: an orphan, or something foreign was removed");
        }
        // In something of ours it would go too: then nothing is removed before its owner moved it.
        let moves = case.kind.inside().is_some();
        if moves {
            let authority = may::<steward_core::access::RollBackTenants>(&self.database).await;
            let change = self.provisioning.propose(&authority, wanted.tenant_id, Proposal::roll_back()).await.unwrap();
            let name = wanted.short_name.as_str();
            let refused = self.provisioning.start_roll_back(&authority, wanted.tenant_id, change, None, name).await;
            assert!(matches!(refused, Err(Error::Conflict { code: "TEN-412", .. })), "{case:?}: {refused:?}");
            assert!(self.world.left_of(wanted).contains(&(case.kind, false)), "{case:?}: it stays");
            self.world.move_foreign_away(wanted);
        }
        let removal = roll_back(&self.provisioning, &self.database, wanted).await;
        assert_eq!(self.ended(removal).await.state, RunState::Done, "{case:?}");
        let stays = if moves { Vec::new() } else { vec![(case.kind, false)] };
        assert_eq!(self.world.left_of(wanted), stays, "{case:?}: an orphan, or something foreign was removed");
    }

    async fn meets_going_back(&self, case: Case) {
        let (wanted, run) = self.removes(case).await;
        let mut view = self.ended(run).await;
        self.was_met_and_told(case, &wanted, &view).await;
        if view.state == RunState::Stopped {
            let left = self.world.left_of(&wanted);
            assert_eq!(left.contains(&(case.kind, false)), case.is_taken(), "{case:?}: {left:?}");
            // What it lies in would take it along.
            let around = case.kind.inside().is_none_or(|around| left.contains(&(around, true)));
            assert!(around, "{case:?}: what it lies in was removed: {left:?}");
            self.world.move_foreign_away(&wanted);
            self.world.heal_tenant(&wanted);
            view = self.retried(run).await;
        }
        assert_eq!(view.state, RunState::Done, "{case:?}: {view:#?}");
        assert_eq!(self.world.left_of(&wanted), [], "{case:?}: an orphan");
    }
}

/// Keeps every cause that a step ever showed: once it goes on, the step itself shows none.
async fn keep_causes(pool: &PgPool) {
    for statement in [
        "create table cause_shown (number bigserial, tenant_id uuid not null, cause jsonb not null)",
        "create function keep_cause() returns trigger language plpgsql security definer as $$
         begin insert into cause_shown (tenant_id, cause) values (new.tenant_id, new.cause); return null; end $$",
        "create trigger keep_cause after update of cause on run_step for each row when (new.cause is not null) execute function keep_cause()",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn proof_09_every_fault_at_every_step(pool: PgPool) {
    let began = Instant::now();
    keep_causes(&pool).await;
    let world = quick_world();
    let (provisioning, database) = provisioning_in_memory(&pool, &world, 30).await;
    let orders = Arc::new(Orders { world: world.clone(), faults: Mutex::default() });
    let ground = Ground { pool, provisioning, database, world, orders, met: AtomicUsize::new(0), shown: AtomicUsize::new(0) };
    let stop = CancellationToken::new();
    let ordered: Arc<dyn Deaths> = ground.orders.clone();
    let tuning = Tuning { lease: Duration::from_secs(15), renew: Duration::from_secs(5), ..hasty(12) };
    let workers: Vec<_> = (0..2).map(|_| immortal(&ground.provisioning, tuning, &ordered, &stop)).collect();
    // What proves a custom domain is its owner's: no run removes it.
    let back = ResourceKind::ALL.into_iter().filter(|kind| *kind != ResourceKind::CustomDomain).collect::<Vec<_>>();
    let cases = |kinds: &[ResourceKind], back| -> Vec<Case> {
        Trick::ALL.into_iter().flat_map(|trick| kinds.iter().map(move |kind| Case { kind: *kind, trick, back })).collect()
    };
    let (there, back) = (cases(&ResourceKind::ALL, false), cases(&back, true));
    let ordered = there.len() + back.len();
    side_by_side(AT_ONCE, there.into_iter().map(|case| Box::pin(ground.meets_forward(case)))).await;
    side_by_side(AT_ONCE, back.into_iter().map(|case| Box::pin(ground.meets_going_back(case)))).await;
    stop.cancel();
    futures::future::join_all(workers).await;
    let (met, shown) = (ground.met.into_inner(), ground.shown.into_inner());
    assert_eq!(met, ordered, "every fault was met");
    assert_eq!(ground.orders.faults.lock().unwrap().len(), 0, "every fault was ordered");
    println!(
        "proof 09: {met} faults met ({} ways × {} kinds, forward and back): no orphan, nothing foreign touched; {shown} failed attempts, each with the code, the system and the role that were expected; {} s",
        Trick::ALL.len(),
        ResourceKind::ALL.len(),
        began.elapsed().as_secs()
    );
}
