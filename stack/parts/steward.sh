# Steward itself, as scripts/run and scripts/test put it into the instance: bin/steward and site/.
# shellcheck shell=bash

binary=$INSTANCE/bin/steward

start_part() {
  if alive steward >/dev/null; then return 0; fi
  [ -x "$binary" ] || fail "there is no $binary; 'make run' builds it and puts it there."
  free_port steward "$STEWARD_PORT"
  (
    # shellcheck source=/dev/null
    . "$INSTANCE/steward.env"
    # A test's environment has it: the schema's owner is not for the server to know.
    unset STEWARD_MIGRATION_DATABASE_URL
    launch steward "$binary" serve
  )
  await steward 30 ready_part
}

# Any answer will do: which pages are open to whom is Steward's own affair.
ready_part() {
  curl -sS --max-time 5 -o /dev/null "http://127.0.0.1:$STEWARD_PORT/"
}

stop_part() {
  end steward
}

programs() {
  echo steward
}
