//! A person with an account of their own in the platform realm, password and authenticator included. It goes with the test.

use super::{Admin, at_end};
use ring::hmac;
use serde_json::json;
use steward_core::context::Context;

const PASSWORD: &str = "Correct-horse-battery-7";

/// An account.
pub struct Account {
    /// The name that it signs in with.
    pub username: String,
    /// Keycloak's id of it.
    pub id: String,
    key: String,
}

impl Account {
    /// An account with these roles.
    pub async fn with(roles: &[&str]) -> Self {
        Self::of(roles, None).await
    }

    /// An account with these roles that belongs to a reseller.
    pub async fn of(roles: &[&str], reseller: Option<&str>) -> Self {
        let admin = Admin::new().await;
        let key = Context::default().id().unwrap().simple().to_string();
        let username = format!("test-{key}");
        let mut person = json!({
            "username": username, "enabled": true, "email": format!("{username}@steward.example"), "emailVerified": true,
            "firstName": "Test", "lastName": "Person",
            "credentials": [
                { "type": "password", "value": PASSWORD, "temporary": false },
                {
                    "type": "otp", "userLabel": "test", "secretData": json!({ "value": key }).to_string(),
                    "credentialData": json!({ "subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1" }).to_string(),
                },
            ],
        });
        if let Some(reseller) = reseller {
            person["attributes"] = json!({ "reseller": [reseller] });
        }
        let (_, id) = admin.must("POST", "/users", Some(person)).await;
        admin.roles("POST", &id, roles).await;
        Self { username, id, key }
    }

    /// Its password.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The code of this moment (RFC 6238: SHA-1, 6 digits, 30 s).
    pub fn code(&self) -> String {
        let counter = u64::try_from(Context::default().now().timestamp()).unwrap() / 30;
        let digest = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.key.as_bytes()), &counter.to_be_bytes());
        let digest = digest.as_ref();
        let offset = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7FFF_FFFF;
        format!("{:06}", number % 1_000_000)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let id = self.id.clone();
        at_end(async move {
            Admin::new().await.call("DELETE", &format!("/users/{id}"), None).await;
        });
    }
}
