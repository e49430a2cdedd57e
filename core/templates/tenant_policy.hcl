# Policy of tenant {{ short_name }}, written by Steward. Changes made by hand are undone.
# steward-tenant-id: {{ tenant_id }}

# Its secrets and what lies below.
path "{{ kv_mount }}/data/{{ secrets }}" {
  capabilities = ["create", "read", "update", "delete"]
}
path "{{ kv_mount }}/data/{{ secrets }}/*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "{{ kv_mount }}/metadata/{{ secrets }}" {
  capabilities = ["read", "list"]
}
path "{{ kv_mount }}/metadata/{{ secrets }}/*" {
  capabilities = ["read", "list", "delete"]
}

# Its key: use, never look at or change. `update` alone cannot bring an absent key into being.
path "{{ transit_mount }}/encrypt/{{ transit_key }}" {
  capabilities = ["update"]
}
path "{{ transit_mount }}/decrypt/{{ transit_key }}" {
  capabilities = ["update"]
}
