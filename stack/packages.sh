# What the stack, the build and the browser tests need from Debian.
# shellcheck shell=bash

# One line: program or file to look for, and the package that brings it. Only what is missing is installed,
# so a machine that has its JDK from elsewhere keeps it. Rust, Go and Node are not here: Debian's are too old (preconditions.sh).
needed_packages() {
  cat <<LIST
curl curl
/etc/ssl/certs/ca-certificates.crt ca-certificates
openssl openssl
jq jq
unzip unzip
git git
ss iproute2
cc build-essential
pkg-config pkg-config
mold mold
mvn maven
java openjdk-17-jre-headless
python3 python3
/usr/lib/python3.11/ensurepip python3-venv
etcd etcd-server
/usr/sbin/pdns_server pdns-server
/usr/share/doc/pdns-backend-sqlite3 pdns-backend-sqlite3
sqlite3 sqlite3
dig bind9-dnsutils
kubectl kubernetes-client
chromium chromium
/usr/share/fonts/truetype/liberation fonts-liberation
/usr/lib/postgresql/$POSTGRES_VERSION/bin/postgres postgresql-$POSTGRES_VERSION
LIST
}

missing_packages() {
  local probe package
  while read -r probe package; do
    case $probe in
      /*) [ -e "$probe" ] || echo "$package" ;;
      *) command -v "$probe" >/dev/null 2>&1 || echo "$package" ;;
    esac
  done < <(needed_packages) | sort -u
}

# Keeps packages from starting services while they are installed: of etcd-server and PostgreSQL only the programs are wanted.
policy=/usr/sbin/policy-rc.d
our_policy() {
  printf '#!/bin/sh\n# Put here by stack/packages.sh while it installs, and taken away after it.\nexit 101\n'
}

# In a process of its own, for its trap. One at a time on this machine, whoever's clone it is: apt fails if another runs.
install_packages() (
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "These packages are missing, and there is no sudo to install them: $(missing_packages | tr '\n' ' ')"
    as_root=(sudo)
  fi
  flock -n 7 || { say "waiting for another installation of packages"; flock 7; }
  # Ours is known by what is in it, so that one left by a kill goes as well; another's stays.
  trap 'if cmp -s <(our_policy) "$policy"; then "${as_root[@]}" rm -f "$policy"; fi' EXIT
  trap 'exit 130' INT TERM
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || exit 0
  say "installing packages: ${missing[*]}"
  if [ ! -e "$policy" ]; then
    our_policy | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
  fi
  apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" 7<&-; }
  # An install was seen to fail half-way and to pass when repeated.
  for _ in 1 2; do
    if apt update && apt -y --no-install-recommends install "${missing[@]}"; then exit 0; fi
    sleep 3
  done >>"$logs/packages.log" 2>&1
  fail "apt-get could not install: ${missing[*]}. Its output is in $logs/packages.log."
) 7</var/lib/dpkg
