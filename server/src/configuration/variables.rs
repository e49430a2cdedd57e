//! Every variable that Steward reads, in one table: name, default, what it is. `docs/configuration.md` is this table;
//! a test fails when the two differ.

/// One variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is if it is not set.
    pub default: Default,
    /// Whether it may also be given as the path of a file, in `<NAME>_FILE`.
    pub secret: bool,
    /// What it is for.
    pub what: &'static str,
}

/// What a variable is if it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It must be set.
    Required,
    /// Nothing: what it is for is left out.
    Nothing,
    /// This value.
    Value(&'static str),
    /// The value of another variable.
    Same(&'static str),
    /// It must be set if another variable has that value, and is not read otherwise.
    RequiredIf(&'static str, &'static str),
}

const fn required(name: &'static str, what: &'static str) -> Variable {
    Variable { name, default: Default::Required, secret: false, what }
}

const fn secret(name: &'static str, what: &'static str) -> Variable {
    Variable { name, default: Default::Required, secret: true, what }
}

const fn required_if(other: &'static str, value: &'static str, name: &'static str, secret: bool, what: &'static str) -> Variable {
    Variable { name, default: Default::RequiredIf(other, value), secret, what }
}

const fn defaulted(name: &'static str, default: &'static str, what: &'static str) -> Variable {
    Variable { name, default: Default::Value(default), secret: false, what }
}

const fn optional(name: &'static str, what: &'static str) -> Variable {
    Variable { name, default: Default::Nothing, secret: false, what }
}

const fn same(name: &'static str, as_other: &'static str, what: &'static str) -> Variable {
    Variable { name, default: Default::Same(as_other), secret: false, what }
}

/// The variable that says who keeps the records, and what it may say.
pub(super) const DNS_PROVIDER: &str = "STEWARD_DNS_PROVIDER";
pub(super) const CLOUDFLARE: &str = "cloudflare";
pub(super) const POWERDNS: &str = "powerdns";

/// Every variable, in the order in which the page lists them.
pub const VARIABLES: &[Variable] = &[
    defaulted("STEWARD_LISTEN", "127.0.0.1:8080", "Address and port that Steward listens on."),
    defaulted(
        "STEWARD_URL",
        "http://localhost:8080",
        "Where people reach Steward: the redirect addresses and the origin of forms follow from it.",
    ),
    defaulted(
        "STEWARD_SITE_ROOT",
        "target/site",
        "Folder with `manifest.json` and the built files, made by `cargo xtask wasm`; or with what `cargo leptos` builds.",
    ),
    defaulted(
        "STEWARD_LOG",
        "info,sqlx=warn,vaultrs=off,rustify=off",
        "What is logged: a level, or directives. The two that are off call every absent object an error.",
    ),
    optional(
        "STEWARD_TRUSTED_PROXIES",
        "Addresses of proxies in front of Steward, separated by commas. Only from them is `X-Forwarded-For` believed.",
    ),
    defaulted("STEWARD_WORKER_NAME", "steward", "Name of this process in timelines; the process id is added."),
    secret("STEWARD_DATABASE_URL", "PostgreSQL, as the login role that the server uses: neither owner nor superuser."),
    defaulted("STEWARD_DATABASE_CONNECTIONS_MAX", "16", "Most connections to PostgreSQL at a time."),
    Variable {
        name: "STEWARD_MIGRATION_DATABASE_URL",
        default: Default::Nothing,
        secret: true,
        what: "PostgreSQL, as the owner of the schema. Only `steward migrate` reads it, and needs nothing else.",
    },
    required("STEWARD_OIDC_ISSUER", "The platform realm, exactly as it stands in its tokens."),
    required("STEWARD_OIDC_CLIENT_ID", "The console's client in that realm."),
    secret("STEWARD_OIDC_CLIENT_SECRET", "Its secret."),
    defaulted("STEWARD_API_AUDIENCE", "steward-api", "The audience that bearer tokens of the API must carry."),
    secret("STEWARD_SESSION_KEY", "32 random bytes that seal tokens at rest: raw in a file, or 64 hexadecimal digits."),
    required("STEWARD_KEYCLOAK_URL", "Keycloak's address without a path, for making realms."),
    defaulted("STEWARD_KEYCLOAK_CLIENT_ID", "steward", "The service client in realm `master`."),
    secret("STEWARD_KEYCLOAK_CLIENT_SECRET", "Its secret."),
    defaulted(
        "STEWARD_KEYCLOAK_CELL",
        "main",
        "What this cluster, the first cell, is called. Tenants remember their cell by its name: once there are tenants it stays. Those from before there were cells are in `main`.",
    ),
    defaulted(
        "STEWARD_KEYCLOAK_CAPACITY",
        "300",
        "How many realms it takes. Keycloak's admin API is reported to become slow from about 300 on (keycloak/keycloak issues 10882, 20453 and 38803).",
    ),
    optional("STEWARD_KEYCLOAK_REGIONS", "The regions whose tenants it takes, as `morocco,mena,eu`. If it is not set, all."),
    defaulted(
        "STEWARD_KEYCLOAK_PLACEMENT",
        "open",
        "`open`: it takes new realms. `closed`: it keeps those that it has and takes no new ones.",
    ),
    optional(
        "STEWARD_KEYCLOAK_CELLS",
        "The names of further clusters that realms are placed on, separated by commas: `eu,north`. See below.",
    ),
    required("STEWARD_VAULT_URL", "OpenBao's or Vault's address without a path."),
    required("STEWARD_VAULT_ROLE_ID", "Id of Steward's AppRole."),
    secret("STEWARD_VAULT_SECRET_ID", "Secret id of that AppRole."),
    defaulted("STEWARD_VAULT_APPROLE_MOUNT", "approle", "Where the AppRole method is mounted."),
    defaulted("STEWARD_VAULT_KV_MOUNT", "secret", "Where the KV store, version 2, is mounted."),
    defaulted("STEWARD_VAULT_TRANSIT_MOUNT", "transit", "Where the transit engine is mounted."),
    defaulted("STEWARD_PKI_MOUNT", "pki", "Where the PKI engine that issues for tenants' domains is mounted."),
    defaulted(
        "STEWARD_PKI_ROLE",
        "tenant-domains",
        "The role there. It should issue for names below the base domain and for nothing else.",
    ),
    defaulted(
        "STEWARD_PKI_CUSTOM_ROLE",
        "custom-domains",
        "The role there that issues for custom domains: any host name, for it cannot know them. Steward asks whose a domain is before.",
    ),
    required("STEWARD_KUBECONFIG", "Path of a kubeconfig whose current context is Steward's service account."),
    required("STEWARD_GRAFANA_URL", "Grafana's address without a path."),
    secret("STEWARD_GRAFANA_TOKEN", "Token of Steward's service account there."),
    defaulted(DNS_PROVIDER, CLOUDFLARE, "Who keeps the records of tenants' domains: `cloudflare` or `powerdns`."),
    defaulted("STEWARD_CLOUDFLARE_URL", "https://api.cloudflare.com/client/v4", "Cloudflare's API, with the path of its version."),
    required_if(DNS_PROVIDER, CLOUDFLARE, "STEWARD_CLOUDFLARE_ZONE_ID", false, "Id of the zone that tenants' domains lie in."),
    required_if(DNS_PROVIDER, CLOUDFLARE, "STEWARD_CLOUDFLARE_TOKEN", true, "A token that may edit that zone's records."),
    required_if(DNS_PROVIDER, POWERDNS, "STEWARD_POWERDNS_URL", false, "Address of PowerDNS' HTTP API without a path."),
    required_if(DNS_PROVIDER, POWERDNS, "STEWARD_POWERDNS_KEY", true, "Its key."),
    required("STEWARD_DNS_TARGET", "What tenants' domains point to: an address of the ingress controller, or a name of it."),
    required(
        "STEWARD_INGRESS_ADDRESS",
        "Host and port of the ingress controller, as seen by Steward: handshakes that validate a domain go there.",
    ),
    optional(
        "STEWARD_RESOLVER",
        "Address and port of the DNS resolver that is asked about customers' own domains. If it is not set, the one that the machine asks. One that keeps answers tells of a new record later.",
    ),
    required("STEWARD_INGRESS_CLASS", "The IngressClass of tenants' Ingresses."),
    defaulted(
        "STEWARD_INGRESS_SERVICE",
        "web:80",
        "The Service in each tenant's namespace that its domain leads to, with its port (80 if none is named).",
    ),
    required(
        "STEWARD_PROMETHEUS_URL",
        "What the tenants' Prometheus datasources point to: a proxy that enforces the parameter `namespace` (prom-label-proxy with `-label namespace`). Prometheus itself would let each tenant query all.",
    ),
    required(
        "STEWARD_LOKI_URL",
        "What the tenants' Loki datasources point to: a Loki with `auth_enabled: true`, whose tenants are namespaces.",
    ),
    required("STEWARD_SMTP_HOST", "Mail server that Steward and the tenants' realms send through."),
    defaulted("STEWARD_SMTP_PORT", "25", "Its port."),
    required("STEWARD_SMTP_FROM", "The sender's address."),
    defaulted(
        "STEWARD_SMTP_SECURITY",
        "none",
        "How the connection is encrypted: `none`, `starttls` (or no mail is sent) or `tls` (from the first byte, usually on port 465).",
    ),
    optional(
        "STEWARD_SMTP_USER",
        "The user as which Steward's own mails are handed over. The realms sign in nowhere: let Keycloak's address send without.",
    ),
    Variable { name: "STEWARD_SMTP_PASSWORD", default: Default::Nothing, secret: true, what: "Its password. It is never sent in clear." },
    same(
        "STEWARD_SUPPORT_EMAIL",
        "STEWARD_SMTP_FROM",
        "The address that people write to: mails are answered there, and the page of a suspended tenant names it.",
    ),
    defaulted("STEWARD_BASE_DOMAIN", "inosec.com", "A tenant's domain is its short name below this one."),
    optional(
        "STEWARD_CAPACITY",
        "What all tenants together may ask for, as `cpu=512,memory_gib=2048,storage_gib=50000,gpu=16`. If it is not set, plans do not check head-room.",
    ),
    defaulted(
        "STEWARD_CALLS_MAX",
        "keycloak=8,openbao=32,kubernetes=32,grafana=16,dns=8,ingress=32",
        "How many calls each system may have at the same time from this process; of Keycloak, each cell. What is not named keeps its default.",
    ),
    defaulted(
        "STEWARD_DRIFT_SWEEP_SECONDS",
        "300",
        "How often everything that a tenant has is looked at, in seconds. What Kubernetes tells of is looked at at once.",
    ),
    same("STEWARD_LINK_KEYCLOAK", "STEWARD_KEYCLOAK_URL", "Where people open Keycloak's admin console. `none`: no links."),
    same("STEWARD_LINK_OPENBAO", "STEWARD_VAULT_URL", "Where people open OpenBao. `none`: no links."),
    optional("STEWARD_LINK_KUBERNETES", "Where people open a dashboard of the cluster."),
    same("STEWARD_LINK_GRAFANA", "STEWARD_GRAFANA_URL", "Where people open Grafana. `none`: no links."),
];

/// What stands for the name of a cell, in capitals and with underscores for hyphens, in the names of its variables.
pub(super) const NAME: &str = "<NAME>";

/// The variables that each name in `STEWARD_KEYCLOAK_CELLS` has of its own.
pub const CELL_VARIABLES: &[Variable] = &[
    required("STEWARD_KEYCLOAK_<NAME>_URL", "The cell's address without a path."),
    defaulted("STEWARD_KEYCLOAK_<NAME>_CLIENT_ID", "steward", "The service client in its realm `master`."),
    secret("STEWARD_KEYCLOAK_<NAME>_CLIENT_SECRET", "Its secret."),
    defaulted("STEWARD_KEYCLOAK_<NAME>_CAPACITY", "300", "How many realms it takes."),
    optional("STEWARD_KEYCLOAK_<NAME>_REGIONS", "The regions whose tenants it takes. If it is not set, all."),
    defaulted("STEWARD_KEYCLOAK_<NAME>_PLACEMENT", "open", "`open` or `closed`."),
    same("STEWARD_KEYCLOAK_<NAME>_LINK", "STEWARD_KEYCLOAK_<NAME>_URL", "Where people open its admin console. `none`: no links."),
];

/// The name of a variable of a cell.
pub(super) fn of_cell(cell: &str, suffix: &str) -> String {
    format!("STEWARD_KEYCLOAK_{}_{suffix}", cell.to_ascii_uppercase().replace('-', "_"))
}

/// The variable of a cell, and the name of its cell in capitals, if it is one.
pub(super) fn cell_variable(name: &str) -> Option<(&'static Variable, &str)> {
    CELL_VARIABLES.iter().find_map(|variable| {
        let (before, after) = variable.name.split_once(NAME)?;
        let cell = name.strip_prefix(before)?.strip_suffix(after)?;
        Some((variable, cell))
    })
}

/// The table as Markdown.
#[must_use]
pub fn table() -> String {
    table_of(VARIABLES)
}

/// That of each further cell.
#[must_use]
pub fn cell_table() -> String {
    table_of(CELL_VARIABLES)
}

fn table_of(variables: &[Variable]) -> String {
    let mut table = String::from("| Variable | If not set | What it is |\n|---|---|---|\n");
    for variable in variables {
        let name = if variable.secret { format!("`{0}` or `{0}_FILE`", variable.name) } else { format!("`{}`", variable.name) };
        let default = match variable.default {
            Default::Required => "must be set".to_owned(),
            Default::Nothing => "nothing".to_owned(),
            Default::Value(value) => format!("`{value}`"),
            Default::Same(other) => format!("as `{other}`"),
            Default::RequiredIf(other, value) => format!("must be set if `{other}` is `{value}`"),
        };
        table.push_str(&format!("| {name} | {default} | {} |\n", variable.what));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_this_table() {
        let page = include_str!("../../../docs/configuration.md");
        for table in [table(), cell_table()] {
            assert!(page.contains(&table), "docs/configuration.md must contain this table:\n\n{table}");
        }
    }
}
