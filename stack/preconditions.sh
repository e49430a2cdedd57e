# What must be so before anything is built or started. All that is wrong is said at once, so that nobody waits for a build to learn of it.
# shellcheck shell=bash

preconditions() {
  local wrong
  mapfile -t wrong < <(wrong_versions; taken_ports)
  [ "${#wrong[@]}" = 0 ] || fail "The instance '$STACK' cannot be made ready:" "${wrong[@]/#/  }"
}

wrong_versions() {
  at_least Rust 1.95 "install it with rustup" rustc --version
  at_least Go 1.25 "it builds the Kubernetes API server and the Ingress controller" go version
  at_least Node 20 "it runs the browser tests" node --version
  command -v npm >/dev/null || echo "npm is missing; it comes with Node."
  # Where there is none, Debian's package is installed.
  if [ -n "${JAVA_HOME:-}" ] || command -v java >/dev/null; then
    at_least "The JDK" 17 "it runs Keycloak" "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version
  fi
}

# Reads the first number with a point, or after a quotation mark, of what COMMAND prints; Java speaks of its options first.
at_least() { # NAME VERSION WHAT-TO-DO COMMAND…
  local name=$1 wanted=$2 hint=$3 found
  shift 3
  if ! found=$("$@" 2>&1); then
    echo "$name is missing; $wanted or later is needed: $hint."
    return
  fi
  found=$(grep -v '^Picked up' <<<"$found" | grep -oE '[0-9]+(\.[0-9]+)+|"[0-9]+' | head -n 1 | tr -d '"') || true
  printf '%s\n%s\n' "$wanted" "$found" | sort -V -C || echo "$name $found is too old; $wanted or later is needed: $hint."
}

# The ports of the instance that a program has which is not the instance's.
taken_ports() {
  local program port
  while read -r program port; do
    is_open "$port" || continue
    if [ "$program" = - ] && of_instance "$port"; then continue; fi
    if [ "$program" != - ] && alive "$program" >/dev/null; then continue; fi
    echo "Port $port is taken by another program$(holder "$port")."
  done < <(ports_of_programs)
}

# Tests start servers of their own, which are nobody's part: they are known by where their program lies.
ports_of_programs() {
  local port
  cat <<LIST
steward $STEWARD_PORT
postgres $POSTGRES_PORT
keycloak $KEYCLOAK_PORT
keycloak $KEYCLOAK_MANAGEMENT_PORT
keycloak-eu $KEYCLOAK_EU_PORT
keycloak-eu $KEYCLOAK_EU_MANAGEMENT_PORT
openbao $OPENBAO_PORT
openbao $OPENBAO_CLUSTER_PORT
kube-apiserver $KUBERNETES_PORT
etcd $ETCD_PORT
etcd $ETCD_PEER_PORT
mail $MAIL_SMTP_PORT
mail $MAIL_API_PORT
standins $GRAFANA_PORT
standins $STANDINS_CONTROL_PORT
standins $CLOUDFLARE_PORT
dns $DNS_PORT
dns $DNS_API_PORT
traefik $INGRESS_TLS_PORT
traefik $INGRESS_HTTP_PORT
LIST
  if [ "$STACK" != dev ]; then
    for ((port = STEWARD_PORT + 1; port < STEWARD_PORT + 10; port++)); do echo "- $port"; done
  fi
}

of_instance() { # PORT
  local pid
  pid=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*,pid=\([0-9]*\).*/\1/p' | head -n 1)
  [ -n "$pid" ] && [[ $(readlink "/proc/$pid/exe") == "$INSTANCE"/* ]]
}
