//! A plan: preflight, then sign and word per resource.

use super::icon::Icon;
use super::status::{Tone, act, status};
use super::table::scroll;
use super::time::clock;
use leptos::prelude::*;
use steward_domain::plan::{Action, Plan, PlanItem, PreflightCheck, Verdict};

/// "7 pass, 1 to look at"
fn verdicts(checks: &[PreflightCheck]) -> String {
    let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let mut words = vec![format!("{} pass", count(Verdict::Pass))];
    match count(Verdict::Look) {
        0 => {}
        looks => words.push(format!("{looks} to look at")),
    }
    match count(Verdict::Fail) {
        0 => {}
        1 => words.push("1 fails".to_owned()),
        fails => words.push(format!("{fails} fail")),
    }
    words.join(", ")
}

/// What was checked before anything is made.
pub(crate) fn preflight(plan: &Plan) -> impl IntoView + use<> {
    let lines: Vec<_> = plan
        .preflight
        .iter()
        .map(|check| {
            let (tone, glyph) = match check.verdict {
                Verdict::Pass => (Tone::Ok, Icon::Check),
                Verdict::Look => (Tone::Warn, Icon::Warn),
                Verdict::Fail => (Tone::Bad, Icon::Stop),
            };
            let helps = check.helps.clone().map(|helps| view! { <small>{helps}</small> });
            view! { <li>{status(tone, glyph, &check.what)}<span>{check.source.clone()}</span>{helps}</li> }
        })
        .collect();
    view! {
        <section class="sec">
            <header><h2>"Preflight"</h2><span>{verdicts(&plan.preflight)}". Checked "{clock(plan.observed_at)}</span></header>
            <ul class="lines">{lines}</ul>
        </section>
    }
}

/// What exactly: of a change each field with what it is and what it will be.
fn exactly(item: &PlanItem) -> AnyView {
    if item.differences.is_empty() {
        return item.exactly.clone().into_any();
    }
    let lines: Vec<_> = item
        .differences
        .iter()
        .map(|difference| {
            view! {
                <li>
                    <code>{difference.field.clone()}</code>" "
                    <span class="delta"><del>{difference.seen.clone()}</del><span aria-hidden="true">" → "</span><span class="vh">" to "</span><ins>{difference.wanted.clone()}</ins></span>
                </li>
            }
        })
        .collect();
    view! { <ul class="plain">{lines}</ul> }.into_any()
}

fn row(item: &PlanItem) -> impl IntoView + use<> {
    let (tone, glyph) = match item.action {
        Action::Create => (Tone::Ok, Icon::Plus),
        Action::Change => (Tone::Run, Icon::Tilde),
        Action::Keep => (Tone::Idle, Icon::Equal),
        Action::Remove => (Tone::Bad, Icon::Minus),
        Action::Foreign => (Tone::Odd, Icon::Ban),
    };
    let class = matches!(item.action, Action::Keep | Action::Foreign).then_some("keep");
    let left_alone = (item.action == Action::Foreign).then_some("; left alone");
    let interrupts = item.interrupts.clone().map(|interrupts| view! { <small>"Interrupts: "{interrupts}</small> });
    view! {
        <tr class=class>
            <td>{act(tone, glyph, item.action.label())}</td>
            <td>{item.kind.label()}<small><code>{item.name.clone()}</code></small></td>
            <td>{item.kind.system().label()}</td>
            <td>{exactly(item)}{left_alone}{interrupts}</td>
        </tr>
    }
}

fn table(label: &'static str, caption: &'static str, rows: Vec<impl IntoView + 'static>) -> impl IntoView {
    scroll(
        label,
        view! {
            <table class="grid tight plan mid">
                <caption class="vh">{caption}</caption>
                <thead><tr><th scope="col">"Action"</th><th scope="col">"Resource"</th><th scope="col">"System"</th><th scope="col">"Exactly"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        },
    )
}

/// What will be made, and where. What stays as it is does not stand in the way of what does not.
pub(crate) fn plan_table(plan: &Plan) -> impl IntoView + use<> {
    let sums: Vec<_> = [Action::Create, Action::Change, Action::Remove, Action::Keep, Action::Foreign]
        .into_iter()
        .map(|action| (plan.count(action), action))
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| view! { <span>{format!("{count} {}", action.label().to_lowercase())}</span> })
        .collect();
    let (kept, rest): (Vec<&PlanItem>, Vec<&PlanItem>) = plan.items.iter().partition(|item| item.action == Action::Keep);
    let rows: Vec<_> = rest.into_iter().map(row).collect();
    let nothing =
        rows.is_empty().then(|| view! { <p class="s dim">"Nothing has to be done in any system: everything is as wanted already."</p> });
    let table_of_rest = (!rows.is_empty()).then(|| table("Plan", "What will be made, and where", rows));
    let kept = (!kept.is_empty()).then(|| {
        let summary =
            if kept.len() == 1 { "1 resource stays as it is".to_owned() } else { format!("{} resources stay as they are", kept.len()) };
        let rows: Vec<_> = kept.into_iter().map(row).collect();
        view! { <details class="more"><summary>{summary}</summary>{table("Kept", "What stays as it is", rows)}</details> }
    });
    view! {
        <section class="sec">
            <header><h2>"Plan"</h2><span class="sum">{sums}</span></header>
            {nothing}
            {table_of_rest}
            {kept}
            <p class="s faint">
                "What runs is this plan. If a system changes before you start it, nothing runs and you see the new plan. Plan "
                <code class="id">{plan.hash.get(..12).unwrap_or(&plan.hash).to_owned()}</code>
            </p>
        </section>
    }
}
