# The three files the stack hands out. Everything in them is known before anything runs (ports from
# versions.env, secrets made at first start), so they are written first and do not change later.
# shellcheck shell=bash

write_environment() {
  mkdir -p "$INSTANCE"
  # For people and tests: may look inside everything.
  {
    echo "# The '$STACK' instance of the stack, for people and tests: set -a; . $INSTANCE/env"
    assign DATABASE_URL "postgres://postgres:$(secret postgres)@127.0.0.1:$POSTGRES_PORT/steward"
    assign KEYCLOAK_URL "$KEYCLOAK_URL"
    assign KEYCLOAK_ADMIN_USER admin
    assign KEYCLOAK_ADMIN_PASSWORD "$(secret keycloak-admin)"
    assign KEYCLOAK_EU_URL "$KEYCLOAK_EU_URL"
    assign KEYCLOAK_EU_ADMIN_PASSWORD "$(secret keycloak-eu-admin)"
    assign VAULT_ADDR "http://127.0.0.1:$OPENBAO_PORT"
    assign VAULT_TOKEN "$(secret openbao-operator)"
    assign KUBECONFIG "$INSTANCE/admin.kubeconfig"
    assign GRAFANA_URL "http://127.0.0.1:$GRAFANA_PORT"
    assign GRAFANA_TOKEN "$(secret grafana-admin)"
    assign CLOUDFLARE_URL "http://127.0.0.1:$CLOUDFLARE_PORT/client/v4"
    assign CLOUDFLARE_TOKEN "$(secret cloudflare-admin)"
    assign CLOUDFLARE_ZONE_ID "$CLOUDFLARE_ZONE_ID"
    assign POWERDNS_URL "http://127.0.0.1:$DNS_API_PORT"
    assign POWERDNS_KEY "$(secret dns-api-key)"
    assign DNS_SERVER "127.0.0.1:$DNS_PORT"
    assign CUSTOMER_ZONE "$CUSTOMER_ZONE"
    assign INGRESS_ADDRESS "127.0.0.1:$INGRESS_TLS_PORT"
    assign PKI_CA_FILE "$INSTANCE/pki-ca.pem"
    assign STANDINS_CONTROL_URL "http://127.0.0.1:$STANDINS_CONTROL_PORT"
    assign MAIL_API_URL "http://127.0.0.1:$MAIL_API_PORT"
    assign STEWARD_URL "$STEWARD_URL"
    assign STEWARD_TOKEN_URL "$KEYCLOAK_URL/realms/platform/protocol/openid-connect/token"
    assign STEWARD_CLIENT_ID steward-api-client
    assign STEWARD_CLIENT_SECRET "$(secret keycloak-api-client)"
    assign STEWARD_STAFF_PASSWORD "$(secret staff-password)"
    if [ "$STACK" != dev ]; then
      # So that a test's `stack/stack stop keycloak` means this instance, and for servers of its own it knows
      # the ports that the realm's client allows.
      assign STACK "$STACK"
      assign STEWARD_TEST_PORTS "$(seq -s ' ' $((STEWARD_PORT + 1)) $((STEWARD_PORT + 9)))"
    fi
  } | keep "$INSTANCE/env"
  # For the server: least-privileged credentials only.
  {
    echo "# What the steward server of the '$STACK' instance reads. Least-privileged credentials only."
    assign STEWARD_LISTEN "127.0.0.1:$STEWARD_PORT"
    assign STEWARD_URL "$STEWARD_URL"
    assign STEWARD_SITE_ROOT "$INSTANCE/site"
    assign STEWARD_DATABASE_URL "postgres://steward:$(secret postgres-steward)@127.0.0.1:$POSTGRES_PORT/steward"
    assign STEWARD_OIDC_ISSUER "$KEYCLOAK_URL/realms/platform"
    assign STEWARD_OIDC_CLIENT_ID steward-console
    assign STEWARD_OIDC_CLIENT_SECRET_FILE "$secrets/keycloak-steward-console"
    assign STEWARD_API_AUDIENCE steward-api
    assign STEWARD_KEYCLOAK_URL "$KEYCLOAK_URL"
    assign STEWARD_KEYCLOAK_CLIENT_ID steward
    assign STEWARD_KEYCLOAK_CLIENT_SECRET_FILE "$secrets/keycloak-steward"
    # Two cells, so that a tenant's region decides. Enough room for every tenant that tests make and leave in the tables.
    assign STEWARD_KEYCLOAK_CAPACITY 10000
    assign STEWARD_KEYCLOAK_REGIONS morocco,mena
    assign STEWARD_KEYCLOAK_CELLS eu
    assign STEWARD_KEYCLOAK_EU_URL "$KEYCLOAK_EU_URL"
    assign STEWARD_KEYCLOAK_EU_CLIENT_ID steward
    assign STEWARD_KEYCLOAK_EU_CLIENT_SECRET_FILE "$secrets/keycloak-eu-steward"
    assign STEWARD_KEYCLOAK_EU_CAPACITY 2000
    assign STEWARD_KEYCLOAK_EU_REGIONS eu
    assign STEWARD_VAULT_URL "http://127.0.0.1:$OPENBAO_PORT"
    assign STEWARD_VAULT_ROLE_ID "$(secret openbao-steward-role-id)"
    assign STEWARD_VAULT_SECRET_ID_FILE "$secrets/openbao-steward-secret-id"
    assign STEWARD_KUBECONFIG "$INSTANCE/steward.kubeconfig"
    assign STEWARD_GRAFANA_URL "http://127.0.0.1:$GRAFANA_PORT"
    assign STEWARD_GRAFANA_TOKEN_FILE "$secrets/grafana-steward"
    assign STEWARD_PROMETHEUS_URL "http://127.0.0.1:$PROMETHEUS_PORT"
    assign STEWARD_LOKI_URL "http://127.0.0.1:$LOKI_PORT"
    assign STEWARD_SMTP_HOST 127.0.0.1
    assign STEWARD_SMTP_PORT "$MAIL_SMTP_PORT"
    assign STEWARD_SMTP_FROM steward@steward.example
    assign STEWARD_SESSION_KEY_FILE "$secrets/steward-session-key"
    assign STEWARD_BASE_DOMAIN "$BASE_DOMAIN"
    # The other provider is `powerdns`; what either needs is here, so that a test can start a server with the other.
    assign STEWARD_DNS_PROVIDER cloudflare
    assign STEWARD_CLOUDFLARE_URL "http://127.0.0.1:$CLOUDFLARE_PORT/client/v4"
    assign STEWARD_CLOUDFLARE_ZONE_ID "$CLOUDFLARE_ZONE_ID"
    assign STEWARD_CLOUDFLARE_TOKEN_FILE "$secrets/cloudflare-steward"
    assign STEWARD_POWERDNS_URL "http://127.0.0.1:$DNS_API_PORT"
    assign STEWARD_POWERDNS_KEY_FILE "$secrets/dns-api-key"
    assign STEWARD_DNS_TARGET "$INGRESS_NAME"
    assign STEWARD_PKI_MOUNT pki
    assign STEWARD_PKI_ROLE tenant-domains
    assign STEWARD_PKI_CUSTOM_ROLE custom-domains
    # Beside the base domain it answers for the zone that stands for a customer's own DNS.
    assign STEWARD_RESOLVER "127.0.0.1:$DNS_PORT"
    assign STEWARD_INGRESS_ADDRESS "127.0.0.1:$INGRESS_TLS_PORT"
    assign STEWARD_INGRESS_CLASS inosec
    assign STEWARD_INGRESS_SERVICE web
    # What the plan measures head-room by: enough for every tenant that tests make.
    assign STEWARD_CAPACITY cpu=4096,memory_gib=16384,storage_gib=400000,gpu=64
  } | keep "$INSTANCE/steward.env"
  # For `steward migrate`, and tests that make databases of their own. Apart, so that the server never holds it.
  {
    echo "# What 'steward migrate' of the '$STACK' instance reads beside steward.env: the schema's owner."
    assign STEWARD_MIGRATION_DATABASE_URL "postgres://steward_owner:$(secret postgres-steward-owner)@127.0.0.1:$POSTGRES_PORT/steward"
  } | keep "$INSTANCE/migrate.env"
}

assign() { # NAME VALUE
  printf 'export %s=%q\n' "$1" "$2"
}
