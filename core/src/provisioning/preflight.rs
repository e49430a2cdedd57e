//! What is checked before anything is made: names, systems, head-room.

use super::cells::Placed;
use super::plan::{Picture, SystemHealth};
use super::resources::Observation;
use super::settings::Capacity;
use super::wanted::{Site, Wanted};
use crate::error::Result;
use crate::platform::Failure;
use crate::tenants::NameHolder;
use sqlx::{FromRow, PgConnection};
use std::collections::BTreeSet;
use steward_domain::moment::thousands;
use steward_domain::plan::{PreflightCheck, Verdict};
use steward_domain::resource::ResourceKind;

/// From this share of the capacity on, somebody should look.
const LOOK_FROM_PERCENT: u64 = 80;

#[derive(FromRow)]
struct AllocatedRow {
    cpu: i64,
    memory_gib: i64,
    storage_gib: i64,
    gpu: i64,
}

/// The sum of the limits of every tenant that has resources. It looks past row-level security: head-room is the platform's.
pub(crate) async fn allocated(connection: &mut PgConnection) -> Result<Capacity> {
    let row: AllocatedRow =
        sqlx::query_as("select cpu, memory_gib, storage_gib, gpu from allocated_limits()").fetch_one(connection).await?;
    let figure = |n: i64| u64::try_from(n).unwrap_or_default();
    Ok(Capacity { cpu: figure(row.cpu), memory_gib: figure(row.memory_gib), storage_gib: figure(row.storage_gib), gpu: figure(row.gpu) })
}

/// Every check, in the order in which people read them.
pub(super) fn checks(
    site: &Site,
    wanted: &Wanted,
    holder: &NameHolder,
    picture: &Picture,
    allocated: Capacity,
    placed: &Placed,
) -> Vec<PreflightCheck> {
    let mut checks = vec![short_name(wanted, holder)];
    for (kind, look) in &picture.looks {
        if !told_by_its_container(*kind, &picture.looks) {
            checks.extend(place(site, wanted, *kind, look, &picture.systems));
        }
    }
    checks.extend(picture.systems.iter().map(answers));
    checks.push(site.settings.cells.check(wanted.settings.region, wanted.cell.as_deref(), placed));
    if let Some(capacity) = site.settings.capacity {
        checks.extend(head_room(wanted, allocated, capacity));
    }
    checks
}

/// What is checked before a change of a tenant: of the resources that are made from what changes nothing may be foreign or unseen, and
/// their systems must answer. What else could not be looked at stays as it is, and a line says so.
pub(super) fn change_checks(
    site: &Site,
    wanted: &Wanted,
    picture: &Picture,
    touched: &BTreeSet<ResourceKind>,
    room: Option<(Capacity, Capacity)>,
) -> Vec<PreflightCheck> {
    let mut checks = Vec::new();
    for (kind, look) in &picture.looks {
        if touched.contains(kind) {
            // Something foreign in the place of what is to go is left alone.
            let left_alone = !wanted.wants(*kind) && matches!(look, Ok(Observation::Foreign { .. }));
            checks.extend(place(site, wanted, *kind, look, &picture.systems).filter(|check| check.verdict == Verdict::Fail && !left_alone));
        } else if let Err(failure) = look {
            checks.push(PreflightCheck {
                verdict: Verdict::Look,
                what: format!("{} could not be looked at and stays as it is", kind.label()),
                source: format!("{}, {}", site.at(kind.system(), wanted), failure.cause.code),
                helps: None,
            });
        }
    }
    let of_touched = |health: &&SystemHealth| touched.iter().any(|kind| kind.system() == health.at.system);
    checks.extend(picture.systems.iter().filter(of_touched).map(answers));
    if let Some((allocated, capacity)) = room {
        checks.extend(head_room(wanted, allocated, capacity));
    }
    checks
}

fn short_name(wanted: &Wanted, holder: &NameHolder) -> PreflightCheck {
    let source = "Steward's own index".to_owned();
    match holder.message(wanted.short_name.as_str()) {
        None => PreflightCheck { verdict: Verdict::Pass, what: format!("Short name {} is free", wanted.short_name), source, helps: None },
        Some(taken) => PreflightCheck { verdict: Verdict::Fail, what: taken, source, helps: Some("Choose another short name.".to_owned()) },
    }
}

/// One kind beside what was seen in its place.
type Look = (ResourceKind, std::result::Result<Observation, Failure>);

/// Whether a foreign thing lies in one that is foreign itself: the container's own line tells of both.
fn told_by_its_container(kind: ResourceKind, looks: &[Look]) -> bool {
    let foreign = |kind: ResourceKind| looks.iter().any(|(of, look)| *of == kind && matches!(look, Ok(Observation::Foreign { .. })));
    foreign(kind) && kind.after().iter().copied().any(foreign)
}

/// Whether the place of a resource is free. Only the names that people ask about get a line when all is well.
fn place(
    site: &Site,
    wanted: &Wanted,
    kind: ResourceKind,
    look: &std::result::Result<Observation, Failure>,
    systems: &[SystemHealth],
) -> Option<PreflightCheck> {
    let name = site.resource(kind).name(site, wanted);
    let source = site.at(kind.system(), wanted).to_string();
    match look {
        Ok(Observation::Foreign { what }) => Some(PreflightCheck {
            verdict: Verdict::Fail,
            what: format!("{} {name} is taken: {what}", kind.label()),
            source,
            helps: Some("Choose another short name, or have its owner remove it. Steward leaves it alone.".to_owned()),
        }),
        // Nobody but its owner can make it so: a run would stop there.
        Ok(seen) if kind == ResourceKind::CustomDomain && wanted.wants(kind) && !seen.is_as_wanted() => Some(PreflightCheck {
            verdict: Verdict::Fail,
            what: match seen {
                Observation::Partial { missing } => format!("{name} is not proved to be this tenant's; missing is {missing}"),
                _ => format!("{name} is not proved to be this tenant's; missing is {}", site.resource(kind).exactly(site, wanted)),
            },
            source: site.platform.resolver.asked().to_owned(),
            helps: Some("Have the customer write it, check it on the page Domain, then plan again.".to_owned()),
        }),
        Ok(seen) if matches!(kind, ResourceKind::Realm | ResourceKind::Namespace | ResourceKind::DnsRecord) => {
            let what = match seen {
                Observation::Absent => format!("{} {name} is free", kind.label()),
                _ => format!("{} {name} is this tenant's own", kind.label()),
            };
            Some(PreflightCheck { verdict: Verdict::Pass, what, source, helps: None })
        }
        Ok(_) => None,
        // A system that is away has a line of its own; one that answers when asked how it is does not.
        Err(failure)
            if failure.cause.nature == steward_domain::cause::Nature::Away
                && systems.iter().any(|health| health.at.system == kind.system() && health.answer.is_err()) =>
        {
            None
        }
        Err(failure) => Some(PreflightCheck {
            verdict: Verdict::Fail,
            what: format!("{} {name} could not be looked up: {}", kind.label(), failure.cause.what.trim_end_matches('.')),
            source: format!("{source}, {}", failure.cause.code),
            helps: Some(failure.cause.helps.clone()),
        }),
    }
}

fn answers(health: &SystemHealth) -> PreflightCheck {
    let system = &health.at;
    match &health.answer {
        Ok(took) => PreflightCheck {
            verdict: Verdict::Pass,
            what: format!("{system} answers"),
            source: format!("{system}, {} ms", took.as_millis()),
            helps: None,
        },
        Err(cause) => PreflightCheck {
            verdict: Verdict::Fail,
            what: cause.what.trim_end_matches('.').to_owned(),
            source: format!("{system}, {}", cause.code),
            helps: Some(cause.helps.clone()),
        },
    }
}

/// One line for each figure that comes near or over the capacity, or one line that all is well.
pub(super) fn head_room(wanted: &Wanted, allocated: Capacity, capacity: Capacity) -> Vec<PreflightCheck> {
    let asked = capacity.beside(&wanted.settings.limits);
    let before = allocated.beside(&wanted.settings.limits);
    let mut lines = Vec::new();
    for ((label, unit, of, plus), (_, _, have, _)) in asked.into_iter().zip(before) {
        let sum = have.saturating_add(plus);
        let percent = sum.saturating_mul(100).checked_div(of).unwrap_or(if sum == 0 { 0 } else { 100 });
        let verdict = match percent {
            0..LOOK_FROM_PERCENT => continue,
            LOOK_FROM_PERCENT..100 => Verdict::Look,
            // Exactly full is still the last that fits; more is not.
            _ if sum <= of => Verdict::Look,
            _ => Verdict::Fail,
        };
        // A tenant that asks for none of it is not held up by its being full.
        if plus == 0 {
            continue;
        }
        let figure = |n: u64| thousands(i64::try_from(n).unwrap_or(i64::MAX));
        lines.push(PreflightCheck {
            verdict,
            what: format!("{label}: with this tenant {} of {} {unit} are given out, {percent} %", figure(sum), figure(of)),
            source: "Limits of all tenants".to_owned(),
            helps: Some(if verdict == Verdict::Fail {
                "Ask for less, or have DevOps add capacity.".to_owned()
            } else {
                "Tell DevOps that capacity runs short.".to_owned()
            }),
        });
    }
    if lines.is_empty() {
        lines.push(PreflightCheck {
            verdict: Verdict::Pass,
            what: format!("There is room for {}", wanted.settings.limits.sentence()),
            source: "Limits of all tenants".to_owned(),
            helps: None,
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_thing_is_told_of_unless_what_holds_it_is_foreign_too() {
        let foreign = || Ok(Observation::Foreign { what: "somebody's".to_owned() });
        let told = |container| {
            told_by_its_container(ResourceKind::TransitKey, &[(ResourceKind::Secrets, container), (ResourceKind::TransitKey, foreign())])
        };
        assert!(!told(Ok(Observation::Absent)));
        assert!(told(foreign()));
    }

    #[test]
    fn head_room_passes_then_warns_then_fails() {
        let capacity = Capacity { cpu: 100, memory_gib: 10_000, storage_gib: 100_000, gpu: 0 };
        let given = |cpu| Capacity { cpu, memory_gib: 0, storage_gib: 0, gpu: 0 };
        let verdict = |cpu| head_room(&Wanted::acme(), given(cpu), capacity).iter().map(|line| line.verdict).collect::<Vec<_>>();
        assert_eq!(verdict(0), [Verdict::Pass]);
        assert_eq!(verdict(76), [Verdict::Look]);
        assert_eq!(verdict(96), [Verdict::Look]);
        assert_eq!(verdict(97), [Verdict::Fail]);
        assert_eq!(head_room(&Wanted::acme(), given(97), capacity)[0].what, "CPU: with this tenant 101 of 100 cores are given out, 101 %");
    }
}
