//! The contract of the DNS client: the same for each provider. What the API says is compared with what the DNS server answers.

use crate::world::*;
use std::sync::Arc;
use std::time::Duration;
use steward_core::platform::{Answered, CloudflareSettings, Dns, DnsSettings, Failure, PowerDnsSettings, Record, Secret};
use steward_standins::cloudflare::Zone;
use steward_standins::cloudflare::limit::Limit;
use steward_standins::cloudflare::server::{Cloudflare, router};
use steward_standins::faults::{Fault, Played};
use tokio::net::TcpListener;
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

#[tokio::test]
async fn cloudflare_keeps_records() {
    keeps_records(cloudflare()).await;
}

#[tokio::test]
async fn cloudflare_keeps_texts() {
    keeps_texts(cloudflare()).await;
}

#[tokio::test]
async fn cloudflare_says_what_is_wrong() {
    let stranger = CloudflareSettings {
        url: env("STEWARD_CLOUDFLARE_URL"),
        zone_id: env("STEWARD_CLOUDFLARE_ZONE_ID"),
        token: Secret::new("stranger"),
    };
    says_what_is_wrong(cloudflare(), DnsSettings::Cloudflare(stranger)).await;
    // A name outside the zone would become one below it: that record is taken away again.
    let dns = Dns::new(cloudflare()).unwrap();
    let failure = dns.create(&Record::text("acme.elsewhere.example", "x")).await.expect_err("not its zone");
    assert_eq!(failure.cause.code, "DNS-400", "{failure:?}");
    assert_eq!(said(&dns, "acme.elsewhere.example.inosec.com").await, []);
    assert_eq!(resolved("acme.elsewhere.example.inosec.com", "TXT").await, [""; 0]);
}

/// A Cloudflare of the test's own, with a limit of its own.
async fn own_cloudflare(limit: Limit) -> (Arc<Cloudflare>, Dns) {
    let zone = Zone::new("0123456789abcdef0123456789abcdef", "inosec.com").unwrap();
    let cloudflare = Cloudflare::new(zone, "admin".into(), "steward".into(), None, None).unwrap();
    cloudflare.rate().change(limit);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    let served = Arc::clone(&cloudflare);
    tokio::spawn(async move { steward_standins::server::serve(listener, router(served)).await.unwrap() });
    let settings = CloudflareSettings { url, zone_id: "0123456789abcdef0123456789abcdef".into(), token: Secret::new("steward") };
    (cloudflare, Dns::new(DnsSettings::Cloudflare(settings)).unwrap())
}

#[tokio::test]
async fn cloudflare_lists_in_pages_and_asks_for_pauses() {
    let (cloudflare, dns) = own_cloudflare(Limit { requests: 260, seconds: 37 }).await;
    let name = name();
    for n in 0..250 {
        dns.create(&Record::leading(&name, &format!("192.0.2.{n}"))).await.expect("created");
    }
    assert_eq!(said(&dns, &name).await.len(), 250, "three pages");
    let mut failure = None;
    for _ in 0..8 {
        failure = dns.records(&name).await.err();
        if failure.is_some() {
            break;
        }
    }
    let failure = failure.expect("one call too many");
    assert_eq!(failure.cause.code, "DNS-429", "{failure:?}");
    assert!(failure.retry_after.is_some_and(|pause| pause > Duration::ZERO && pause <= Duration::from_secs(37)), "{failure:?}");
    dns.reach().await.expect("it is there all the same");
    assert!(cloudflare.faults().calls().all(|call| call.known), "no call that Cloudflare does not know");

    cloudflare.faults().order(Fault { matches: "GET".into(), status: Some(503), count: 2, delay_ms: 0, apply: false });
    assert_eq!(dns.reach().await.expect_err("away").cause.code, "DNS-503");
    assert_eq!(dns.records(&name).await.expect_err("away").cause.code, "DNS-503");
}
