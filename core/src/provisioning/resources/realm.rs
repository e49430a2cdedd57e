//! Realm `<name>`: roles, password policy, brute-force protection, sessions, events, mail. It is made with the flows that
//! force the second factor already bound, in one call, so that there is no moment at which the realm exists without them.

use super::{ChangedBy, Observation, Resource, differences, realm_changes, second_factor};
use crate::platform::{Failure, Keycloak, Trouble};
use crate::provisioning::MailSecurity;
use crate::provisioning::wanted::{Site, Wanted};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::time::Duration;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;
use steward_domain::theme::Scheme;

/// The realm attribute that carries the tenant's id: the mark.
pub(super) const MARK: &str = "steward.tenant_id";

/// The four roles of GUIDE §4.
pub(super) const ROLES: [(&str, &str); 4] = [
    ("tenant-admin", "Full administration over tenant resources."),
    ("tenant-manager", "Manage users and settings."),
    ("tenant-user", "Access assigned modules only."),
    ("tenant-auditor", "Read-only access for compliance."),
];

/// Days for which the realm keeps its events: security events of GUIDE §6.
const EVENTS_KEPT_DAYS: u64 = 90;

/// What Keycloak's admin events call the changes that concern this kind.
const CHANGES: [&str; 2] = ["REALM", "REALM_ROLE"];

/// The kind.
pub(super) struct Realm;

fn settings(site: &Site, wanted: &Wanted) -> Value {
    let mail = &site.settings.mail;
    json!({
        "realm": wanted.names().realm,
        "enabled": !wanted.suspended,
        "displayName": wanted.organisation,
        "sslRequired": "external",
        "registrationAllowed": false,
        // Whoever reads a person's mail could set a new password and replace the one-time code: an administrator invites anew instead.
        "resetPasswordAllowed": false,
        "rememberMe": false,
        "verifyEmail": true,
        "loginWithEmailAllowed": true,
        "duplicateEmailsAllowed": false,
        "accessTokenLifespan": 900,
        "ssoSessionIdleTimeout": 7200,
        "ssoSessionMaxLifespan": 36000,
        "actionTokenGeneratedByAdminLifespan": super::administrator::INVITATION_SECONDS,
        "passwordPolicy": "length(12) and upperCase(1) and lowerCase(1) and digits(1) and notUsername(undefined) and notEmail(undefined) and passwordHistory(5) and hashAlgorithm(argon2)",
        "bruteForceProtected": true,
        "permanentLockout": false,
        "failureFactor": 5,
        "waitIncrementSeconds": 60,
        "maxFailureWaitSeconds": 900,
        "maxDeltaTimeSeconds": 43200,
        "quickLoginCheckMilliSeconds": 1000,
        "minimumQuickLoginWaitSeconds": 60,
        "otpPolicyType": "totp",
        "otpPolicyAlgorithm": "HmacSHA1",
        "otpPolicyDigits": 6,
        "otpPolicyPeriod": 30,
        // A code counts for one period more: people type slowly, and clocks differ.
        "otpPolicyLookAheadWindow": 1,
        "webAuthnPolicyRpEntityName": wanted.organisation,
        "eventsEnabled": true,
        "eventsExpiration": EVENTS_KEPT_DAYS * 86_400,
        "adminEventsEnabled": true,
        "adminEventsDetailsEnabled": true,
        "smtpServer": {
            "host": mail.host, "port": mail.port.to_string(), "from": mail.from, "fromDisplayName": wanted.organisation,
            "ssl": (mail.security == MailSecurity::Tls).to_string(), "starttls": (mail.security == MailSecurity::StartTls).to_string(), "auth": "false",
        },
        "attributes": attributes(site, wanted),
    })
}

fn attributes(site: &Site, wanted: &Wanted) -> Value {
    let theme = &wanted.theme;
    // An attribute that is not there cannot be told from one that was forgotten: no logo is a word too.
    let logo = theme.logo.as_ref().map_or_else(|| "none".to_owned(), |logo| format!("{}{}", site.settings.public_url, logo.path()));
    let mut attributes = json!({
        MARK: wanted.mark(),
        "steward.region": wanted.settings.region.as_str(),
        // For the sign-in pages that Keycloak draws. The colours can be read, in light and in dark.
        "steward.theme.primary": theme.primary.to_string(),
        "steward.theme.primary.dark": theme.palette(Scheme::Dark).accent.to_string(),
        "steward.theme.secondary": theme.secondary.to_string(),
        "steward.theme.secondary.dark": theme.palette(Scheme::Dark).link.to_string(),
        "steward.theme.font": theme.font.as_str(),
        "steward.theme.layout": theme.layout.as_str(),
        "steward.theme.dark_mode": theme.dark_mode.as_str(),
        "steward.theme.logo": logo,
    });
    if let (true, Some(fields)) = (wanted.suspended, attributes.as_object_mut()) {
        fields.insert(SESSIONS_ENDED.to_owned(), json!("true"));
    }
    attributes
}

/// The realm attribute that says that every session was ended after the realm was closed. It is written last: a realm that is closed
/// without it is not suspended yet, because opened again it would revive the old sessions.
const SESSIONS_ENDED: &str = "steward.sessions_ended";

/// Closes the realm and ends every session in it. Tokens issued before count no more.
async fn keep_people_out(site: &Site, keycloak: &Keycloak, name: &str) -> Result<(), Failure> {
    let closed = json!({ "enabled": false, "notBefore": site.context.now().timestamp() });
    keycloak.put(&format!("/{name}"), &closed).await?.success()?;
    keycloak.post(&format!("/{name}/logout-all"), &json!({})).await?.success().map(|_| ())
}

fn role(name: &str, description: &str) -> Value {
    json!({ "name": name, "description": description })
}

/// How often a realm is looked at of which only a stub is shown; the first pause between two looks, each further one twice as long:
/// 1.3 s in all.
const STUB_LOOKS: u32 = 7;
const STUB_PAUSE: Duration = Duration::from_millis(20);

/// The realm's representation, if there is one. A realm that Steward may not see answers 200 with a stub of a few fields. For some
/// 100 ms after its creation Steward's own one does so too: Keycloak commits the realm before it forgets what its creator might
/// not see until then. So a stub is looked at again before it counts.
pub(super) async fn find(keycloak: &Keycloak, name: &str) -> Result<Option<Value>, Failure> {
    for look in 1..STUB_LOOKS {
        match keycloak.get(&format!("/{name}")).await?.found()? {
            Some(realm) if realm.get("id").is_none() => tokio::time::sleep(STUB_PAUSE * (1 << (look - 1))).await,
            found => return Ok(found),
        }
    }
    keycloak.get(&format!("/{name}")).await?.found()
}

/// Whose realm it is, from its representation.
pub(super) fn is_ours(realm: &Value, wanted: &Wanted) -> bool {
    realm.pointer("/attributes/steward.tenant_id").and_then(Value::as_str) == Some(&wanted.mark())
}

#[async_trait]
impl Resource for Realm {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Realm
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().realm
    }

    fn exactly(&self, site: &Site, wanted: &Wanted) -> String {
        // Where there is one cluster nobody asks in which one it is.
        let cell = match wanted.cell.as_deref().unwrap_or(&site.settings.cells.first().name) {
            cell if site.settings.cells.are_several() => format!("cell {cell}; "),
            _ => String::new(),
        };
        if wanted.suspended {
            return format!("{cell}closed: sign-in refused, every session ended; accounts, roles and settings stay");
        }
        format!("{cell}4 roles, brute-force protection, password policy, access tokens 15 min, sessions idle 120 min, events on")
    }

    fn creation_detects_existing(&self) -> bool {
        true
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let roles_path = format!("/{name}/roles");
        let (realm, roles) = tokio::join!(find(keycloak, &name), keycloak.get(&roles_path));
        let Some(realm) = realm? else { return Ok(Observation::Absent) };
        if !is_ours(&realm, wanted) {
            return Ok(Observation::Foreign { what: format!("realm {name} without this tenant's mark") });
        }
        let mut roles = roles?;
        if roles.status == 403 {
            // Asked for in the moment when only a stub was shown.
            roles = keycloak.get(&roles_path).await?;
        }
        let roles = roles.success()?;
        let has = |role: &str| {
            roles.as_array().is_some_and(|roles| roles.iter().any(|found| found.get("name").and_then(Value::as_str) == Some(role)))
        };
        let missing: Vec<&str> = ROLES.iter().map(|(name, _)| *name).filter(|name| !has(name)).collect();
        if !missing.is_empty() {
            return Ok(Observation::Partial { missing: format!("roles {}", missing.join(", ")) });
        }
        Ok(Observation::Ours { differences: differences(&realm, &settings(site, wanted)), detail: self.exactly(site, wanted) })
    }

    async fn changed_by(&self, site: &Site, wanted: &Wanted, _: &[Difference]) -> Result<Option<ChangedBy>, Failure> {
        realm_changes::last_other(site.keycloak(wanted)?, &wanted.names().realm, &CHANGES).await
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, seen: &Observation) -> Result<(), Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        let mut realm = settings(site, wanted);
        if *seen == Observation::Absent {
            if let Some(fields) = realm.as_object_mut() {
                let roles: Vec<Value> = ROLES.iter().map(|(name, description)| role(name, description)).collect();
                fields.insert("roles".to_owned(), json!({ "realm": roles }));
                fields.insert("authenticationFlows".to_owned(), second_factor::flows());
                fields.extend(second_factor::bindings());
            }
            let reply = keycloak.post("", &realm).await?;
            if reply.status == 409 {
                // Also for a realm that Steward cannot see. Whose it is, the next look says.
                return Err(
                    Failure::new(System::Keycloak, Trouble::Busy, reply.log()).saying(format!("A realm {name} appeared meanwhile."))
                );
            }
            return reply.success().map(|_| ());
        }
        if wanted.suspended {
            keep_people_out(site, keycloak, &name).await?;
        }
        keycloak.put(&format!("/{name}"), &realm).await?.success()?;
        for (role_name, description) in ROLES {
            let reply = keycloak.post(&format!("/{name}/roles"), &role(role_name, description)).await?;
            if reply.status != 409 {
                reply.success()?;
            }
        }
        Ok(())
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        let keycloak = site.keycloak(wanted)?;
        let name = wanted.names().realm;
        match find(keycloak, &name).await? {
            None => Ok(()),
            Some(realm) if is_ours(&realm, wanted) => keycloak.delete(&format!("/{name}")).await?.gone(),
            Some(_) => Err(Failure::foreign(System::Keycloak, &format!("realm {name} without this tenant's mark"))),
        }
    }
}
