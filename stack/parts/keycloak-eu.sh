# Keycloak, the second cluster: realms of tenants whose region is the EU, and nothing else.
# shellcheck shell=bash

cluster=keycloak-eu port=$KEYCLOAK_EU_PORT management_port=$KEYCLOAK_EU_MANAGEMENT_PORT url=$KEYCLOAK_EU_URL
# Few realms and few people: it shares a machine with everything else.
database=keycloak_eu connections=15 heap=256m
# shellcheck source=stack/keycloak/cluster.sh
. "$stack_dir/keycloak/cluster.sh"

provision_part() {
  sign_in
  service_client
}
