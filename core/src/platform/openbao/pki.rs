//! The PKI engine: certificates for tenants' domains, by a role that issues for nothing else, and for custom domains, by one that issues
//! for any name: whose that is, is asked before.
//!
//! A private key is in the one answer that issues its certificate and nowhere else; it goes into a [`Secret`] at once.

use super::{OpenBao, Refusal, absent_on_404};
use crate::platform::certificate::{Certificate, CertificateAuthority};
use crate::platform::failure::{Failure, Trouble};
use crate::platform::secret::Secret;
use futures::FutureExt;
use std::time::Duration;
use steward_domain::system::System;
use tokio::time::Instant;
use vaultrs::api::pki::requests::GenerateCertificateRequest;

/// For how long a fetched CA is used before it is fetched again.
const CA_USED_FOR: Duration = Duration::from_secs(300);

/// By which role a certificate is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// For names below the base domain alone.
    TenantDomains,
    /// For any host name.
    CustomDomains,
}

/// A certificate that was just issued.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate and what lies between it and the top of its CA, as PEM.
    pub chain: String,
    /// Its key, as PEM.
    pub private_key: Secret,
    /// Its serial number.
    pub serial: String,
}

/// A CA that was fetched.
pub(super) struct Fetched {
    authority: CertificateAuthority,
    at: Instant,
}

impl OpenBao {
    /// Where the PKI engine is mounted.
    #[must_use]
    pub fn pki_mount(&self) -> &str {
        &self.settings.pki_mount
    }

    /// Issues a certificate for one host name, with a new key.
    ///
    /// # Errors
    /// When no answer came or it was refused: the role may not issue for that name.
    pub async fn issue(&self, issuer: Issuer, domain: &str, life: Duration) -> Result<Issued, Failure> {
        let mount = self.settings.pki_mount.as_str();
        let role = match issuer {
            Issuer::TenantDomains => self.settings.pki_role.as_str(),
            Issuer::CustomDomains => self.settings.pki_custom_role.as_str(),
        };
        let ttl = format!("{}s", life.as_secs());
        let issued = self
            .call("POST pki issue", move |client| {
                let ttl = ttl.clone();
                async move {
                    let mut request = GenerateCertificateRequest::builder();
                    request.common_name(domain).ttl(ttl).remove_roots_from_chain(true);
                    vaultrs::pki::cert::generate(client.as_ref(), mount, role, Some(&mut request)).await
                }
                .boxed()
            })
            .await
            .map_err(|refusal| refusal.failure)?;
        let mut chain = issued.certificate;
        for certificate in issued.ca_chain.unwrap_or_default() {
            chain.push('\n');
            chain.push_str(&certificate);
        }
        chain.push('\n');
        Ok(Issued { chain, private_key: Secret::new(issued.private_key), serial: issued.serial_number })
    }

    /// Revokes a certificate. One that is revoked already, or that this CA never issued, is none to revoke.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn revoke(&self, serial: &str) -> Result<(), Failure> {
        let mount = self.settings.pki_mount.as_str();
        let revoked = self
            .call("POST pki revoke", move |client| async move { vaultrs::pki::cert::revoke(client.as_ref(), mount, serial).await }.boxed())
            .await;
        match revoked {
            Ok(_) => Ok(()),
            Err(Refusal { status: Some(400), failure }) if failure.log.contains("not found") => Ok(()),
            Err(refusal) => Err(refusal.failure),
        }
    }

    /// Whether a certificate was revoked; nothing if this CA does not know it.
    ///
    /// # Errors
    /// When no answer came or it was refused.
    pub async fn is_revoked(&self, serial: &str) -> Result<Option<bool>, Failure> {
        let mount = self.settings.pki_mount.as_str();
        let found = self
            .call("GET pki cert", move |client| async move { vaultrs::pki::cert::read(client.as_ref(), mount, serial).await }.boxed())
            .await;
        Ok(absent_on_404(found)?.map(|certificate| certificate.revocation_time != 0))
    }

    /// The CA that issues for tenants, fetched now and then.
    ///
    /// # Errors
    /// When no answer came, it was refused, or it is no CA.
    pub async fn certificate_authority(&self) -> Result<CertificateAuthority, Failure> {
        if let Some(fetched) = self.ca.lock().await.as_ref()
            && fetched.at.elapsed() < CA_USED_FOR
        {
            return Ok(fetched.authority.clone());
        }
        self.fetch_certificate_authority().await
    }

    /// The CA that issues for tenants as it is at this moment.
    ///
    /// # Errors
    /// When no answer came, it was refused, or it is no CA.
    pub async fn fetch_certificate_authority(&self) -> Result<CertificateAuthority, Failure> {
        let mount = self.settings.pki_mount.as_str();
        let chain = self
            .call("GET pki CA chain", move |client| {
                async move { vaultrs::pki::cert::read(client.as_ref(), mount, "ca_chain").await }.boxed()
            })
            .await
            .map_err(|refusal| refusal.failure)?;
        let authority = Certificate::read_pem(chain.ca_chain.as_deref().unwrap_or(&chain.certificate))
            .and_then(|chain| CertificateAuthority::of(&chain))
            .map_err(|error| Failure::new(System::OpenBao, Trouble::Unreadable, format!("GET pki CA chain: {error}")))?;
        *self.ca.lock().await = Some(Fetched { authority: authority.clone(), at: Instant::now() });
        Ok(authority)
    }
}
