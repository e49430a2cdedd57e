//! The tenant's first administrator: a person in the realm with role `tenant-admin`, invited by mail to choose a password,
//! confirm the address and enrol a second factor.
//!
//! Mail cannot be taken back, so whether it was sent is looked up before it is sent: Keycloak records the act among the realm's admin
//! events in the same transaction. It goes on with a call that Steward gave up, so after such a call, and after a worker that was lost,
//! the engine looks until 30 s after the attempt began. What remains: Keycloak dies between the mail and its record, which nothing can
//! rule out, or takes longer than those 30 s over a slow mail server. Then the mail is sent twice.

use super::{Observation, Resource, realm};
use crate::platform::{Failure, Keycloak, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// How long the link in the invitation works: 72 hours.
pub(super) const INVITATION_SECONDS: u64 = 72 * 3600;
/// How long Keycloak may take to hand the mail over. It gives the mail server 10 s to take the connection and 10 s for each answer.
const INVITATION_TIMEOUT: Duration = Duration::from_secs(30);
/// What the person is asked to do.
const ACTIONS: [&str; 3] = ["UPDATE_PASSWORD", "VERIFY_EMAIL", "CONFIGURE_TOTP"];
/// The role.
const ROLE: &str = "tenant-admin";

/// The kind.
pub(super) struct Administrator;

/// The name that the person has in the realm: the address, unless it has characters that Keycloak refuses in names. People sign in with
/// the address either way.
fn username(email: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
    if email.chars().all(allowed) {
        return email.to_owned();
    }
    // Two addresses must not become one name.
    let mut hash = hex::encode(Sha256::digest(email));
    hash.truncate(8);
    format!("{}-{hash}", email.replace(|c| !allowed(c), "-"))
}

async fn user_id(keycloak: &Keycloak, realm: &str, email: &str) -> Result<Option<String>, Failure> {
    let query: String = url_encoded(email);
    let Some(users) = keycloak.get(&format!("/{realm}/users?email={query}&exact=true&briefRepresentation=true")).await?.found()? else {
        return Ok(None);
    };
    Ok(users.pointer("/0/id").and_then(Value::as_str).map(str::to_owned))
}

fn url_encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}

async fn has_role(keycloak: &Keycloak, realm: &str, user: &str) -> Result<bool, Failure> {
    let roles = keycloak.get(&format!("/{realm}/users/{user}/role-mappings/realm")).await?.success()?;
    Ok(roles.as_array().is_some_and(|roles| roles.iter().any(|role| role.get("name").and_then(Value::as_str) == Some(ROLE))))
}

async fn was_invited(keycloak: &Keycloak, realm: &str, user: &str) -> Result<bool, Failure> {
    let path = format!("/{realm}/admin-events?operationTypes=ACTION&resourcePath=users/{user}/execute-actions-email&max=1");
    let events = keycloak.get(&path).await?.success()?;
    Ok(events.as_array().is_some_and(|events| !events.is_empty()))
}

async fn give_role(keycloak: &Keycloak, realm: &str, user: &str, role: &Value) -> Result<(), Failure> {
    keycloak.post(&format!("/{realm}/users/{user}/role-mappings/realm"), &json!([role])).await?.success().map(|_| ())
}

async fn invite(keycloak: &Keycloak, realm: &str, user: &str) -> Result<(), Failure> {
    let path = format!("/{realm}/users/{user}/execute-actions-email?lifespan={INVITATION_SECONDS}");
    let reply = keycloak.put_within(INVITATION_TIMEOUT, &path, &json!(ACTIONS)).await?;
    if reply.status == 500 {
        return Err(Failure::new(System::Keycloak, Trouble::MailNotSent, reply.log()));
    }
    reply.success().map(|_| ())
}

#[async_trait]
impl Resource for Administrator {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Administrator
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.contact_email.to_string()
    }

    fn exactly(&self, _: &Site, _: &Wanted) -> String {
        format!("role {ROLE}, invited by mail, the link works for 72 h")
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    fn effect_outlives_call(&self) -> Duration {
        INVITATION_TIMEOUT
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let email = wanted.contact_email.as_str();
        let (realm, user) = tokio::join!(realm::find(keycloak, &name), user_id(keycloak, &name, email));
        let Some(realm) = realm? else { return Ok(Observation::Absent) };
        if !realm::is_ours(&realm, wanted) {
            return Ok(Observation::Foreign { what: format!("realm {name} without this tenant's mark") });
        }
        let Some(user) = user? else { return Ok(Observation::Absent) };
        let (has_role, was_invited) = tokio::join!(has_role(keycloak, &name, &user), was_invited(keycloak, &name, &user));
        Ok(match (has_role?, was_invited?) {
            (true, true) => Observation::Ours { differences: Vec::new(), detail: self.exactly(site, wanted) },
            (false, _) => Observation::Partial { missing: format!("role {ROLE}") },
            (true, false) => Observation::Partial { missing: "the invitation was not sent".to_owned() },
        })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let email = wanted.contact_email.as_str();
        let role_path = format!("/{name}/roles/{ROLE}");
        if *seen == Observation::Absent {
            let person =
                json!({ "username": username(email), "email": email, "enabled": true, "emailVerified": false, "requiredActions": ACTIONS });
            let people_path = format!("/{name}/users");
            let (made, role) = tokio::join!(keycloak.post(&people_path, &person), keycloak.get(&role_path));
            let made = made?;
            if made.status == 409 {
                return Err(
                    Failure::new(System::Keycloak, Trouble::Busy, made.log()).saying(format!("A person {email} appeared meanwhile."))
                );
            }
            let user = made.location_id.clone();
            let log = made.log();
            made.success()?;
            let user = user.ok_or_else(|| Failure::new(System::Keycloak, Trouble::Unreadable, log))?;
            give_role(keycloak, &name, &user, &role?.success()?).await?;
            return invite(keycloak, &name, &user).await;
        }
        let Some(user) = user_id(keycloak, &name, email).await? else {
            return Err(Failure::new(System::Keycloak, Trouble::Busy, "the person went away meanwhile"));
        };
        if !has_role(keycloak, &name, &user).await? {
            let role = keycloak.get(&role_path).await?.success()?;
            give_role(keycloak, &name, &user, &role).await?;
        }
        if !was_invited(keycloak, &name, &user).await? {
            invite(keycloak, &name, &user).await?;
        }
        Ok(())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        match realm::find(keycloak, &name).await? {
            None => Ok(()),
            Some(realm) if !realm::is_ours(&realm, wanted) => {
                Err(Failure::foreign(System::Keycloak, &format!("realm {name} without this tenant's mark")))
            }
            Some(_) => match user_id(keycloak, &name, wanted.contact_email.as_str()).await? {
                Some(user) => keycloak.delete(&format!("/{name}/users/{user}")).await?.gone(),
                None => Ok(()),
            },
        }
    }
}
