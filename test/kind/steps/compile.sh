# shellcheck shell=bash
# Compiles Kubernetes and kind from their Go modules; a fingerprint of the sources says when there is nothing to do.

# sources_of FOLDER PATH...: one hash over the names and contents of these files.
sources_of() {
  (cd "$1" && shift && find "$@" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

compile_kubernetes() {
  local wanted
  wanted=$kubernetes-$(sources_of "$here" go.mod go.sum cmd/kube steps/compile.sh)
  if [ "$(cat "$cache/bin/kube.sources" 2> /dev/null)" = "$wanted" ] && [ -x "$cache/bin/kube" ] && [ -x "$cache/bin/kind" ]; then
    return
  fi
  require_go "Kubernetes"
  require_disk "$cache"
  alone step "compiling Kubernetes $kubernetes and kind" "about 8 minutes the first time, seconds after that" go_build_kubernetes
  echo "$wanted" > "$cache/bin/kube.sources"
}

go_build_kubernetes() {
  local version=k8s.io/component-base/version client=k8s.io/client-go/pkg/version minor stamp
  minor=$(cut -d. -f2 <<< "$kubernetes")
  stamp="-X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=$minor -X $version.gitTreeState=clean"
  stamp+=" -X $client.gitVersion=$kubernetes -X $client.gitMajor=1 -X $client.gitMinor=$minor"
  go_build kube -tags providerless -ldflags "-s -w $stamp" -- ./cmd/kube
  go_build kind -ldflags "-s -w" -- sigs.k8s.io/kind
  local component
  for component in etcd kube-apiserver kubectl; do ln -sfn kube "$cache/bin/$component"; done
}

# go_build NAME FLAG... -- PACKAGE: one program into the cache's bin, put there by a rename.
go_build() {
  local name=$1 flags=()
  shift
  while [ "$1" != -- ]; do
    flags+=("$1")
    shift
  done
  (cd "$here" && CGO_ENABLED=0 quietly "compile-$name" go build -trimpath "${flags[@]}" -o "$cache/bin/.$name" "$2")
  mv "$cache/bin/.$name" "$cache/bin/$name"
}

# need_kind: in docker's way a kind that is installed will do, and kubectl too.
need_kind() {
  if [ "$mode" = docker ]; then
    if command -v kind > /dev/null && command -v kubectl > /dev/null; then return; fi
    command -v go > /dev/null \
      || fail "kind or kubectl is missing: install them from https://kind.sigs.k8s.io and https://kubernetes.io/docs/tasks/tools, or install Go $go_wanted to have them compiled"
  fi
  compile_kubernetes
}
