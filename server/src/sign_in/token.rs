//! Signed tokens that others bring: bearer tokens of the API, Keycloak's logout tokens. One pinned algorithm, the realm's keys,
//! issuer and audience; what else a token must say is its reader's business.

use super::provider::Away;
use crate::steward::Steward;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::DeserializeOwned;

/// The algorithm that the platform realm signs with, and the only one that is taken.
const ALGORITHM: Algorithm = Algorithm::RS256;
/// Clocks may differ by so much.
const LEEWAY_SECONDS: u64 = 30;

/// Why a token was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The keys to check it with are not known, and Keycloak is away.
    #[error(transparent)]
    Away(#[from] Away),
    /// It does not hold.
    #[error("{0}")]
    Bad(String),
}

/// The claims of a token that was signed by the platform realm for `audience`. `required` are claims that must be there.
pub(crate) async fn verified<C: DeserializeOwned>(steward: &Steward, token: &str, audience: &str, required: &[&str]) -> Result<C, Refused> {
    let bad = |why: &dyn std::fmt::Display| Refused::Bad(why.to_string());
    let header = jsonwebtoken::decode_header(token).map_err(|error| bad(&error))?;
    if header.alg != ALGORITHM {
        return Err(bad(&format_args!("signed with {:?}", header.alg)));
    }
    let key_id = header.kid.ok_or_else(|| bad(&"no kid"))?;
    let known = steward.provider.with_key(&key_id).await?;
    let key = known.keys.find(&key_id).ok_or_else(|| bad(&"signed with a key that is not the realm's"))?;
    let key = DecodingKey::from_jwk(key).map_err(|error| bad(&error))?;
    let mut validation = Validation::new(ALGORITHM);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    validation.validate_exp = required.contains(&"exp");
    validation.set_issuer(&[steward.provider.issuer()]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(required);
    Ok(jsonwebtoken::decode::<C>(token, &key, &validation).map_err(|error| bad(&error))?.claims)
}
