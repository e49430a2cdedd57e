# Secrets are made once, at an instance's first start, each in a file of its own (0600, no newline at its end).
# Programs get them by file or environment, never as an argument, where `ps` would show them.
# shellcheck shell=bash

# Writes standard input to FILE, whole or not at all.
keep() { # FILE
  local part
  part=$(mktemp "$1.XXXXXX")
  cat >"$part"
  mv "$part" "$1"
}

secret() { # NAME
  cat "$secrets/$1"
}

make_secrets() {
  local name role
  mkdir -p "$secrets"
  for name in postgres postgres-steward-owner postgres-steward postgres-keycloak postgres-keycloak-eu \
    keycloak-admin keycloak-eu-admin keycloak-steward keycloak-eu-steward keycloak-steward-console keycloak-api-client \
    openbao-operator openbao-steward-role-id openbao-steward-secret-id \
    grafana-admin grafana-steward cloudflare-admin cloudflare-steward dns-api-key; do
    [ -s "$secrets/$name" ] || openssl rand -hex 24 | tr -d '\n' | keep "$secrets/$name"
  done
  # Raw bytes: keys, not passwords.
  for name in openbao-seal steward-session-key; do
    [ -s "$secrets/$name" ] || openssl rand 32 | keep "$secrets/$name"
  done
  # Typed by people: four groups of five letters and digits, 20 × 5 bits.
  [ -s "$secrets/staff-password" ] ||
    openssl rand 40 | base32 -w 0 | tr '[:upper:]' '[:lower:]' | cut -c 1-20 | sed 's/...../&-/g; s/-$//' | tr -d '\n' |
    keep "$secrets/staff-password"
  # Keycloak takes the bytes of the string itself as the HMAC key.
  for role in "${STAFF_ROLES[@]}"; do
    [ -s "$secrets/totp-$role" ] || openssl rand -hex 16 | tr -d '\n' | keep "$secrets/totp-$role"
  done
}
