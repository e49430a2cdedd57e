//! The client of the ingress controller: a TLS handshake, as a tenant's browser would make it. It sends no request.

use super::certificate::{Certificate, CertificateAuthority, in_words};
use super::failure::{Failure, Trouble};
use super::gate::{CallLimits, Errand, Gate, Heard};
use super::http;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};
use steward_domain::system::System;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Where the ingress controller takes TLS connections.
#[derive(Clone, Debug)]
pub struct IngressSettings {
    /// Host and port: `ingress.inosec.com:443`.
    pub address: String,
}

/// The client.
#[derive(Debug)]
pub struct Ingress {
    settings: IngressSettings,
    gate: Gate,
}

/// What the ingress controller serves for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// A certificate whose chain leads to the CA, that holds now and is for that name.
    Verified {
        /// The certificate.
        certificate: Box<Certificate>,
        /// "TLS 1.3"
        protocol: &'static str,
    },
    /// A certificate that does not hold for that name.
    Other {
        /// The certificate.
        certificate: Box<Certificate>,
        /// Why it does not hold: "it is for another name".
        why: String,
    },
    /// It refuses the name.
    Nothing {
        /// Its own words.
        why: String,
    },
}

impl Ingress {
    /// A client with the usual limits; nothing is called yet.
    #[must_use]
    pub fn new(settings: IngressSettings) -> Self {
        Self { settings, gate: Gate::new(System::Ingress, System::Ingress.as_str(), CallLimits::default().ingress) }
    }

    /// The same client behind another gate.
    #[must_use]
    pub fn through(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// The gate that its handshakes go through.
    #[must_use]
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The address that handshakes go to.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.settings.address
    }

    /// Whether it speaks TLS, whatever it serves.
    ///
    /// # Errors
    /// When it does not.
    pub async fn reach(&self) -> Result<(), Failure> {
        let look = Arc::new(Look::default());
        match self.connect("steward.invalid", &look, Errand::Look).await? {
            // No CA is asked, so every certificate is refused: that one came is enough.
            Err(_) if look.seen().is_some() => Ok(()),
            Err(Broken { refused: true, .. }) | Ok(_) => Ok(()),
            Err(Broken { words, .. }) => Err(no_handshake(&words)),
        }
    }

    /// Asks for a name and says what was served, checked against a CA.
    ///
    /// # Errors
    /// When there was no handshake: nobody there, or nobody who speaks TLS.
    pub async fn handshake(&self, host: &str, authority: &CertificateAuthority) -> Result<Served, Failure> {
        let look = Arc::new(Look { verifier: Some(Arc::clone(&authority.verifier)), ..Look::default() });
        let outcome = self.connect(host, &look, Errand::Call).await?;
        let served = |der| Certificate::read(der).map(Box::new);
        match (outcome, look.seen()) {
            (Ok(protocol), Some(Seen { leaf, refused: None })) => {
                let certificate = served(leaf).map_err(|error| unreadable(&error))?;
                Ok(Served::Verified { certificate, protocol })
            }
            (Err(_), Some(Seen { leaf, refused: Some(why) })) => {
                Ok(Served::Other { certificate: served(leaf).map_err(|error| unreadable(&error))?, why })
            }
            (Err(Broken { words, refused: true }), None) => Ok(Served::Nothing { why: words }),
            (Err(Broken { words, .. }), _) => Err(no_handshake(&words)),
            (Ok(_), _) => Err(unreadable(&"a handshake without a certificate")),
        }
    }

    /// One connection and its handshake. The outer error is that no connection came about.
    async fn connect(&self, host: &str, look: &Arc<Look>, errand: Errand) -> Result<Result<&'static str, Broken>, Failure> {
        // A handshake that broke off is an answer of somebody, unless nothing was shown and nothing was said.
        let heard = |outcome: &Result<Result<&'static str, Broken>, Failure>| match outcome {
            Ok(Err(Broken { words, refused: false })) if look.seen().is_none() => Heard::Nothing(no_handshake(words).cause.what),
            outcome => Heard::of_outcome(outcome),
        };
        self.gate.pass(errand, self.connect_now(host, look), heard).await?
    }

    async fn connect_now(&self, host: &str, look: &Arc<Look>) -> Result<Result<&'static str, Broken>, Failure> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Failure::new(System::Ingress, Trouble::Refused, format!("{host} is no host name")))?;
        let connecting = tokio::time::timeout(http::CONNECT_TIMEOUT, TcpStream::connect(&self.settings.address));
        let stream = match connecting.await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(away(&format!("connect: {error}"))),
            Err(_) => return Err(away("connect: timed out")),
        };
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::new(System::Ingress, Trouble::Refused, format!("TLS: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(look) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
        match tokio::time::timeout(http::TOTAL_TIMEOUT, handshake).await {
            Ok(Ok(stream)) => Ok(Ok(match stream.get_ref().1.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                _ => "TLS",
            })),
            Ok(Err(error)) => Ok(Err(Broken::by(&error))),
            Err(_) => Err(Failure::new(System::Ingress, Trouble::TimedOut, format!("handshake for {host}"))),
        }
    }
}

/// A handshake that did not come to its end.
struct Broken {
    words: String,
    /// Whether the other side ended it by the rules of TLS.
    refused: bool,
}

impl Broken {
    fn by(error: &std::io::Error) -> Self {
        let tls = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        Self { words: error.to_string(), refused: matches!(tls, Some(rustls::Error::AlertReceived(_))) }
    }
}

fn away(log: &str) -> Failure {
    Failure::new(System::Ingress, Trouble::Away, log).saying(http::no_connection(System::Ingress, log))
}

fn no_handshake(words: &str) -> Failure {
    away(&format!("handshake: {words}"))
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(System::Ingress, Trouble::Unreadable, error.to_string())
}

/// What was served, and why it was refused if it was.
#[derive(Clone, Debug)]
struct Seen {
    leaf: CertificateDer<'static>,
    refused: Option<String>,
}

/// Checks what is served, and remembers it: if it is refused, one must still be able to say what it was. Without a CA it refuses everything.
#[derive(Debug, Default)]
struct Look {
    verifier: Option<Arc<WebPkiServerVerifier>>,
    seen: Mutex<Option<Seen>>,
}

impl Look {
    fn seen(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Look {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.verifier {
            Some(verifier) => verifier.verify_server_cert(leaf, between, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        let seen = Seen { leaf: leaf.clone().into_owned(), refused: verdict.as_ref().err().map(in_words) };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
