//! Keycloak's platform realm: where its endpoints are and with which keys it signs.
//!
//! Nothing is asked at start, so that Steward starts while Keycloak is away. The realm's description is read when it is first
//! needed, kept, and read again now and then, and when a token comes that was signed with a key not known yet.

use super::claims::Client;
use super::http;
use crate::configuration::SignInSettings;
use anyhow::Context as _;
use axum::http::StatusCode;
use jsonwebtoken::jwk::JwkSet;
use openidconnect::{ClientId, ClientSecret, HttpRequest, IssuerUrl, ProviderMetadataWithLogout, RedirectUrl};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use steward_core::context::Context;
use tokio::sync::Mutex;
use url::Url;

/// The description is read again after so long.
const KNOWN_FOR: Duration = Duration::from_secs(600);
/// For a key that is not known the description is read again at most so often.
const KEYS_READ_EVERY: Duration = Duration::from_secs(10);
/// After a failure nobody tries again for so long.
const AWAY_FOR: Duration = Duration::from_secs(2);

/// Keycloak cannot be asked right now.
#[derive(Clone, Debug, thiserror::Error)]
#[error("Keycloak is away: {0}")]
pub struct Away(pub String);

/// What is known of the realm.
pub(crate) struct Known {
    /// The console's client, ready to be used.
    pub(super) client: Client,
    /// The realm's keys.
    pub(crate) keys: JwkSet,
    /// Where Keycloak's own session is ended.
    pub(super) end_session: Option<Url>,
    read_at: Instant,
}

/// Keycloak's platform realm.
pub struct Provider {
    issuer: IssuerUrl,
    origin: String,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect: RedirectUrl,
    http: reqwest::Client,
    context: Context,
    known: RwLock<Option<Arc<Known>>>,
    failed: RwLock<Option<(Instant, Away)>>,
    reading: Mutex<()>,
}

impl Provider {
    /// A realm by its settings. Nothing is asked yet.
    ///
    /// # Errors
    /// When a setting cannot be used.
    pub fn new(settings: &SignInSettings, steward: &Url, context: Context) -> anyhow::Result<Self> {
        let redirect = steward.join("/auth/callback").context("STEWARD_URL")?;
        // The issuer's text counts, letter by letter: a slash that `Url` adds would make it another issuer.
        let issuer = settings.issuer.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            issuer: IssuerUrl::new(issuer).context("STEWARD_OIDC_ISSUER")?,
            origin: settings.issuer.origin().ascii_serialization(),
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: ClientSecret::new(settings.client_secret.expose().to_owned()),
            redirect: RedirectUrl::from_url(redirect),
            http: steward_core::platform::http::client().context("http client")?,
            context,
            known: RwLock::default(),
            failed: RwLock::default(),
            reading: Mutex::default(),
        })
    }

    /// The realm's issuer, as it stands in tokens.
    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The origin of Keycloak's pages.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The console's client id.
    pub(crate) fn client_id(&self) -> &str {
        self.client_id.as_str()
    }

    /// The clock of the program.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// The HTTP client, as `openidconnect` wants it.
    pub(super) fn http(
        &self,
    ) -> impl Fn(HttpRequest) -> std::pin::Pin<Box<dyn Future<Output = Result<openidconnect::HttpResponse, http::NoAnswer>> + Send>> + use<>
    {
        let client = self.http.clone();
        move |request| Box::pin(http::call(client.clone(), request))
    }

    /// What is known of the realm; asked for if nothing is.
    ///
    /// # Errors
    /// When nothing is known and Keycloak does not answer.
    pub(crate) async fn known(&self) -> Result<Arc<Known>, Away> {
        match self.kept() {
            Some(known) if known.read_at.elapsed() < KNOWN_FOR => Ok(known),
            // Old knowledge is better than none while Keycloak is away.
            Some(known) => Ok(self.read(known.read_at).await.unwrap_or(known)),
            None => self.read(Instant::now()).await,
        }
    }

    /// What is known of the realm, with the key of that id if the realm has it.
    ///
    /// # Errors
    /// As [`Provider::known`].
    pub(crate) async fn with_key(&self, key_id: &str) -> Result<Arc<Known>, Away> {
        let known = self.known().await?;
        if known.keys.find(key_id).is_some() || known.read_at.elapsed() < KEYS_READ_EVERY {
            return Ok(known);
        }
        Ok(self.read(known.read_at).await.unwrap_or(known))
    }

    /// Notes that Keycloak did not answer, so that others need not wait for the same.
    pub(super) fn note_away(&self, away: &Away) {
        *self.failed.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), away.clone()));
    }

    /// Whether Keycloak was away a moment ago.
    ///
    /// # Errors
    /// If so.
    pub(super) fn not_just_away(&self) -> Result<(), Away> {
        match self.failed.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some((at, away)) if at.elapsed() < AWAY_FOR => Err(away.clone()),
            _ => Ok(()),
        }
    }

    fn kept(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the realm's description, one caller at a time; who waited takes what was read meanwhile.
    async fn read(&self, before: Instant) -> Result<Arc<Known>, Away> {
        let _turn = self.reading.lock().await;
        if let Some(known) = self.kept().filter(|known| known.read_at > before) {
            return Ok(known);
        }
        self.not_just_away()?;
        match self.discover().await {
            Ok(known) => {
                let known = Arc::new(known);
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
                Ok(known)
            }
            Err(error) => {
                let away = Away(format!("{error:#}"));
                tracing::warn!(error = away.0, "the platform realm cannot be read");
                self.note_away(&away);
                Err(away)
            }
        }
    }

    /// Ends Keycloak's own session, from server to server: no token goes through the browser. A session that is over already is fine.
    ///
    /// # Errors
    /// When Keycloak does not answer, or refuses.
    pub(super) async fn end_session(&self, refresh_token: &str) -> Result<(), Away> {
        let away = |error: &dyn std::fmt::Display| Away(error.to_string());
        let known = self.known().await?;
        self.not_just_away()?;
        let endpoint = known.end_session.as_ref().ok_or_else(|| Away("the realm names no end-session endpoint".to_owned()))?;
        let form =
            [("client_id", self.client_id.as_str()), ("client_secret", self.client_secret.secret()), ("refresh_token", refresh_token)];
        let request = http::form(endpoint, &form).map_err(|error| away(&error))?;
        let answer = http::call(self.http.clone(), request).await.map_err(|error| {
            let away = away(&error);
            self.note_away(&away);
            away
        })?;
        let over_already = answer.status() == StatusCode::BAD_REQUEST && answer.body().windows(13).any(|bytes| bytes == b"invalid_grant");
        if answer.status().is_success() || over_already { Ok(()) } else { Err(Away(format!("Keycloak answers {}", answer.status()))) }
    }

    async fn discover(&self) -> anyhow::Result<Known> {
        let http = self.http();
        let metadata = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &http).await.context("discovery")?;
        let keys = serde_json::to_value(metadata.jwks()).and_then(serde_json::from_value).context("keys")?;
        let end_session = metadata.additional_metadata().end_session_endpoint.as_ref().map(|endpoint| endpoint.url().clone());
        anyhow::ensure!(metadata.token_endpoint().is_some(), "the realm names no token endpoint");
        let client = Client::from_provider_metadata(metadata, self.client_id.clone(), Some(self.client_secret.clone()))
            .set_redirect_uri(self.redirect.clone());
        Ok(Known { client, keys, end_session, read_at: Instant::now() })
    }
}
