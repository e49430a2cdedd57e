//! The contract of every kind of resource, on the real systems and on those in memory. A new kind is covered by being listed in `ResourceKind::ALL`.

use crate::world::*;
use crate::written::Written;
use k8s_openapi::api::core::v1::{LimitRange, Namespace, ResourceQuota};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use std::time::Duration;
use steward_core::provisioning::resources::{Observation, resource};
use steward_core::provisioning::{Site, Wanted};
use steward_domain::cause::Nature;
use steward_domain::email::EmailAddress;
use steward_domain::limits::Limits;
use steward_domain::resource::ResourceKind;
use steward_in_process::World;
use uuid::Uuid;

pub async fn look(site: &Site, wanted: &Wanted, kind: ResourceKind) -> Observation {
    site.resource(kind).observe(site, wanted).await.unwrap_or_else(|failure| panic!("{kind:?}: {failure:?}"))
}

/// Applies as the engine does: what may pass is tried again after a look.
pub async fn apply(site: &Site, wanted: &Wanted, kind: ResourceKind, how: &str) {
    for _ in 0..4 {
        let seen = look(site, wanted, kind).await;
        match site.resource(kind).apply(site, wanted, &seen).await {
            Ok(()) => return,
            Err(failure) if failure.cause.nature == Nature::Passing => println!("{kind:?}, {how}: {}", failure.log),
            Err(failure) => panic!("{kind:?}, {how}: {failure:?}"),
        }
    }
    panic!("{kind:?}, {how}: not applied after 4 tries");
}

async fn make_all(site: &Site, wanted: &Wanted) {
    for kind in ResourceKind::ALL.into_iter().filter(|kind| wanted.wants(*kind)) {
        apply(site, wanted, kind, "made").await;
    }
}

#[tokio::test]
async fn the_real_systems_keep_the_contract() {
    let (written, platform) = Written::on_the_way(platform_settings()).await;
    let site = site_of(platform).await;
    let (first, second) = (with_custom_domain(&wanted()), with_custom_domain(&wanted()));
    cleaning_up(&[first.clone(), second.clone()], async {
        publish(&first).await;
        absent_made_made_again_removed(&site, &first, &|| written.calls(), withdraw(&first)).await;
        assert_eq!(invitations(&first).await, 1, "applying twice must not invite twice");
        publish(&second).await;
        what_another_tenant_has_is_foreign_and_untouched(&site, &second).await;
        withdraw(&second).await;
    })
    .await;
}

#[tokio::test]
async fn the_systems_in_memory_keep_the_same_contract() {
    let world = World::new(Duration::ZERO, Duration::from_millis(200));
    let site = in_memory(&world).await;
    let first = with_custom_domain(&wanted());
    world.publish(&first);
    let did = || world.effects().iter().map(|effect| format!("{effect:?}")).collect::<Vec<_>>();
    absent_made_made_again_removed(&site, &first, &did, async { world.withdraw(&first) }).await;
    let invited = world.effects().iter().filter(|effect| effect.did == "invited").count();
    assert_eq!(invited, 1, "applying twice must not invite twice");
    assert_eq!(world.left_of(&first), []);
    let second = with_custom_domain(&wanted());
    world.publish(&second);
    what_another_tenant_has_is_foreign_and_untouched(&site, &second).await;
}

/// Every kind is absent, is made, made again without a change, removed, removed again without a change; nothing is left. What proves the
/// custom domain is its owner's, who takes it away too. `did` says everything that was asked of the systems so far that changes something.
async fn absent_made_made_again_removed(site: &Site, wanted: &Wanted, did: &dyn Fn() -> Vec<String>, withdrawn: impl Future<Output = ()>) {
    let (mut made_by, mut removed_by) = (0, 0);
    for kind in ResourceKind::ALL {
        let resource = site.resource(kind);
        let at_first = did();
        let before = look(site, wanted, kind).await;
        let half_made = matches!(before, Observation::Partial { .. });
        let expected = match kind {
            // The realm is made with its flow in it, so that it never exists without.
            ResourceKind::SecondFactor => half_made,
            // What it looks at was made in the step before, and may need a moment to work.
            _ if !resource.makes_something() => !matches!(before, Observation::Foreign { .. }),
            _ => is_absent(&before),
        };
        assert!(expected, "{kind:?}: {before:?}");
        apply(site, wanted, kind, "made").await;
        let made = look(site, wanted, kind).await;
        assert!(made.is_as_wanted(), "{kind:?}: {made:?}");
        let by_then = did();
        assert_eq!(by_then.len() > at_first.len(), resource.makes_something(), "{kind:?}: {:?}", &by_then[at_first.len()..]);
        made_by += by_then.len() - at_first.len();
        apply(site, wanted, kind, "made again").await;
        assert_eq!(did(), by_then, "{kind:?} was as wanted, and written again");
        let again = look(site, wanted, kind).await;
        assert!(again.is_as_wanted(), "{kind:?} again: {again:?}");
        // By somebody who saw nothing there, as when two make it at once: whatever comes of that, it does no harm.
        if let Err(failure) = resource.apply(site, wanted, &Observation::Absent).await {
            assert_eq!(failure.cause.nature, Nature::Passing, "{kind:?} blindly: {failure:?}");
        }
        let blindly = look(site, wanted, kind).await;
        assert!(blindly.is_as_wanted(), "{kind:?} blindly: {blindly:?}");
        assert!(!resource.name(site, wanted).is_empty() && !resource.exactly(site, wanted).is_empty());
    }
    let is_gone = async |kind| {
        let gone = || async { site.resource(kind).observe(site, wanted).await.is_ok_and(|seen| is_absent(&seen)) };
        until(30, &format!("{kind:?} is gone"), gone).await;
    };
    for kind in ResourceKind::ALL.into_iter().rev() {
        let at_first = did();
        site.resource(kind).remove(site, wanted).await.unwrap_or_else(|failure| panic!("{kind:?}: {failure:?}"));
        // What is only looked at is gone when what it comes after is.
        if site.resource(kind).makes_something() {
            is_gone(kind).await;
        }
        let by_then = did();
        assert_eq!(by_then.len() > at_first.len(), site.resource(kind).makes_something(), "{kind:?}: {:?}", &by_then[at_first.len()..]);
        site.resource(kind).remove(site, wanted).await.unwrap_or_else(|failure| panic!("{kind:?} twice: {failure:?}"));
        removed_by += by_then.len() - at_first.len();
        assert_eq!(did(), by_then, "{kind:?} was gone, and removed again");
    }
    println!(
        "{} kinds made by {made_by} changes and removed by {removed_by}; each asked for twice in a row: 0 more",
        ResourceKind::ALL.len()
    );
    withdrawn.await;
    for kind in ResourceKind::ALL {
        is_gone(kind).await;
    }
}

/// Another tenant of the same names finds everything foreign and changes nothing of it.
async fn what_another_tenant_has_is_foreign_and_untouched(site: &Site, theirs: &Wanted) {
    // The same names, and the same domain; what proves it they were given, not we.
    let ours = &Wanted { custom_domain: with_custom_domain(theirs).custom_domain, tenant_id: Uuid::new_v4(), ..theirs.clone() };
    make_all(site, theirs).await;
    for kind in ResourceKind::ALL {
        let seen = look(site, ours, kind).await;
        assert!(matches!(seen, Observation::Foreign { .. }), "{kind:?}: {seen:?}");
        assert!(site.resource(kind).apply(site, ours, &seen).await.is_err(), "{kind:?} was applied over a foreign one");
        if site.resource(kind).creation_detects_existing() {
            let made = site.resource(kind).apply(site, ours, &Observation::Absent).await;
            assert!(made.is_err(), "{kind:?} was made over a foreign one");
        }
        // Refused, or nothing to remove; in both cases theirs stays.
        let _ = site.resource(kind).remove(site, ours).await;
    }
    for kind in ResourceKind::ALL {
        let seen = look(site, theirs, kind).await;
        assert!(seen.is_as_wanted(), "{kind:?} was touched: {seen:?}");
    }
}

/// The status that Keycloak gives a password grant, and whether a token came with it.
pub async fn password_grant(realm: &str, username: &str, password: &str) -> (u16, bool) {
    let url = format!("{}/realms/{realm}/protocol/openid-connect/token", env("KEYCLOAK_URL"));
    let form = [("grant_type", "password"), ("client_id", "admin-cli"), ("username", username), ("password", password)];
    let reply = steward_core::platform::http::client().unwrap().post(url).form(&form).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap().contains("access_token"))
}

/// The password of `somebody`.
pub const PASSWORD: &str = "Correct-Horse-7-Battery";

/// A person who has signed in before: with a password, and nothing left to do. Gives their id.
pub async fn somebody_in(site: &Site, realm: &str) -> String {
    let keycloak = &site.platform.keycloak;
    let mut person = json!({
        "username": "somebody", "email": "somebody@example.com", "emailVerified": true, "firstName": "Some", "lastName": "Body", "enabled": true,
        "requiredActions": [],
    });
    let made = keycloak.post(&format!("/{realm}/users"), &person).await.unwrap();
    let id = made.location_id.clone().expect("an id");
    made.success().unwrap();
    // Whoever is new is to enrol a second factor, whatever is said of them then. This one is as if from before that.
    person["credentials"] = json!([{ "type": "password", "value": PASSWORD, "temporary": false }]);
    keycloak.put(&format!("/{realm}/users/{id}"), &person).await.unwrap().success().unwrap();
    id
}

#[tokio::test]
async fn a_password_alone_lets_nobody_in() {
    let site = site().await;
    let wanted = wanted();
    cleaning_up(std::slice::from_ref(&wanted), async {
        // From the realm's first moment on, before its second factor is looked after.
        apply(&site, &wanted, ResourceKind::Realm, "made").await;
        let realm = &wanted.names().realm;
        let keycloak = &site.platform.keycloak;
        somebody_in(&site, realm).await;
        let password = PASSWORD;
        let (status, token) = password_grant(realm, "somebody", password).await;
        assert!((400..500).contains(&status) && !token, "{status}");

        let built_in = json!({ "directGrantFlow": "direct grant" });
        keycloak.put(&format!("/{realm}"), &built_in).await.unwrap().success().unwrap();
        assert_eq!(password_grant(realm, "somebody", password).await, (200, true), "it is the flow that refuses, nothing else");
        mends(&site, &wanted, ResourceKind::SecondFactor, "password grants").await;
        let (status, token) = password_grant(realm, "somebody", password).await;
        assert!((400..500).contains(&status) && !token, "{status}");
    })
    .await;
}

/// Breaks one resource as a crash or a person would, looks, applies, and looks again.
pub async fn mends(site: &Site, wanted: &Wanted, kind: ResourceKind, how: &str) {
    let seen = look(site, wanted, kind).await;
    let broken = !seen.is_as_wanted() && !matches!(seen, Observation::Foreign { .. });
    assert!(broken, "{kind:?}, {how}: {seen:?}");
    apply(site, wanted, kind, how).await;
    let seen = look(site, wanted, kind).await;
    assert!(seen.is_as_wanted(), "{kind:?}, {how}: {seen:?}");
}

#[tokio::test]
async fn half_made_and_changed_ones_are_completed() {
    let site = site().await;
    let wanted = wanted();
    cleaning_up(std::slice::from_ref(&wanted), async {
        make_all(&site, &wanted).await;
        let names = wanted.names();
        let realm = &names.realm;
        let keycloak = &site.platform.keycloak;
        let ok = |reply: Result<steward_core::platform::http::Reply, steward_core::platform::Failure>| reply.unwrap().success().unwrap();

        ok(keycloak.delete(&format!("/{realm}/roles/tenant-auditor")).await);
        mends(&site, &wanted, ResourceKind::Realm, "a role is missing").await;
        ok(keycloak.put(&format!("/{realm}"), &json!({ "bruteForceProtected": false })).await);
        mends(&site, &wanted, ResourceKind::Realm, "a setting was changed").await;

        ok(keycloak.put(&format!("/{realm}"), &json!({ "browserFlow": "browser" })).await);
        mends(&site, &wanted, ResourceKind::SecondFactor, "not bound").await;
        let lines = ok(keycloak.get(&format!("/{realm}/authentication/flows/browser-second-factor/executions")).await);
        let line = |what: &str| {
            lines.as_array().unwrap().iter().find(|line| line["displayName"] == what || line["providerId"] == what).unwrap().clone()
        };
        let mut weakened = line("second-factor");
        weakened["requirement"] = json!("DISABLED");
        ok(keycloak.put(&format!("/{realm}/authentication/flows/browser-second-factor/executions"), &weakened).await);
        mends(&site, &wanted, ResourceKind::SecondFactor, "turned off").await;
        ok(keycloak.delete(&format!("/{realm}/authentication/executions/{}", line("auth-otp-form")["id"].as_str().unwrap())).await);
        mends(&site, &wanted, ResourceKind::SecondFactor, "half a flow").await;
        resource(ResourceKind::SecondFactor).remove(&site, &wanted).await.unwrap();
        mends(&site, &wanted, ResourceKind::SecondFactor, "no flow").await;

        let users = ok(keycloak.get(&format!("/{realm}/users?max=5")).await);
        let user = users[0]["id"].as_str().unwrap();
        let roles = ok(keycloak.get(&format!("/{realm}/users/{user}/role-mappings/realm")).await);
        let admin: Vec<_> = roles.as_array().unwrap().iter().filter(|role| role["name"] == "tenant-admin").cloned().collect();
        assert_eq!(admin.len(), 1);
        resource(ResourceKind::Administrator).remove(&site, &wanted).await.unwrap();
        let person = json!({ "username": wanted.contact_email, "email": wanted.contact_email, "enabled": true });
        ok(keycloak.post(&format!("/{realm}/users"), &person).await);
        mends(&site, &wanted, ResourceKind::Administrator, "neither role nor invitation").await;
        assert_eq!(invitations(&wanted).await, 2, "one for the removed person, one for the new one");

        let namespace = names.namespace.as_str();
        let kubernetes = &site.platform.kubernetes;
        let by_hand = PatchParams { field_manager: Some("somebody".to_owned()), ..PatchParams::default() };
        let label = Patch::Merge(json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "privileged" } } }));
        kubernetes.cluster::<Namespace>().patch(namespace, &by_hand, &label).await.unwrap();
        mends(&site, &wanted, ResourceKind::Namespace, "a label was changed").await;
        let more = Patch::Merge(json!({ "spec": { "hard": { "requests.cpu": "64" } } }));
        kubernetes.namespaced::<ResourceQuota>(namespace).patch("tenant", &by_hand, &more).await.unwrap();
        mends(&site, &wanted, ResourceKind::ResourceQuota, "a limit was raised").await;
        let none = Patch::Merge(json!({ "spec": { "limits": [{ "type": "Container", "default": { "cpu": "64" } }] } }));
        kubernetes.namespaced::<LimitRange>(namespace).patch("tenant", &by_hand, &none).await.unwrap();
        mends(&site, &wanted, ResourceKind::LimitRange, "a default was raised").await;
        let open = Patch::Merge(json!({ "spec": { "ingress": [{}] } }));
        kubernetes.namespaced::<NetworkPolicy>(namespace).patch("tenant", &by_hand, &open).await.unwrap();
        mends(&site, &wanted, ResourceKind::NetworkPolicy, "it was opened").await;

        let openbao = &site.platform.openbao;
        resource(ResourceKind::TransitKey).remove(&site, &wanted).await.unwrap();
        mends(&site, &wanted, ResourceKind::TransitKey, "marked but not made").await;
        openbao.kv_mark(&names.secrets, std::collections::HashMap::new()).await.unwrap();
        mends(&site, &wanted, ResourceKind::Secrets, "made but not marked").await;
        let policy = openbao.policy(&names.policy).await.unwrap().unwrap();
        openbao.set_policy(&names.policy, &format!("{policy}\npath \"sys/*\" {{ capabilities = [\"read\"] }}\n")).await.unwrap();
        mends(&site, &wanted, ResourceKind::Policy, "widened").await;

        let grafana = &site.platform.grafana;
        let found = ok(grafana.get(&format!("/api/dashboards/uid/{}", names.namespace), &[]).await);
        let mut dashboard = found["dashboard"].clone();
        dashboard["panels"] = json!([]);
        ok(grafana.post("/api/dashboards/db", &json!({ "dashboard": dashboard, "overwrite": true })).await);
        mends(&site, &wanted, ResourceKind::Dashboard, "emptied and moved").await;
        let folder = found["meta"]["folderUid"].as_str().unwrap();
        ok(grafana.put(&format!("/api/folders/{folder}"), &json!({ "title": format!("{namespace} old"), "overwrite": true })).await);
        mends(&site, &wanted, ResourceKind::Folder, "renamed").await;
        let everybody = json!({ "items": [{ "role": "Viewer", "permission": 1 }, { "role": "Editor", "permission": 2 }] });
        ok(grafana.post(&format!("/api/folders/{folder}/permissions"), &everybody).await);
        mends(&site, &wanted, ResourceKind::Folder, "shown to everybody").await;
        let kept = ok(grafana.get(&format!("/api/folders/{folder}/permissions"), &[]).await);
        assert_eq!(kept.as_array().unwrap().iter().map(|item| item["role"].clone()).collect::<Vec<_>>(), ["Editor"], "{kept:#}");
        for (kind, source) in [(ResourceKind::PrometheusDatasource, "prometheus"), (ResourceKind::LokiDatasource, "loki")] {
            let found = ok(grafana.get(&format!("/api/datasources/name/{namespace}-{source}"), &[]).await);
            let changed = json!({
                "uid": found["uid"], "name": found["name"], "type": found["type"], "access": found["access"], "isDefault": found["isDefault"],
                "jsonData": found["jsonData"], "url": "http://elsewhere.example",
            });
            ok(grafana.put(&format!("/api/datasources/uid/{}", found["uid"].as_str().unwrap()), &changed).await);
            mends(&site, &wanted, kind, "it leads elsewhere").await;
        }
    })
    .await;
}

#[tokio::test]
async fn limits_are_seen_as_they_were_asked_for_at_every_size() {
    let site = site().await;
    let mut wanted = wanted();
    cleaning_up(&[wanted.clone()], async {
        apply(&site, &wanted, ResourceKind::Namespace, "made").await;
        let sizes = [(1, 1, 1, 0), (512, 4096, 100_000, 64), (4, 1024, 1024, 1), (100, 1536, 2048, 0), (8, 1025, 99_328, 8)];
        for (cpu, memory_gib, storage_gib, gpu) in sizes {
            wanted.settings.limits = Limits { cpu, memory_gib, storage_gib, gpu };
            apply(&site, &wanted, ResourceKind::ResourceQuota, "changed").await;
            let seen = look(&site, &wanted, ResourceKind::ResourceQuota).await;
            assert!(seen.is_as_wanted(), "{:?}: {seen:?}", wanted.settings.limits);
            // What the API server took, by its own names: a figure under another name would limit nothing.
            let quotas = site.platform.kubernetes.namespaced::<ResourceQuota>(&wanted.names().namespace);
            let hard = quotas.get("tenant").await.unwrap().spec.unwrap().hard.unwrap();
            assert_eq!((&*hard["requests.nvidia.com/gpu"].0, &*hard["requests.cpu"].0), (&*gpu.to_string(), &*cpu.to_string()));
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_passes_the_wizard_can_be_invited() {
    let site = site().await;
    let mut wanted = wanted();
    cleaning_up(&[wanted.clone()], async {
        apply(&site, &wanted, ResourceKind::Realm, "made").await;
        for local in ["O'Neill", "a!#$%&'*+-/=?^_`{|}~z", "first.last+tag"] {
            wanted.contact_email = EmailAddress::parse(&format!("{local}@{}.example.com", wanted.short_name)).unwrap();
            apply(&site, &wanted, ResourceKind::Administrator, local).await;
            let seen = look(&site, &wanted, ResourceKind::Administrator).await;
            assert!(seen.is_as_wanted(), "{local}: {seen:?}");
            apply(&site, &wanted, ResourceKind::Administrator, local).await;
        }
        let users = site.platform.keycloak.get(&format!("/{}/users", wanted.names().realm)).await.unwrap().success().unwrap();
        assert_eq!(users.as_array().unwrap().len(), 3, "{users:#}");
    })
    .await;
}
