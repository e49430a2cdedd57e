//! How much of its limits a tenant uses right now, as Kubernetes itself counts it in the quota of the namespace, and that nobody lowers a
//! limit below that by mistake. It keeps nothing.

use super::resources::quota_name;
use super::{Proposal, Provisioning};
use crate::access::{Authority, ReadTenants, Right};
use crate::error::{Error, Result};
use crate::tenants;
use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::ResourceQuota;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;
use steward_domain::cause::Cause;
use steward_domain::field::FieldError;
use steward_domain::limits::{LimitRule, Limits};
use steward_domain::plan::{PreflightCheck, Verdict};
use steward_domain::resource::{Names, ResourceKind};
use uuid::Uuid;

/// One of the four figures, in the unit of [`Limits::RULES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Used {
    /// What is used; none if Kubernetes does not count it yet.
    pub used: Option<f64>,
    /// The limit that Kubernetes enforces; none if it enforces none.
    pub in_force: Option<f64>,
}

impl Used {
    /// The share that is used, in percent, rounded down: 100 means that nothing is left. None without both figures; of a limit of
    /// nothing, nothing is used.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a quota; floats saturate")]
    pub fn percent(self) -> Option<u32> {
        match (self.used?, self.in_force?) {
            (used, limit) if limit > 0.0 => Some((used / limit * 100.0 + 1e-9).floor() as u32),
            (used, _) => Some(if used > 0.0 { 100 } else { 0 }),
        }
    }
}

/// The use of a tenant's limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The figures in the order of [`Limits::RULES`], or why there are none.
    pub figures: std::result::Result<[Used; 4], Cause>,
    /// Where they come from: "ResourceQuota tenant-acme/tenant".
    pub source: String,
    /// When they were read.
    pub measured_at: DateTime<Utc>,
}

impl Usage {
    /// The limits that are lower than what is used, as indices into [`Limits::RULES`], each with what is used.
    #[must_use]
    pub fn above(&self, limits: &Limits) -> Vec<(usize, f64)> {
        let figures = self.figures.as_ref().map(|figures| figures.as_slice()).unwrap_or_default();
        let used = figures.iter().zip(limits.figures()).enumerate();
        used.filter_map(|(place, (figure, wanted))| figure.used.filter(|used| *used > f64::from(wanted)).map(|used| (place, used)))
            .collect()
    }

    /// What becomes of each limit that is lower than what is used, for whoever reviews the plan.
    pub(super) fn below(&self, limits: &Limits) -> Vec<PreflightCheck> {
        let rules = self.above(limits).into_iter().filter_map(|(place, used)| Some((Limits::RULES.get(place)?, place, used)));
        let checks = rules.map(|(rule, place, used)| PreflightCheck {
            verdict: Verdict::Look,
            what: format!("{}. What runs goes on; whatever is new or grows is refused", lower(rule, limits, place, used)),
            source: self.source.clone(),
            helps: None,
        });
        checks.collect()
    }
}

/// "Storage: 100 GiB is less than the 431 GiB in use"
fn lower(rule: &LimitRule, limits: &Limits, place: usize, used: f64) -> String {
    let wanted = limits.figures().get(place).copied().unwrap_or_default();
    let (label, unit) = (rule.label, rule.unit);
    format!("{label}: {wanted} {unit} is less than the {} {unit} in use", amount(used))
}

/// A figure without needless digits: "4", "3.5".
#[must_use]
pub fn amount(figure: f64) -> String {
    let rounded = (figure * 10.0).round() / 10.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

/// The names of the quota's figures, in the order of [`Limits::RULES`], and how many of Kubernetes' units make one of ours.
const FIGURES: [(&str, f64); 4] =
    [("requests.cpu", 1.0), ("requests.memory", GIB), ("requests.storage", GIB), ("requests.nvidia.com/gpu", 1.0)];
const GIB: f64 = 1_073_741_824.0;

impl Provisioning {
    /// What a tenant uses of its limits right now.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such tenant. A cluster that does not answer is no error: the figures say so.
    pub async fn usage_of(&self, authority: &Authority<ReadTenants>, tenant_id: Uuid) -> Result<Usage> {
        let tenant = tenants::view(&self.database, authority, tenant_id).await?;
        let short_name = tenant.short_name.as_deref().and_then(|name| steward_domain::short_name::ShortName::parse(name).ok());
        let short_name = short_name.ok_or(Error::NotFound("tenant"))?;
        let namespace = Names::of(&short_name, &self.site.settings.base_domain).namespace;
        Ok(self.usage_in(&namespace).await)
    }

    pub(super) async fn usage_in(&self, namespace: &str) -> Usage {
        let kubernetes = &self.site.platform.kubernetes;
        let found = kubernetes.find(&kubernetes.namespaced::<ResourceQuota>(namespace), quota_name()).await;
        let source = format!("{} {namespace}/{}", ResourceKind::ResourceQuota.label(), quota_name());
        let measured_at = self.database.context().now();
        let status = match found {
            Ok(quota) => quota.and_then(|quota| quota.status).unwrap_or_default(),
            Err(failure) => return Usage { figures: Err(failure.cause), source, measured_at },
        };
        let figures = FIGURES.map(|(name, unit)| Used {
            used: figure(status.used.as_ref(), name).map(|figure| figure / unit),
            in_force: figure(status.hard.as_ref(), name).map(|figure| figure / unit),
        });
        Usage { figures: Ok(figures), source, measured_at }
    }

    /// Refuses limits below what is used if nobody agreed to them. If the cluster does not say what is used there is nothing to compare
    /// with, and the plan cannot run.
    pub(super) async fn demand_agreed<R: Right>(&self, authority: &Authority<R>, tenant_id: Uuid, proposal: &Proposal) -> Result<()> {
        let Some(limits) = proposal.patch.limits.as_ref().filter(|_| !proposal.below_use) else { return Ok(()) };
        let mut reader = self.database.read(authority).await?;
        let tenant = tenants::facts(reader.conn(), tenant_id).await?.ok_or(Error::NotFound("tenant"))?;
        drop(reader);
        let usage = self.usage_in(&Names::of(&tenant.short_name, &self.site.settings.base_domain).namespace).await;
        let lowered = usage.above(limits).into_iter().filter_map(|(place, used)| Some((Limits::RULES.get(place)?, place, used)));
        let errors: Vec<FieldError> = lowered
            .map(|(rule, place, used)| {
                let what = lower(rule, limits, place, used);
                FieldError::new(rule.field, format!("{what}. Enter more, or agree to going below what is used"))
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }
}

fn figure(of: Option<&BTreeMap<String, Quantity>>, name: &str) -> Option<f64> {
    of?.get(name).and_then(|quantity| number(&quantity.0))
}

/// A quantity of Kubernetes as a plain number (apimachinery, `resource.Quantity`): "500m", "8Gi", "1e3".
fn number(quantity: &str) -> Option<f64> {
    const SUFFIXES: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", GIB),
        ("Ti", 1024.0 * GIB),
        ("Pi", 1_048_576.0 * GIB),
        ("Ei", GIB * GIB),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let suffix = SUFFIXES.iter().find_map(|(suffix, factor)| quantity.strip_suffix(suffix).map(|digits| (digits, *factor)));
    let (digits, factor) = suffix.unwrap_or((quantity, 1.0));
    digits.parse::<f64>().ok().map(|figure| figure * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_in_every_form() {
        for (quantity, figure) in
            [("3", 3.0), ("500m", 0.5), ("8Gi", 8.0 * GIB), ("1536Mi", 1.5 * GIB), ("1e3", 1000.0), ("2k", 2000.0), ("0", 0.0)]
        {
            assert_eq!(number(quantity), Some(figure), "{quantity}");
        }
        assert_eq!(number("some"), None);
    }

    #[test]
    fn a_share_rounds_down_and_a_limit_of_nothing_is_not_used_up_by_nothing() {
        let used = |used, limit| Used { used: Some(used), in_force: Some(limit) }.percent();
        assert_eq!(used(3.2, 4.0), Some(80));
        assert_eq!(used(3.199, 4.0), Some(79));
        assert_eq!(used(5.0, 4.0), Some(125));
        assert_eq!(used(0.0, 0.0), Some(0));
        assert_eq!(used(1.0, 0.0), Some(100));
        assert_eq!(Used { used: None, in_force: Some(4.0) }.percent(), None);
    }

    #[test]
    fn lowering_below_use_is_noticed_by_figure() {
        let figures = [3.0, 2.0, 431.0, 0.0].map(|used| Used { used: Some(used), in_force: Some(500.0) });
        let usage = Usage { figures: Ok(figures), source: String::new(), measured_at: DateTime::UNIX_EPOCH };
        assert_eq!(usage.above(&Limits { cpu: 3, memory_gib: 2, storage_gib: 400, gpu: 0 }), [(2, 431.0)]);
    }
}
