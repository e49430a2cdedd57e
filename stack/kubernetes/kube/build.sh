#!/usr/bin/env bash
# build.sh OUT: one binary holding kube-apiserver and kube-controller-manager.
set -euo pipefail
cd "$(dirname "$0")"
version=$(sed -n 's/^\s*k8s.io\/kubernetes \(v[0-9.]*\)$/\1/p' go.mod)
minor=${version#v1.}
minor=${minor%%.*}
# Without these the server calls itself v0.0.0-master+$Format:%H$, which clients cannot parse.
stamp=
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  stamp+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor"
  stamp+=" -X $package.gitCommit=none -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
done
# GOWORK=off: a workspace file above the clone must not change what is built.
GOWORK=off CGO_ENABLED=0 go build -trimpath -ldflags "-s -w$stamp" -o "$1" .
