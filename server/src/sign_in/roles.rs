//! A session's roles, as new as what is about to be done demands: at most a minute old to look, read again to change something.
//!
//! While Keycloak is away looking goes on with the roles that are known, for at most 15 minutes, and nothing is changed
//! (`docs/decisions/roles-while-keycloak-is-away.md`).

use super::callback::{verifier, with_key_of};
use super::claims::Tokens;
use super::provider::Away;
use crate::router::Arrival;
use crate::router::visitor::Act;
use crate::steward::Steward;
use openidconnect::core::CoreErrorResponseType;
use openidconnect::{Nonce, OAuth2TokenResponse, RefreshToken, RequestTokenError, TokenResponse};
use std::time::Duration;
use steward_core::access::Origin;
use steward_core::access::sessions::{self, EndReason, RefreshTurn, Session};
use steward_core::error::{Error, Result};
use steward_domain::role::Role;

/// Roles that are older are read again before somebody looks at anything.
const ROLES_SECONDS_MAX: i32 = 60;
/// With Keycloak away, older roles are good for nothing.
const ROLES_SECONDS_MAX_AWAY: i32 = 15 * 60;
/// Who finds somebody else reading the roles looks again after so long, and so often.
const WAIT: Duration = Duration::from_millis(50);
const WAITS_MAX: u32 = 200;

/// What became of it.
#[derive(Debug)]
pub(crate) enum Current {
    /// The session with roles that are new enough.
    Known(Box<Session>),
    /// Keycloak does not know the session any more: it was ended here too.
    Ended,
    /// Keycloak is away, and that will not do.
    Away,
}

/// The session with roles that are new enough for what is about to be done.
pub(crate) async fn current(steward: &Steward, session: Session, act: Act, arrival: &Arrival) -> Result<Current> {
    if !act.changes() && session.roles_age_seconds < ROLES_SECONDS_MAX {
        return Ok(Current::Known(Box::new(session)));
    }
    // A task of its own: who goes away in the middle leaves nothing half-done.
    let reading = tokio::spawn(read_again(steward.clone(), session.clone(), arrival.origin()));
    let current = reading.await.map_err(Error::internal)??;
    Ok(match current {
        Current::Away if !act.changes() && session.roles_age_seconds <= ROLES_SECONDS_MAX_AWAY => Current::Known(Box::new(session)),
        current => current,
    })
}

async fn read_again(steward: Steward, session: Session, origin: Origin) -> Result<Current> {
    for _ in 0..WAITS_MAX {
        match sessions::take_refresh(steward.database(), &steward.session_key, &session.id_hash, session.found_at).await? {
            RefreshTurn::Yours { refresh_token } => return ask(&steward, &session, refresh_token, origin).await,
            RefreshTurn::Fresh(fresh) => return Ok(Current::Known(fresh)),
            RefreshTurn::Gone => return Ok(Current::Ended),
            RefreshTurn::Busy => tokio::time::sleep(WAIT).await,
        }
    }
    Ok(Current::Away)
}

/// What Keycloak says of the session.
enum Word {
    Read { roles: Vec<Role>, reseller: Option<String>, refresh_token: String },
    Refused(String),
}

async fn ask(steward: &Steward, session: &Session, refresh_token: String, origin: Origin) -> Result<Current> {
    let database = steward.database();
    match refresh(steward, session, refresh_token).await {
        Ok(Word::Read { roles, reseller, refresh_token }) => {
            let kept =
                sessions::roles_read(database, &steward.session_key, &session.id_hash, &roles, reseller.as_deref(), &refresh_token).await?;
            let fresh = if kept { sessions::look(database, &session.id_hash).await? } else { None };
            Ok(fresh.map_or(Current::Ended, |fresh| Current::Known(Box::new(fresh))))
        }
        Ok(Word::Refused(why)) => {
            tracing::info!(why, "Keycloak ended a session");
            sessions::end(database, &steward.session_key, &session.id_hash, &session.actor(origin), EndReason::Keycloak).await?;
            Ok(Current::Ended)
        }
        Err(away) => {
            tracing::warn!(error = away.0, "roles cannot be read");
            steward.provider.note_away(&away);
            sessions::release_refresh(database, &session.id_hash).await?;
            Ok(Current::Away)
        }
    }
}

async fn refresh(steward: &Steward, session: &Session, refresh_token: String) -> Result<Word, Away> {
    steward.provider.not_just_away()?;
    let away = |error: &dyn std::fmt::Display| Away(error.to_string());
    let known = steward.provider.known().await?;
    let refresh_token = RefreshToken::new(refresh_token);
    let request = known.client.exchange_refresh_token(&refresh_token).map_err(|error| away(&error))?;
    let tokens: Tokens = match request.request_async(&steward.provider.http()).await {
        Ok(tokens) => tokens,
        // Only this one says that the session is over. A wrong client secret is our trouble, not the person's.
        Err(RequestTokenError::ServerResponse(refusal)) if *refusal.error() == CoreErrorResponseType::InvalidGrant => {
            return Ok(Word::Refused(refusal.to_string()));
        }
        Err(error) => return Err(away(&error)),
    };
    let id_token = tokens.id_token().ok_or_else(|| Away("no ID token in the answer".to_owned()))?;
    let known = with_key_of(steward, &id_token.to_string(), known).await?;
    // A refreshed ID token belongs to no authorization request and carries no nonce.
    let claims = id_token
        .claims(&verifier(&known.client, steward.provider.context().clone()), |_: Option<&Nonce>| Ok(()))
        .map_err(|error| away(&error))?;
    if claims.subject().as_str() != session.person_id {
        return Ok(Word::Refused("the refreshed token is of somebody else".to_owned()));
    }
    let platform = claims.additional_claims();
    let next = tokens.refresh_token().unwrap_or(&refresh_token).secret().clone();
    Ok(Word::Read { roles: platform.roles(), reseller: platform.reseller.clone(), refresh_token: next })
}
