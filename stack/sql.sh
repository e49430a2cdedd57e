# SQL with an address like those in the instance's env files. Sourced by stack/check and scripts/.
# shellcheck shell=bash

# The address goes in as an argument, its password by environment: arguments show in `ps`.
sql() { # URL STATEMENT
  local password=${1#*://*:}
  password=${password%%@*}
  PGPASSWORD=$password psql "${1/":$password@"/@}" --no-psqlrc -qtAX --set=ON_ERROR_STOP=1 -c "$2"
}
