//! What is decided about every request before anything else, and put on every response after everything else: its id, its
//! nonce, its address, its time limit, the headers of TRUST.md §4, and a page even if something panics.

use super::page::wants_json;
use super::{headers, last_resort};
use crate::steward::Steward;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use steward_core::access::{Actor, Origin};
use tracing::Instrument;
use uuid::Uuid;

/// A request that takes longer is given up: the person is told, nothing goes on for them.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What is known about a request from its first moment on.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The id that page, log and entries share.
    pub request_id: String,
    /// The nonce of the response's content security policy.
    pub nonce: String,
    /// Where the request came from.
    pub address: Option<String>,
    /// The path that was asked for, with its query.
    pub path_and_query: String,
}

impl Arrival {
    /// As part of an actor.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin { request_id: self.request_id.clone(), address: self.address.clone() }
    }

    /// Somebody who is not known.
    #[must_use]
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(self.origin())
    }
}

/// The outermost layer.
pub(super) async fn arrive(State(steward): State<Steward>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let Some(arrival) = arrival(&steward, &request) else {
        return last_resort::response(StatusCode::INTERNAL_SERVER_ERROR, "APP-500", "", None);
    };
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let json = wants_json(&path, request.headers());
    let span = tracing::info_span!("request", request_id = arrival.request_id, tenant_id = tracing::field::Empty);
    if let Some(tenant) = tenant_in(&path) {
        span.record("tenant_id", tenant.to_string());
    }
    request.extensions_mut().insert(arrival.clone());
    let stylesheet = steward.services.site.assets.stylesheet.clone();
    let given_up = |status, code| match json {
        true => last_resort::document(status, code, &arrival.request_id, &path),
        false => last_resort::response(status, code, &arrival.request_id, Some(&stylesheet)),
    };
    let work = tokio::time::timeout(REQUEST_TIMEOUT, AssertUnwindSafe(next.run(request)).catch_unwind()).instrument(span.clone());
    let mut response = match work.await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => given_up(StatusCode::INTERNAL_SERVER_ERROR, "APP-500"),
        Err(_) => given_up(StatusCode::GATEWAY_TIMEOUT, "APP-504"),
    };
    headers::put(&steward, &arrival, &path, &mut response);
    let status = response.status().as_u16();
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match status {
        500.. => tracing::error!(%method, path, status, took_ms, "answered"),
        _ if !method.is_safe() => tracing::info!(%method, path, status, took_ms, "answered"),
        _ => tracing::debug!(%method, path, status, took_ms, "answered"),
    });
    response
}

fn arrival(steward: &Steward, request: &Request) -> Option<Arrival> {
    let context = steward.database().context();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    Some(Arrival {
        request_id: context.id().ok()?.simple().to_string(),
        nonce: URL_SAFE_NO_PAD.encode(context.random::<16>().ok()?),
        address: peer.map(|peer| client_address(peer, request.headers(), &steward.trusted_proxies).to_string()),
        path_and_query: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
    })
}

/// The last address that no proxy of ours added.
fn client_address(peer: IpAddr, headers: &HeaderMap<HeaderValue>, trusted: &[IpAddr]) -> IpAddr {
    let mut address = peer;
    if !trusted.contains(&address) {
        return address;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let hops: Vec<Option<IpAddr>> = forwarded.map(|hop| hop.trim().parse().ok()).collect();
    for hop in hops.into_iter().rev() {
        let Some(hop) = hop else { break };
        address = hop;
        if !trusted.contains(&address) {
            break;
        }
    }
    address
}

/// The tenant that a path speaks of.
fn tenant_in(path: &str) -> Option<Uuid> {
    let mut segments = path.split('/').skip_while(|segment| *segment != "tenants");
    segments.next()?;
    segments.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_proxies_of_ours_may_say_where_a_request_came_from() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("6.6.6.6, 1.2.3.4, 10.0.0.2"));
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let ours = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(client_address(ip("9.9.9.9"), &headers, &ours), ip("9.9.9.9"));
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &ours), ip("1.2.3.4"));
        assert_eq!(client_address(ip("10.0.0.1"), &HeaderMap::new(), &ours), ip("10.0.0.1"));
    }

    #[test]
    fn the_tenant_of_a_path_is_known() {
        let id = "b1c3e8f4-8123-496c-8dac-f8a7da746e21";
        assert_eq!(tenant_in(&format!("/tenants/{id}/runs/3")).map(|t| t.to_string()).as_deref(), Some(id));
        assert_eq!(tenant_in(&format!("/v2/tenants/{id}")).map(|t| t.to_string()).as_deref(), Some(id));
        assert_eq!(tenant_in("/tenants/new"), None);
    }
}
