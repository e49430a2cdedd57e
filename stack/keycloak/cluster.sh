# One Keycloak cluster on the instance's PostgreSQL, with a database of its own, and Steward's service client in it. Sourced by the parts
# that are one (stack/parts/keycloak*.sh), which say before: `cluster` (its name as a program), `port`, `management_port`, `url`,
# `database` (also its role), `connections` (at most) and `heap`.
# shellcheck shell=bash disable=SC2154

release=keycloak-$KEYCLOAK_VERSION
home=$INSTANCE/$cluster

install_part() {
  if ! absent "$release"; then return 0; fi
  say "fetching Keycloak $KEYCLOAK_VERSION and building it for PostgreSQL"
  local into=$STEWARD_CACHE/$release
  # A Maven repository of its own, thrown away afterwards: the archive is not wanted twice.
  mvn -q -B -Dmaven.repo.local="$into/maven" dependency:get \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$KEYCLOAK_VERSION:zip" -Dtransitive=false
  unzip -q "$into"/maven/org/keycloak/keycloak-quarkus-dist/"$KEYCLOAK_VERSION"/*.zip -d "$into"
  rm -rf "$into/maven"
  "$into/$release/bin/kc.sh" build --db=postgres --health-enabled=true --metrics-enabled=true
  complete "$release"
}

start_part() {
  if alive "$cluster" >/dev/null; then return 0; fi
  free_port "$cluster" "$port"
  free_port "$cluster" "$management_port"
  local until=$((SECONDS + 120))
  until database_answers; do
    ((SECONDS < until)) || fail "$cluster waited 120 s for its database; look at the part postgres ($logs/postgres.log)."
    sleep 0.2
  done
  # Programs from the cache, conf and data of the instance: several instances share one build.
  mkdir -p "$home/conf" "$home/data"
  local folder
  for folder in lib providers themes; do ln -sfn "$STEWARD_CACHE/$release/$release/$folder" "$home/$folder"; done
  # Java itself and not kc.sh, whose shell waits beside it: ending or killing what is recorded must end
  # Keycloak. Only the quick compiler: ready in 6 s instead of 9, at half the processor time.
  local jvm=(
    -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms64m "-Xmx$heap" -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m
    -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED
    --add-opens=java.base/java.security=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED
    -Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory
    -Djava.util.logging.manager=org.jboss.logmanager.LogManager -Dpicocli.disable.closures=true -Dquarkus-log-max-startup-records=10000
    -Dkc.home.dir="$home" -Djboss.server.config.dir="$home/conf"
  )
  (
    export KC_DB_URL=jdbc:postgresql://127.0.0.1:$POSTGRES_PORT/$database KC_DB_USERNAME=$database
    KC_DB_PASSWORD=$(secret "postgres-$cluster")
    export KC_DB_PASSWORD KC_DB_POOL_MAX_SIZE=$connections
    export KC_HTTP_ENABLED=true KC_HTTP_HOST=127.0.0.1 KC_HTTP_PORT=$port KC_HTTP_MANAGEMENT_PORT=$management_port
    export KC_HOSTNAME=$url KC_CACHE=local
    # Read only when the master realm is first made.
    export KC_BOOTSTRAP_ADMIN_USERNAME=admin
    KC_BOOTSTRAP_ADMIN_PASSWORD=$(secret "$cluster-admin")
    export KC_BOOTSTRAP_ADMIN_PASSWORD
    launch "$cluster" "${JAVA_HOME:+$JAVA_HOME/bin/}java" "${jvm[@]}" -cp "$home/lib/quarkus-run.jar" \
      io.quarkus.bootstrap.runner.QuarkusEntryPoint start --optimized
  )
  await "$cluster" 180 ready_part
}

database_answers() {
  PGPASSWORD=$(secret "postgres-$cluster") PGCONNECT_TIMEOUT=2 \
    psql -h 127.0.0.1 -p "$POSTGRES_PORT" -U "$database" -d "$database" -qtAc 'select 1' >/dev/null 2>&1
}

# The health of the management port, not the log's "started": the schema and the master realm come after that line.
ready_part() {
  curl -fsS --max-time 5 "http://127.0.0.1:$management_port/health/ready"
}

as_admin() { # METHOD PATH [JSON]; prints the body
  local body
  body=$(curl -sS --fail-with-body --max-time 60 -X "$1" "$url/admin$2" -H @<(printf 'Authorization: Bearer %s\n' "$token") \
    ${3:+-H Content-Type:application/json --data-binary @-} <<<"${3:-}") || { echo "$1 $2: $body" >&2; return 1; }
  printf '%s\n' "$body"
}

# Signs in as the cluster's administrator; what follows may use `as_admin`.
sign_in() {
  token=$(curl -sS --fail-with-body --max-time 60 "$url/realms/master/protocol/openid-connect/token" \
    -d grant_type=password -d client_id=admin-cli -d username=admin --data-urlencode "password@$secrets/$cluster-admin" |
    jq -er .access_token) || fail "the administrator of $cluster could not sign in"
}

# What Steward itself signs in with, as stack/policies/keycloak-steward.json says: it may make realms, and manage those it made.
# Its token is a lightweight one: otherwise each realm made adds twenty roles to the token, and at about 127 realms every call is
# refused for its size.
service_client() {
  local id user role policy=$stack_dir/policies/keycloak-steward.json
  id=$(as_admin GET '/realms/master/clients?clientId=steward' | jq -r '.[0].id // empty')
  if [ -z "$id" ]; then
    as_admin POST /realms/master/clients "$(jq --rawfile secret "$secrets/$cluster-steward" '.client + {secret: $secret}' "$policy")" >/dev/null
    id=$(as_admin GET '/realms/master/clients?clientId=steward' | jq -er '.[0].id')
  fi
  user=$(as_admin GET "/realms/master/clients/$id/service-account-user" | jq -er .id)
  while read -r role; do
    as_admin POST "/realms/master/users/$user/role-mappings/realm" "[$(as_admin GET "/realms/master/roles/$role")]" >/dev/null
  done < <(jq -r '.realmRoles[]' "$policy")
  # Every new account gets these; a service has no use for them.
  as_admin DELETE "/realms/master/users/$user/role-mappings/realm" "[$(as_admin GET /realms/master/roles/default-roles-master)]" >/dev/null
}

stop_part() {
  end "$cluster"
}

programs() {
  echo "$cluster"
}
