# shellcheck shell=bash
# What each way of working needs of the machine; each missing thing ends the tool with one sentence.

go_wanted=1.26
disk_wanted_gb=8

require_go() {
  local found
  command -v go > /dev/null \
    || fail "Go $go_wanted or newer is missing, and $1 is compiled from source: install it from https://go.dev/dl"
  found=$(go env GOVERSION)
  found=${found#go}
  [ "$(printf '%s\n' "$go_wanted" "${found%% *}" | sort -V | head -1)" = "$go_wanted" ] \
    || fail "Go is $found, and $1 needs $go_wanted or newer: install it from https://go.dev/dl"
}

require_disk() {
  local folder=$1 free_kb
  free_kb=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
  [ "$free_kb" -ge $((disk_wanted_gb * 1024 * 1024)) ] \
    || fail "$folder has $((free_kb / 1024 / 1024)) GB free, and the first build needs $disk_wanted_gb GB: free some, or set DUMBKV_CACHE to a folder on a larger disk"
}

# require_offline: a root shell on Debian, whose package source answers or whose packages are there.
require_offline() {
  local why="there is no docker daemon that can pull from docker.io, so the cluster is built from source"
  [ "$(uname -s)" = Linux ] || fail "$why, and that works on Linux only: start docker with access to docker.io"
  grep -qsx 'ID=debian' /etc/os-release \
    || fail "$why, and that needs Debian 12: start docker with access to docker.io, or use a Debian 12 machine"
  [ "$(id -u)" = 0 ] \
    || fail "$why, and that needs root (podman runs a whole system in a container): call it with sudo, or start docker with access to docker.io"
  command -v apt-get > /dev/null || fail "$why, and apt-get is missing: it comes with Debian's package apt"
}

install_packages() {
  local missing=() package
  for package in podman buildah runc debootstrap catatonit jq iptables nftables iproute2; do
    dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing Debian's ${missing[*]}" "about a minute" fetch_packages "${missing[@]}"
}

fetch_packages() {
  quietly apt-update apt-get update -qq
  DEBIAN_FRONTEND=noninteractive quietly apt-install apt-get install -y -qq --no-install-recommends "$@"
}

# require_npm_ci: the offline base image takes its Node from node_modules.
require_npm_ci() {
  [ -x "$project/node_modules/node/bin/node" ] \
    || fail "node_modules has no Node 24: run 'make setup' first"
}
