//! The tables of the platform: one row per system, one per process.

use crate::components::icon::Icon;
use crate::components::status::{Tone, status};
use crate::components::table::{nothing, scroll};
use crate::components::time::{ago, clock, date_time};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use std::time::Duration;
use steward_core::operations::{GateView, HeadRoom, Health, Overview, ProcessView, Queue, SystemView};
use steward_core::platform::Lane;
use steward_core::provisioning::{Capacity, CellGauge};
use steward_domain::moment;
use steward_domain::system::System;

/// Every system.
pub(super) fn systems(overview: &Overview, cells: &[CellGauge]) -> impl IntoView + use<> {
    let rows: Vec<AnyView> = overview.systems.iter().flat_map(|system| rows_of(system, cells, overview.seen_at)).collect();
    let table = scroll(
        "Systems",
        view! {
            <table class="grid mid">
                <caption class="vh">"Systems"</caption>
                <thead><tr>
                    <th scope="col">"System"</th>
                    <th scope="col">"Health"</th>
                    <th scope="col">"Last answer"</th>
                    <th scope="col">"Latency"<small>"half of the calls, 95 %"</small></th>
                    <th scope="col">"Calls under way"</th>
                    <th scope="col">"Steps"</th>
                    <th scope="col">"Head-room"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        },
    );
    view! { <section class="sec"><header><h2>"Systems"</h2></header>{table}</section> }
}

/// One row per client of a system; the work that waits for the system stands in the first.
fn rows_of(system: &SystemView, cells: &[CellGauge], now: DateTime<Utc>) -> Vec<AnyView> {
    let queue = system.queue;
    let given = given(system.head_room);
    if system.gates.is_empty() {
        let label = system.system.label();
        return vec![
            view! {
                <tr>
                    <th scope="row"><b>{label}</b></th>
                    <td>{status(Tone::Idle, Icon::Ring, "Not reported")}</td>
                    <td>{nothing("none")}</td>
                    <td>{nothing("not measured")}</td>
                    <td>{nothing("not known")}</td>
                    <td>{steps(queue)}</td>
                    <td>{given}</td>
                </tr>
            }
            .into_any(),
        ];
    }
    let mut given = Some(given);
    let mut queue = Some(queue);
    let rows = system.gates.iter().map(|gate| {
        let named = (gate.name != system.system.as_str()).then(|| view! { <small>{gate.name.clone()}</small> });
        let answered = match gate.answered_at {
            Some(at) => ago(at, now).into_any(),
            None => nothing("none yet").into_any(),
        };
        let (steps, given) = (queue.take().map(steps), given.take());
        let own = gate.name == system.system.as_str();
        let cell = cells.iter().find(|cell| system.system == System::Keycloak && if own { cell.first } else { cell.name == gate.name });
        let realms = cell.map(|cell| {
            let (placed, capacity) = (figure(cell.placed), figure(cell.capacity.into()));
            view! { <small class="nw">{format!("{placed} of {capacity} realms, {} %", cell.percent)}</small> }
        });
        view! {
            <tr>
                <th scope="row"><b>{system.system.label()}</b>{named}</th>
                <td>{health(&gate.health)}</td>
                <td class="nw">{answered}</td>
                <td class="nw">{latency(gate)}</td>
                <td>{calls(gate)}</td>
                <td>{steps}</td>
                <td>{room(gate.lane)}{realms}{given}</td>
            </tr>
        }
        .into_any()
    });
    rows.collect()
}

fn health(health: &Health) -> AnyView {
    let (tone, glyph, words) = match health {
        Health::Unknown => (Tone::Idle, Icon::Ring, "Not asked yet"),
        Health::Answers => (Tone::Ok, Icon::Dot, "Answers"),
        Health::Slow => (Tone::Warn, Icon::Clock, "Slow"),
        Health::Away { .. } => (Tone::Bad, Icon::Stop, "Does not answer"),
        Health::Open { .. } => (Tone::Bad, Icon::Ban, "Circuit open"),
    };
    let more = match health {
        Health::Unknown | Health::Answers => None,
        Health::Slow => Some(view! { <small>"More than 5 % of the calls take 2 s or longer."</small> }.into_any()),
        Health::Away { since, why } => Some(view! { <small>"Since "{clock(*since)}": "{why.clone()}</small> }.into_any()),
        Health::Open { since, next_trial, why } => {
            let next = match next_trial {
                Some(at) => view! { "next trial at "{clock(*at)} }.into_any(),
                None => "a trial is under way".into_any(),
            };
            Some(view! { <small>"No calls since "{clock(*since)}", "{next}". "{why.clone()}</small> }.into_any())
        }
    };
    view! { {status(tone, glyph, words)}{more} }.into_any()
}

/// "4.2 ms", "640 ms", "1.4 s"
fn short(latency: Duration) -> String {
    let ms = latency.as_secs_f64() * 1_000.0;
    match latency.as_millis() {
        0..10 => format!("{ms:.1} ms"),
        10..1_000 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1_000.0),
    }
}

fn latency(gate: &GateView) -> AnyView {
    match gate.p50.zip(gate.p95) {
        Some((p50, p95)) => format!("{}, {}", short(p50), short(p95)).into_any(),
        None => nothing("not measured").into_any(),
    }
}

/// "3 of 8", "3 of 8, 2 wait"
fn lane_words(lane: Lane) -> String {
    let waiting = match lane.waiting {
        0 => String::new(),
        1 => ", 1 waits".to_owned(),
        waiting => format!(", {waiting} wait"),
    };
    format!("{} of {}{waiting}", lane.under_way, lane.limit)
}

fn figure(count: u64) -> String {
    moment::thousands(i64::try_from(count).unwrap_or(i64::MAX))
}

fn calls(gate: &GateView) -> impl IntoView + use<> {
    let heavy = gate.heavy.map(|lane| view! { <small>{format!("Realms being made: {}", lane_words(lane))}</small> });
    let made = match gate.calls {
        0 => "None lately".to_owned(),
        calls if gate.failures == 0 => format!("{} lately, all answered", figure(calls)),
        calls => format!("{} lately, {} not answered", figure(calls), figure(gate.failures)),
    };
    let turned_away = (gate.turned_away > 0).then(|| view! { <small>{format!("{} not made", figure(gate.turned_away))}</small> });
    view! { <span class="nw">{lane_words(gate.lane)}</span><small>{made}</small>{turned_away}{heavy} }
}

fn steps(queue: Queue) -> AnyView {
    let counted = [(queue.running, "running"), (queue.ready, "ready"), (queue.retrying, "retrying"), (queue.waiting, "waiting")];
    let words: Vec<String> = counted.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if words.is_empty() {
        return nothing("none").into_any();
    }
    let oldest = queue.oldest_waiting.map(|since| view! { <small>"The first since "{date_time(since)}</small> });
    view! { {words.join(", ")}{oldest} }.into_any()
}

fn room(lane: Lane) -> impl IntoView {
    let words = match lane.limit.saturating_sub(lane.under_way) {
        0 => "No call".to_owned(),
        1 => "1 call".to_owned(),
        free => format!("{free} calls"),
    };
    view! { <span class="nw">{words}</span> }
}

/// What of a system is given out to tenants.
fn given(head_room: HeadRoom) -> AnyView {
    match head_room {
        HeadRoom::NotCounted => ().into_any(),
        HeadRoom::Limits { given, of } => limits(given, of),
    }
}

fn limits(given: Capacity, of: Option<Capacity>) -> AnyView {
    let figures = |capacity: Capacity| [capacity.cpu, capacity.memory_gib, capacity.storage_gib, capacity.gpu];
    let names = [("CPU", "cores"), ("Memory", "GiB"), ("Storage", "GiB"), ("GPU", "GPUs")];
    let lines: Vec<_> = names
        .into_iter()
        .zip(figures(given))
        .enumerate()
        .map(|(place, ((label, unit), given))| {
            let all = of.and_then(|of| figures(of).get(place).copied());
            let words = match all {
                None => format!("{label}: {} {unit} given out", figure(given)),
                Some(0) => format!("{label}: {} of 0 {unit} given out", figure(given)),
                Some(all) => format!("{label}: {} of {} {unit}, {} %", figure(given), figure(all), given.saturating_mul(100) / all),
            };
            view! { <small class="nw">{words}</small> }
        })
        .collect();
    lines.into_any()
}

/// The processes of Steward.
pub(super) fn processes(overview: &Overview) -> impl IntoView + use<> {
    let row = |process: &ProcessView| {
        view! {
            <tr>
                <th scope="row"><code>{process.name.clone()}</code></th>
                <td class="nw">{date_time(process.started_at)}</td>
                <td class="nw">{ago(process.reported_at, overview.seen_at)}</td>
                <td class="num">{process.steps}</td>
            </tr>
        }
    };
    let rows: Vec<_> = overview.processes.iter().map(row).collect();
    let table = (!rows.is_empty()).then(|| {
        scroll(
            "Processes",
            view! {
                <table class="grid tight mid">
                    <caption class="vh">"Processes of Steward"</caption>
                    <thead><tr><th scope="col">"Process"</th><th scope="col">"Runs since"</th><th scope="col">"Reported"</th><th scope="col" class="num">"Steps that it holds"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            },
        )
    });
    table.map(|table| view! { <section class="sec"><header><h2>"Processes of Steward"</h2></header>{table}</section> })
}
