//! Keycloak's administration, for what a test must arrange there.

use super::environment;
use serde_json::{Value, json};
use std::time::Duration;

/// The administrator of the test instance's Keycloak.
pub struct Admin {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Admin {
    /// Signs in.
    pub async fn new() -> Self {
        let http = steward_core::platform::http::client().unwrap();
        let keycloak = environment("KEYCLOAK_URL");
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", &environment("KEYCLOAK_ADMIN_USER")),
            ("password", &environment("KEYCLOAK_ADMIN_PASSWORD")),
        ];
        let answer: Value = http
            .post(format!("{keycloak}/realms/master/protocol/openid-connect/token"))
            .form(&form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        Self {
            http,
            base: format!("{keycloak}/admin/realms/platform"),
            token: answer["access_token"].as_str().expect("an administrator's token").to_owned(),
        }
    }

    /// A call. Gives status, body and the id in `Location`.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value, String) {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .timeout(Duration::from_secs(20));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let id =
            response.headers().get("location").and_then(|value| value.to_str().ok()?.rsplit('/').next()).unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null), id)
    }

    /// A call that must work.
    pub async fn must(&self, method: &str, path: &str, body: Option<Value>) -> (Value, String) {
        let (status, answer, id) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        (answer, id)
    }

    /// Gives a person roles, or takes them away (`DELETE`).
    pub async fn roles(&self, method: &str, person: &str, names: &[&str]) {
        let mut roles = Vec::new();
        for name in names {
            roles.push(self.must("GET", &format!("/roles/{name}"), None).await.0);
        }
        self.must(method, &format!("/users/{person}/role-mappings/realm"), Some(json!(roles))).await;
    }

    /// How many sessions a person has at Keycloak.
    pub async fn sessions_of(&self, person: &str) -> usize {
        self.must("GET", &format!("/users/{person}/sessions"), None).await.0.as_array().unwrap().len()
    }

    /// Lets Keycloak note events of a type that it leaves out by itself. Nobody minds if that stays so.
    pub async fn note_events(&self, kind: &str) {
        let (mut config, _) = self.must("GET", "/events/config", None).await;
        let kinds = config["enabledEventTypes"].as_array_mut().unwrap();
        if !kinds.iter().any(|known| known == kind) {
            kinds.push(kind.into());
            self.must("PUT", "/events/config", Some(config)).await;
        }
    }

    /// How many events of a type Keycloak noted of a person.
    pub async fn events_of(&self, person: &str, kind: &str) -> usize {
        self.must("GET", &format!("/events?type={kind}&user={person}&max=100"), None).await.0.as_array().unwrap().len()
    }

    /// A client like the console's, changed. Gives its id.
    pub async fn client_like(&self, model: &str, client_id: &str, change: Value) -> String {
        let (found, _) = self.must("GET", &format!("/clients?clientId={model}"), None).await;
        let mut client = found[0].clone();
        let object = client.as_object_mut().unwrap();
        object.remove("id");
        for mapper in object["protocolMappers"].as_array_mut().unwrap() {
            mapper.as_object_mut().unwrap().remove("id");
        }
        object.insert("clientId".into(), client_id.into());
        object.insert("secret".into(), "of-this-test-only".into());
        for (name, value) in change.as_object().unwrap() {
            object.insert(name.clone(), value.clone());
        }
        self.must("POST", "/clients", Some(client)).await.1
    }

    /// A client of the API with a role. Gives its bearer token and the id for deleting it.
    pub async fn api_client(&self, client_id: &str, role: &str, reseller: Option<&str>) -> (String, String) {
        let id = self.client_like("steward-api-client", client_id, json!({})).await;
        let (person, _) = self.must("GET", &format!("/clients/{id}/service-account-user"), None).await;
        self.roles("POST", person["id"].as_str().unwrap(), &[role]).await;
        if let Some(reseller) = reseller {
            let mapper = json!({
                "name": "reseller", "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper",
                "config": { "claim.name": "reseller", "claim.value": reseller, "jsonType.label": "String", "access.token.claim": "true" },
            });
            self.must("POST", &format!("/clients/{id}/protocol-mappers/models"), Some(mapper)).await;
        }
        (token(&self.http, client_id, "of-this-test-only").await, id)
    }
}

/// A bearer token by client credentials.
pub async fn token(http: &reqwest::Client, client_id: &str, secret: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", secret)];
    let answer: Value = http.post(environment("STEWARD_TOKEN_URL")).form(&form).send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
}
