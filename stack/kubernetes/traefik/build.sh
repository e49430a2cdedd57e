#!/usr/bin/env bash
# build.sh OUT: Traefik, the Ingress controller.
set -euo pipefail
cd "$(dirname "$0")"
# GOWORK=off: a workspace file above the clone must not change what is built.
GOWORK=off CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$1" github.com/traefik/traefik/v3/cmd/traefik
