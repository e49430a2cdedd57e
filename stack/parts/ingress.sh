# The Ingress controller: Traefik, outside the cluster. It reads tenants' Ingresses and certificates from the Kubernetes API and ends
# TLS on the loopback. What lies behind is nobody's: no kubelet, no Pods.
# shellcheck shell=bash

# shellcheck source=stack/kubernetes/api.sh
. "$stack_dir/kubernetes/api.sh"

sources=$stack_dir/kubernetes/traefik
traefik=traefik-$TRAEFIK_VERSION-$(cat "$sources/go.mod" "$sources/go.sum" "$sources/build.sh" | sha256sum | cut -c 1-12)
token=$INSTANCE/ingress/token

install_part() {
  grep -q "github.com/traefik/traefik/v3 v$TRAEFIK_VERSION\( \|\$\)" "$sources/go.mod" ||
    fail "stack/versions.env wants Traefik $TRAEFIK_VERSION, but $sources/go.mod names another version."
  if absent "$traefik"; then
    command -v go >/dev/null || fail "Go is missing; it builds the Ingress controller."
    say "building Traefik $TRAEFIK_VERSION, once, 4 to 10 minutes; log: $logs/ingress-up.log"
    "$sources/build.sh" "$STEWARD_CACHE/$traefik/traefik"
    complete "$traefik"
  fi
}

start_part() {
  if alive traefik >/dev/null; then return 0; fi
  free_port traefik "$INGRESS_TLS_PORT"
  free_port traefik "$INGRESS_HTTP_PORT"
  await_kubernetes
  provision_part
  mkdir -p "$INSTANCE/ingress"
  # A year: it is read once, at the start. A newline at its end would make every request fail.
  token_of ingress-system ingress 31536000 | jq -j .status.token | keep "$token"
  # A KUBECONFIG would win over what is said here. The throttle delays a new certificate by 2 s unless it is off. Ingresses lead to
  # Services of the kind ExternalName (the API refuses loopback addresses in Endpoints), or to ones with nothing behind: then 503.
  launch traefik env -u KUBECONFIG "$STEWARD_CACHE/$traefik/traefik" \
    --global.checknewversion=false --global.sendanonymoususage=false --log.level=INFO --log.nocolor=true \
    --entrypoints.web.address="127.0.0.1:$INGRESS_HTTP_PORT" --ping=true --ping.entrypoint=web \
    --entrypoints.websecure.address="127.0.0.1:$INGRESS_TLS_PORT" --entrypoints.websecure.http.tls=true \
    --providers.kubernetesingress.endpoint="$server" \
    --providers.kubernetesingress.certauthfilepath="$pki/ca.crt" \
    --providers.kubernetesingress.token="$token" \
    --providers.kubernetesingress.ingressclass=inosec \
    --providers.kubernetesingress.allowexternalnameservices=true --providers.kubernetesingress.allowemptyservices=true \
    --providers.kubernetesingress.ingressendpoint.hostname="$INGRESS_NAME" \
    --providers.providersthrottleduration=0s
  await traefik 30 ready_part
}

# A first start builds the API server, which takes its time: as long as something is done with that part, it is waited for.
await_kubernetes() {
  local until=$((SECONDS + 60))
  until api_ready >/dev/null 2>&1; do
    flock -n "$INSTANCE/run/kubernetes.lock" true || until=$((SECONDS + 60))
    ((SECONDS < until)) || fail "traefik waited for the Kubernetes API; look at the part kubernetes ($logs/kubernetes-up.log)."
    sleep 0.2
  done
}

ready_part() {
  [ "$(curl -fsS --max-time 2 "http://127.0.0.1:$INGRESS_HTTP_PORT/ping")" = OK ]
}

# Its rights from the repository, and the class by which tenants' Ingresses name it. Safe to run again.
provision_part() {
  apply_policies "$stack_dir/policies/kubernetes-ingress.yaml"
  as_admin PATCH "/apis/networking.k8s.io/v1/ingressclasses/inosec?fieldManager=stack&force=true" -H 'Content-Type: application/apply-patch+yaml' \
    --data-binary '{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"inosec"},"spec":{"controller":"traefik.io/ingress-controller"}}' >/dev/null
}

stop_part() {
  end traefik
}

programs() {
  echo traefik
}
