//! Whether Steward's credentials open what it needs, asked of each system in its own way. None of these calls changes anything.

use super::Finding;
use crate::platform::{Dns, Failure, Grafana, Keycloak, Kubernetes, OpenBao};
use chrono::{DateTime, Utc};
use futures::future::try_join_all;
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use serde_json::Value;
use steward_domain::system::System;

/// A tenant that there is not: what may be done to it may be done to any.
const NOBODY: &str = "steward-check";

/// What the policies of the stack give, and where.
const AS_IN: &str = "Give Steward's identity there the rights of stack/policies";

fn missing(of: System, missing: &[String]) -> Finding {
    if missing.is_empty() {
        return Finding::pass(of.label(), "rights", "everything that Steward does is allowed");
    }
    Finding::fail(of.label(), "rights", format!("not allowed: {}", missing.join(", ")), format!("{AS_IN}."))
}

impl Keycloak {
    pub(super) async fn examine(&self, now: DateTime<Utc>) -> Result<Vec<Finding>, Failure> {
        let of = System::Keycloak.label();
        // With any role that it should have, it sees of realm master a stub without its settings.
        let master = self.get("/master").await?;
        let date = master.date;
        let sees_all = master.is_success() && master.body.get("accessTokenLifespan").is_some();
        // Keycloak looks at the right first, then at the body. This one is none of a realm: 400 is as far as it comes.
        let asked = self.post("", &serde_json::json!([])).await?;
        let mut findings = vec![Finding::pass(of, "credentials", "the service client of realm master signs in")];
        findings.push(match asked.status {
            _ if sees_all => Finding::fail(
                of,
                "rights",
                "it may look into realm master itself",
                "Take every role but create-realm from the client's service account.",
            ),
            400 => Finding::pass(of, "rights", "it may make realms"),
            403 => Finding::fail(
                of,
                "rights",
                "it may not make realms",
                "Give the client's service account the realm role create-realm in realm master.",
            ),
            _ => return Err(asked.unexpected()),
        });
        findings.extend(date.map(|date| Finding::clock(of, date, now)));
        Ok(findings)
    }
}

impl OpenBao {
    pub(super) async fn examine(&self, now: DateTime<Utc>) -> Result<Vec<Finding>, Failure> {
        let of = System::OpenBao.label();
        let (kv, transit) = (self.kv_mount(), self.transit_mount());
        let all = ["create", "read", "update", "delete"];
        let [issues_at, issues_custom_at] = self.issues_at();
        let wanted: Vec<(String, &[&str])> = vec![
            (format!("{kv}/data/tenants/{NOBODY}"), &all),
            (format!("{kv}/metadata/tenants/{NOBODY}"), &["create", "read", "update", "patch", "delete", "list"]),
            (format!("{kv}/data/certificates/{NOBODY}"), &all),
            (format!("{kv}/metadata/certificates/{NOBODY}"), &["create", "read", "update", "patch", "delete", "list"]),
            (format!("{kv}/data/custom-certificates/{NOBODY}"), &all),
            (format!("{kv}/metadata/custom-certificates/{NOBODY}"), &["create", "read", "update", "patch", "delete", "list"]),
            (format!("sys/policies/acl/tenant_{NOBODY}_policy"), &all),
            (format!("{transit}/keys/tenant-{NOBODY}"), &all),
            (issues_at, &["update"]),
            (issues_custom_at, &["update"]),
            (format!("{}/revoke", self.pki_mount()), &["update"]),
        ];
        let health = self.health().await?;
        let capabilities = self.capabilities(wanted.iter().map(|(path, _)| path.as_str()).collect()).await?;
        let mut lacking = Vec::new();
        let mut root = false;
        for (path, needed) in &wanted {
            let has: Vec<&str> = capabilities.get(path).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            root |= has.contains(&"root");
            lacking.extend(
                needed.iter().filter(|needed| !has.contains(needed) && !has.contains(&"root")).map(|needed| format!("{needed} {path}")),
            );
        }
        let mut findings = vec![Finding::pass(of, "credentials", "the AppRole signs in")];
        findings.push(if root {
            Finding::fail(of, "rights", "its token is root", format!("{AS_IN}, and nothing more."))
        } else {
            missing(System::OpenBao, &lacking)
        });
        let version = health.body.get("version").and_then(Value::as_str).unwrap_or("not said");
        findings.push(Finding::pass(of, "version", version));
        findings.extend(health.date.map(|date| Finding::clock(of, date, now)));
        Ok(findings)
    }
}

/// Group, resource, name, and what Steward does with it.
const OBJECTS: [(&str, &str, &str, &[&str]); 8] = [
    ("", "namespaces", "", &["get", "create", "patch", "delete"]),
    ("", "resourcequotas", "", &["get", "create", "patch", "delete"]),
    ("", "limitranges", "", &["get", "create", "patch", "delete"]),
    ("networking.k8s.io", "networkpolicies", "", &["get", "create", "patch", "delete"]),
    ("networking.k8s.io", "ingresses", "", &["get", "create", "patch", "delete"]),
    ("", "secrets", "domain-tls", &["get", "patch", "delete"]),
    ("", "secrets", "custom-domain-tls", &["get", "patch", "delete"]),
    ("", "secrets", "", &["create"]),
];

impl Kubernetes {
    pub(super) async fn examine(&self, now: DateTime<Utc>) -> Result<Vec<Finding>, Failure> {
        let of = System::Kubernetes.label();
        let (version, date) = self.version().await?;
        let asked =
            OBJECTS.iter().flat_map(|(group, resource, name, verbs)| verbs.iter().map(move |verb| (*group, *resource, *name, *verb)));
        let lacking = try_join_all(asked.map(async |(group, resource, name, verb)| {
            let allowed = self.may(group, resource, name, verb).await?;
            Ok::<_, Failure>((!allowed).then(|| format!("{verb} {resource}")))
        }))
        .await?;
        let lacking: Vec<String> = lacking.into_iter().flatten().collect();
        let mut findings = vec![Finding::pass(of, "credentials", "the service account is known")];
        findings.push(if self.may("*", "*", "", "*").await? {
            Finding::fail(of, "rights", "it may do everything in the cluster", format!("{AS_IN}, and nothing more."))
        } else {
            missing(System::Kubernetes, &lacking)
        });
        findings.push(Finding::pass(of, "version", version));
        findings.extend(date.map(|date| Finding::clock(of, date, now)));
        Ok(findings)
    }

    /// Whether the service account may do something. The question is a POST that keeps nothing.
    async fn may(&self, group: &str, resource: &str, name: &str, verb: &str) -> Result<bool, Failure> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    group: some(group),
                    resource: some(resource),
                    name: some(name),
                    verb: some(verb),
                    namespace: (resource != "namespaces" && resource != "*").then(|| format!("tenant-{NOBODY}")),
                    ..ResourceAttributes::default()
                }),
                non_resource_attributes: None,
            },
            ..SelfSubjectAccessReview::default()
        };
        let answered = self.create(&self.cluster(), &review).await?;
        Ok(answered.and_then(|review| review.status).is_some_and(|status| status.allowed))
    }
}

impl Grafana {
    pub(super) async fn examine(&self, now: DateTime<Utc>) -> Result<Vec<Finding>, Failure> {
        let of = System::Grafana.label();
        let health = self.get("/api/health", &[]).await?;
        let folder = self.get(&format!("/api/folders/{NOBODY}"), &[]).await?;
        if folder.status == 401 {
            return Err(folder.unexpected());
        }
        let mut lacking = Vec::new();
        for (what, path) in [
            ("folders", format!("/api/folders/{NOBODY}")),
            ("data sources", format!("/api/datasources/uid/{NOBODY}")),
            ("dashboards", format!("/api/dashboards/uid/{NOBODY}")),
        ] {
            // Nothing of that name is there: 404 says that Steward may look, and 403 that it may not.
            let seen = self.get(&path, &[]).await?;
            match seen.status {
                404 | 200 => {}
                403 => lacking.push(format!("read {what}")),
                _ => return Err(seen.unexpected()),
            }
        }
        let mut findings = vec![Finding::pass(of, "credentials", "the service account's token is taken")];
        findings.push(match lacking.is_empty() {
            true => Finding::pass(
                of,
                "rights",
                "it may read folders, data sources and dashboards; Grafana has no harmless way to ask about writing",
            ),
            false => missing(System::Grafana, &lacking),
        });
        findings.push(Finding::pass(of, "version", health.body.get("version").and_then(Value::as_str).unwrap_or("not said")));
        findings.extend(health.date.map(|date| Finding::clock(of, date, now)));
        Ok(findings)
    }
}

impl Dns {
    pub(super) async fn examine(&self, base_domain: &str) -> Result<Vec<Finding>, Failure> {
        let of = System::Dns.label();
        self.records(&format!("{NOBODY}.{base_domain}")).await?;
        let found = format!("{} takes them, and shows the zone of {base_domain}", self.provider());
        Ok(vec![Finding::pass(of, "credentials", found)])
    }
}
