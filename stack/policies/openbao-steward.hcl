# What Steward may do in OpenBao: keep tenants' paths, policies and transit keys. It may not touch mounts,
# sign-in methods, its own policy or its own role, and it may not make tokens: whoever can write a
# tenant's policy *and* make a token for it has everything, because OpenBao does not look at what a policy
# grants (a policy `tenant_x_policy` with path "*" was written, and its token was root in all but name).

# A tenant's secrets, `secret/tenants/<name>` and below. `patch` and `update` on data need a version to check against.
path "secret/data/tenants/*" {
  capabilities = ["create", "read", "update", "delete"]
}
# Metadata carries the ownership mark (custom_metadata); deleting it removes every version. It does not
# recurse, so removal lists and walks.
path "secret/metadata/tenants/*" {
  capabilities = ["create", "read", "update", "patch", "delete", "list"]
}
# The names of tenants, for finding what is left over.
path "secret/metadata/tenants" {
  capabilities = ["list"]
}

# The key and certificate of a tenant's domain, `secret/certificates/<name>`, and the mark beside them.
path "secret/data/certificates/*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "secret/metadata/certificates/*" {
  capabilities = ["create", "read", "update", "patch", "delete", "list"]
}

# The same for a customer's own domain.
path "secret/data/custom-certificates/*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "secret/metadata/custom-certificates/*" {
  capabilities = ["create", "read", "update", "patch", "delete", "list"]
}

# Certificates for tenants' domains, by the one role that is limited to names below the base domain. To revoke is possible for any
# certificate of the mount: what else it signs, Steward must not be trusted with.
path "pki/issue/tenant-domains" {
  capabilities = ["update"]
}
path "pki/sign/tenant-domains" {
  capabilities = ["update"]
}
# For customers' own domains, by a role that issues for any host name: it cannot know them.
path "pki/issue/custom-domains" {
  capabilities = ["update"]
}
path "pki/revoke" {
  capabilities = ["update"]
}
# To see whether one was revoked, and what to verify it with.
path "pki/cert/*" {
  capabilities = ["read"]
}
path "pki/ca_chain" {
  capabilities = ["read"]
}
path "pki/issuer/default" {
  capabilities = ["read"]
}

# A tenant's policy, `tenant_<name>_policy`. Written here, attached to tokens by another identity.
path "sys/policies/acl/tenant_*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "sys/policies/acl" {
  capabilities = ["list"]
}

# A tenant's key, `tenant-<name>`: make, look, allow deletion, delete; never use. The parameters are denied on
# this very path because a later rule on `transit/keys/+/config` would lose against it, and without them
# a key could be made exportable afterwards.
path "transit/keys/tenant-*" {
  capabilities = ["create", "read", "update", "delete"]
  denied_parameters = {
    "exportable"             = []
    "allow_plaintext_backup" = []
  }
}
path "transit/keys" {
  capabilities = ["list"]
}

# Its own token.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
path "auth/token/revoke-self" {
  capabilities = ["update"]
}
path "sys/capabilities-self" {
  capabilities = ["update"]
}
