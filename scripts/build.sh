# Building Steward and putting it into an instance. Sourced by the scripts beside it, after stack/instance.sh.
# shellcheck shell=bash

# shellcheck source=stack/sql.sh
. "$stack_dir/sql.sh"

report() { # PART TEXT
  printf '%-11s %s\n' "$1" "$2"
}

# What the toolchain needs beyond a plain installation of Rust, which stack/preconditions.sh has seen.
rust_targets() {
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
    step rust-target "adding the target wasm32-unknown-unknown" rustup target add wasm32-unknown-unknown || return 1
  fi
  if ! cargo clippy --version >/dev/null 2>&1 || ! cargo fmt --version >/dev/null 2>&1; then
    step rust-tools "adding clippy and rustfmt" rustup component add clippy rustfmt || return 1
  fi
}

# Runs a step with its output in a log; on failure shows the log's end and says where the rest is.
step() { # NAME TEXT COMMAND…
  local name=$1 text=$2 began=$SECONDS
  shift 2
  report "$name" "$text; log: $logs/$name.log"
  mkdir -p "$logs"
  if "$@" >"$logs/$name.log" 2>&1; then
    report "$name" "done after $((SECONDS - began)) s"
  else
    {
      echo
      echo "$name failed. The end of $logs/$name.log:"
      tail -n "${STEP_TAIL:-40}" "$logs/$name.log" | sed 's/^/    /'
    } >&2
    return 1
  fi
}

# Every program, in one command: what they share is then compiled once. Building some of them alone would compile half of it again,
# with fewer features. `debug` is what one works with and what tests use; `release` is what runs in earnest and is measured.
build_programs() { # debug|release
  case $1 in
    debug) step server "building Steward and its tools ($1)" cargo build ;;
    release) step server "building Steward and its tools ($1)" cargo build --release --workspace --exclude steward-frontend --exclude xtask ;;
    *) echo "PROFILE is debug or release, not $1" >&2; return 1 ;;
  esac
}

# What the browser loads. Always optimised: its size is part of what is tested.
build_site() { # debug|release, as the programs were built
  local xtask=("$CARGO_TARGET_DIR/debug/xtask")
  [ "$1" = debug ] || xtask=(cargo xtask)
  step site "building the browser's part" "${xtask[@]}" wasm --release --out "$INSTANCE/site"
}

# Copies the server into the instance. If it or the site differs from what runs, the server is stopped,
# so that the start that follows runs the new one.
put_in_place() { # BINARY
  local digest
  mkdir -p "$INSTANCE/bin"
  digest=$({ sha256sum <"$1"; find "$INSTANCE/site" -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum)
  if [ "$digest" = "$(cat "$INSTANCE/bin/digest" 2>/dev/null)" ]; then return 0; fi
  stack/stack stop steward
  cp "$1" "$INSTANCE/bin/steward.new"
  mv "$INSTANCE/bin/steward.new" "$INSTANCE/bin/steward"
  echo "$digest" >"$INSTANCE/bin/digest"
}

# The schema, and the two resellers that the accounts of the platform realm know. Joined by hand: bash does not heed `set -e` in what
# stands in a condition, and this does.
migrate() {
  # shellcheck source=/dev/null
  (. "$INSTANCE/steward.env" && . "$INSTANCE/migrate.env" && "$INSTANCE/bin/steward" migrate) &&
    reseller meridian-cloud "Meridian Cloud" &&
    reseller nordwerk-partners "Nordwerk Partners"
}

reseller() { # SHORT-NAME NAME
  # shellcheck source=/dev/null
  (. "$INSTANCE/steward.env" && "$INSTANCE/bin/steward" reseller add --short-name "$1" --name "$2")
}

# For tests: a migration edited before it was ever published does not fit the database any more. The test
# instance's is then made anew; its data is worth nothing.
migrate_or_anew() {
  migrate && return 0
  echo "--- the database does not fit these migrations: made anew"
  sql "${DATABASE_URL%/*}/postgres" 'drop database steward with (force)' && stack/stack up postgres && migrate
}

# One at a time in an instance: two would stop and migrate what the other works with. Held until this script ends.
lock_instance() {
  mkdir -p "$INSTANCE/run" "$logs"
  exec 5>"$INSTANCE/run/test.lock"
  flock -n 5 || { echo "waiting for another 'make test', 'make bench' or 'make look' of the instance '$STACK'"; flock 5; }
}

# Services that are made ready while this script builds. They are a process group: Ctrl-C does not reach what runs in the background,
# so `end_services` in a trap ends all of it. What runs by then stays.
services=
begin_services() { # PART…
  setsid stack/stack up "$@" &
  services=$!
}
wait_for_services() {
  local pid=$services status=0
  wait "$pid" || status=$?
  services=
  return "$status"
}
end_services() {
  [ -n "$services" ] || return 0
  report services "ending what makes them ready"
  kill -TERM -- "-$services" 2>/dev/null || true
  wait "$services" 2>/dev/null || true
  services=
}

# Whether every service of the instance runs already.
is_up() {
  [ -e "$INSTANCE/env" ] || return 1
  ! stack/stack status | grep -v '^steward ' | grep -q 'does not'
}

load_environment() {
  set -a
  # shellcheck source=/dev/null
  . "$INSTANCE/env"
  # shellcheck source=/dev/null
  . "$INSTANCE/steward.env"
  # shellcheck source=/dev/null
  . "$INSTANCE/migrate.env"
  # For tests that start servers of their own.
  STEWARD_BINARY=$INSTANCE/bin/steward
  set +a
}

# The browser tests' own packages. Chromium is the system's; none is downloaded.
install_browser_tests() {
  export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
  if [ ! -e end2end/package.json ]; then
    echo "end2end/package.json is missing: there are no browser tests to run"
    return 1
  fi
  # npm ci takes the folder away first; skip it while the lock file is the one that was installed.
  if cmp -s end2end/package-lock.json end2end/node_modules/.installed-lock; then return 0; fi
  (cd end2end && npm ci --no-audit --no-fund) && cp end2end/package-lock.json end2end/node_modules/.installed-lock
}
