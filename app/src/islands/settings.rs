//! The second page of the wizard: limits, region, features.

use super::input::{Look, Typed, text_field};
use super::{Pairs, find, text_of};
use crate::components::field::{choice, error_line};
use crate::components::markup::Markup;
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_domain::features::Feature;
use steward_domain::limits::{LimitRule, Limits};
use steward_domain::onboarding::SettingsForm;
use steward_domain::region::Region;

const HINTS: [&str; 4] = [
    "What its workloads may request together.",
    "What its workloads may request together.",
    "All its volumes together.",
    "Only with AI and automation.",
];

const fn about(feature: Feature) -> &'static str {
    match feature {
        Feature::Crm => "Customers, contacts and deals.",
        Feature::Erp => "Orders, stock and accounts.",
        Feature::Ml => "Models and assistants. GPUs need it.",
        Feature::SecurityInsights => "Reports on sign-ins and risks for its administrators.",
        Feature::EmailMarketing => "Campaigns and automatic mails to its customers.",
    }
}

fn pick(feature: Feature, ticked: bool) -> InertElement {
    let name = feature.as_str();
    Markup::new("<div class=\"pick\"><input type=\"checkbox\" name=\"features\" id=\"feature-")
        .raw(name)
        .raw("\" value=\"")
        .raw(name)
        .raw(if ticked { "\" checked><label for=\"feature-" } else { "\"><label for=\"feature-" })
        .raw(name)
        .raw("\">")
        .raw(feature.label())
        .raw("</label><small>")
        .raw(about(feature))
        .raw("</small></div>")
        .draw()
}

/// The fields of the page and its buttons.
#[island]
pub fn SettingsFields(
    /// What was typed so far, by field; each feature that is ticked is one.
    values: Pairs,
    /// What the server found wrong with it, by field.
    errors: Pairs,
    /// Where the page before is.
    back: String,
) -> impl IntoView {
    let figures = [
        Typed::new("cpu", &values, &errors),
        Typed::new("memory_gib", &values, &errors),
        Typed::new("storage_gib", &values, &errors),
        Typed::new("gpu", &values, &errors),
    ];
    let [cpu, memory, storage, gpu] = figures;
    let on: Vec<String> = values.iter().filter(|(name, _)| name == "features").map(|(_, feature)| feature.clone()).collect();
    let on = RwSignal::new(on);
    let rules = Signal::derive(move || {
        let form = SettingsForm {
            cpu: cpu.value.get(),
            memory_gib: memory.value.get(),
            storage_gib: storage.value.get(),
            gpu: gpu.value.get(),
            region: Region::default().as_str().to_owned(),
            features: on.get(),
        };
        form.check().err().unwrap_or_default()
    });
    let limits: Vec<AnyView> = figures
        .into_iter()
        .zip(Limits::RULES)
        .zip(HINTS)
        .map(|((typed, LimitRule { label, unit, .. }), hint)| {
            let look =
                Look { label, hint, kind: "text", class: "w-s", autocomplete: "off", inputmode: "numeric", unit: Some(unit.to_owned()) };
            text_field(typed, look, rules, Box::new(|_| {}))
        })
        .collect();
    let regions = Region::ALL.map(|region| (region.as_str(), region.label()));
    let region =
        choice("region", "Region", false, "Where its data may live.", find(&errors, "region"), &text_of(&values, "region"), &regions)
            .draw();
    let picks: Vec<_> =
        Feature::ALL.into_iter().map(|feature| pick(feature, on.with_untracked(|on| on.iter().any(|on| on == feature.as_str())))).collect();
    let features_error = find(&errors, "features").map(|message| error_line("features", message).draw());
    let features_class = if features_error.is_some() { "field wrong" } else { "field" };
    // One listener for all boxes: what is ticked is what the form would send.
    let toggled = move |event: leptos::ev::Event| {
        let (name, ticked) = (event_target_value(&event), event_target_checked(&event));
        on.update(|on| {
            on.retain(|on| *on != name);
            if ticked {
                on.push(name);
            }
        });
    };
    view! {
        <div class="pair">{limits}</div>
        {region}
        <fieldset class=features_class id="features" tabindex="-1" on:change=toggled>
            <legend>"Features"</legend>
            {features_error}
            {picks}
        </fieldset>
        <div class="formend">
            <button class="btn primary" type="submit">"Continue to review"</button>
            <button class="btn quiet" type="submit" name="later" value="1">"Save draft and leave"</button>
            <a class="btn quiet" href=back>"Back"</a>
        </div>
    }
}
