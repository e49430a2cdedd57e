//! The browser flow that forces a second factor, one-time code or WebAuthn, bound to the realm; the enrolment of a one-time code as
//! the default for everyone who is new; and a direct grant that refuses everyone, since it would let people in with a password alone.
//!
//! The shape was tried: with both factors ALTERNATIVE side by side a person who has neither gets an error; with the one-time
//! code REQUIRED in a subflow of its own they are sent to enrol. The realm is made with these flows; here they are looked at,
//! completed where half-made ones are found, and bound.

use super::{ChangedBy, Observation, Resource, realm, realm_changes};
use crate::platform::{Failure, Keycloak};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;

/// What one line of the flow is.
enum Line {
    /// A built-in authenticator.
    Step(&'static str),
    /// A flow below the flow.
    Flow(&'static str),
}

/// A flow of ours, and where the realm binds it.
struct Flow {
    /// The flow's name.
    alias: &'static str,
    /// The realm's field that names it.
    binding: &'static str,
    /// The built-in flow that stands there without ours.
    built_in: &'static str,
    /// Parent, line, requirement; in order.
    lines: &'static [(&'static str, Line, &'static str)],
}

/// The flow that people sign in with.
const BROWSER: Flow = Flow {
    alias: "browser-second-factor",
    binding: "browserFlow",
    built_in: "browser",
    lines: &[
        ("browser-second-factor", Line::Step("auth-cookie"), "ALTERNATIVE"),
        ("browser-second-factor", Line::Step("identity-provider-redirector"), "ALTERNATIVE"),
        ("browser-second-factor", Line::Flow("browser-second-factor-forms"), "ALTERNATIVE"),
        ("browser-second-factor-forms", Line::Step("auth-username-password-form"), "REQUIRED"),
        ("browser-second-factor-forms", Line::Flow("second-factor"), "REQUIRED"),
        ("second-factor", Line::Step("webauthn-authenticator"), "ALTERNATIVE"),
        ("second-factor", Line::Flow("one-time-code-or-enrol"), "ALTERNATIVE"),
        ("one-time-code-or-enrol", Line::Step("auth-otp-form"), "REQUIRED"),
    ],
};

/// The flow of password grants: none passes. The built-in one asks for a one-time code only of people who have one.
const NO_DIRECT_GRANT: Flow = Flow {
    alias: "no-direct-grant",
    binding: "directGrantFlow",
    built_in: "direct grant",
    lines: &[("no-direct-grant", Line::Step("deny-access-authenticator"), "REQUIRED")],
};

const FLOWS: [&Flow; 2] = [&BROWSER, &NO_DIRECT_GRANT];

/// What Keycloak's admin events call the changes that concern this kind.
const CHANGES: [&str; 6] = ["REALM", "AUTH_FLOW", "AUTH_EXECUTION", "AUTH_EXECUTION_FLOW", "AUTHENTICATOR_CONFIG", "REQUIRED_ACTION"];

/// The kind.
pub(super) struct SecondFactor;

/// The flows as part of a realm's creation.
pub(super) fn flows() -> Value {
    FLOWS.iter().flat_map(|flow| with_subflows(flow)).collect()
}

/// The realm's fields that bind the flows.
pub(super) fn bindings() -> impl Iterator<Item = (String, Value)> {
    FLOWS.iter().map(|flow| (flow.binding.to_owned(), json!(flow.alias)))
}

fn with_subflows(flow: &Flow) -> impl Iterator<Item = Value> {
    let aliases = std::iter::once(flow.alias).chain(flow.lines.iter().filter_map(|(_, line, _)| match line {
        Line::Flow(alias) => Some(*alias),
        Line::Step(_) => None,
    }));
    aliases.map(|alias| {
        let executions: Vec<Value> = flow
            .lines
            .iter()
            .filter(|(parent, ..)| *parent == alias)
            .zip(1..)
            .map(|((_, line, requirement), place)| match line {
                Line::Step(provider) => json!({ "authenticator": provider, "authenticatorFlow": false, "requirement": requirement, "priority": place * 10, "userSetupAllowed": false }),
                Line::Flow(alias) => json!({ "flowAlias": alias, "authenticatorFlow": true, "requirement": requirement, "priority": place * 10, "userSetupAllowed": false }),
            })
            .collect();
        json!({ "alias": alias, "description": "", "providerId": "basic-flow", "topLevel": alias == flow.alias, "builtIn": false, "authenticationExecutions": executions })
    })
}

/// Whether the realm binds a flow of ours.
fn is_bound(realm: &Value, flow: &Flow) -> bool {
    realm.get(flow.binding).and_then(Value::as_str) == Some(flow.alias)
}

/// One line as Keycloak shows it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    id: String,
    level: u64,
    what: String,
    is_flow: bool,
    requirement: String,
    raw: Value,
}

fn seen_lines(executions: &Value) -> Vec<Seen> {
    let text = |line: &Value, field: &str| line.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    executions
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| {
            let is_flow = line.get("authenticationFlow").and_then(Value::as_bool).unwrap_or(false);
            Seen {
                id: text(line, "id"),
                level: line.get("level").and_then(Value::as_u64).unwrap_or_default(),
                what: text(line, if is_flow { "displayName" } else { "providerId" }),
                is_flow,
                requirement: text(line, "requirement"),
                raw: line.clone(),
            }
        })
        .collect()
}

/// The wanted lines with their depth, as Keycloak lists them: each flow followed by what is in it.
fn wanted_lines(flow: &Flow) -> Vec<(u64, &'static str, bool, &'static str)> {
    fn below(flow: &Flow, parent: &str, level: u64, lines: &mut Vec<(u64, &'static str, bool, &'static str)>) {
        for (of, line, requirement) in flow.lines {
            if *of == parent {
                match line {
                    Line::Step(provider) => lines.push((level, provider, false, requirement)),
                    Line::Flow(alias) => {
                        lines.push((level, alias, true, requirement));
                        below(flow, alias, level + 1, lines);
                    }
                }
            }
        }
    }
    let mut lines = Vec::new();
    below(flow, flow.alias, 0, &mut lines);
    lines
}

fn as_wanted(flow: &Flow, seen: &[Seen]) -> bool {
    let wanted = wanted_lines(flow);
    seen.len() == wanted.len()
        && seen.iter().zip(&wanted).all(|(seen, (level, what, is_flow, requirement))| {
            seen.level == *level && seen.what == *what && seen.is_flow == *is_flow && seen.requirement == *requirement
        })
}

async fn lines(keycloak: &Keycloak, realm: &str, flow: &Flow) -> Result<Option<Vec<Seen>>, Failure> {
    let executions = keycloak.get(&format!("/{realm}/authentication/flows/{}/executions", flow.alias)).await?.found()?;
    Ok(executions.as_ref().map(seen_lines))
}

/// Adds what is missing of the flow and puts right what is wrong in it, line by line. What is right stays as it is.
async fn complete(keycloak: &Keycloak, realm: &str, flow: &Flow) -> Result<(), Failure> {
    let base = format!("/{realm}/authentication");
    if lines(keycloak, realm, flow).await?.is_none() {
        let made = json!({ "alias": flow.alias, "description": "", "providerId": "basic-flow", "topLevel": true, "builtIn": false });
        keycloak.post(&format!("{base}/flows"), &made).await?.success()?;
    }
    let wanted = wanted_lines(flow);
    for line in lines(keycloak, realm, flow).await?.unwrap_or_default() {
        if !wanted.iter().any(|(_, what, is_flow, _)| line.what == *what && line.is_flow == *is_flow) {
            keycloak.delete(&format!("{base}/executions/{}", line.id)).await?.gone()?;
        }
    }
    for (parent, line, requirement) in flow.lines {
        let (what, is_flow) = match line {
            Line::Step(provider) => (*provider, false),
            Line::Flow(alias) => (*alias, true),
        };
        let find = |seen: Vec<Seen>| seen.into_iter().find(|seen| seen.what == what && seen.is_flow == is_flow);
        let mut found = find(lines(keycloak, realm, flow).await?.unwrap_or_default());
        if found.is_none() {
            let (path, body) = if is_flow {
                (
                    format!("{base}/flows/{parent}/executions/flow"),
                    json!({ "alias": what, "type": "basic-flow", "provider": "registration-page-form", "description": "" }),
                )
            } else {
                (format!("{base}/flows/{parent}/executions/execution"), json!({ "provider": what }))
            };
            keycloak.post(&path, &body).await?.success()?;
            found = find(lines(keycloak, realm, flow).await?.unwrap_or_default());
        }
        if let Some(mut seen) = found
            && seen.requirement != *requirement
        {
            if let Some(fields) = seen.raw.as_object_mut() {
                fields.insert("requirement".to_owned(), json!(requirement));
            }
            keycloak.put(&format!("{base}/flows/{parent}/executions"), &seen.raw).await?.success()?;
        }
    }
    Ok(())
}

#[async_trait]
impl Resource for SecondFactor {
    fn kind(&self) -> ResourceKind {
        ResourceKind::SecondFactor
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        format!("{}/{}", wanted.names().realm, BROWSER.alias)
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "one-time code or WebAuthn, forced for everyone".to_owned()
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let action_path = format!("/{name}/authentication/required-actions/CONFIGURE_TOTP");
        let (realm, browser, direct_grant, action) = tokio::join!(
            realm::find(keycloak, &name),
            lines(keycloak, &name, &BROWSER),
            lines(keycloak, &name, &NO_DIRECT_GRANT),
            keycloak.get(&action_path)
        );
        let Some(realm) = realm? else { return Ok(Observation::Absent) };
        if !realm::is_ours(&realm, wanted) {
            return Ok(Observation::Foreign { what: format!("realm {name} without this tenant's mark") });
        }
        let seen = [(&BROWSER, browser?), (&NO_DIRECT_GRANT, direct_grant?)];
        if seen.iter().all(|(_, lines)| lines.is_none()) {
            return Ok(Observation::Absent);
        }
        let all_as_wanted = seen.iter().all(|(flow, lines)| lines.as_ref().is_some_and(|lines| as_wanted(flow, lines)));
        let bound = FLOWS.iter().all(|flow| is_bound(&realm, flow));
        let by_default = action?.success()?.get("defaultAction").and_then(Value::as_bool) == Some(true);
        Ok(if !all_as_wanted {
            Observation::Partial { missing: "steps of the flows".to_owned() }
        } else if !bound {
            Observation::Partial { missing: "the flows are not bound to the realm".to_owned() }
        } else if !by_default {
            Observation::Partial { missing: "enrolment is not the default for new people".to_owned() }
        } else {
            Observation::Ours { differences: Vec::new(), detail: self.exactly(site, wanted) }
        })
    }

    async fn changed_by(&self, site: &Site, wanted: &Wanted, _: &[Difference]) -> Result<Option<ChangedBy>, Failure> {
        realm_changes::last_other(site.keycloak(wanted)?, &wanted.names().realm, &CHANGES).await
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let realm_path = format!("/{name}");
        let action_path = format!("/{name}/authentication/required-actions/CONFIGURE_TOTP");
        let (browser, direct_grant, realm, action) = tokio::join!(
            lines(keycloak, &name, &BROWSER),
            lines(keycloak, &name, &NO_DIRECT_GRANT),
            keycloak.get(&realm_path),
            keycloak.get(&action_path)
        );
        for (flow, lines) in [(&BROWSER, browser?), (&NO_DIRECT_GRANT, direct_grant?)] {
            if !lines.is_some_and(|lines| as_wanted(flow, &lines)) {
                complete(keycloak, &name, flow).await?;
            }
        }
        let realm = realm?.success()?;
        if !FLOWS.iter().all(|flow| is_bound(&realm, flow)) {
            keycloak.put(&realm_path, &bindings().collect()).await?.success()?;
        }
        let mut action = action?.success()?;
        if let Some(fields) = action.as_object_mut() {
            fields.insert("enabled".to_owned(), json!(true));
            fields.insert("defaultAction".to_owned(), json!(true));
        }
        keycloak.put(&action_path, &action).await?.success().map(|_| ())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let realm_path = format!("/{name}");
        let realm = match realm::find(keycloak, &name).await? {
            None => return Ok(()),
            Some(realm) if !realm::is_ours(&realm, wanted) => {
                return Err(Failure::foreign(
                    steward_domain::system::System::Keycloak,
                    &format!("realm {name} without this tenant's mark"),
                ));
            }
            Some(realm) => realm,
        };
        // A flow that is bound cannot be deleted.
        let built_in: serde_json::Map<String, Value> =
            FLOWS.iter().filter(|flow| is_bound(&realm, flow)).map(|flow| (flow.binding.to_owned(), json!(flow.built_in))).collect();
        if !built_in.is_empty() {
            keycloak.put(&realm_path, &built_in.into()).await?.success()?;
        }
        let flows = keycloak.get(&format!("/{name}/authentication/flows")).await?.success()?;
        let ids = flows.as_array().into_iter().flatten().filter_map(|flow| {
            let alias = flow.get("alias").and_then(Value::as_str)?;
            FLOWS.iter().any(|ours| ours.alias == alias).then(|| flow.get("id").and_then(Value::as_str)).flatten()
        });
        for id in ids {
            keycloak.delete(&format!("/{name}/authentication/flows/{id}")).await?.gone()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_as_an_indented_tree() {
        let tree: String = wanted_lines(&BROWSER)
            .into_iter()
            .map(|(level, what, _, requirement)| format!("{}{what} {requirement}\n", "  ".repeat(level as usize)))
            .collect();
        assert_eq!(
            tree,
            "auth-cookie ALTERNATIVE\n\
             identity-provider-redirector ALTERNATIVE\n\
             browser-second-factor-forms ALTERNATIVE\n\
             \x20 auth-username-password-form REQUIRED\n\
             \x20 second-factor REQUIRED\n\
             \x20   webauthn-authenticator ALTERNATIVE\n\
             \x20   one-time-code-or-enrol ALTERNATIVE\n\
             \x20     auth-otp-form REQUIRED\n"
        );
    }
}
