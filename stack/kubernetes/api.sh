# Speaking with the instance's Kubernetes API as its administrator. Read by the parts `kubernetes` and `ingress`.
# shellcheck shell=bash

pki=$INSTANCE/kubernetes/pki
server=https://127.0.0.1:$KUBERNETES_PORT

as_admin() { # METHOD PATH [CURL ARGUMENTS…]; prints the body, of a refusal too, but that on standard error
  local method=$1 path=$2 body
  shift 2
  body=$(curl -sS --fail-with-body --max-time 20 --cacert "$pki/ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" \
    -X "$method" "$server$path" "$@") || { echo "$method $path: $body" >&2; return 1; }
  printf '%s\n' "$body"
}

api_ready() {
  [ "$(as_admin GET /readyz)" = ok ]
}

# Brings the objects of a policy file into the cluster, as they are there. Safe to run again.
apply_policies() { # FILE
  local file=$1 object name path namespace
  # The file is YAML for people; the API takes it as it is, one document at a time. A Namespace comes before what lies in it.
  while IFS= read -r -d '' object; do
    name=$(sed -n '/^metadata:/,/^[^ ]/s/^  name: //p' <<<"$object")
    namespace=$(sed -n '/^metadata:/,/^[^ ]/s/^  namespace: //p' <<<"$object")
    case $(sed -n 's/^kind: //p' <<<"$object") in
      Namespace) path=/api/v1/namespaces/$name ;;
      ServiceAccount) path=/api/v1/namespaces/$namespace/serviceaccounts/$name ;;
      ClusterRole) path=/apis/rbac.authorization.k8s.io/v1/clusterroles/$name ;;
      ClusterRoleBinding) path=/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/$name ;;
      ValidatingAdmissionPolicy) path=/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/$name ;;
      ValidatingAdmissionPolicyBinding) path=/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/$name ;;
      *) fail "$file holds an object this script does not know: $object" ;;
    esac
    as_admin PATCH "$path?fieldManager=stack&force=true" -H 'Content-Type: application/apply-patch+yaml' --data-binary "$object" >/dev/null
  done < <(awk 'BEGIN { RS = "\n---\n" } { printf "%s\n%c", $0, 0 }' "$file")
}

# Prints a new token of a service account, in JSON; former ones stay valid.
token_of() { # NAMESPACE NAME SECONDS
  as_admin POST "/api/v1/namespaces/$1/serviceaccounts/$2/token" -H 'Content-Type: application/json' \
    --data "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{\"expirationSeconds\":$3}}"
}
