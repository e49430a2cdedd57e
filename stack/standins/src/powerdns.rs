//! Brings what the Cloudflare stand-in holds to a real DNS server, by PowerDNS' HTTP API: what Cloudflare is told, `dig` sees at once.
//! It writes whole sets of records and never reads: what is in the zone beside them stays.

use crate::cloudflare::{CloudflareState, Record, RecordType};
use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// Longest piece of text in a TXT record.
const TEXT_PIECE_MAX: usize = 255;
/// What Cloudflare's own choice of a time to live amounts to, in seconds.
const AUTOMATIC_TTL: u32 = 300;
/// How long the server has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the DNS server's API is.
#[derive(Clone)]
pub struct PowerDns {
    address: SocketAddr,
    key: String,
    zone: String,
}

// By hand: the key is a secret.
impl std::fmt::Debug for PowerDns {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PowerDns({}, {})", self.address, self.zone)
    }
}

impl PowerDns {
    /// The API at that address, and the zone in it.
    #[must_use]
    pub fn new(address: SocketAddr, key: String, zone: &str) -> Self {
        Self { address, key, zone: format!("{zone}.") }
    }

    /// Brings these sets to the server as they are in the state, all or none.
    ///
    /// # Errors
    /// If the server does not answer, or refuses.
    pub async fn write(&self, state: &CloudflareState, sets: &[(String, RecordType)]) -> anyhow::Result<()> {
        let body = json!({ "rrsets": rrsets(state, sets) });
        let (status, answer) = tokio::time::timeout(PATIENCE, self.patch(&body)).await.context("it does not answer")??;
        ensure!(status == 204, "it answered {status}: {answer}");
        Ok(())
    }

    async fn patch(&self, body: &Value) -> anyhow::Result<(u16, String)> {
        let stream = tokio::net::TcpStream::connect(self.address).await.context("it cannot be reached")?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let request = hyper::Request::patch(format!("/api/v1/servers/localhost/zones/{}", self.zone))
            .header(hyper::header::HOST, self.address.to_string())
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .header("X-API-Key", &self.key)
            .body(Full::new(Bytes::from(body.to_string())))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// The sets as the API takes them; those that are no more first, so that what takes their name finds it free.
fn rrsets(state: &CloudflareState, sets: &[(String, RecordType)]) -> Vec<Value> {
    let mut gone = Vec::new();
    let mut there = Vec::new();
    for (name, kind) in sets {
        let records = state.set(name, *kind);
        let whole_name = format!("{name}.");
        match records.first() {
            None => gone.push(json!({ "name": whole_name, "type": kind, "changetype": "DELETE" })),
            Some(first) => there.push(json!({
                "name": whole_name, "type": kind, "changetype": "REPLACE",
                "ttl": if first.ttl == 1 { AUTOMATIC_TTL } else { first.ttl },
                "records": records.iter().map(|record| json!({ "content": content(record), "disabled": false })).collect::<Vec<_>>(),
            })),
        }
    }
    gone.append(&mut there);
    gone
}

/// The content as a zone file has it.
fn content(record: &Record) -> String {
    match record.kind {
        RecordType::A | RecordType::Aaaa => record.content.clone(),
        RecordType::Cname => format!("{}.", record.content),
        // Given in quotation marks, it is in that form already.
        RecordType::Txt if record.content.len() > 1 && record.content.starts_with('"') && record.content.ends_with('"') => {
            record.content.clone()
        }
        RecordType::Txt => quoted(&record.content),
    }
}

/// Text in quotation marks, in as many pieces as it takes; what is not printable ASCII as the decimal number of each byte.
fn quoted(text: &str) -> String {
    let pieces: Vec<String> = text
        .as_bytes()
        .chunks(TEXT_PIECE_MAX)
        .map(|piece| {
            let escaped: String = piece
                .iter()
                .map(|byte| match byte {
                    b'"' | b'\\' => format!("\\{}", char::from(*byte)),
                    b' '..=b'~' => char::from(*byte).to_string(),
                    _ => format!("\\{byte:03}"),
                })
                .collect();
            format!("\"{escaped}\"")
        })
        .collect();
    pieces.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_a_zone_file_wants_it() {
        assert_eq!(quoted("a b"), r#""a b""#);
        assert_eq!(quoted(r#"say "ä\""#), r#""say \"\195\164\\\"""#);
        let long = quoted(&"x".repeat(300));
        assert_eq!(long, format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    }
}
