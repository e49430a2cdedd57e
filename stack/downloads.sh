# What is fetched or built once per machine and kept in the cache, in a folder named by its version.
# shellcheck shell=bash

# True if FOLDER of the cache still has to be filled; it is then empty, and this process holds its lock
# until it ends, so that two instances starting at once fill it once. A folder without its mark was left
# half-filled by an interrupted start and is made anew.
absent() { # FOLDER
  [ ! -e "$STEWARD_CACHE/$1/.complete" ] || return 1
  mkdir -p "$STEWARD_CACHE/locks"
  exec 7>"$STEWARD_CACHE/locks/$1"
  flock 7
  [ ! -e "$STEWARD_CACHE/$1/.complete" ] || return 1
  rm -rf "${STEWARD_CACHE:?}/$1"
  mkdir -p "$STEWARD_CACHE/$1"
}

complete() { # FOLDER
  touch "$STEWARD_CACHE/$1/.complete"
}

# A Python environment of its own. Debian's Python by its full path: another one in PATH may lack venv.
python_packages() { # FOLDER REQUIREMENT…
  local dir=$STEWARD_CACHE/$1
  shift
  /usr/bin/python3 -m venv "$dir"
  "$dir/bin/pip" install --quiet --disable-pip-version-check "$@"
}
