//! What Steward is told from outside, read once at start. Everything wrong is said at once, each line naming its variable.
//!
//! It never reads the environment itself: a lookup is handed in, so that tests can set one.

mod mail;
mod reader;
mod variables;

pub use variables::{CELL_VARIABLES, Default, VARIABLES, Variable, cell_table, table};

use reader::Reader;
use sqlx::postgres::PgConnectOptions;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use steward_core::platform::{
    CloudflareSettings, DnsSettings, GrafanaSettings, IngressSettings, KeycloakSettings, KubernetesSettings, OpenBaoSettings,
    PlatformSettings, PowerDnsSettings, ResolverSettings, Secret,
};
use steward_core::provisioning::{Cells, Domains, Links, Settings};
use url::Url;
use variables::{CLOUDFLARE, DNS_PROVIDER, POWERDNS, of_cell};

/// Everything that Steward is told.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where people reach Steward.
    pub url: Url,
    /// The folder of the built files.
    pub site_root: PathBuf,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// This process in timelines.
    pub worker_name: String,
    /// The database.
    pub database: PgConnectOptions,
    /// Most connections at a time.
    pub database_connections_max: u32,
    /// The sign-in.
    pub sign_in: SignInSettings,
    /// The audience of the API's bearer tokens.
    pub api_audience: String,
    /// The key that seals tokens at rest.
    pub session_key: SessionKeyBytes,
    /// Everything that a tenant has is looked at so often.
    pub drift_sweep: Duration,
    /// The outside systems.
    pub platform: PlatformSettings,
    /// What every tenant's resources share.
    pub provisioning: Settings,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignInSettings {
    /// The platform realm.
    pub issuer: Url,
    /// The console's client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

/// The bytes of the session key. `Debug` prints nothing of them.
#[derive(Clone)]
pub struct SessionKeyBytes(pub Vec<u8>);

impl std::fmt::Debug for SessionKeyBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKeyBytes")
    }
}

/// What is wrong with one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub variable: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.variable, self.message)
    }
}

impl Configuration {
    /// Reads every variable through `lookup`.
    ///
    /// # Errors
    /// Every variable that is missing or wrong.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(lookup);
        let read = Self::read_all(&mut reader);
        let problems = reader.problems();
        match read {
            Some(configuration) if problems.is_empty() => Ok(configuration),
            _ => Err(problems),
        }
    }

    /// Reads only what `steward migrate` needs.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read_migration_database(lookup: &dyn Fn(&str) -> Option<String>) -> Result<PgConnectOptions, Vec<Problem>> {
        let mut reader = Reader::new(lookup);
        reader.database("STEWARD_MIGRATION_DATABASE_URL").ok_or_else(|| reader.problems())
    }

    /// Reads only what the log needs: it is set up before anything else can go wrong.
    #[must_use]
    pub fn read_log_directives(lookup: &dyn Fn(&str) -> Option<String>) -> String {
        Reader::new(lookup).text("STEWARD_LOG").unwrap_or_else(|| "info".to_owned())
    }

    // Each value is read before the first `?`, so that all problems are found in one go.
    fn read_all(reader: &mut Reader<'_>) -> Option<Self> {
        let listen = reader.parsed("STEWARD_LISTEN", "an address and port like 127.0.0.1:8080");
        let url = reader.url("STEWARD_URL");
        let site_root = reader.text("STEWARD_SITE_ROOT");
        reader.text("STEWARD_LOG");
        let trusted_proxies = reader.addresses("STEWARD_TRUSTED_PROXIES");
        let worker_name = reader.text("STEWARD_WORKER_NAME");
        let database = reader.database("STEWARD_DATABASE_URL");
        let connections = reader.parsed("STEWARD_DATABASE_CONNECTIONS_MAX", "a whole number like 16");
        let issuer = reader.url("STEWARD_OIDC_ISSUER");
        let client_id = reader.text("STEWARD_OIDC_CLIENT_ID");
        let client_secret = reader.secret("STEWARD_OIDC_CLIENT_SECRET");
        let api_audience = reader.text("STEWARD_API_AUDIENCE");
        let session_key = reader.key("STEWARD_SESSION_KEY");
        let drift_sweep: Option<u32> = reader.parsed("STEWARD_DRIFT_SWEEP_SECONDS", "a whole number of seconds like 300");
        let platform = Self::read_platform(reader);
        let provisioning = Self::read_provisioning(reader, url.as_ref(), platform.as_ref());
        Some(Self {
            listen: listen?,
            url: url?,
            site_root: PathBuf::from(site_root?),
            trusted_proxies,
            worker_name: format!("{}-{}", worker_name?, std::process::id()),
            database: database?.application_name("steward"),
            database_connections_max: connections?,
            sign_in: SignInSettings { issuer: issuer?, client_id: client_id?, client_secret: client_secret? },
            api_audience: api_audience?,
            session_key: SessionKeyBytes(session_key?),
            drift_sweep: Duration::from_secs(u64::from(drift_sweep?.max(1))),
            platform: platform?,
            provisioning: provisioning?,
        })
    }

    fn read_platform(reader: &mut Reader<'_>) -> Option<PlatformSettings> {
        let keycloak_url = reader.address("STEWARD_KEYCLOAK_URL");
        let keycloak_client = reader.text("STEWARD_KEYCLOAK_CLIENT_ID");
        let keycloak_secret = reader.secret("STEWARD_KEYCLOAK_CLIENT_SECRET");
        let cells = Self::read_further_cells(reader);
        let openbao_url = reader.address("STEWARD_VAULT_URL");
        let role_id = reader.text("STEWARD_VAULT_ROLE_ID");
        let secret_id = reader.secret("STEWARD_VAULT_SECRET_ID");
        let approle_mount = reader.text("STEWARD_VAULT_APPROLE_MOUNT");
        let kv_mount = reader.text("STEWARD_VAULT_KV_MOUNT");
        let transit_mount = reader.text("STEWARD_VAULT_TRANSIT_MOUNT");
        let pki_mount = reader.text("STEWARD_PKI_MOUNT");
        let pki_role = reader.text("STEWARD_PKI_ROLE");
        let pki_custom_role = reader.text("STEWARD_PKI_CUSTOM_ROLE");
        let kubeconfig = reader.text("STEWARD_KUBECONFIG");
        let grafana_url = reader.address("STEWARD_GRAFANA_URL");
        let grafana_token = reader.secret("STEWARD_GRAFANA_TOKEN");
        let dns = Self::read_dns(reader);
        let ingress_address = reader.host_and_port("STEWARD_INGRESS_ADDRESS");
        let resolver = reader.parsed("STEWARD_RESOLVER", "an address and port like 192.0.2.53:53");
        let calls = reader.calls("STEWARD_CALLS_MAX");
        Some(PlatformSettings {
            keycloak: KeycloakSettings { url: keycloak_url?, client_id: keycloak_client?, client_secret: keycloak_secret? },
            cells: cells?,
            openbao: OpenBaoSettings {
                url: openbao_url?,
                role_id: role_id?,
                secret_id: secret_id?,
                approle_mount: approle_mount?,
                kv_mount: kv_mount?,
                transit_mount: transit_mount?,
                pki_mount: pki_mount?,
                pki_role: pki_role?,
                pki_custom_role: pki_custom_role?,
            },
            kubernetes: KubernetesSettings { kubeconfig: PathBuf::from(kubeconfig?) },
            grafana: GrafanaSettings { url: grafana_url?, token: grafana_token? },
            dns: dns?,
            ingress: IngressSettings { address: ingress_address? },
            resolver: ResolverSettings { server: resolver },
            calls: calls?,
        })
    }

    fn first_cell(reader: &mut Reader<'_>) -> String {
        reader.text("STEWARD_KEYCLOAK_CELL").unwrap_or_else(|| Cells::FIRST.to_owned())
    }

    fn read_further_cells(reader: &mut Reader<'_>) -> Option<BTreeMap<String, KeycloakSettings>> {
        let first = Self::first_cell(reader);
        let mut cells = Some(BTreeMap::new());
        for name in reader.cell_names("STEWARD_KEYCLOAK_CELLS", &first) {
            let url = reader.address(&of_cell(&name, "URL"));
            let client_id = reader.text(&of_cell(&name, "CLIENT_ID"));
            let client_secret = reader.secret(&of_cell(&name, "CLIENT_SECRET"));
            match (cells.as_mut(), url, client_id, client_secret) {
                (Some(cells), Some(url), Some(client_id), Some(client_secret)) => {
                    cells.insert(name, KeycloakSettings { url, client_id, client_secret });
                }
                _ => cells = None,
            }
        }
        cells
    }

    /// What each cell takes. `further` are the names of those that can be reached: what is wrong with the others has been said.
    fn read_cells(reader: &mut Reader<'_>, further: Option<&PlatformSettings>) -> Option<Cells> {
        let first = Self::first_cell(reader);
        let named = reader.cell_name("STEWARD_KEYCLOAK_CELL", &first);
        let first = reader.cell(&first, &|suffix| format!("STEWARD_KEYCLOAK_{suffix}"), None);
        let mut cells = Vec::new();
        for name in further?.cells.keys() {
            let link = reader.link(&of_cell(name, "LINK"));
            cells.push(reader.cell(name, &|suffix| of_cell(name, suffix), link));
        }
        Some(Cells::new(first.filter(|_| named)?, cells.into_iter().collect::<Option<_>>()?))
    }

    fn read_dns(reader: &mut Reader<'_>) -> Option<DnsSettings> {
        match reader.text(DNS_PROVIDER)?.as_str() {
            CLOUDFLARE => {
                let url = reader.address("STEWARD_CLOUDFLARE_URL");
                let zone_id = reader.text("STEWARD_CLOUDFLARE_ZONE_ID");
                let token = reader.secret("STEWARD_CLOUDFLARE_TOKEN");
                Some(DnsSettings::Cloudflare(CloudflareSettings { url: url?, zone_id: zone_id?, token: token? }))
            }
            POWERDNS => {
                let url = reader.address("STEWARD_POWERDNS_URL");
                let key = reader.secret("STEWARD_POWERDNS_KEY");
                Some(DnsSettings::PowerDns(PowerDnsSettings { url: url?, key: key? }))
            }
            _ => {
                reader.problem(DNS_PROVIDER, format!("is neither `{CLOUDFLARE}` nor `{POWERDNS}`"));
                None
            }
        }
    }

    fn read_provisioning(reader: &mut Reader<'_>, url: Option<&Url>, platform: Option<&PlatformSettings>) -> Option<Settings> {
        let cells = Self::read_cells(reader, platform);
        let prometheus_url = reader.address("STEWARD_PROMETHEUS_URL");
        let loki_url = reader.address("STEWARD_LOKI_URL");
        let mail = mail::read(reader);
        let base_domain = reader.text("STEWARD_BASE_DOMAIN");
        let target = reader.text("STEWARD_DNS_TARGET");
        let ingress_class = reader.text("STEWARD_INGRESS_CLASS");
        let service = reader.service("STEWARD_INGRESS_SERVICE");
        let capacity = reader.capacity("STEWARD_CAPACITY");
        let links = Links {
            keycloak: reader.link("STEWARD_LINK_KEYCLOAK"),
            openbao: reader.link("STEWARD_LINK_OPENBAO"),
            kubernetes: reader.link("STEWARD_LINK_KUBERNETES"),
            grafana: reader.link("STEWARD_LINK_GRAFANA"),
        };
        Some(Settings {
            base_domain: base_domain?,
            domains: Domains {
                target: target?,
                certificate_life: Domains::CERTIFICATE_LIFE,
                ingress_class: ingress_class?,
                service: service?,
            },
            cells: cells?,
            capacity,
            links,
            mail: mail?,
            prometheus_url: prometheus_url?,
            loki_url: loki_url?,
            public_url: url?.as_str().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Whether it must be set where everything else is as the table says.
    fn must_be_set(variable: &Variable) -> bool {
        matches!(variable.default, Default::Required | Default::RequiredIf(DNS_PROVIDER, CLOUDFLARE))
    }

    fn complete() -> HashMap<&'static str, String> {
        let mut all = HashMap::new();
        for variable in VARIABLES.iter().filter(|variable| must_be_set(variable)) {
            let value = match variable.name {
                "STEWARD_DATABASE_URL" => "postgres://steward:x@localhost/steward",
                "STEWARD_SESSION_KEY" => "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "STEWARD_INGRESS_ADDRESS" => "localhost:1",
                "STEWARD_SMTP_FROM" => "steward@steward.example",
                name if name.ends_with("_URL") || name.ends_with("_ISSUER") => "http://localhost:1",
                _ => "x",
            };
            all.insert(variable.name, value.to_owned());
        }
        all
    }

    #[test]
    fn the_required_ones_are_enough_and_the_defaults_are_the_tables() {
        let all = complete();
        let read = Configuration::read(&|name| all.get(name).cloned()).map_err(|p| format!("{p:?}")).unwrap();
        assert_eq!(read.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(read.provisioning.links.keycloak.as_deref(), Some("http://localhost:1"));
        assert_eq!(read.provisioning.capacity, None);
    }

    #[test]
    fn each_missing_or_wrong_variable_is_named_in_a_line_of_its_own() {
        for variable in VARIABLES.iter().filter(|variable| must_be_set(variable)) {
            let mut all = complete();
            all.remove(variable.name);
            let problems = Configuration::read(&|name| all.get(name).cloned()).err().unwrap();
            assert_eq!(problems.iter().map(|p| p.variable.as_str()).collect::<Vec<_>>(), [variable.name]);
        }
        let mut all = complete();
        all.insert("STEWARD_LISTEN", "here".into());
        all.insert("STEWARD_CAPACITY", "cpu=lots".into());
        all.insert("STEWARD_INGRESS_ADDRESS", "ingress".into());
        all.insert("STEWARD_INGRESS_SERVICE", "web:http".into());
        all.insert("STEWARD_SESSION_KEY", "short".into());
        let problems = Configuration::read(&|name| all.get(name).cloned()).err().unwrap();
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "STEWARD_LISTEN: is not an address and port like 127.0.0.1:8080",
                "STEWARD_SESSION_KEY: must have 32 bytes: raw in the file that STEWARD_SESSION_KEY_FILE names, or 64 hexadecimal digits",
                "STEWARD_INGRESS_ADDRESS: is not a host and port like ingress.example.com:443",
                "STEWARD_INGRESS_SERVICE: is not a Service with its port like web:80",
                "STEWARD_CAPACITY: is not like cpu=512,memory_gib=2048,storage_gib=50000,gpu=16",
            ]
        );
    }

    #[test]
    fn a_password_goes_with_a_user_and_never_in_clear() {
        let problems = |set: &[(&'static str, &str)]| {
            let mut all = complete();
            all.extend(set.iter().map(|(name, value)| (*name, (*value).to_owned())));
            let read = Configuration::read(&|name| all.get(name).cloned());
            read.map(|read| (read.provisioning.mail.support, read.provisioning.mail.credentials.is_some()))
                .map_err(|problems| problems.iter().map(|problem| problem.variable.clone()).collect::<Vec<_>>().join(" "))
        };
        let (user, password) = (("STEWARD_SMTP_USER", "steward"), ("STEWARD_SMTP_PASSWORD", "x"));
        assert_eq!(problems(&[]), Ok(("steward@steward.example".to_owned(), false)));
        assert_eq!(problems(&[("STEWARD_SUPPORT_EMAIL", "help@steward.example")]), Ok(("help@steward.example".to_owned(), false)));
        for security in ["starttls", "tls"] {
            assert_eq!(problems(&[user, password, ("STEWARD_SMTP_SECURITY", security)]).map(|read| read.1), Ok(true), "{security}");
        }
        for (set, variable) in [
            (&[user, password][..], "STEWARD_SMTP_SECURITY"),
            (&[user], "STEWARD_SMTP_PASSWORD"),
            (&[password], "STEWARD_SMTP_USER"),
            (&[("STEWARD_SMTP_SECURITY", "ssl")], "STEWARD_SMTP_SECURITY"),
            (&[("STEWARD_SUPPORT_EMAIL", "help")], "STEWARD_SUPPORT_EMAIL"),
        ] {
            assert_eq!(problems(set), Err(variable.to_owned()));
        }
    }

    #[test]
    fn only_what_the_dns_provider_needs_is_asked_for() {
        let mut all = complete();
        all.retain(|name, _| !name.starts_with("STEWARD_CLOUDFLARE_"));
        all.insert(DNS_PROVIDER, POWERDNS.into());
        let problems = Configuration::read(&|name| all.get(name).cloned()).err().unwrap();
        let named: Vec<&str> = problems.iter().map(|problem| problem.variable.as_str()).collect();
        assert_eq!(named, ["STEWARD_POWERDNS_URL", "STEWARD_POWERDNS_KEY"]);
        all.insert("STEWARD_POWERDNS_URL", "http://localhost:1".into());
        all.insert("STEWARD_POWERDNS_KEY", "x".into());
        let read = Configuration::read(&|name| all.get(name).cloned()).map_err(|p| format!("{p:?}")).unwrap();
        assert!(matches!(read.platform.dns, DnsSettings::PowerDns(_)));
        assert_eq!(read.provisioning.domains.service, ("web".to_owned(), 80));
        all.insert(DNS_PROVIDER, "bind".into());
        let problems = Configuration::read(&|name| all.get(name).cloned()).err().unwrap();
        assert_eq!(problems[0].to_string(), "STEWARD_DNS_PROVIDER: is neither `cloudflare` nor `powerdns`");
    }

    #[test]
    fn a_system_gets_as_many_calls_as_are_said_and_the_others_their_default() {
        let read = |said: &str| {
            let mut all = complete();
            all.insert("STEWARD_CALLS_MAX", said.to_owned());
            Configuration::read(&|name| all.get(name).cloned()).map(|read| (read.platform.calls.keycloak, read.platform.calls.dns.calls))
        };
        let (keycloak, dns) = read("keycloak=4, grafana=1").map_err(|p| format!("{p:?}")).unwrap();
        assert_eq!((keycloak.calls, keycloak.heavy, dns), (4, Some(2), 8));
        for wrong in ["keycloak=0", "keycloak", "moon=3", "dns=many"] {
            assert_eq!(read(wrong).err().map(|problems| problems.len()), Some(1), "{wrong}");
        }
    }

    #[test]
    fn further_cells_have_variables_of_their_own() {
        let mut all: HashMap<String, String> = complete().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, value) in [
            ("STEWARD_KEYCLOAK_REGIONS", "morocco, mena"),
            ("STEWARD_KEYCLOAK_CELLS", "eu, far-north"),
            ("STEWARD_KEYCLOAK_EU_URL", "http://localhost:2/"),
            ("STEWARD_KEYCLOAK_EU_CLIENT_SECRET", "x"),
            ("STEWARD_KEYCLOAK_EU_REGIONS", "eu"),
            ("STEWARD_KEYCLOAK_EU_CAPACITY", "20"),
            ("STEWARD_KEYCLOAK_FAR_NORTH_URL", "http://localhost:3"),
            ("STEWARD_KEYCLOAK_FAR_NORTH_CLIENT_SECRET", "y"),
            ("STEWARD_KEYCLOAK_FAR_NORTH_PLACEMENT", "closed"),
            ("STEWARD_KEYCLOAK_FAR_NORTH_LINK", "none"),
        ] {
            all.insert(name.to_owned(), value.to_owned());
        }
        let read = Configuration::read(&|name| all.get(name).cloned()).map_err(|p| format!("{p:?}")).unwrap();
        let said: Vec<String> = read
            .provisioning
            .cells
            .all()
            .map(|cell| format!("{} {} {} {} {:?}", cell.name, cell.capacity, cell.regions_in_words(), cell.open, cell.link))
            .collect();
        assert_eq!(
            said,
            [
                "main 300 Morocco, Middle East and North Africa true None",
                "eu 20 European Union true Some(\"http://localhost:2\")",
                "far-north 300 every region false None"
            ]
        );
        assert_eq!(read.platform.cells["eu"].url, "http://localhost:2");
        assert_eq!(read.platform.cells["far-north"].client_id, "steward");

        all.insert("STEWARD_KEYCLOAK_CELLS".into(), "eu, EU, main, eu, far-north, south".into());
        all.insert("STEWARD_KEYCLOAK_FAR_NORTH_URL".into(), "north".into());
        all.insert("STEWARD_KEYCLOAK_CAPACITY".into(), "many".into());
        all.insert("STEWARD_KEYCLOAK_REGIONS".into(), "morocco, mars".into());
        let problems = Configuration::read(&|name| all.get(name).cloned()).err().unwrap();
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "STEWARD_KEYCLOAK_CELLS: EU is named twice",
                "STEWARD_KEYCLOAK_CELLS: main is the name of the first cell",
                "STEWARD_KEYCLOAK_CELLS: eu is named twice",
                "STEWARD_KEYCLOAK_FAR_NORTH_URL: is not an address like https://steward.example.com",
                "STEWARD_KEYCLOAK_SOUTH_URL: is not set",
                "STEWARD_KEYCLOAK_SOUTH_CLIENT_SECRET: is not set, nor is STEWARD_KEYCLOAK_SOUTH_CLIENT_SECRET_FILE",
                "STEWARD_KEYCLOAK_CAPACITY: is not a whole number of realms like 300",
                "STEWARD_KEYCLOAK_REGIONS: is not a list of regions like morocco,mena,eu",
            ]
        );
    }

    #[test]
    fn the_owners_database_is_read_by_migrate_alone() {
        let all = complete();
        let lookup = |name: &str| {
            assert!(!name.starts_with("STEWARD_MIGRATION_DATABASE_URL"), "a server has no business with {name}");
            all.get(name).cloned()
        };
        assert!(Configuration::read(&lookup).is_ok());
        let migrate = Configuration::read_migration_database(&|name| (name == "STEWARD_MIGRATION_DATABASE_URL").then(|| "nonsense".into()));
        assert_eq!(migrate.err().map(|problems| problems.len()), Some(1));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let mut all = complete();
        for variable in
            VARIABLES.iter().filter(|variable| variable.secret && ["SECRET", "TOKEN"].iter().any(|end| variable.name.ends_with(end)))
        {
            all.insert(variable.name, "hush-hush".into());
        }
        let read = Configuration::read(&|name| all.get(name).cloned()).map_err(|p| format!("{p:?}")).unwrap();
        assert!(!format!("{read:?}").contains("hush-hush"));
    }
}
