//! `GET /auth/callback`: Keycloak's answer. It counts once, in time, for the browser that asked; then the code becomes tokens,
//! the tokens a session with a new id. Whatever does not hold is a page with a code, and an entry.

use super::begin::secret;
use super::claims::{Claims, Client, Tokens};
use super::provider::{Away, Known};
use super::{Failure, second_factor};
use crate::router::{Arrival, cookies, error_page, not_signed_in, pairs, see_other};
use crate::steward::Steward;
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{AuthorizationCode, IdTokenVerifier, Nonce, OAuth2TokenResponse, PkceCodeVerifier, RequestTokenError, TokenResponse};
use std::sync::Arc;
use steward_core::access::sessions::{self, EndReason, NewSession, SignIn};
use steward_core::context::Context;
use steward_core::error::Error;

/// Why there is no session, with what the log may know.
enum Stop {
    Failed(Failure, String),
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Broken(error)
    }
}

impl From<Away> for Stop {
    fn from(away: Away) -> Self {
        Stop::Failed(Failure::KeycloakAway, away.0)
    }
}

fn failed(failure: Failure, log: impl std::fmt::Display) -> Stop {
    Stop::Failed(failure, log.to_string())
}

/// What the answer's address says; each parameter at most once.
struct Answer {
    pairs: Vec<(String, String)>,
}

impl Answer {
    fn one(&self, name: &str) -> Result<Option<&str>, Stop> {
        let mut all = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (all.next(), all.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(failed(Failure::UnknownState, format_args!("{name} comes twice"))),
        }
    }
}

/// Takes the answer.
pub(super) async fn callback(
    State(steward): State<Steward>,
    Extension(arrival): Extension<Arrival>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let answer = Answer { pairs: pairs(query.unwrap_or_default().as_bytes()) };
    match open_session(&steward, &arrival, &headers, &answer).await {
        Ok((id, return_to)) => {
            let mut response = see_other(&return_to);
            cookies::set(&mut response, cookies::SESSION, &id, None);
            response
        }
        Err(Stop::Failed(failure, log)) => not_signed_in(&steward, &arrival, &headers, failure, Some(&log)).await,
        Err(Stop::Broken(error)) => error_page(&steward, &arrival, &headers, &error).await,
    }
}

async fn open_session(steward: &Steward, arrival: &Arrival, headers: &HeaderMap, answer: &Answer) -> Result<(String, String), Stop> {
    let sign_in = begun(steward, headers, answer).await?;
    // RFC 9207: an answer that another server sent is not ours to take. Keycloak always names itself.
    match answer.one("iss")? {
        Some(issuer) if issuer == steward.provider.issuer() => {}
        other => return Err(failed(Failure::OtherIssuer, format_args!("iss is {other:?}"))),
    }
    if let Some(error) = answer.one("error")? {
        let description = answer.one("error_description")?.unwrap_or_default();
        return Err(failed(Failure::KeycloakRefused, format_args!("{error}: {description}")));
    }
    if !sign_in.in_time {
        return Err(failed(Failure::Expired, format_args!("begun at {}", sign_in.created_at)));
    }
    let code = answer.one("code")?.ok_or_else(|| failed(Failure::UnknownState, "neither code nor error"))?;
    let new = tokens_to_session(steward, &sign_in, code).await?;
    if new.roles.is_empty() {
        return Err(failed(Failure::NoRole, &new.username));
    }
    let id = secret(steward.database().context())?;
    end_former(steward, arrival, headers).await?;
    sessions::open(steward.database(), &steward.session_key, &id, &new, &arrival.origin()).await?;
    Ok((id, sign_in.return_to))
}

/// The sign-in that this answer belongs to. It is gone after this: an answer counts once.
async fn begun(steward: &Steward, headers: &HeaderMap, answer: &Answer) -> Result<SignIn, Stop> {
    let unknown = |why: &str| failed(Failure::UnknownState, why);
    let state = answer.one("state")?.ok_or_else(|| unknown("no state"))?;
    let browser = cookies::value(headers, cookies::SIGN_IN).ok_or_else(|| unknown("no cookie of a sign-in"))?;
    sessions::take_sign_in(steward.database(), &steward.session_key, state, &browser)
        .await?
        .ok_or_else(|| unknown("state not known for this browser"))
}

/// Who was signed in with this browser before is signed out: the new session has a new id, the old id is worth nothing.
async fn end_former(steward: &Steward, arrival: &Arrival, headers: &HeaderMap) -> Result<(), Error> {
    let Some(id) = cookies::value(headers, cookies::SESSION) else { return Ok(()) };
    let Some(former) = sessions::find(steward.database(), &id).await? else { return Ok(()) };
    let actor = former.actor(arrival.origin());
    sessions::end(steward.database(), &steward.session_key, &former.id_hash, &actor, EndReason::Replaced).await?;
    Ok(())
}

async fn tokens_to_session(steward: &Steward, sign_in: &SignIn, code: &str) -> Result<NewSession, Stop> {
    let known = steward.provider.known().await?;
    let request = known
        .client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(|error| failed(Failure::KeycloakAway, error))?
        .set_pkce_verifier(PkceCodeVerifier::new(sign_in.pkce_verifier.clone()));
    let tokens: Tokens = request.request_async(&steward.provider.http()).await.map_err(|error| match error {
        RequestTokenError::ServerResponse(refusal) => failed(Failure::CodeRefused, refusal),
        RequestTokenError::Request(no_answer) => failed(Failure::KeycloakAway, no_answer),
        other => failed(Failure::BadToken, other),
    })?;
    let id_token = tokens.id_token().ok_or_else(|| failed(Failure::BadToken, "no ID token"))?;
    let known = with_key_of(steward, &id_token.to_string(), known).await?;
    let claims = id_token
        .claims(&verifier(&known.client, steward.provider.context().clone()), &Nonce::new(sign_in.nonce.clone()))
        .map_err(|error| failed(Failure::BadToken, error))?;
    let amr: Vec<String> = claims.auth_method_refs().into_iter().flatten().map(|method| method.as_str().to_owned()).collect();
    if !second_factor::proved(amr.iter().map(String::as_str)) {
        return Err(failed(Failure::OneFactor, format_args!("amr is {amr:?}")));
    }
    let refresh_token = tokens.refresh_token().ok_or_else(|| failed(Failure::BadToken, "no refresh token"))?;
    session_of(claims, amr, refresh_token.secret())
}

fn session_of(claims: &Claims, amr: Vec<String>, refresh_token: &str) -> Result<NewSession, Stop> {
    let person_id = claims.subject().to_string();
    let username = claims.preferred_username().map_or_else(|| person_id.clone(), |name| name.to_string());
    let display_name = claims.name().and_then(|name| name.get(None)).map_or_else(|| username.clone(), |name| name.to_string());
    let platform = claims.additional_claims();
    Ok(NewSession {
        person_id,
        username,
        display_name,
        roles: platform.roles(),
        reseller: platform.reseller.clone(),
        keycloak_session: platform.sid.clone().ok_or_else(|| failed(Failure::BadToken, "no sid"))?,
        refresh_token: refresh_token.to_owned(),
        amr,
        authenticated_at: claims.auth_time().ok_or_else(|| failed(Failure::BadToken, "no auth_time"))?,
    })
}

/// The realm's description, with the key that signed this token if the realm has it.
pub(super) async fn with_key_of(steward: &Steward, token: &str, known: Arc<Known>) -> Result<Arc<Known>, Away> {
    match jsonwebtoken::decode_header(token).ok().and_then(|header| header.kid) {
        Some(key_id) => steward.provider.with_key(&key_id).await,
        None => Ok(known),
    }
}

/// What every ID token must pass: RS256 and nothing else, our issuer, our client as audience, not expired.
pub(super) fn verifier(client: &Client, context: Context) -> IdTokenVerifier<'_, CoreJsonWebKey> {
    client.id_token_verifier().set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256]).set_time_fn(move || context.now())
}

#[cfg(test)]
mod tests {
    use super::super::claims::PlatformClaims;
    use super::*;
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use openidconnect::core::{
        CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreProviderMetadata, CoreResponseType,
        CoreSubjectIdentifierType,
    };
    use openidconnect::{
        AuthUrl, ClaimsVerificationError, ClientId, ClientSecret, EmptyAdditionalProviderMetadata, IdToken, IssuerUrl, JsonWebKeySetUrl,
        ResponseTypes, SignatureVerificationError, TokenUrl,
    };
    use std::str::FromStr;

    const ISSUER: &str = "https://keycloak.example/realms/platform";
    const SECRET: &str = "the console's client secret";

    /// The console's client in a realm that, as Keycloak does, also offers to sign with the client's secret.
    fn client() -> Client {
        let url = |path: &str| format!("{ISSUER}/{path}");
        let metadata = CoreProviderMetadata::new(
            IssuerUrl::new(ISSUER.to_owned()).unwrap(),
            AuthUrl::new(url("auth")).unwrap(),
            JsonWebKeySetUrl::new(url("certs")).unwrap(),
            vec![ResponseTypes::new(vec![CoreResponseType::Code])],
            vec![CoreSubjectIdentifierType::Public],
            vec![CoreJwsSigningAlgorithm::HmacSha256, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256],
            EmptyAdditionalProviderMetadata {},
        )
        .set_token_endpoint(Some(TokenUrl::new(url("token")).unwrap()))
        .set_jwks(CoreJsonWebKeySet::new(Vec::new()));
        Client::from_provider_metadata(metadata, ClientId::new("console".into()), Some(ClientSecret::new(SECRET.into())))
    }

    /// What the verifier says of a token for `audience`, signed with the client's secret.
    fn verdict(audience: &str, nonce: &str) -> Result<(), ClaimsVerificationError> {
        let now = Context::default().now().timestamp();
        let claims = serde_json::json!({
            "iss": ISSUER, "aud": audience, "sub": "p1", "iat": now, "exp": now + 60, "nonce": nonce, "auth_time": now,
        });
        let text = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
        let token: IdToken<PlatformClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm> =
            IdToken::from_str(&text).unwrap();
        token.claims(&verifier(&client(), Context::default()), &Nonce::new("n".into())).map(drop)
    }

    #[test]
    fn a_token_signed_with_another_algorithm_or_for_another_client_is_not_taken() {
        let said = verdict("console", "n");
        assert!(
            matches!(said, Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::DisallowedAlg(_)))),
            "{said:?}"
        );
        let said = verdict("another", "n");
        assert!(matches!(said, Err(ClaimsVerificationError::InvalidAudience(_))), "{said:?}");
    }
}
