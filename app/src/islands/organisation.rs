//! The first page of the wizard: the organisation. The short name follows the name until somebody types it.

use super::input::{Look, Typed, text_field};
use super::{Pairs, find, text_of};
use crate::components::field::choice;
use crate::components::markup::{Markup, code, fact};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use steward_domain::onboarding::OrganisationForm;
use steward_domain::resource::Names;
use steward_domain::short_name::ShortName;

/// The names that a short name would give, line by line.
fn becomes(short_name: &str, base_domain: &str) -> Vec<InertElement> {
    let names = ShortName::parse(short_name).ok().map(|short_name| Names::of(&short_name, base_domain));
    let line = |term: &'static str, name: &dyn Fn(&Names) -> String| {
        let value = match &names {
            Some(names) => code(&name(names)),
            None => Markup::new("<span class=\"faint\"><span aria-hidden=\"true\">–</span><span class=\"vh\">not yet</span></span>"),
        };
        fact(term, &value).draw()
    };
    vec![
        line("Domain", &|names| names.domain.clone()),
        line("Namespace", &|names| names.namespace.clone()),
        line("Realm", &|names| names.realm.clone()),
        line("Secrets", &|names| ["secret/data/", &names.secrets].concat()),
        line("Policy", &|names| names.policy.clone()),
        line("Dashboard", &|names| names.namespace.clone()),
    ]
}

/// The fields of the page, its buttons, and what the short name becomes.
#[island]
pub fn OrganisationFields(
    /// What was typed so far, by field.
    values: Pairs,
    /// What the server found wrong with it, by field.
    errors: Pairs,
    /// The resellers to choose from: short name and name; none if there is nothing to choose.
    resellers: Pairs,
    /// The domain below which tenants live.
    base_domain: String,
) -> impl IntoView {
    let name = Typed::new("name", &values, &errors);
    let short_name = Typed::new("short_name", &values, &errors);
    let contact_email = Typed::new("contact_email", &values, &errors);
    // Somebody who typed another short name than the derived one means it.
    let by_hand = short_name
        .value
        .with_untracked(|short_name| !short_name.is_empty() && *short_name != ShortName::derive(&name.value.get_untracked()));
    let by_hand = StoredValue::new(by_hand);
    let rules = Signal::derive(move || {
        let form = OrganisationForm {
            name: name.value.get(),
            short_name: short_name.value.get(),
            contact_email: contact_email.value.get(),
            reseller: String::new(),
        };
        form.check().err().unwrap_or_default()
    });
    let follow = move |typed: &str| {
        if !by_hand.get_value() {
            short_name.value.set(ShortName::derive(typed));
        }
    };
    // Also without a list there may be something to say about it, or something chosen that must not get lost.
    let (wrong_reseller, chosen) = (find(&errors, "reseller"), text_of(&values, "reseller"));
    let reseller = (!resellers.is_empty() || wrong_reseller.is_some() || !chosen.is_empty()).then(|| {
        let mut options: Vec<(&str, &str)> = vec![("", "None, direct")];
        options.extend(resellers.iter().map(|(short_name, name)| (short_name.as_str(), name.as_str())));
        if options.iter().all(|(short_name, _)| *short_name != chosen) {
            options.push((&chosen, &chosen));
        }
        choice("reseller", "Reseller", true, "Its people will see this tenant.", wrong_reseller, &chosen, &options).draw()
    });
    let unit = [".", &base_domain].concat();
    view! {
        <div>
            {text_field(
                name,
                Look {
                    label: "Name of the organisation",
                    hint: "As its people write it. It appears in mails and on the sign-in page.",
                    kind: "text",
                    class: "w-l",
                    autocomplete: "organization",
                    inputmode: "",
                    unit: None,
                },
                rules,
                Box::new(follow),
            )}
            {text_field(
                short_name,
                Look {
                    label: "Short name",
                    hint: "3 to 30 small letters, digits or hyphens. It names the domain, the realm and the namespace, and cannot be changed later.",
                    kind: "text",
                    class: "w-m",
                    autocomplete: "off",
                    inputmode: "",
                    unit: Some(unit),
                },
                rules,
                Box::new(move |typed| by_hand.set_value(!typed.is_empty())),
            )}
            {text_field(
                contact_email,
                Look {
                    label: "Contact e-mail address",
                    hint: "The first administrator. The invitation goes here.",
                    kind: "email",
                    class: "w-l",
                    autocomplete: "email",
                    inputmode: "",
                    unit: None,
                },
                rules,
                Box::new(|_| {}),
            )}
            {reseller}
            <div class="formend">
                <button class="btn primary" type="submit">"Continue to domain and limits"</button>
                <button class="btn quiet" type="submit" name="later" value="1">"Save draft and leave"</button>
            </div>
        </div>
        <aside class="stack" aria-labelledby="becomes">
            <section class="panel tint">
                <h2 id="becomes">"What the short name becomes"</h2>
                <dl class="facts tall">{move || becomes(&short_name.value.get(), &base_domain)}</dl>
            </section>
            <p class="s faint">"Nothing is made until you press Create on the last page."</p>
        </aside>
    }
}
