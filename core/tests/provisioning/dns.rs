//! The contract of the DNS client: the same for each provider. What the API says is compared with what the DNS server answers.

use crate::world::*;
use steward_core::platform::{Answered, Dns, DnsSettings, Failure, PowerDnsSettings, Record, Secret};
use uuid::Uuid;

/// A name in the zone that nobody has.
fn name() -> String {
    format!("{}.inosec.com", short_name())
}

async fn said(dns: &Dns, name: &str) -> Vec<(String, String)> {
    let mut records = dns.records(name).await.expect("records");
    records.sort_by(|a, b| (&a.kind, &a.content).cmp(&(&b.kind, &b.content)));
    records.into_iter().map(|record| (record.kind, record.content)).collect()
}

fn pairs<const N: usize>(wanted: [(&str, &str); N]) -> Vec<(String, String)> {
    wanted.into_iter().map(|(kind, content)| (kind.to_owned(), content.to_owned())).collect()
}

async fn clean(dns: &Dns, name: &str) {
    for record in dns.records(name).await.expect("records") {
        dns.delete(&record).await.expect("deleted");
    }
}

async fn keeps_records(settings: DnsSettings) {
    let dns = Dns::new(settings).expect("a client");
    dns.reach().await.expect("it answers");
    let name = name();
    assert_eq!(said(&dns, &name).await, []);

    dns.create(&Record::leading(&name, "ingress.inosec.com")).await.expect("created");
    assert_eq!(said(&dns, &name).await, pairs([("CNAME", "ingress.inosec.com")]));
    assert_eq!(resolved(&name, "CNAME").await, ["ingress.inosec.com."]);
    let seen = dns.records(&name).await.unwrap().remove(0);
    assert_eq!((seen.ttl, seen.answered), (300, Answered::AsWritten));

    // Of another kind, in one step.
    dns.change(&seen, &Record::leading(&name, "192.0.2.7")).await.expect("changed");
    assert_eq!(said(&dns, &name).await, pairs([("A", "192.0.2.7")]));
    assert_eq!(resolved(&name, "A").await, ["192.0.2.7"]);
    let seen = dns.records(&name).await.unwrap().remove(0);
    dns.change(&seen, &Record::leading(&name, "192.0.2.8")).await.expect("changed");
    assert_eq!(said(&dns, &name).await, pairs([("A", "192.0.2.8")]));

    // A second one stands beside the first, and only the one that is named goes.
    dns.create(&Record::leading(&name, "192.0.2.9")).await.expect("created");
    assert_eq!(said(&dns, &name).await, pairs([("A", "192.0.2.8"), ("A", "192.0.2.9")]));
    let records = dns.records(&name).await.unwrap();
    let first = records.iter().find(|record| record.content == "192.0.2.8").unwrap();
    dns.delete(first).await.expect("deleted");
    assert_eq!(said(&dns, &name).await, pairs([("A", "192.0.2.9")]));
    dns.delete(first).await.expect("what is gone is gone");
    assert_eq!(said(&dns, &name).await, pairs([("A", "192.0.2.9")]));

    // Names below it and beside it are others.
    assert_eq!(said(&dns, &format!("_steward.{name}")).await, []);
    clean(&dns, &name).await;
    assert_eq!(said(&dns, &name).await, []);
    assert_eq!(resolved(&name, "A").await, [""; 0]);
}

async fn keeps_texts(settings: DnsSettings) {
    let dns = Dns::new(settings).expect("a client");
    let name = format!("_steward.{}", name());
    let (one, two) = (format!("steward-tenant-id={}", Uuid::new_v4()), r#"a "second" text \ with signs"#);
    dns.create(&Record::text(&name, &one)).await.expect("created");
    assert_eq!(said(&dns, &name).await, pairs([("TXT", &one)]));
    assert_eq!(resolved(&name, "TXT").await, [format!("\"{one}\"")]);
    dns.create(&Record::text(&name, two)).await.expect("created");
    assert_eq!(said(&dns, &name).await, pairs([("TXT", two), ("TXT", &one)]));
    clean(&dns, &name).await;
    assert_eq!(said(&dns, &name).await, []);
}

async fn says_what_is_wrong(settings: DnsSettings, without_right: DnsSettings) {
    let dns = Dns::new(settings).expect("a client");
    let name = name();
    dns.create(&Record::leading(&name, "192.0.2.1")).await.expect("created");
    let beside: Failure = dns.create(&Record::leading(&name, "ingress.inosec.com")).await.expect_err("a CNAME stands alone");
    assert_eq!(beside.cause.code, "DNS-423", "{beside:?}");
    clean(&dns, &name).await;

    let stranger = Dns::new(without_right).expect("a client");
    stranger.reach().await.expect("it answers strangers too");
    for refused in [stranger.records(&name).await.map(|_| ()), stranger.create(&Record::text(&name, "x")).await] {
        let failure = refused.expect_err("a stranger");
        assert!(["DNS-401", "DNS-403"].contains(&failure.cause.code.as_str()), "{failure:?}");
    }
    assert_eq!(said(&dns, &name).await, []);
}

#[tokio::test]
async fn powerdns_keeps_records() {
    keeps_records(powerdns()).await;
}

#[tokio::test]
async fn powerdns_keeps_texts() {
    keeps_texts(powerdns()).await;
}

#[tokio::test]
async fn powerdns_says_what_is_wrong() {
    let stranger = PowerDnsSettings { url: env("STEWARD_POWERDNS_URL"), key: Secret::new("stranger") };
    says_what_is_wrong(powerdns(), DnsSettings::PowerDns(stranger)).await;
    // A name that lies in none of its zones.
    let dns = Dns::new(powerdns()).unwrap();
    assert_eq!(said(&dns, "acme.elsewhere.example").await, []);
    let failure = dns.create(&Record::text("acme.elsewhere.example", "x")).await.expect_err("not its zone");
    assert_eq!(failure.cause.code, "DNS-404", "{failure:?}");
}
