# Starting and ending programs, and knowing whether a recorded one is still ours.
# shellcheck shell=bash

# A pid alone is not enough: after a crash or a reboot another program may have it. The start time
# (clock ticks since boot) together with the boot's id names one process for good.
identity() { # PID
  local stat boot
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The program's name stands in parentheses and may hold anything, so count from the last one.
  stat=${stat##*) }
  # shellcheck disable=SC2086 # split on purpose
  set -- $stat
  # A zombie has ended; only its parent has not looked yet.
  [ "$1" != Z ] || return 1
  read -r boot </proc/sys/kernel/random/boot_id
  echo "${20} $boot"
}

# Prints the pid of the program recorded under NAME if it runs, and nothing else if it does not.
alive() { # NAME
  local pid recorded
  [ -e "$INSTANCE/run/$1.pid" ] || return 1
  read -r pid recorded <"$INSTANCE/run/$1.pid" || return 1
  # Nothing recorded: it ended before it could be looked at.
  [ -n "$recorded" ] && [ "$(identity "$pid")" = "$recorded" ] || return 1
  echo "$pid"
}

# Runs COMMAND detached, in a session of its own, with its own log. Start it twice and the first stays.
launch() { # NAME COMMAND…
  local name=$1 log=$logs/$1.log pid
  shift
  if alive "$name" >/dev/null; then return 0; fi
  mkdir -p "$INSTANCE/run" "$logs"
  printf -- '--- %s: starting %s\n' "$(date '+%F %T')" "$name" >>"$log"
  # A background job of a script leads no process group, so setsid does not fork and $! is the program.
  # Descriptors 3 to 9 hold locks, and 6 is the terminal: a daemon that inherited them would hold a lock,
  # or a pipe someone reads to its end, for as long as it lives.
  setsid "$@" </dev/null >>"$log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  pid=$!
  disown "$pid"
  local i who=
  for ((i = 0; i < 10; i++)); do
    who=$(identity "$pid") && break
    sleep 0.01
  done
  echo "$pid $who" >"$INSTANCE/run/$name.pid"
}

# Sends SIGNAL and waits until the program has gone; after SECONDS it is killed.
end() { # NAME [SIGNAL] [SECONDS]
  local name=$1 signal=${2:-TERM} seconds=${3:-20} pid i
  if pid=$(alive "$name"); then
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((i = 0; i < seconds * 20; i++)); do
      alive "$name" >/dev/null || break
      sleep 0.05
    done
    if alive "$name" >/dev/null; then
      echo "$name did not end within $seconds s of SIG$signal and was killed" >&2
      kill -KILL "$pid" 2>/dev/null || true
      for ((i = 0; i < 100; i++)); do
        alive "$name" >/dev/null || break
        sleep 0.05
      done
    fi
  fi
  rm -f "$INSTANCE/run/$name.pid"
}

# Waits until COMMAND succeeds. Stops at once, with the log's end, if program NAME has gone meanwhile.
await() { # NAME SECONDS COMMAND…
  local name=$1 seconds=$2 until
  shift 2
  until=$((SECONDS + seconds))
  while ! "$@" >/dev/null 2>&1; do
    if ! alive "$name" >/dev/null; then
      fail "$name ended while starting. The end of $logs/$name.log:" "$(tail -n 12 "$logs/$name.log" 2>/dev/null)"
    fi
    if ((SECONDS >= until)); then
      fail "$name is not ready after $seconds s. The end of $logs/$name.log:" "$(tail -n 12 "$logs/$name.log" 2>/dev/null)"
    fi
    sleep 0.1
  done
}

# Says what is wrong and ends the part.
fail() { # LINE…
  printf '%s\n' "$@" >&2
  exit 1
}

# A free port is a condition of starting: say who has it rather than let the program die of it.
free_port() { # NAME PORT
  if is_open "$2"; then
    fail "$1 cannot start: port $2 is taken by another program$(holder "$2")."
  fi
}

is_open() { # PORT
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

holder() { # PORT
  local line
  line=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1, pid \2/p' | head -n 1) || true
  [ -z "$line" ] || echo " ($line)"
}
