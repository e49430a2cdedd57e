# A person looking after the development stack: everything. Steward never gets this.
path "*" {
  capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"]
}
