# shellcheck shell=bash
# Makes, reads and deletes clusters.

kubeconfig_of() { echo "$cache/$1.kubeconfig"; }
node_of() { echo "$1-control-plane"; }

exists() { grep -qx "$1" <<< "$(kind get clusters 2> /dev/null)"; }
answers() { [ -s "$(kubeconfig_of "$1")" ] && kubectl --kubeconfig "$(kubeconfig_of "$1")" --request-timeout 10s get --raw /readyz > /dev/null 2>&1; }

# recipe: what a cluster is made from; another recipe is another cluster.
recipe() { echo "$(node_sources)-$(sources_of "$here" kind.yaml offline-network.yaml audit-policy.yaml)"; }

up() {
  local name=$1
  check_name "$name"
  need_kind
  if [ "$mode" = offline ]; then build_node_image; fi
  alone ensure "$name"
  print_kubeconfig "$name"
}

ensure() {
  local name=$1
  if exists "$name"; then
    if answers "$name"; then
      say "cluster $name is there already"
      [ "$(cat "$cache/$name.recipe" 2> /dev/null)" = "$(recipe)" ] \
        || say "  it was made from an older test/kind; 'test/kind/cluster down $name' and 'up' again make it anew"
      return
    fi
    say "cluster $name does not answer (its processes have ended): making it anew, empty"
    delete "$name"
  fi
  step "starting cluster $name" "about half a minute; a minute more when docker pulls the node image" create "$name"
  recipe > "$cache/$name.recipe"
}

check_name() {
  [[ $1 =~ ^[a-z0-9][a-z0-9-]{0,39}$ ]] \
    || fail "'$1' cannot name a cluster: use at most 40 small letters, digits and hyphens"
}

create() {
  local name=$1 config=$cache/$1.kind.yaml
  local image=()
  sed "s|@HERE@|$here|" "$here/kind.yaml" > "$config"
  if [ "$mode" = offline ]; then
    cat "$here/offline-network.yaml" >> "$config"
    image=(--image "$node_image")
  fi
  quietly "up-$name" kind create cluster --name "$name" "${image[@]}" --config "$config" \
    --kubeconfig "$(kubeconfig_of "$name")" --wait 180s 9>&- # what it leaves running must not hold the lock of alone
}

# down asks for nothing when this tool has made no such cluster: then the machine may lack all that kind needs.
down() {
  local name=$1
  check_name "$name"
  if [ ! -e "$cache/$name.kind.yaml" ]; then
    say "there is no cluster $name"
    return
  fi
  [ -n "${mode:-}" ] || choose_mode
  need_kind
  delete "$name"
  rm -f "$cache/$name".{kubeconfig,recipe,kind.yaml}
}

delete() {
  step "deleting cluster $1" "a few seconds" \
    quietly "down-$1" kind delete cluster --name "$1" --kubeconfig "$(kubeconfig_of "$1")"
}

# forget: only images with the names that this tool gives, and only its own folder.
forget() {
  if ls "$cache"/*.kind.yaml > /dev/null 2>&1; then fail "there are clusters still: 'test/kind/cluster down NAME' each"; fi
  local image images
  mapfile -t images < <("$container" images --format '{{.Repository}}:{{.Tag}}')
  for image in "${images[@]}"; do
    if made_here "$image"; then "$container" rmi -f "$image" > /dev/null; fi
  done
  # what was left of older builds; where docker runs, the machine may keep such images for others
  if [ "$mode" = offline ]; then podman image prune -f > /dev/null; fi
  rm -rf "$cache"
  say "images and caches are gone"
}

made_here() {
  case $1 in
    dumbkv.dev/dumbkv-server:* | dumbkv.dev/dumbkv-operator:* | "$offline_base" | "$node_image") true ;;
    localhost/kube:offline | localhost/coredns:offline | localhost/pause:offline | localhost/local-path-provisioner:offline) true ;;
    localhost/debian:bookworm | registry.k8s.io/* | ghcr.io/cloudnative-pg/*) [ "$mode" = offline ] ;;
    *) false ;;
  esac
}

print_kubeconfig() {
  [ -s "$(kubeconfig_of "$1")" ] || fail "there is no cluster $1: 'test/kind/cluster up $1' makes it"
  kubeconfig_of "$1"
}

need_cluster() {
  need_kind
  exists "$1" || fail "there is no cluster $1: 'test/kind/cluster up $1' makes it"
}

print_audit() { on_node "$1" sh -c 'cat /var/log/kubernetes/audit*.log'; }

# on_node NAME COMMAND...
on_node() {
  [ $# -gt 1 ] || fail "node needs the name of a cluster and a command"
  need_cluster "$1"
  local node
  node=$(node_of "$1")
  shift
  "$container" exec "$node" "$@"
}
