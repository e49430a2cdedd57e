//! Sessions that are past their end: ended here, then at Keycloak, so that the next sign-in asks for password and second factor again.
//!
//! If Keycloak is away, its session ends by itself after as long without use (`ssoSessionIdleTimeout`).

use crate::steward::Steward;
use steward_core::access::Actor;
use steward_core::access::sessions::{self, Ended};
use steward_core::error::Result;

fn sweeper(request_id: String) -> Actor {
    Actor::worker("session sweeper", request_id)
}

/// Ends every session that is past its end.
pub(crate) async fn sweep(steward: &Steward) -> Result<()> {
    let request_id = steward.database().context().id()?.simple().to_string();
    let ended = sessions::sweep(steward.database(), &steward.session_key, &sweeper(request_id)).await?;
    for ended in ended.iter().filter(|ended| !ended.shared) {
        // While Keycloak is away the others would wait for the same.
        if !at_keycloak(steward, ended).await {
            break;
        }
    }
    Ok(())
}

/// Ends the session of a cookie, if it is past its end: until the next sweep Keycloak would let its person in again without asking.
pub(crate) async fn overdue(steward: &Steward, id: &str, request_id: &str) -> Result<()> {
    if let Some(ended) = end_overdue(steward, id, request_id).await?.filter(|ended| !ended.shared) {
        at_keycloak(steward, &ended).await;
    }
    Ok(())
}

/// Ends the session of a cookie here, if it is past its end.
pub(super) async fn end_overdue(steward: &Steward, id: &str, request_id: &str) -> Result<Option<Ended>> {
    sessions::end_overdue(steward.database(), &steward.session_key, &sessions::hash(id), &sweeper(request_id.to_owned())).await
}

/// Ends the Keycloak session that a session came from. Gives whether Keycloak said so.
pub(super) async fn at_keycloak(steward: &Steward, ended: &Ended) -> bool {
    match steward.provider.end_session(&ended.refresh_token).await {
        Ok(()) => true,
        Err(away) => {
            tracing::warn!(error = away.0, "a session ended here, but not at Keycloak");
            false
        }
    }
}
