//! The browser flow that forces a second factor, one-time code or WebAuthn, bound to the realm; and the enrolment of a one-time
//! code as the default for everyone who is new.
//!
//! The shape was tried: with both factors ALTERNATIVE side by side a person who has neither gets an error; with the one-time
//! code REQUIRED in a subflow of its own they are sent to enrol. The realm is made with this flow; here it is looked at, completed
//! where a half-made one is found, and bound.

use super::{Observation, Resource, realm, refuse_foreign};
use crate::platform::{Failure, Keycloak};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use steward_domain::resource::ResourceKind;

/// The flow's name.
pub(super) const FLOW: &str = "browser-second-factor";

/// What one line of the flow is.
enum Line {
    /// A built-in authenticator.
    Step(&'static str),
    /// A flow below the flow.
    Flow(&'static str),
}

/// The flow: parent, line, requirement; in order.
const LINES: [(&str, Line, &str); 8] = [
    (FLOW, Line::Step("auth-cookie"), "ALTERNATIVE"),
    (FLOW, Line::Step("identity-provider-redirector"), "ALTERNATIVE"),
    (FLOW, Line::Flow("browser-second-factor-forms"), "ALTERNATIVE"),
    ("browser-second-factor-forms", Line::Step("auth-username-password-form"), "REQUIRED"),
    ("browser-second-factor-forms", Line::Flow("second-factor"), "REQUIRED"),
    ("second-factor", Line::Step("webauthn-authenticator"), "ALTERNATIVE"),
    ("second-factor", Line::Flow("one-time-code-or-enrol"), "ALTERNATIVE"),
    ("one-time-code-or-enrol", Line::Step("auth-otp-form"), "REQUIRED"),
];

/// The kind.
pub(super) struct SecondFactor;

/// The flow as part of a realm's creation.
pub(super) fn flows() -> Value {
    let aliases = std::iter::once(FLOW).chain(LINES.iter().filter_map(|(_, line, _)| match line {
        Line::Flow(alias) => Some(*alias),
        Line::Step(_) => None,
    }));
    aliases
        .map(|alias| {
            let executions: Vec<Value> = LINES
                .iter()
                .filter(|(parent, ..)| *parent == alias)
                .zip(1..)
                .map(|((_, line, requirement), place)| match line {
                    Line::Step(provider) => json!({ "authenticator": provider, "authenticatorFlow": false, "requirement": requirement, "priority": place * 10, "userSetupAllowed": false }),
                    Line::Flow(alias) => json!({ "flowAlias": alias, "authenticatorFlow": true, "requirement": requirement, "priority": place * 10, "userSetupAllowed": false }),
                })
                .collect();
            json!({ "alias": alias, "description": "", "providerId": "basic-flow", "topLevel": alias == FLOW, "builtIn": false, "authenticationExecutions": executions })
        })
        .collect()
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
fn wanted_lines() -> Vec<(u64, &'static str, bool, &'static str)> {
    fn below(parent: &str, level: u64, lines: &mut Vec<(u64, &'static str, bool, &'static str)>) {
        for (of, line, requirement) in &LINES {
            if *of == parent {
                match line {
                    Line::Step(provider) => lines.push((level, provider, false, requirement)),
                    Line::Flow(alias) => {
                        lines.push((level, alias, true, requirement));
                        below(alias, level + 1, lines);
                    }
                }
            }
        }
    }
    let mut lines = Vec::new();
    below(FLOW, 0, &mut lines);
    lines
}

fn as_wanted(seen: &[Seen]) -> bool {
    let wanted = wanted_lines();
    seen.len() == wanted.len()
        && seen.iter().zip(&wanted).all(|(seen, (level, what, is_flow, requirement))| {
            seen.level == *level && seen.what == *what && seen.is_flow == *is_flow && seen.requirement == *requirement
        })
}

async fn lines(keycloak: &Keycloak, realm: &str) -> Result<Option<Vec<Seen>>, Failure> {
    let executions = keycloak.get(&format!("/{realm}/authentication/flows/{FLOW}/executions")).await?.found()?;
    Ok(executions.as_ref().map(seen_lines))
}

/// Adds what is missing of the flow and puts right what is wrong in it, line by line. What is right stays as it is.
async fn complete(keycloak: &Keycloak, realm: &str) -> Result<(), Failure> {
    let base = format!("/{realm}/authentication");
    if lines(keycloak, realm).await?.is_none() {
        let flow = json!({ "alias": FLOW, "description": "", "providerId": "basic-flow", "topLevel": true, "builtIn": false });
        keycloak.post(&format!("{base}/flows"), &flow).await?.success()?;
    }
    let wanted = wanted_lines();
    for line in lines(keycloak, realm).await?.unwrap_or_default() {
        if !wanted.iter().any(|(_, what, is_flow, _)| line.what == *what && line.is_flow == *is_flow) {
            keycloak.delete(&format!("{base}/executions/{}", line.id)).await?.gone()?;
        }
    }
    for (parent, line, requirement) in &LINES {
        let (what, is_flow) = match line {
            Line::Step(provider) => (*provider, false),
            Line::Flow(alias) => (*alias, true),
        };
        let find = |seen: Vec<Seen>| seen.into_iter().find(|seen| seen.what == what && seen.is_flow == is_flow);
        let mut found = find(lines(keycloak, realm).await?.unwrap_or_default());
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
            found = find(lines(keycloak, realm).await?.unwrap_or_default());
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
        format!("{}/{FLOW}", wanted.names().realm)
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        "one-time code or WebAuthn, forced for everyone".to_owned()
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let keycloak = &site.platform.keycloak;
        let name = wanted.names().realm;
        let action_path = format!("/{name}/authentication/required-actions/CONFIGURE_TOTP");
        let (realm, lines, action) = tokio::join!(realm::find(keycloak, &name), lines(keycloak, &name), keycloak.get(&action_path));
        let Some(realm) = realm? else { return Ok(Observation::Absent) };
        if !realm::is_ours(&realm, wanted) {
            return Ok(Observation::Foreign { what: format!("realm {name} without this tenant's mark") });
        }
        let Some(lines) = lines? else { return Ok(Observation::Absent) };
        let bound = realm.get("browserFlow").and_then(Value::as_str) == Some(FLOW);
        let by_default = action?.success()?.get("defaultAction").and_then(Value::as_bool) == Some(true);
        Ok(if !as_wanted(&lines) {
            Observation::Partial { missing: "steps of the flow".to_owned() }
        } else if !bound {
            Observation::Partial { missing: "the flow is not bound to the realm".to_owned() }
        } else if !by_default {
            Observation::Partial { missing: "enrolment is not the default for new people".to_owned() }
        } else {
            Observation::Ours { as_wanted: true, detail: self.exactly(site, wanted) }
        })
    }

    async fn apply(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        refuse_foreign(self.kind(), seen)?;
        let keycloak = &site.platform.keycloak;
        let name = wanted.names().realm;
        let realm_path = format!("/{name}");
        let action_path = format!("/{name}/authentication/required-actions/CONFIGURE_TOTP");
        let (lines, realm, action) = tokio::join!(lines(keycloak, &name), keycloak.get(&realm_path), keycloak.get(&action_path));
        if !lines?.is_some_and(|lines| as_wanted(&lines)) {
            complete(keycloak, &name).await?;
        }
        if realm?.success()?.get("browserFlow").and_then(Value::as_str) != Some(FLOW) {
            keycloak.put(&realm_path, &json!({ "browserFlow": FLOW })).await?.success()?;
        }
        let mut action = action?.success()?;
        if let Some(fields) = action.as_object_mut() {
            fields.insert("enabled".to_owned(), json!(true));
            fields.insert("defaultAction".to_owned(), json!(true));
        }
        keycloak.put(&action_path, &action).await?.success().map(|_| ())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let keycloak = &site.platform.keycloak;
        let name = wanted.names().realm;
        let realm_path = format!("/{name}");
        match realm::find(keycloak, &name).await? {
            None => return Ok(()),
            Some(realm) if !realm::is_ours(&realm, wanted) => {
                return Err(Failure::foreign(
                    steward_domain::system::System::Keycloak,
                    &format!("realm {name} without this tenant's mark"),
                ));
            }
            Some(_) => {}
        }
        keycloak.put(&realm_path, &json!({ "browserFlow": "browser" })).await?.success()?;
        let flows = keycloak.get(&format!("/{name}/authentication/flows")).await?.success()?;
        let id = flows
            .as_array()
            .into_iter()
            .flatten()
            .find(|flow| flow.get("alias").and_then(Value::as_str) == Some(FLOW))
            .and_then(|flow| flow.get("id"))
            .and_then(Value::as_str);
        match id {
            Some(id) => keycloak.delete(&format!("/{name}/authentication/flows/{id}")).await?.gone(),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_as_an_indented_tree() {
        let tree: String = wanted_lines()
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
