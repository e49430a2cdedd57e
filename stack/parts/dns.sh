# The DNS server: PowerDNS with its HTTP API, authoritative for the base domain, and for a zone that stands for a customer's own DNS, which
# only tests write to. It answers on the loopback only.
# shellcheck shell=bash

data=$INSTANCE/dns
api=http://127.0.0.1:$DNS_API_PORT/api/v1/servers/localhost
schema=/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql

start_part() {
  if alive dns >/dev/null; then return 0; fi
  free_port dns "$DNS_PORT"
  free_port dns "$DNS_API_PORT"
  mkdir -p "$data"
  make_database
  configuration | keep "$data/pdns.conf"
  launch dns /usr/sbin/pdns_server --config-dir="$data" --daemon=no --guardian=no
  await dns 20 ready_part
}

# Filled beside its place and moved there, so that a start cut short leaves none.
make_database() {
  if [ -e "$data/zones.sqlite3" ]; then return 0; fi
  [ -e "$schema" ] || fail "there is no $schema; it comes with the package pdns-backend-sqlite3."
  rm -f "$data/zones.sqlite3.new"
  sqlite3 "$data/zones.sqlite3.new" <"$schema"
  mv "$data/zones.sqlite3.new" "$data/zones.sqlite3"
}

# Nothing is cached: what the API has taken, the next question is answered with. The key stands in this file, which only the instance's
# owner reads. An empty setuid: it stays whoever started it.
configuration() {
  cat <<CONF
launch=gsqlite3
gsqlite3-database=$data/zones.sqlite3
gsqlite3-dnssec=no
local-address=127.0.0.1
local-port=$DNS_PORT
socket-dir=$data
setuid=
setgid=
api=yes
api-key=$(secret dns-api-key)
webserver=yes
webserver-address=127.0.0.1
webserver-port=$DNS_API_PORT
webserver-allow-from=127.0.0.1
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
security-poll-suffix=
default-soa-content=ns1.@ hostmaster.@ 0 10800 3600 604800 60
version-string=anonymous
CONF
}

call() { # METHOD PATH [JSON]; prints the body. The key goes in by a file descriptor, not by argument.
  local body
  body=$(curl -sS --fail-with-body --max-time 10 -X "$1" "$api$2" \
    -H @<(printf 'X-API-Key: %s\n' "$(secret dns-api-key)") ${3:+-H 'Content-Type: application/json' --data-binary "$3"}) ||
    { echo "$1 $2: $body" >&2; return 1; }
  printf '%s\n' "$body"
}

ready_part() {
  call GET ""
}

# The zone, with its own name server and the name that tenants' domains point to. Other records in it stay.
provision_part() {
  call GET "/zones/$BASE_DOMAIN." >/dev/null 2>&1 ||
    call POST /zones "{\"name\": \"$BASE_DOMAIN.\", \"kind\": \"Native\", \"nameservers\": [\"ns1.$BASE_DOMAIN.\"]}" >/dev/null
  call PATCH "/zones/$BASE_DOMAIN." "$(jq -n --arg ns1 "ns1.$BASE_DOMAIN." --arg ingress "$INGRESS_NAME." '
    {rrsets: [$ns1, $ingress | {name: ., type: "A", ttl: 60, changetype: "REPLACE", records: [{content: "127.0.0.1", disabled: false}]}]}')" >/dev/null
  provision_customer_zone
}

# A customer's zone: Steward only asks it.
provision_customer_zone() {
  call GET "/zones/$CUSTOMER_ZONE." >/dev/null 2>&1 ||
    call POST /zones "{\"name\": \"$CUSTOMER_ZONE.\", \"kind\": \"Native\", \"nameservers\": [\"ns1.$CUSTOMER_ZONE.\"]}" >/dev/null
}

stop_part() {
  end dns
}

programs() {
  echo dns
}
