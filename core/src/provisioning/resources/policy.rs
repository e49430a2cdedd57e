//! Policy `tenant_<name>_policy` over the tenant's secrets and key, rendered from `templates/tenant_policy.hcl`. The mark is a
//! comment in its head. Steward writes such policies and cannot make tokens for them: both together would amount to root.

use super::{Observation, Resource};
use crate::platform::{Failure, Trouble};
use crate::provisioning::wanted::{Site, Wanted};
use askama::Template;
use async_trait::async_trait;
use steward_domain::difference::Difference;
use steward_domain::resource::ResourceKind;
use steward_domain::system::System;

/// The kind.
pub(super) struct TenantPolicy;

#[derive(Template)]
#[template(path = "tenant_policy.hcl", escape = "none")]
struct Text<'a> {
    tenant_id: &'a str,
    short_name: &'a str,
    kv_mount: &'a str,
    secrets: &'a str,
    transit_mount: &'a str,
    transit_key: &'a str,
}

fn text(site: &Site, wanted: &Wanted) -> Result<String, Failure> {
    let names = wanted.names();
    let openbao = &site.platform.openbao;
    let text = Text {
        tenant_id: &wanted.mark(),
        short_name: wanted.short_name.as_str(),
        kv_mount: openbao.kv_mount(),
        secrets: &names.secrets,
        transit_mount: openbao.transit_mount(),
        transit_key: &names.namespace,
    };
    text.render().map_err(|error| Failure::new(System::OpenBao, Trouble::Refused, format!("policy template: {error}")))
}

fn is_marked(policy: &str, wanted: &Wanted) -> bool {
    let mark = format!("# steward-tenant-id: {}", wanted.mark());
    policy.lines().any(|line| line.trim() == mark)
}

/// The lines that only one of two policies has; the order of lines counts as one more difference.
fn differing_lines(found: &str, wanted: &str) -> Vec<Difference> {
    let lines = |text: &'_ str| text.trim().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let (found, wanted) = (lines(found), lines(wanted));
    if found == wanted {
        return Vec::new();
    }
    let only_in = |these: &[String], those: &[String]| {
        let only: Vec<&str> = these.iter().filter(|line| !those.contains(line)).map(|line| line.trim()).collect();
        if only.is_empty() { "the same lines in another order".to_owned() } else { only.join("; ") }
    };
    vec![Difference::new("text", only_in(&found, &wanted), only_in(&wanted, &found))]
}

#[async_trait]
impl Resource for TenantPolicy {
    fn kind(&self) -> ResourceKind {
        ResourceKind::Policy
    }

    fn name(&self, _: &Site, wanted: &Wanted) -> String {
        wanted.names().policy
    }

    fn exactly(&self, site: &Site, wanted: &Wanted) -> String {
        let names = wanted.names();
        format!("reads and writes {}/{} and below, uses key {}", site.platform.openbao.kv_mount(), names.secrets, names.namespace)
    }

    async fn observe(&self, site: &Site, wanted: &Wanted) -> Result<Observation, Failure> {
        let name = wanted.names().policy;
        Ok(match site.platform.openbao.policy(&name).await? {
            None => Observation::Absent,
            Some(found) if !is_marked(&found, wanted) => Observation::Foreign { what: format!("policy {name} without this tenant's mark") },
            Some(found) => {
                Observation::Ours { differences: differing_lines(&found, &text(site, wanted)?), detail: self.exactly(site, wanted) }
            }
        })
    }

    async fn bring_about(&self, site: &Site, wanted: &Wanted, _: &Observation) -> Result<(), Failure> {
        site.platform.openbao.set_policy(&wanted.names().policy, &text(site, wanted)?).await
    }

    async fn remove(&self, site: &Site, wanted: &Wanted) -> Result<(), Failure> {
        match self.observe(site, wanted).await? {
            Observation::Absent => Ok(()),
            Observation::Foreign { what } => Err(Failure::foreign(System::OpenBao, &what)),
            Observation::Ours { .. } | Observation::Partial { .. } => site.platform.openbao.delete_policy(&wanted.names().policy).await,
        }
    }
}
