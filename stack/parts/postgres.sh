# PostgreSQL: a cluster of the instance's own, beside whatever else this machine runs.
# shellcheck shell=bash

bin=/usr/lib/postgresql/$POSTGRES_VERSION/bin

# The server refuses to run as root, so as root it runs as the package's user `postgres`, who must be
# able to reach the data. Below a private folder (/root, a mktemp -d) it cannot: then the data lies in
# that user's home, under a name made from the instance's path, which `clean` removes as well.
as_postgres=()
data=$INSTANCE/postgres
if [ "$(id -u)" = 0 ]; then
  as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups --)
  if id postgres >/dev/null 2>&1; then
    mkdir -p "$INSTANCE"
    chmod 711 "$INSTANCE"
    if ! "${as_postgres[@]}" test -x "$INSTANCE" 2>/dev/null; then
      data=/var/lib/postgresql/steward-$(printf %s "$INSTANCE" | sha256sum | cut -c 1-12)
    fi
  fi
fi

install_part() {
  if [ ! -x "$bin/postgres" ]; then fail "$bin/postgres is missing: is postgresql-$POSTGRES_VERSION installed?"; fi
}

start_part() {
  if alive postgres >/dev/null; then return 0; fi
  free_port postgres "$POSTGRES_PORT"
  if ! is_ours; then make_data; fi
  # Rewritten at each start, so that a changed setting reaches an old cluster. fsync stays on: what is
  # measured and crash-tested here must hold elsewhere.
  "${as_postgres[@]}" tee "$data/postgresql.auto.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $POSTGRES_PORT
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
fsync = on
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 1000
timezone = 'UTC'
log_timezone = 'UTC'
CONF
  # After a reboot the pid in the old server's lock file may be anyone's, and the new one would yield to it.
  local boot="" now
  if [ -e "$INSTANCE/run/postgres.pid" ]; then read -r _ _ boot <"$INSTANCE/run/postgres.pid" || true; fi
  read -r now </proc/sys/kernel/random/boot_id
  if [ "$boot" != "$now" ]; then rm -f "$data/postmaster.pid"; fi
  # After kill -9 the old server's children need a moment to notice; until then the new one refuses.
  local try
  for try in 1 2 3 4 5; do
    launch postgres "${as_postgres[@]}" "$bin/postgres" -D "$data"
    sleep 0.2
    if alive postgres >/dev/null || [ "$try" = 5 ]; then break; fi
    sleep 1
  done
  await postgres 60 ready_part
}

# The data of this instance has the same mark as the instance, set when it was whole. Other data is half-made, or was left by a clone
# that lay at this path before: its passwords are gone with that clone.
is_ours() {
  [ -s "$INSTANCE/postgres.id" ] && "${as_postgres[@]}" cat "$data/instance.id" 2>/dev/null | cmp -s - "$INSTANCE/postgres.id"
}

make_data() {
  if [ -e "$data" ]; then say "the data in $data is half-made or another clone's; made anew"; fi
  rm -rf "$data" "$data.password"
  mkdir -p "$data"
  : >"$data.password"
  if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$data" "$data.password"; fi
  # The secret's own file is root's, and neither can the server's user open a pipe of root's by name.
  secret postgres | "${as_postgres[@]}" tee "$data.password" >/dev/null
  "${as_postgres[@]}" "$bin/initdb" --pgdata="$data" --username=postgres --pwfile="$data.password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums >>"$logs/postgres.log" 2>&1 ||
    { rm -rf "$data" "$data.password"; fail "initdb failed; its output is in $logs/postgres.log"; }
  rm -f "$data.password"
  openssl rand -hex 16 | "${as_postgres[@]}" tee "$data/instance.id" | keep "$INSTANCE/postgres.id"
}

ready_part() {
  "$bin/pg_isready" -q -h 127.0.0.1 -p "$POSTGRES_PORT"
}

sql() { # DATABASE; SQL on standard input
  PGPASSWORD=$(secret postgres) "$bin/psql" -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -d "$1" \
    --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --no-align --tuples-only
}

provision_part() {
  # Passwords reach psql by environment (\getenv), so that no command line shows them.
  STEWARD_OWNER=$(secret postgres-steward-owner) STEWARD=$(secret postgres-steward) KEYCLOAK=$(secret postgres-keycloak) \
    KEYCLOAK_EU=$(secret postgres-keycloak-eu) sql postgres <"$stack_dir/policies/postgres-roles.sql"
}

stop_part() {
  # Fast shutdown: clients are disconnected, the data is left clean.
  end postgres INT 30
}

kill_part() {
  end postgres KILL
}

clean_part() {
  rm -rf "$data" "$data.password"
}

programs() {
  echo postgres
}
