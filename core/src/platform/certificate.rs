//! Certificates: what one says, whether a key is its own, whether it comes from a CA.
//!
//! Nothing is fetched here, and no key is ever shown: not even in an error.

use super::secret::Secret;
use chrono::{DateTime, Utc};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// A certificate as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The serial number as OpenBao writes it: "3f:a0:…".
    pub serial: String,
    /// Whose it is, by common name if there is one.
    pub subject: String,
    /// Who issued it, by common name if there is one.
    pub issuer: String,
    /// The host names that it is for.
    pub names: Vec<String>,
    /// From when on it holds.
    pub not_before: DateTime<Utc>,
    /// Until when it holds.
    pub not_after: DateTime<Utc>,
    /// Of what kind its key is: "ECDSA P-256".
    pub key_algorithm: String,
    /// SHA-256 over the whole certificate: "3F:A0:…", as browsers and OpenSSL show it.
    pub fingerprint: String,
    der: CertificateDer<'static>,
    is_its_own_issuer: bool,
}

/// A certificate, a key or a chain that does not hold, in words. Never a part of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DoesNotHold(pub String);

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(der: CertificateDer<'_>) -> Result<Self, DoesNotHold> {
        let unreadable = |error: &dyn std::fmt::Display| DoesNotHold(format!("not a certificate: {error}"));
        let parsed = x509_cert::Certificate::from_der(&der).map_err(|error| unreadable(&error))?.tbs_certificate;
        let names = parsed.get::<SubjectAltName>().map_err(|error| unreadable(&error))?.map(|(_, names)| names.0).unwrap_or_default();
        let time = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        };
        let dates = time(parsed.validity.not_before).zip(time(parsed.validity.not_after));
        let (not_before, not_after) = dates.ok_or_else(|| unreadable(&"its dates are none"))?;
        Ok(Self {
            serial: serial(parsed.serial_number.as_bytes()),
            subject: common_name(&parsed.subject),
            issuer: common_name(&parsed.issuer),
            names: names
                .into_iter()
                .filter_map(|name| match name {
                    GeneralName::DnsName(name) => Some(name.to_string()),
                    _ => None,
                })
                .collect(),
            not_before,
            not_after,
            key_algorithm: key_algorithm(&parsed.subject_public_key_info),
            fingerprint: Sha256::digest(&der).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"),
            is_its_own_issuer: parsed.issuer == parsed.subject,
            der: der.into_owned(),
        })
    }

    /// Every certificate of a PEM text, in order.
    ///
    /// # Errors
    /// When there is none, or one cannot be read.
    pub fn read_pem(text: &str) -> Result<Vec<Self>, DoesNotHold> {
        let mut all = Vec::new();
        for der in CertificateDer::pem_slice_iter(text.as_bytes()) {
            all.push(Self::read(der.map_err(|error| DoesNotHold(format!("not PEM: {error}")))?)?);
        }
        if all.is_empty() { Err(DoesNotHold("no certificate".to_owned())) } else { Ok(all) }
    }

    /// When two thirds of its life will have passed: from then on it is to be renewed. Certificates have no lease that could be extended.
    #[must_use]
    pub fn renewal_due_at(&self) -> DateTime<Utc> {
        self.not_before + (self.not_after - self.not_before) * 2 / 3
    }

    /// Whether it names this host itself, not by a wildcard.
    #[must_use]
    pub fn names_exactly(&self, host: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// Whether the key is that of the first certificate of the chain. Kubernetes takes a pair that does not match, and the ingress controller
/// then serves its default certificate: so whoever deploys one asks here before.
///
/// # Errors
/// When it is not, or the key cannot be read.
pub fn key_is_its_own(chain: &[Certificate], key: &Secret) -> Result<(), DoesNotHold> {
    // What the parsers say of a key is not passed on.
    let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| DoesNotHold("the key cannot be read".to_owned()))?;
    let key = any_supported_type(&key).map_err(|_| DoesNotHold("the key is of a type that is not known".to_owned()))?;
    let pair = CertifiedKey::new(chain.iter().map(|certificate| certificate.der.clone()).collect(), key);
    match pair.keys_match() {
        Ok(()) => Ok(()),
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(DoesNotHold("the key does not belong to the certificate".to_owned()))
        }
        Err(_) => Err(DoesNotHold("whether the key belongs to the certificate cannot be told".to_owned())),
    }
}

/// A CA that chains are checked against.
#[derive(Clone, Debug)]
pub struct CertificateAuthority {
    /// Who issues, by common name.
    pub name: String,
    pub(super) verifier: Arc<WebPkiServerVerifier>,
}

impl CertificateAuthority {
    /// The CA of a chain that begins with who issues. Only what stands at its top is trusted by itself: whoever serves a certificate must
    /// send along what lies between.
    ///
    /// # Errors
    /// When the chain is empty or its top cannot be trusted.
    pub fn of(chain: &[Certificate]) -> Result<Self, DoesNotHold> {
        let issuer = chain.first().ok_or_else(|| DoesNotHold("the CA's chain is empty".to_owned()))?;
        let top = chain.iter().find(|certificate| certificate.is_its_own_issuer).or(chain.last()).unwrap_or(issuer);
        let mut roots = RootCertStore::empty();
        roots.add(top.der.clone()).map_err(|error| DoesNotHold(format!("the CA's certificate: {error}")))?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
            .build()
            .map_err(|error| DoesNotHold(format!("the CA's certificate: {error}")))?;
        Ok(Self { name: issuer.subject.clone(), verifier })
    }

    /// Whether the chain leads to this CA, holds at that moment, and is for that host.
    ///
    /// # Errors
    /// Why not.
    pub fn vouches_for(&self, chain: &[Certificate], host: &str, at: DateTime<Utc>) -> Result<(), DoesNotHold> {
        let (leaf, between) = chain.split_first().ok_or_else(|| DoesNotHold("no certificate".to_owned()))?;
        let between: Vec<CertificateDer<'_>> = between.iter().map(|certificate| certificate.der.clone()).collect();
        let host = ServerName::try_from(host).map_err(|_| DoesNotHold(format!("{host} is no host name")))?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.timestamp()).unwrap_or_default()));
        self.verifier.verify_server_cert(&leaf.der, &between, &host, &[], at).map(|_| ()).map_err(|error| DoesNotHold(in_words(&error)))
    }
}

/// Why a certificate does not hold, in words.
pub(super) fn in_words(error: &rustls::Error) -> String {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, UnknownIssuer,
    };
    match error {
        rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => "it has expired".to_owned(),
        rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => "it does not hold yet".to_owned(),
        rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => "it is for another name".to_owned(),
        rustls::Error::InvalidCertificate(UnknownIssuer) => "it does not come from this CA".to_owned(),
        other => other.to_string(),
    }
}

fn serial(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().skip_while(|byte| **byte == 0).map(|byte| format!("{byte:02x}")).collect();
    digits.join(":")
}

/// The kind of a key in words, or its number if it is none that certificates have as a rule.
fn key_algorithm(key: &SubjectPublicKeyInfoOwned) -> String {
    let curve = || key.algorithm.parameters.as_ref().and_then(|parameters| parameters.decode_as::<ObjectIdentifier>().ok());
    match key.algorithm.oid.to_string().as_str() {
        "1.2.840.10045.2.1" => match curve().map(|curve| curve.to_string()).as_deref() {
            Some("1.2.840.10045.3.1.7") => "ECDSA P-256".to_owned(),
            Some("1.3.132.0.34") => "ECDSA P-384".to_owned(),
            Some("1.3.132.0.35") => "ECDSA P-521".to_owned(),
            _ => "ECDSA".to_owned(),
        },
        // The length of the whole key is that of its modulus, and some bytes around it.
        "1.2.840.113549.1.1.1" => match key.subject_public_key.raw_bytes().len() {
            0..=300 => "RSA 2048".to_owned(),
            301..=450 => "RSA 3072".to_owned(),
            _ => "RSA 4096".to_owned(),
        },
        "1.3.101.112" => "Ed25519".to_owned(),
        other => other.to_owned(),
    }
}

/// The common name, or the whole name if there is none.
fn common_name(name: &Name) -> String {
    let whole = name.to_string();
    whole.split(',').find_map(|part| part.strip_prefix("CN=")).map_or_else(|| whole.clone(), str::to_owned)
}
