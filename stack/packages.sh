# What the stack, the build and the browser tests need from Debian.
# shellcheck shell=bash

# One line: program or file to look for, and the package that brings it. Only what is missing is installed,
# so a machine that has its JDK or Node from elsewhere keeps it.
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
node nodejs
npm npm
python3 python3
/usr/lib/python3.11/ensurepip python3-venv
etcd etcd-server
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

install_packages() {
  local missing as_root=() installed="" _
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "These packages are missing, and there is no sudo to install them: ${missing[*]}"
    as_root=(sudo)
  fi
  # Of etcd-server and PostgreSQL only the programs are wanted: keep the packages from starting services.
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    ours=$policy
  fi
  # An install was seen to fail half-way and to pass when repeated.
  for _ in 1 2; do
    if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "${missing[@]}"; then
      installed=yes
      break
    fi
    sleep 3
  done >>"$logs/packages.log" 2>&1
  if [ -n "$ours" ]; then "${as_root[@]}" rm -f "$ours"; fi
  [ -n "$installed" ] || fail "apt-get could not install: ${missing[*]}. Its output is in $logs/packages.log."
}
