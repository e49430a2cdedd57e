# OpenBao of one instance. The folder and the ports are put in by stack/parts/openbao.sh (@NAME@);
# secrets come by environment, only while it initialises itself.
# Links in Steward open it here.
ui            = true
api_addr      = "http://127.0.0.1:@OPENBAO_PORT@"
cluster_addr  = "http://127.0.0.1:@OPENBAO_CLUSTER_PORT@"
log_level     = "info"
disable_mlock = true

default_lease_ttl = "1h"
# A year, for the operator's token below, which could not be renewed once it had run out. Every other
# token has a limit of its own.
max_lease_ttl     = "8760h"

storage "raft" {
  path    = "@DATA@/raft"
  node_id = "@STACK@"
  # One node: nobody to wait for in an election.
  performance_multiplier = 1
}

# TLS is off: loopback only.
listener "tcp" {
  address         = "127.0.0.1:@OPENBAO_PORT@"
  cluster_address = "127.0.0.1:@OPENBAO_CLUSTER_PORT@"
  tls_disable     = true
}

# Unseals itself with a key file of the instance, so a restart needs nobody.
seal "static" {
  current_key_id = "@STACK@-1"
  current_key    = "file://@SECRETS@/openbao-seal"
}

# Audit devices can only be declared here, not made through the API.
audit "file" "requests" {
  description = "every request and answer, values as HMACs"
  options {
    file_path = "@DATA@/audit.log"
    mode      = "0600"
  }
}

# Runs once, at the very first start, with a root token that is revoked at its end.
# Everything after that is done with the operator's token made here.
initialize "stack" {
  request "secrets" {
    operation = "update"
    path      = "sys/mounts/secret"
    data      = { type = "kv", options = { version = "2" }, description = "tenants' secrets" }
  }
  request "transit" {
    operation = "update"
    path      = "sys/mounts/transit"
    data      = { type = "transit", description = "one key per tenant" }
  }
  request "approle" {
    operation = "update"
    path      = "sys/auth/approle"
    data      = { type = "approle" }
  }
  request "operator-policy" {
    operation = "update"
    path      = "sys/policies/acl/operator"
    data = {
      policy = {
        eval_source = "file"
        eval_type   = "string"
        path        = "@POLICIES@/openbao-operator.hcl"
      }
    }
  }
  # For people (VAULT_TOKEN): sees everything. It has no end of its own, but must be renewed within its
  # period, which every `stack/stack up` does.
  request "operator-token" {
    operation = "update"
    path      = "auth/token/create-orphan"
    data = {
      id = {
        eval_source     = "env"
        eval_type       = "string"
        env_var         = "OPERATOR_TOKEN"
        require_present = true
      }
      policies     = ["operator"]
      display_name = "operator"
      period       = "8760h"
    }
  }
}
