# The stand-ins (stack/standins): Grafana and Cloudflare, which cannot be had, played strictly and with faults on demand. What Cloudflare
# is told goes on to the part `dns`, which need not run before.
# shellcheck shell=bash

binary=$INSTANCE/bin/standins

# People judge `dev` by its speed; tests have the debug build of everything anyway.
profile=debug flags=()
if [ "$STACK" = dev ]; then profile=release flags=(--release); fi

install_part() {
  local built=${STEWARD_STANDINS_BINARY:-}
  if [ -z "$built" ]; then
    built=$CARGO_TARGET_DIR/$profile/standins
    [ -e "$binary" ] || say "building"
    if ! (cd "$root" && cargo build --quiet -p steward-standins "${flags[@]}"); then
      [ -e "$binary" ] || fail "the stand-ins do not build; the compiler's words are above."
      say "do not build now (see $logs/standins-up.log); going on with those built before"
      return 0
    fi
  fi
  if cmp -s "$built" "$binary"; then return 0; fi
  # A copy: what runs does not change because someone compiles.
  mkdir -p "$INSTANCE/bin"
  end standins
  cp "$built" "$binary.new"
  mv "$binary.new" "$binary"
}

start_part() {
  if alive standins >/dev/null; then return 0; fi
  [ -x "$binary" ] || fail "the stand-ins were never built in this instance; run: stack/stack up standins"
  free_port standins "$GRAFANA_PORT"
  free_port standins "$CLOUDFLARE_PORT"
  free_port standins "$STANDINS_CONTROL_PORT"
  mkdir -p "$INSTANCE/standins"
  launch standins "$binary" --grafana-listen "127.0.0.1:$GRAFANA_PORT" --control-listen "127.0.0.1:$STANDINS_CONTROL_PORT" \
    --grafana-admin-token-file "$secrets/grafana-admin" --grafana-steward-token-file "$secrets/grafana-steward" \
    --state "$INSTANCE/standins/state.json" \
    --cloudflare-listen "127.0.0.1:$CLOUDFLARE_PORT" --cloudflare-zone "$BASE_DOMAIN" --cloudflare-zone-id "$CLOUDFLARE_ZONE_ID" \
    --cloudflare-admin-token-file "$secrets/cloudflare-admin" --cloudflare-steward-token-file "$secrets/cloudflare-steward" \
    --cloudflare-state "$INSTANCE/standins/cloudflare.json" \
    --powerdns-address "127.0.0.1:$DNS_API_PORT" --powerdns-key-file "$secrets/dns-api-key"
  await standins 20 ready_part
}

ready_part() {
  curl -fsS --max-time 2 "http://127.0.0.1:$STANDINS_CONTROL_PORT/healthz" &&
    curl -fsS --max-time 2 "http://127.0.0.1:$GRAFANA_PORT/api/health" && is_open "$CLOUDFLARE_PORT"
}

stop_part() {
  end standins
}

programs() {
  echo standins
}
