//! What the platform realm's ID tokens say, and the types of `openidconnect` that follow from it.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields,
    StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use steward_domain::role::Role;

/// Claims beyond the standard's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct PlatformClaims {
    /// The person's roles in the realm.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The short name of the reseller that the person belongs to.
    #[serde(default)]
    pub reseller: Option<String>,
    /// Keycloak's session.
    #[serde(default)]
    pub sid: Option<String>,
}

impl AdditionalClaims for PlatformClaims {}

impl PlatformClaims {
    /// The roles that Steward knows; Keycloak's own are left out.
    pub(super) fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.roles.iter().filter_map(|name| Role::parse(name)).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

/// The claims of an ID token.
pub(super) type Claims = IdTokenClaims<PlatformClaims, CoreGenderClaim>;

/// What Keycloak's token endpoint answers.
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<PlatformClaims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>,
    CoreTokenType,
>;

/// What it answers when it refuses.
pub(super) type TokenRefusal = StandardErrorResponse<CoreErrorResponseType>;

/// The console's client.
pub(super) type Client = openidconnect::Client<
    PlatformClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    TokenRefusal,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;
