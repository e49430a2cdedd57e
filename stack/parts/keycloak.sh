# Keycloak on the instance's PostgreSQL: Steward's sign-in (realm `platform`) and the tenants' realms.
# shellcheck shell=bash

release=keycloak-$KEYCLOAK_VERSION
home=$INSTANCE/keycloak

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
  if alive keycloak >/dev/null; then return 0; fi
  free_port keycloak "$KEYCLOAK_PORT"
  free_port keycloak "$KEYCLOAK_MANAGEMENT_PORT"
  local until=$((SECONDS + 120))
  until database_answers; do
    ((SECONDS < until)) || fail "keycloak waited 120 s for its database; look at the part postgres ($logs/postgres.log)."
    sleep 0.2
  done
  # Programs from the cache, conf and data of the instance: several instances share one build.
  mkdir -p "$home/conf" "$home/data"
  local folder
  for folder in lib providers themes; do ln -sfn "$STEWARD_CACHE/$release/$release/$folder" "$home/$folder"; done
  # Java itself and not kc.sh, whose shell waits beside it: ending or killing what is recorded must end
  # Keycloak. Only the quick compiler: ready in 6 s instead of 9, at half the processor time.
  local jvm=(
    -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms64m -Xmx512m -XX:MetaspaceSize=96M -XX:MaxMetaspaceSize=256m
    -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED
    --add-opens=java.base/java.security=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED
    -Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory
    -Djava.util.logging.manager=org.jboss.logmanager.LogManager -Dpicocli.disable.closures=true -Dquarkus-log-max-startup-records=10000
    -Dkc.home.dir="$home" -Djboss.server.config.dir="$home/conf"
  )
  (
    export KC_DB_URL=jdbc:postgresql://127.0.0.1:$POSTGRES_PORT/keycloak KC_DB_USERNAME=keycloak
    KC_DB_PASSWORD=$(secret postgres-keycloak)
    # Tests open many connections of their own to the same PostgreSQL.
    export KC_DB_PASSWORD KC_DB_POOL_MAX_SIZE=40
    export KC_HTTP_ENABLED=true KC_HTTP_HOST=127.0.0.1 KC_HTTP_PORT=$KEYCLOAK_PORT KC_HTTP_MANAGEMENT_PORT=$KEYCLOAK_MANAGEMENT_PORT
    export KC_HOSTNAME=$KEYCLOAK_URL KC_CACHE=local
    # Read only when the master realm is first made.
    export KC_BOOTSTRAP_ADMIN_USERNAME=admin
    KC_BOOTSTRAP_ADMIN_PASSWORD=$(secret keycloak-admin)
    export KC_BOOTSTRAP_ADMIN_PASSWORD
    launch keycloak "${JAVA_HOME:+$JAVA_HOME/bin/}java" "${jvm[@]}" -cp "$home/lib/quarkus-run.jar" \
      io.quarkus.bootstrap.runner.QuarkusEntryPoint start --optimized
  )
  await keycloak 180 ready_part
}

database_answers() {
  PGPASSWORD=$(secret postgres-keycloak) PGCONNECT_TIMEOUT=2 \
    psql -h 127.0.0.1 -p "$POSTGRES_PORT" -U keycloak -d keycloak -qtAc 'select 1' >/dev/null 2>&1
}

# The health of the management port, not the log's "started": the schema and the master realm come after that line.
ready_part() {
  curl -fsS --max-time 5 "http://127.0.0.1:$KEYCLOAK_MANAGEMENT_PORT/health/ready"
}

as_admin() { # METHOD PATH [JSON]; prints the body
  local body
  body=$(curl -sS --fail-with-body --max-time 60 -X "$1" "$KEYCLOAK_URL/admin$2" -H @<(printf 'Authorization: Bearer %s\n' "$token") \
    ${3:+-H Content-Type:application/json --data-binary @-} <<<"${3:-}") || { echo "$1 $2: $body" >&2; return 1; }
  printf '%s\n' "$body"
}

provision_part() {
  token=$(curl -sS --fail-with-body --max-time 60 "$KEYCLOAK_URL/realms/master/protocol/openid-connect/token" \
    -d grant_type=password -d client_id=admin-cli -d username=admin --data-urlencode "password@$secrets/keycloak-admin" |
    jq -er .access_token) || fail "the administrator of Keycloak could not sign in"
  platform_realm
  service_client
}

# Made once. What is changed in it afterwards stays; `make clean-data` brings the file's state back.
platform_realm() {
  if as_admin GET /realms/platform >/dev/null 2>&1; then return 0; fi
  local port role origins="" realm
  # A test instance may run several servers, each on a port of its own.
  if [ "$STACK" = dev ]; then
    origins=$STEWARD_URL
  else
    for ((port = STEWARD_PORT; port < STEWARD_PORT + 10; port++)); do origins+="${origins:+ }http://localhost:$port"; done
  fi
  realm=$(
    export MAIL_SMTP_PORT STEWARD_URL STEWARD_ORIGINS=$origins
    POST_LOGOUT_URIS=$(sed 's| |/*##|g; s|$|/*|' <<<"$origins")
    USER_PROFILE=$(jq -c . "$stack_dir/keycloak/user-profile.json")
    CONSOLE_SECRET=$(secret keycloak-steward-console)
    API_CLIENT_SECRET=$(secret keycloak-api-client)
    STAFF_PASSWORD=$(secret staff-password)
    export POST_LOGOUT_URIS USER_PROFILE CONSOLE_SECRET API_CLIENT_SECRET STAFF_PASSWORD
    for role in "${STAFF_ROLES[@]}"; do export "TOTP_${role//-/_}=$(secret "totp-$role")"; done
    jq --slurpfile staff "$stack_dir/keycloak/staff.json" -f "$stack_dir/keycloak/realm.jq" "$stack_dir/keycloak/platform-realm.json"
  )
  as_admin POST /realms "$realm" >/dev/null
}

# What Steward itself signs in with, as stack/policies/keycloak-steward.json says: it may make realms, and manage those it made.
# Its token is a lightweight one: otherwise each realm made adds twenty roles to the token, and at about 127 realms every call is
# refused for its size.
service_client() {
  local id user role policy=$stack_dir/policies/keycloak-steward.json
  id=$(as_admin GET '/realms/master/clients?clientId=steward' | jq -r '.[0].id // empty')
  if [ -z "$id" ]; then
    as_admin POST /realms/master/clients "$(jq --rawfile secret "$secrets/keycloak-steward" '.client + {secret: $secret}' "$policy")" >/dev/null
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
  end keycloak
}

programs() {
  echo keycloak
}
