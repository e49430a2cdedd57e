# Which instance this is, where its files are, its ports. Sourced by stack/stack and by scripts/.
# shellcheck shell=bash

stack_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$stack_dir")

# Everything here is either secret or of no interest to others.
umask 077

# shellcheck source=stack/versions.env
. "$stack_dir/versions.env"

STACK=${STACK:-dev}
case $STACK in
  dev) INSTANCE=$root/.stack offset=0 ;;
  test) INSTANCE=$root/.stack-test offset=1000 ;;
  *[!a-z0-9-]* | '' | -*)
    echo "stack: STACK must be lower-case letters, digits and hyphens, not '$STACK'" >&2
    exit 2
    ;;
  *)
    INSTANCE=$root/.stack-$STACK
    # Kept beside the data: the same ports the next time, whatever the environment says then.
    offset=${STACK_PORT_OFFSET:-2000}
    if [ -e "$INSTANCE/port-offset" ]; then offset=$(cat "$INSTANCE/port-offset"); fi
    ;;
esac

for port in STEWARD_PORT POSTGRES_PORT KEYCLOAK_PORT KEYCLOAK_MANAGEMENT_PORT KEYCLOAK_EU_PORT KEYCLOAK_EU_MANAGEMENT_PORT \
  OPENBAO_PORT OPENBAO_CLUSTER_PORT \
  KUBERNETES_PORT ETCD_PORT ETCD_PEER_PORT MAIL_SMTP_PORT MAIL_API_PORT GRAFANA_PORT STANDINS_CONTROL_PORT \
  CLOUDFLARE_PORT DNS_PORT DNS_API_PORT INGRESS_TLS_PORT INGRESS_HTTP_PORT PROMETHEUS_PORT LOKI_PORT; do
  printf -v "$port" %d $((${!port} + offset))
done
unset port

export STACK
STEWARD_CACHE=${STEWARD_CACHE:-$HOME/.cache/steward}
# Each clone compiles into a directory of its own: two clones' crates have the same hashes, and cargo takes what it finds there for
# this clone's if it is newer than this clone's files, whatever is in it.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$STEWARD_CACHE/target-$(printf %s "$root" | sha256sum | cut -c 1-12)}
if ! command -v cargo >/dev/null && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH=$HOME/.cargo/bin:$PATH; fi
secrets=$INSTANCE/secrets
logs=$INSTANCE/log

STEWARD_URL=http://localhost:$STEWARD_PORT
# `localhost`, not 127.0.0.1: browsers count it as trustworthy and send Secure cookies to it.
KEYCLOAK_URL=http://localhost:$KEYCLOAK_PORT
KEYCLOAK_EU_URL=http://localhost:$KEYCLOAK_EU_PORT
# What tenants' domains lie under, and the name that they point to: the ingress controller.
BASE_DOMAIN=inosec.com
INGRESS_NAME=ingress.$BASE_DOMAIN
# It stands for the DNS of a customer who brings a domain along: only tests write to it.
CUSTOMER_ZONE=customer.example
# Cloudflare names a zone by 32 hexadecimal digits. The stand-in's zone has the same ones in every instance.
CLOUDFLARE_ZONE_ID=$(printf %s "$BASE_DOMAIN" | md5sum | cut -c 1-32)
STAFF_ROLES=(platform-ops devops sre compliance-officer ciso support reseller)
