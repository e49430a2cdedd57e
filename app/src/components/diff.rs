//! Field-level before and after, as an entry of the audit log carries it.

use super::table::nothing;
use leptos::prelude::*;
use serde_json::Value;
use steward_domain::difference::Difference;

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its name.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
}

/// A value as people read it: texts without quotes, the rest as JSON.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Takes an entry's detail apart: `{"field": {"before": …, "after": …}}` are changes, everything else is a fact.
pub(crate) fn read(detail: &Value) -> (Vec<Change>, Vec<(String, String)>) {
    let mut changes = Vec::new();
    let mut facts = Vec::new();
    for (field, value) in detail.as_object().into_iter().flatten() {
        let part = |name: &str| value.get(name).filter(|part| !part.is_null()).map(words);
        let is_change =
            value.as_object().is_some_and(|parts| !parts.is_empty() && parts.keys().all(|name| name == "before" || name == "after"));
        if is_change {
            changes.push(Change { field: field.clone(), before: part("before"), after: part("after") });
        } else {
            facts.push((field.clone(), words(value)));
        }
    }
    (changes, facts)
}

/// The table of the changes.
pub(crate) fn diff(changes: Vec<Change>) -> impl IntoView {
    let rows: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let before = match change.before {
                Some(before) => view! { <del>{before}</del> }.into_any(),
                None => nothing("nothing").into_any(),
            };
            let after = match change.after {
                Some(after) => view! { <ins>{after}</ins> }.into_any(),
                None => nothing("nothing").into_any(),
            };
            view! { <tr><th scope="row">{change.field}</th><td>{before}</td><td>{after}</td></tr> }
        })
        .collect();
    view! {
        <table class="diff">
            <caption class="vh">"Fields that changed"</caption>
            <thead><tr><th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// The table of what was found in a resource and what is wanted there.
pub(crate) fn found_and_wanted(resource: &str, differences: &[Difference]) -> impl IntoView + use<> {
    let rows: Vec<_> = differences
        .iter()
        .map(|found| {
            let (field, seen, wanted) = (found.field.clone(), found.seen.clone(), found.wanted.clone());
            view! { <tr><th scope="row">{field}</th><td><del>{seen}</del></td><td><ins>{wanted}</ins></td></tr> }
        })
        .collect();
    view! {
        <table class="diff">
            <caption class="vh">{format!("{resource}: found and wanted")}</caption>
            <thead><tr><th scope="col">"Field"</th><th scope="col">"Found"</th><th scope="col">"Wanted"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_facts_are_told_apart() {
        let detail = serde_json::json!({ "name": { "after": "Acme" }, "limits.cpu": { "before": 12, "after": 16 }, "page": "settings", "cause": { "code": "KEY-503" } });
        let (changes, facts) = read(&detail);
        assert_eq!(changes.len(), 2);
        assert!(changes.contains(&Change { field: "limits.cpu".into(), before: Some("12".into()), after: Some("16".into()) }));
        assert!(facts.contains(&("page".to_owned(), "settings".to_owned())));
        assert_eq!(facts.len(), 2);
    }
}
