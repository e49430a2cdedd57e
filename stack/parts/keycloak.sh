# Keycloak, the first cluster: Steward's sign-in (realm `platform`), and tenants' realms but those of the EU.
# shellcheck shell=bash

cluster=keycloak port=$KEYCLOAK_PORT management_port=$KEYCLOAK_MANAGEMENT_PORT url=$KEYCLOAK_URL
# Tests open many connections of their own to the same PostgreSQL.
database=keycloak connections=40 heap=512m
# shellcheck source=stack/keycloak/cluster.sh
. "$stack_dir/keycloak/cluster.sh"

provision_part() {
  sign_in
  platform_realm
  service_client
}

# Made once. What is changed in it afterwards stays; `make clean-data` brings the file's state back.
platform_realm() {
  if as_admin GET /realms/platform >/dev/null 2>&1; then return 0; fi
  local port role origins="" realm
  # A test instance may run several servers, each on a port of its own.
  if [ "$STACK" = dev ]; then
    origins=$STEWARD_URL
  else
    for ((port = STEWARD_PORT; port < STEWARD_PORT + 10; port++)); do origins+="${origins:+ }http://localhost:$port"; done
  fi
  realm=$(
    export MAIL_SMTP_PORT STEWARD_URL STEWARD_ORIGINS=$origins
    POST_LOGOUT_URIS=$(sed 's| |/*##|g; s|$|/*|' <<<"$origins")
    USER_PROFILE=$(jq -c . "$stack_dir/keycloak/user-profile.json")
    CONSOLE_SECRET=$(secret keycloak-steward-console)
    API_CLIENT_SECRET=$(secret keycloak-api-client)
    STAFF_PASSWORD=$(secret staff-password)
    export POST_LOGOUT_URIS USER_PROFILE CONSOLE_SECRET API_CLIENT_SECRET STAFF_PASSWORD
    for role in "${STAFF_ROLES[@]}"; do export "TOTP_${role//-/_}=$(secret "totp-$role")"; done
    jq --slurpfile staff "$stack_dir/keycloak/staff.json" -f "$stack_dir/keycloak/realm.jq" "$stack_dir/keycloak/platform-realm.json"
  )
  as_admin POST /realms "$realm" >/dev/null
}
