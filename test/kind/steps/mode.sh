# shellcheck shell=bash
# Chooses how clusters are made: with docker and pulled images, or offline with podman and images made here.

kubernetes=v1.34.4
node_image=localhost/kind-node:$kubernetes
pulled_base=docker.io/library/node:24-bookworm-slim
offline_base=localhost/dumbkv-node:24

# The Node image is the probe: it is needed anyway, and kind's node image comes from the same registry.
docker_can_pull() {
  docker info > /dev/null 2>&1 || return 1
  docker image inspect "$pulled_base" > /dev/null 2>&1 && return 0
  say "docker answers; seeing whether it can pull $pulled_base"
  docker pull -q "$pulled_base" > /dev/null 2>&1
}

# choose_mode sets mode, and container to the program that runs the node.
choose_mode() {
  case ${DUMBKV_CLUSTER:-} in
    docker | offline) mode=$DUMBKV_CLUSTER ;;
    '') if command -v docker > /dev/null && docker_can_pull; then mode=docker; else mode=offline; fi ;;
    *) fail "DUMBKV_CLUSTER is '$DUMBKV_CLUSTER', and it may be docker or offline (or unset, to let the tool find out)" ;;
  esac
  if [ "$mode" = docker ]; then prepare_docker; else prepare_offline; fi
}

prepare_docker() {
  docker info > /dev/null 2>&1 || fail "no docker daemon answers: start docker, or set DUMBKV_CLUSTER=offline"
  export KIND_EXPERIMENTAL_PROVIDER=docker
  container=docker
  base=$pulled_base
}

prepare_offline() {
  require_offline
  install_packages
  export KIND_EXPERIMENTAL_PROVIDER=podman CONTAINERS_CONF=$cache/containers.conf
  container=podman
  base=$offline_base
  mkdir -p /lib/modules # kind mounts it, and not every machine has it
  # for this tool's calls only; put there by a rename, for another call may read it at this moment
  replace_file "$cache/bin/runc-within-limits" < "$here/runc-within-limits"
  replace_file "$CONTAINERS_CONF" <<CONF
[engine]
runtime = "runc-within-limits"
[engine.runtimes]
runc-within-limits = ["$cache/bin/runc-within-limits"]
CONF
}

replace_file() {
  cat > "$1.$$"
  chmod 755 "$1.$$"
  mv "$1.$$" "$1"
}
