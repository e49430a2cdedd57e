//! Handing a mail to the mail server. What it answers becomes a [`MailFailure`]; it never tries again by itself.

use super::{Carrier, MailFailure, MailTrouble, Outgoing};
use crate::provisioning::{MailSecurity, MailSender};
use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};
use std::time::Duration;

/// How long the mail server may take over each answer.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// The mail server, as configured. Each mail goes over a connection of its own: they are few.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp")
    }
}

impl Smtp {
    /// The mail server that these settings name. Nothing is called yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(sender: &MailSender) -> Result<Self, MailFailure> {
        let tls = || TlsParameters::new(sender.host.clone()).map_err(|error| MailFailure::new(MailTrouble::Encryption, error));
        let security = match sender.security {
            MailSecurity::None => Tls::None,
            MailSecurity::StartTls => Tls::Required(tls()?),
            MailSecurity::Tls => Tls::Wrapper(tls()?),
        };
        let host_of_sender = sender.from.rsplit('@').next().unwrap_or_default().to_owned();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(sender.host.clone())
            .port(sender.port)
            .tls(security)
            .hello_name(ClientId::Domain(host_of_sender))
            .timeout(Some(ANSWER_MAX));
        if let Some((user, password)) = &sender.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self(builder.build()))
    }
}

#[async_trait]
impl Carrier for Smtp {
    async fn carry(&self, mail: &Outgoing) -> Result<(), MailFailure> {
        self.0.send_raw(&mail.envelope, &mail.bytes).await.map(|_| ()).map_err(|error| failure(&error))
    }
}

/// Codes of RFC 4954 and its neighbours that speak of credentials: they say nothing about the mail.
const OF_CREDENTIALS: [u16; 5] = [530, 534, 535, 538, 454];

fn failure(error: &Error) -> MailFailure {
    let trouble = match error.status().map(u16::from) {
        Some(code) if OF_CREDENTIALS.contains(&code) => MailTrouble::Credentials,
        Some(_) if error.is_permanent() => MailTrouble::Refused,
        Some(_) => MailTrouble::Deferred,
        None if error.is_timeout() => MailTrouble::TimedOut,
        // What the client itself finds missing: STARTTLS, a way to sign in.
        None if error.is_tls() || error.is_client() => MailTrouble::Encryption,
        None => MailTrouble::Away,
    };
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let said = match error.status() {
        Some(code) => format!("{code} {words}"),
        None => words,
    };
    MailFailure::new(trouble, said)
}
