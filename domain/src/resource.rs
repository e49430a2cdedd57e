//! The kinds of resources that a tenant has, and their names in each system (GUIDE.md §2.2, DESIGN.md "The systems it drives").

use crate::short_name::ShortName;
use crate::system::System;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One kind of resource. A tenant has at most one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// Kubernetes namespace.
    Namespace,
    /// ResourceQuota in the namespace.
    ResourceQuota,
    /// LimitRange in the namespace.
    LimitRange,
    /// Default-deny NetworkPolicy in the namespace.
    NetworkPolicy,
    /// Keycloak realm with its roles and policies.
    Realm,
    /// The browser flow that forces a second factor, bound to the realm.
    SecondFactor,
    /// The first administrator, invited by mail.
    Administrator,
    /// KV path.
    Secrets,
    /// Policy over the tenant's secrets.
    Policy,
    /// Transit key.
    TransitKey,
    /// Grafana folder.
    Folder,
    /// Prometheus datasource.
    PrometheusDatasource,
    /// Loki datasource, filtered to the namespace.
    LokiDatasource,
    /// Dashboard.
    Dashboard,
    /// The DNS record that leads the domain to the ingress controller, and the one beside it that says whose it is.
    DnsRecord,
    /// Key and certificate of the domain, kept in OpenBao.
    Certificate,
    /// The same in the namespace, for the ingress controller.
    TlsSecret,
    /// Ingress for the domain.
    Ingress,
    /// Whether the domain's certificate is served: nothing is made, only looked at.
    Validation,
    /// Whether the custom domain is the customer's: the challenge in its DNS, which nobody but its owner can write. Only looked at.
    CustomDomain,
    /// Key and certificate of the custom domain, kept in OpenBao.
    CustomCertificate,
    /// The same in the namespace, for the ingress controller.
    CustomTlsSecret,
    /// Ingress for the custom domain.
    CustomIngress,
    /// Whether the custom domain's certificate is served.
    CustomValidation,
}

impl ResourceKind {
    /// Every kind, in the order of plans and timelines.
    pub const ALL: [ResourceKind; 24] = [
        ResourceKind::Namespace,
        ResourceKind::ResourceQuota,
        ResourceKind::LimitRange,
        ResourceKind::NetworkPolicy,
        ResourceKind::Realm,
        ResourceKind::SecondFactor,
        ResourceKind::Administrator,
        ResourceKind::Secrets,
        ResourceKind::Policy,
        ResourceKind::TransitKey,
        ResourceKind::Folder,
        ResourceKind::PrometheusDatasource,
        ResourceKind::LokiDatasource,
        ResourceKind::Dashboard,
        ResourceKind::DnsRecord,
        ResourceKind::Certificate,
        ResourceKind::TlsSecret,
        ResourceKind::Ingress,
        ResourceKind::Validation,
        ResourceKind::CustomDomain,
        ResourceKind::CustomCertificate,
        ResourceKind::CustomTlsSecret,
        ResourceKind::CustomIngress,
        ResourceKind::CustomValidation,
    ];

    /// The name in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ResourceKind::Namespace => "namespace",
            ResourceKind::ResourceQuota => "resource-quota",
            ResourceKind::LimitRange => "limit-range",
            ResourceKind::NetworkPolicy => "network-policy",
            ResourceKind::Realm => "realm",
            ResourceKind::SecondFactor => "second-factor",
            ResourceKind::Administrator => "administrator",
            ResourceKind::Secrets => "secrets",
            ResourceKind::Policy => "policy",
            ResourceKind::TransitKey => "transit-key",
            ResourceKind::Folder => "folder",
            ResourceKind::PrometheusDatasource => "prometheus-datasource",
            ResourceKind::LokiDatasource => "loki-datasource",
            ResourceKind::Dashboard => "dashboard",
            ResourceKind::DnsRecord => "dns-record",
            ResourceKind::Certificate => "certificate",
            ResourceKind::TlsSecret => "tls-secret",
            ResourceKind::Ingress => "ingress",
            ResourceKind::Validation => "validation",
            ResourceKind::CustomDomain => "custom-domain",
            ResourceKind::CustomCertificate => "custom-certificate",
            ResourceKind::CustomTlsSecret => "custom-tls-secret",
            ResourceKind::CustomIngress => "custom-ingress",
            ResourceKind::CustomValidation => "custom-validation",
        }
    }

    /// What it is, for people: "Namespace", "First administrator".
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            ResourceKind::Namespace => "Namespace",
            ResourceKind::ResourceQuota => "Resource quota",
            ResourceKind::LimitRange => "Limit range",
            ResourceKind::NetworkPolicy => "Network policy",
            ResourceKind::Realm => "Realm",
            ResourceKind::SecondFactor => "Second factor",
            ResourceKind::Administrator => "First administrator",
            ResourceKind::Secrets => "Secrets",
            ResourceKind::Policy => "Policy",
            ResourceKind::TransitKey => "Transit key",
            ResourceKind::Folder => "Folder",
            ResourceKind::PrometheusDatasource => "Prometheus datasource",
            ResourceKind::LokiDatasource => "Loki datasource",
            ResourceKind::Dashboard => "Dashboard",
            ResourceKind::DnsRecord => "DNS record",
            ResourceKind::Certificate => "Certificate",
            ResourceKind::TlsSecret => "TLS secret",
            ResourceKind::Ingress => "Ingress",
            ResourceKind::Validation => "TLS validation",
            ResourceKind::CustomDomain => "Custom domain",
            ResourceKind::CustomCertificate => "Custom certificate",
            ResourceKind::CustomTlsSecret => "Custom TLS secret",
            ResourceKind::CustomIngress => "Custom ingress",
            ResourceKind::CustomValidation => "Custom TLS validation",
        }
    }

    /// Where it lives.
    #[must_use]
    pub const fn system(self) -> System {
        match self {
            ResourceKind::Namespace
            | ResourceKind::ResourceQuota
            | ResourceKind::LimitRange
            | ResourceKind::NetworkPolicy
            | ResourceKind::TlsSecret
            | ResourceKind::Ingress
            | ResourceKind::CustomTlsSecret
            | ResourceKind::CustomIngress => System::Kubernetes,
            ResourceKind::Realm | ResourceKind::SecondFactor | ResourceKind::Administrator => System::Keycloak,
            ResourceKind::Secrets
            | ResourceKind::Policy
            | ResourceKind::TransitKey
            | ResourceKind::Certificate
            | ResourceKind::CustomCertificate => System::OpenBao,
            ResourceKind::Folder | ResourceKind::PrometheusDatasource | ResourceKind::LokiDatasource | ResourceKind::Dashboard => {
                System::Grafana
            }
            ResourceKind::DnsRecord | ResourceKind::CustomDomain => System::Dns,
            ResourceKind::Validation | ResourceKind::CustomValidation => System::Ingress,
        }
    }

    /// What it lies in: it cannot be without, and goes with it.
    #[must_use]
    pub const fn inside(self) -> Option<ResourceKind> {
        match self {
            ResourceKind::ResourceQuota
            | ResourceKind::LimitRange
            | ResourceKind::NetworkPolicy
            | ResourceKind::TlsSecret
            | ResourceKind::Ingress
            | ResourceKind::CustomTlsSecret
            | ResourceKind::CustomIngress => Some(ResourceKind::Namespace),
            ResourceKind::SecondFactor | ResourceKind::Administrator => Some(ResourceKind::Realm),
            ResourceKind::Dashboard => Some(ResourceKind::Folder),
            _ => None,
        }
    }

    /// What must be there before it. The engine derives the order and what runs side by side from this alone.
    #[must_use]
    pub const fn after(self) -> &'static [ResourceKind] {
        match self {
            ResourceKind::ResourceQuota | ResourceKind::LimitRange | ResourceKind::NetworkPolicy => &[ResourceKind::Namespace],
            ResourceKind::SecondFactor => &[ResourceKind::Realm],
            // The invitation may be opened at once: by then the second factor must be forced.
            ResourceKind::Administrator => &[ResourceKind::SecondFactor],
            // The key's ownership mark is kept beside the secrets: transit keys have no metadata of their own.
            ResourceKind::TransitKey => &[ResourceKind::Secrets],
            ResourceKind::Dashboard => &[ResourceKind::Folder, ResourceKind::PrometheusDatasource, ResourceKind::LokiDatasource],
            ResourceKind::TlsSecret => &[ResourceKind::Namespace, ResourceKind::Certificate],
            // Nobody's Ingress may take a name before the record beside it in DNS says that it is this tenant's: Kubernetes would let two
            // namespaces have the same host.
            ResourceKind::Ingress => &[ResourceKind::TlsSecret, ResourceKind::DnsRecord],
            ResourceKind::Validation => &[ResourceKind::Ingress],
            ResourceKind::CustomCertificate => &[ResourceKind::CustomDomain],
            ResourceKind::CustomTlsSecret => &[ResourceKind::Namespace, ResourceKind::CustomCertificate],
            ResourceKind::CustomIngress => &[ResourceKind::CustomTlsSecret],
            ResourceKind::CustomValidation => &[ResourceKind::CustomIngress],
            ResourceKind::CustomDomain
            | ResourceKind::Namespace
            | ResourceKind::DnsRecord
            | ResourceKind::Certificate
            | ResourceKind::Realm
            | ResourceKind::Secrets
            | ResourceKind::Policy
            | ResourceKind::Folder
            | ResourceKind::PrometheusDatasource
            | ResourceKind::LokiDatasource => &[],
        }
    }

    /// What it is made from: when that is made anew this changes too, however right it is now.
    #[must_use]
    pub const fn follows(self) -> &'static [ResourceKind] {
        match self {
            ResourceKind::TlsSecret => &[ResourceKind::Certificate],
            ResourceKind::Validation => &[ResourceKind::TlsSecret, ResourceKind::Ingress],
            ResourceKind::CustomTlsSecret => &[ResourceKind::CustomCertificate],
            ResourceKind::CustomValidation => &[ResourceKind::CustomTlsSecret, ResourceKind::CustomIngress],
            _ => &[],
        }
    }

    /// The kinds, and those that change with them.
    #[must_use]
    pub fn with_followers(kinds: &BTreeSet<ResourceKind>) -> BTreeSet<ResourceKind> {
        let mut all = kinds.clone();
        all.extend(ResourceKind::ALL.into_iter().filter(|kind| kind.follow_any(kinds)));
        all
    }

    fn follow_any(self, kinds: &BTreeSet<ResourceKind>) -> bool {
        self.follows().iter().any(|before| kinds.contains(before) || before.follow_any(kinds))
    }

    /// Whether it is a part of how one of the tenant's domains is served.
    #[must_use]
    pub const fn is_of_a_domain(self) -> bool {
        self.is_of_the_custom_domain()
            || matches!(
                self,
                ResourceKind::DnsRecord
                    | ResourceKind::Certificate
                    | ResourceKind::TlsSecret
                    | ResourceKind::Ingress
                    | ResourceKind::Validation
            )
    }

    /// Whether it is a part of how the custom domain is served: a tenant without one does without it.
    #[must_use]
    pub const fn is_of_the_custom_domain(self) -> bool {
        matches!(
            self,
            ResourceKind::CustomDomain
                | ResourceKind::CustomCertificate
                | ResourceKind::CustomTlsSecret
                | ResourceKind::CustomIngress
                | ResourceKind::CustomValidation
        )
    }

    /// Whether a tenant is to have it, by what it does without and by whether it has a custom domain.
    #[must_use]
    pub fn is_wanted(self, without: &BTreeSet<ResourceKind>, has_custom_domain: bool) -> bool {
        !without.contains(&self) && (has_custom_domain || !self.is_of_the_custom_domain())
    }

    /// Of the kinds that a tenant is to have, the first one that cannot be without this one.
    #[must_use]
    pub fn needed_by(self, wants: impl Fn(ResourceKind) -> bool) -> Option<ResourceKind> {
        ResourceKind::ALL.into_iter().find(|other| other.after().contains(&self) && wants(*other))
    }

    /// What it is, within a sentence: "namespace", "Loki datasource", "TLS secret".
    #[must_use]
    pub fn within_a_sentence(self) -> String {
        let label = self.label();
        match (self, label.split_at_checked(1)) {
            // Names and abbreviations keep their capitals.
            (
                ResourceKind::PrometheusDatasource
                | ResourceKind::LokiDatasource
                | ResourceKind::DnsRecord
                | ResourceKind::TlsSecret
                | ResourceKind::Validation,
                _,
            )
            | (_, None) => label.to_owned(),
            (_, Some((first, rest))) => format!("{}{rest}", first.to_lowercase()),
        }
    }

    /// The kind of that name, if there is one.
    #[must_use]
    pub fn parse(name: &str) -> Option<ResourceKind> {
        ResourceKind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// The names that follow from a tenant's short name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// `acme.inosec.com`
    pub domain: String,
    /// `tenant-acme`: the namespace, the transit key, the Grafana folder's title and the dashboard's uid.
    pub namespace: String,
    /// `acme`
    pub realm: String,
    /// `tenants/acme` below the KV mount.
    pub secrets: String,
    /// `tenant_acme_policy`
    pub policy: String,
    /// `certificates/acme` below the KV mount: outside what the tenant's policy reaches.
    pub certificate: String,
    /// `custom-certificates/acme` below the KV mount, likewise.
    pub custom_certificate: String,
}

impl Names {
    /// The names of a tenant under a base domain.
    #[must_use]
    pub fn of(short_name: &ShortName, base_domain: &str) -> Self {
        Self {
            domain: format!("{short_name}.{base_domain}"),
            namespace: format!("tenant-{short_name}"),
            realm: short_name.to_string(),
            secrets: format!("tenants/{short_name}"),
            policy: format!("tenant_{short_name}_policy"),
            certificate: format!("certificates/{short_name}"),
            custom_certificate: format!("custom-certificates/{short_name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_stands_earlier_in_the_list() {
        for (place, kind) in ResourceKind::ALL.into_iter().enumerate() {
            for before in kind.after() {
                assert!(ResourceKind::ALL.iter().position(|k| k == before).is_some_and(|p| p < place), "{kind:?} after {before:?}");
            }
            assert_eq!(ResourceKind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn within_a_sentence_only_names_and_abbreviations_keep_their_capitals() {
        let words = [ResourceKind::LimitRange, ResourceKind::LokiDatasource, ResourceKind::DnsRecord, ResourceKind::CustomTlsSecret]
            .map(ResourceKind::within_a_sentence);
        assert_eq!(words, ["limit range", "Loki datasource", "DNS record", "custom TLS secret"]);
    }

    #[test]
    fn what_is_needed_is_needed_by_what_there_is_to_be() {
        let without = BTreeSet::from([ResourceKind::Dashboard]);
        let needed_by = |kind: ResourceKind, custom| kind.needed_by(|other| other.is_wanted(&without, custom));
        assert_eq!(needed_by(ResourceKind::LokiDatasource, false), None, "nobody draws from it");
        assert_eq!(ResourceKind::LokiDatasource.needed_by(|_| true), Some(ResourceKind::Dashboard));
        assert_eq!(needed_by(ResourceKind::CustomCertificate, false), None, "there is no custom domain");
        assert_eq!(needed_by(ResourceKind::CustomCertificate, true), Some(ResourceKind::CustomTlsSecret));
    }

    #[test]
    fn what_follows_comes_along_and_comes_after() {
        let of = |kind| ResourceKind::with_followers(&BTreeSet::from([kind]));
        let chain = [ResourceKind::Certificate, ResourceKind::TlsSecret, ResourceKind::Validation];
        assert_eq!(of(ResourceKind::Certificate), BTreeSet::from(chain));
        assert_eq!(of(ResourceKind::Realm), BTreeSet::from([ResourceKind::Realm]));
        for kind in ResourceKind::ALL {
            for before in kind.follows() {
                assert!(comes_after(kind, *before), "{kind:?} follows {before:?} but does not come after it");
            }
        }
    }

    fn comes_after(kind: ResourceKind, before: ResourceKind) -> bool {
        kind.after().iter().any(|it| *it == before || comes_after(*it, before))
    }
}
