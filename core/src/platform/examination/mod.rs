//! What `steward check` asks the systems: whether each is there, takes Steward's credentials, gives it the rights that it needs and no
//! obviously wrong ones, and has the right time. Nothing is changed anywhere; each answer says what to fix.

mod rights;

use super::{Failure, Instance, Platform};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use steward_domain::cause::Nature;
use steward_domain::plan::Verdict;
use steward_domain::system::System;

/// From so many seconds on, a clock that goes wrong is told of.
const SKEW_LOOK: i64 = 5;
/// From so many seconds on, tokens and certificates may be refused for it.
const SKEW_WRONG: i64 = 30;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose: "Keycloak".
    pub of: String,
    /// What: "credentials".
    pub what: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing if all is well.
    pub helps: Option<String>,
    /// Whether it is wrong only because the system does not answer.
    pub away: bool,
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn pass(of: impl Into<String>, what: &'static str, found: impl Into<String>) -> Self {
        Self { of: of.into(), what, verdict: Verdict::Pass, found: found.into(), helps: None, away: false }
    }

    /// Something is wrong.
    #[must_use]
    pub fn fail(of: impl Into<String>, what: &'static str, found: impl Into<String>, helps: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, helps: Some(helps.into()), ..Self::pass(of, what, found) }
    }

    /// Somebody should look.
    #[must_use]
    pub fn look(of: impl Into<String>, what: &'static str, found: impl Into<String>, helps: impl Into<String>) -> Self {
        Self { verdict: Verdict::Look, helps: Some(helps.into()), ..Self::pass(of, what, found) }
    }

    /// A system that is not there: of a run it would be said that Steward goes on by itself, but here its address may be wrong.
    fn unreached(at: &Instance, failure: Failure) -> Self {
        let helps = format!("See that it runs and is ready, or correct {}.", address_of(at));
        Self { helps: Some(helps), ..Self::failed(at, "reached", failure) }
    }

    fn failed(at: &Instance, what: &'static str, failure: Failure) -> Self {
        let failure = failure.at(at);
        let away = failure.cause.nature == Nature::Away;
        Self { away, ..Self::fail(at.to_string(), what, format!("{} ({})", failure.cause.what, failure.log), failure.cause.helps) }
    }

    /// How far a clock is from this machine's.
    #[must_use]
    pub fn clock(of: impl Into<String>, theirs: DateTime<Utc>, ours: DateTime<Utc>) -> Self {
        let skew = (theirs - ours).num_seconds();
        let found = match skew {
            0 => "as this machine's".to_owned(),
            ahead @ 1.. => format!("{ahead} s ahead of this machine's"),
            behind => format!("{} s behind this machine's", behind.unsigned_abs()),
        };
        let helps = "Let both clocks be set by NTP: tokens and certificates hold only for a while.";
        match skew.abs() {
            SKEW_WRONG.. => Self::fail(of, "clock", found, helps),
            SKEW_LOOK.. => Self::look(of, "clock", found, helps),
            _ => Self::pass(of, "clock", found),
        }
    }
}

impl Platform {
    /// Examines every system, all side by side. `now` is this machine's clock, `base_domain` what tenants' domains lie below.
    pub async fn examine(&self, now: DateTime<Utc>, base_domain: &str) -> Vec<Finding> {
        join_all(self.instances().into_iter().map(|at| self.examine_one(at, now, base_domain))).await.into_iter().flatten().collect()
    }

    async fn examine_one(&self, at: Instance, now: DateTime<Utc>, base_domain: &str) -> Vec<Finding> {
        if let Err(failure) = self.reach_instance(&at).await {
            return vec![Finding::unreached(&at, failure)];
        }
        let mut findings = vec![Finding::pass(at.to_string(), "reached", "it answers")];
        let examined = match at.system {
            System::Keycloak => match at.cell.as_deref().map_or(Some(&self.keycloak), |cell| self.cells.get(cell)) {
                Some(keycloak) => keycloak.examine(now).await,
                None => Ok(Vec::new()),
            },
            System::OpenBao => self.openbao.examine(now).await,
            System::Kubernetes => self.kubernetes.examine(now).await,
            System::Grafana => self.grafana.examine(now).await,
            System::Dns => self.dns.examine(base_domain).await,
            // A handshake takes no credentials.
            System::Ingress => Ok(Vec::new()),
        };
        let examined = examined.unwrap_or_else(|failure| vec![Finding::failed(&at, "credentials", failure)]);
        findings.extend(examined.into_iter().map(|finding| Finding { of: at.to_string(), ..finding }));
        findings
    }
}

/// The setting that says where a system is.
fn address_of(at: &Instance) -> String {
    match (at.system, &at.cell) {
        (System::Keycloak, Some(cell)) => format!("STEWARD_KEYCLOAK_{}_URL", cell.to_ascii_uppercase().replace('-', "_")),
        (System::Keycloak, None) => "STEWARD_KEYCLOAK_URL".to_owned(),
        (System::OpenBao, _) => "STEWARD_VAULT_URL".to_owned(),
        (System::Kubernetes, _) => "STEWARD_KUBECONFIG".to_owned(),
        (System::Grafana, _) => "STEWARD_GRAFANA_URL".to_owned(),
        (System::Dns, _) => "STEWARD_CLOUDFLARE_URL or STEWARD_POWERDNS_URL".to_owned(),
        (System::Ingress, _) => "STEWARD_INGRESS_ADDRESS".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn the_setting_of_a_cell_is_named_as_it_is_read() {
        assert_eq!(address_of(&Instance::cell("far-north")), "STEWARD_KEYCLOAK_FAR_NORTH_URL");
    }

    #[test]
    fn a_clock_is_told_of_before_it_does_harm() {
        let now = DateTime::UNIX_EPOCH;
        let clock = |seconds| Finding::clock("Keycloak", now + TimeDelta::seconds(seconds), now);
        assert_eq!(
            [0, 4, -5, 29, 30, -300].map(|seconds| clock(seconds).verdict),
            [Verdict::Pass, Verdict::Pass, Verdict::Look, Verdict::Look, Verdict::Fail, Verdict::Fail]
        );
        assert_eq!(clock(-45).found, "45 s behind this machine's");
    }
}
