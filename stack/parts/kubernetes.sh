# Kubernetes: a real API server with its store and its controllers. No kubelet, so nothing runs in it;
# what Steward makes there (namespaces, quotas, limits, policies) is stored, checked and enforced as ever.
# shellcheck shell=bash

# shellcheck source=stack/kubernetes/api.sh
. "$stack_dir/kubernetes/api.sh"

sources=$stack_dir/kubernetes/kube
# Keyed by what is built, not only by the version: another main.go or flag gives another binary.
kube=kube-$KUBERNETES_VERSION-$(cat "$sources/go.mod" "$sources/go.sum" "$sources/main.go" "$sources/build.sh" | sha256sum | cut -c 1-12)

install_part() {
  grep -q "k8s.io/kubernetes v$KUBERNETES_VERSION\$" "$sources/go.mod" ||
    fail "stack/versions.env wants Kubernetes $KUBERNETES_VERSION, but $sources/go.mod names another version."
  if absent "$kube"; then
    command -v go >/dev/null || fail "Go is missing; it builds the Kubernetes API server."
    say "building kube-apiserver and kube-controller-manager $KUBERNETES_VERSION, once, 4 to 10 minutes; log: $logs/kubernetes-up.log"
    "$sources/build.sh" "$STEWARD_CACHE/$kube/kube"
    complete "$kube"
  fi
}

# Ten years: this is a developer's machine, and the CA is known to no one else.
make_certificates() {
  if [ -e "$pki/.complete" ]; then return 0; fi
  rm -rf "$pki"
  mkdir -p "$pki"
  (
    cd "$pki" || exit
    key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
    certificate() { # NAME SUBJECT EXTENSIONS
      key "$1"
      openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
      openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile <(printf '%b' "$3") -out "$1.crt"
      rm "$1.csr"
    }
    key ca
    openssl req -x509 -new -key ca.key -subj /CN=steward-development-kubernetes -days 3650 -out ca.crt \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
    local server_names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1
    certificate apiserver /CN=kube-apiserver "subjectAltName=$server_names\nextendedKeyUsage=serverAuth"
    certificate etcd /CN=etcd "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth"
    certificate etcd-client /CN=kube-apiserver "extendedKeyUsage=clientAuth"
    certificate admin /O=system:masters/CN=admin "extendedKeyUsage=clientAuth"
    certificate controllers /CN=system:kube-controller-manager "extendedKeyUsage=clientAuth"
    key service-accounts
    openssl ec -in service-accounts.key -pubout -out service-accounts.pub
  )
  touch "$pki/.complete"
}

embedded() { # FILE
  base64 -w 0 "$1"
}

# A kubeconfig in JSON, which is YAML; everything in it, so that it can be copied elsewhere.
kubeconfig() { # NAME OF THE USER, its credentials as JSON on standard input
  jq --arg server "$server" --arg ca "$(embedded "$pki/ca.crt")" --arg user "$1" '{
    apiVersion: "v1", kind: "Config", "current-context": "steward",
    clusters: [{name: "steward", cluster: {server: $server, "certificate-authority-data": $ca}}],
    users: [{name: $user, user: .}],
    contexts: [{name: "steward", context: {cluster: "steward", user: $user}}]
  }'
}

certificate_user() { # NAME
  # Keys go to jq by file: an argument would show in ps.
  jq -n --rawfile crt <(embedded "$pki/$1.crt") --rawfile key <(embedded "$pki/$1.key") \
    '{"client-certificate-data": $crt, "client-key-data": $key}' | kubeconfig "$1"
}

start_part() {
  make_certificates
  certificate_user admin | keep "$INSTANCE/admin.kubeconfig"
  certificate_user controllers | keep "$INSTANCE/kubernetes/controllers.kubeconfig"

  if ! alive etcd >/dev/null; then
    free_port etcd "$ETCD_PORT"
    free_port etcd "$ETCD_PEER_PORT"
    # etcd warns on other processors unless told that one means it.
    ETCD_UNSUPPORTED_ARCH=$(dpkg --print-architecture | sed '/^amd64$/d') \
      launch etcd etcd --name=steward --data-dir="$INSTANCE/kubernetes/etcd" --log-outputs=stderr --logger=zap \
      --listen-client-urls="https://127.0.0.1:$ETCD_PORT" --advertise-client-urls="https://127.0.0.1:$ETCD_PORT" \
      --listen-peer-urls="https://127.0.0.1:$ETCD_PEER_PORT" --initial-advertise-peer-urls="https://127.0.0.1:$ETCD_PEER_PORT" \
      --initial-cluster="steward=https://127.0.0.1:$ETCD_PEER_PORT" \
      --cert-file="$pki/etcd.crt" --key-file="$pki/etcd.key" --client-cert-auth --trusted-ca-file="$pki/ca.crt" \
      --peer-cert-file="$pki/etcd.crt" --peer-key-file="$pki/etcd.key" --peer-client-cert-auth --peer-trusted-ca-file="$pki/ca.crt"
  fi
  if ! alive kube-apiserver >/dev/null; then
    free_port kube-apiserver "$KUBERNETES_PORT"
    # A loopback address is not valid in Endpoints, so the API must not publish itself there; the
    # advertised address is one reserved for documentation. Anonymous callers see health and version only.
    launch kube-apiserver "$STEWARD_CACHE/$kube/kube" kube-apiserver \
      --etcd-servers="https://127.0.0.1:$ETCD_PORT" --etcd-cafile="$pki/ca.crt" --etcd-certfile="$pki/etcd-client.crt" --etcd-keyfile="$pki/etcd-client.key" \
      --bind-address=127.0.0.1 --secure-port="$KUBERNETES_PORT" --advertise-address=192.0.2.1 --endpoint-reconciler-type=none \
      --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
      --authorization-mode=RBAC --service-cluster-ip-range=10.96.0.0/16 \
      --service-account-issuer=https://kubernetes.default.svc \
      --service-account-key-file="$pki/service-accounts.pub" --service-account-signing-key-file="$pki/service-accounts.key"
  fi
  await kube-apiserver 90 api_ready
  # Only the controllers something here needs: without the one for volume claims a namespace that held a
  # claim would never go; without the one for service accounts no Pod can be created.
  launch kube-controller-manager "$STEWARD_CACHE/$kube/kube" kube-controller-manager \
    --kubeconfig="$INSTANCE/kubernetes/controllers.kubeconfig" --leader-elect=false --secure-port=0 --use-service-account-credentials=true \
    --controllers=namespace-controller,resourcequota-controller,serviceaccount-controller,garbage-collector-controller,persistentvolumeclaim-protection-controller,root-ca-certificate-publisher-controller \
    --service-account-private-key-file="$pki/service-accounts.key" --root-ca-file="$pki/ca.crt"
}

ready_part() {
  api_ready && alive kube-controller-manager
}

# Steward's rights from the repository, and a token for its service account. Safe to run again.
provision_part() {
  apply_policies "$stack_dir/policies/kubernetes-steward.yaml"
  # Asked for anew at each `up`, so that it never runs out on a machine in use.
  token_of steward-system steward 7776000 | jq '{token: .status.token}' | kubeconfig steward | keep "$INSTANCE/steward.kubeconfig"
}

stop_part() {
  end kube-controller-manager
  end kube-apiserver TERM 30
  end etcd
}

kill_part() {
  end kube-controller-manager KILL
  end kube-apiserver KILL
  end etcd KILL
}

programs() {
  echo etcd kube-apiserver kube-controller-manager
}
