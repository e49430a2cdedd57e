//! A text input that is checked while a person types, after they left it once.

use super::{Pairs, find, text_of};
use crate::components::field::{described_by, field};
use leptos::prelude::*;
use steward_domain::field::{FieldError, error_of};

/// What is typed into a field, and what is wrong with it.
#[derive(Clone, Copy)]
pub(super) struct Typed {
    /// The field's name: also the id of its input.
    pub id: &'static str,
    /// What is typed now.
    pub value: RwSignal<String>,
    /// Whether the person left the field once, so that it may be judged.
    judged: RwSignal<bool>,
    /// What the server said about `refused`.
    said: StoredValue<Option<String>>,
    refused: StoredValue<String>,
}

impl Typed {
    /// A field with its value and what the server said about it.
    pub fn new(id: &'static str, values: &Pairs, errors: &Pairs) -> Self {
        let sent = text_of(values, id);
        let said = find(errors, id).map(str::to_owned);
        Self {
            id,
            judged: RwSignal::new(false),
            said: StoredValue::new(said),
            value: RwSignal::new(typed_meanwhile(id).unwrap_or_else(|| sent.clone())),
            refused: StoredValue::new(sent),
        }
    }

    /// What to show at the field: the server's word as long as nothing else is typed, else the rule's.
    pub fn error(self, rules: Signal<Vec<FieldError>>) -> Signal<Option<String>> {
        Signal::derive(move || {
            let unchanged = self.value.with(|value| self.refused.with_value(|refused| value == refused));
            match self.said.get_value() {
                Some(said) if unchanged => Some(said),
                Some(_) => rules.with(|errors| error_of(errors, self.id).map(str::to_owned)),
                None if self.judged.get() => rules.with(|errors| error_of(errors, self.id).map(str::to_owned)),
                None => None,
            }
        })
    }
}

/// What stands in the input when the island wakes: a person may have typed before the module was there, and must not lose it.
#[cfg(feature = "hydrate")]
fn typed_meanwhile(id: &str) -> Option<String> {
    use leptos::wasm_bindgen::JsCast;
    let input = leptos::web_sys::window()?.document()?.get_element_by_id(id)?;
    Some(input.dyn_into::<leptos::web_sys::HtmlInputElement>().ok()?.value())
}

/// On the server nobody has typed yet.
#[cfg(not(feature = "hydrate"))]
fn typed_meanwhile(_: &str) -> Option<String> {
    None
}

/// How an input looks and what it expects.
pub(super) struct Look {
    pub label: &'static str,
    pub hint: &'static str,
    pub kind: &'static str,
    pub class: &'static str,
    pub autocomplete: &'static str,
    /// Which keyboard a phone shows; empty for the one of its kind.
    pub inputmode: &'static str,
    /// What stands behind the input: ".inosec.com", "GiB".
    pub unit: Option<String>,
}

/// The field. `on_input` hears what is typed.
pub(super) fn text_field(typed: Typed, look: Look, rules: Signal<Vec<FieldError>>, on_input: Box<dyn Fn(&str)>) -> AnyView {
    let error = typed.error(rules);
    let Typed { id, value, judged, .. } = typed;
    let Look { label, hint, kind, class, autocomplete, inputmode, unit } = look;
    let inputmode = (!inputmode.is_empty()).then_some(inputmode);
    let input = view! {
        <input
            class=class
            id=id
            name=id
            type=kind
            inputmode=inputmode
            autocomplete=autocomplete
            spellcheck="false"
            value=value.get_untracked()
            prop:value=move || value.get()
            aria-invalid=move || error.with(|error| error.is_some().then_some("true"))
            aria-describedby=move || described_by(id, error.with(Option::is_some))
            on:input=move |event| {
                let typed = event_target_value(&event);
                on_input(&typed);
                value.set(typed);
            }
            on:blur=move |event| {
                // On the way to a button nothing may move: an error line that appears above it would carry the button away from
                // under the pointer, and the press would be lost. The press itself brings the judgement.
                if !goes_to_button(&event) {
                    judged.set(true);
                }
            }
        />
    };
    let input = match unit {
        Some(unit) => view! { <div class="with">{input}<span class="unit">{unit}</span></div> }.into_any(),
        None => input.into_any(),
    };
    field(id, label, hint, error, input)
}

fn goes_to_button(event: &leptos::ev::FocusEvent) -> bool {
    use leptos::wasm_bindgen::JsCast;
    let next = event.related_target().and_then(|target| target.dyn_into::<leptos::web_sys::Element>().ok());
    next.is_some_and(|element| element.tag_name() == "BUTTON")
}
