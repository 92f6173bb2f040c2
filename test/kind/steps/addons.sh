# shellcheck shell=bash
# Software of others that some end-to-end tests need beside the operator. Each has a folder in addons/: what is applied,
# and the Go module and Dockerfile that its image is made from where no registry can be reached.

addon_image() { sed -n 's/^ *image: *//p' "$here/addons/$1/manifest.yaml" | sort -u; }

# build_addon ADDON: its image, pulled or made from its Go module.
build_addon() {
  local addon=$1 folder=$here/addons/$1 image content
  [ -f "$folder/manifest.yaml" ] || fail "there is no addon '$addon': there are $(cd "$here/addons" && echo *)"
  image=$(addon_image "$addon")
  if [ "$mode" = docker ]; then
    if [ "$addon" = network-policies ]; then
      say "nothing to do: the network of kind's own node image enforces NetworkPolicies"
      return
    fi
    docker image inspect "$image" > /dev/null 2>&1 || quietly "image-$addon" docker pull "$image"
    return
  fi
  content=$(sources_of "$folder" go.mod go.sum Dockerfile)
  if fresh "$image" "$content"; then return; fi
  require_go "$addon"
  require_disk "$cache"
  make_debian
  alone step "compiling $addon" "2 to 8 minutes the first time" compile_addon "$addon" "$image" "$content"
}

compile_addon() {
  local addon=$1 image=$2 content=$3 folder=$here/addons/$1 context
  context=$(mktemp -d)
  (cd "$folder" && CGO_ENABLED=0 quietly "compile-$addon" go build -trimpath -ldflags "-s -w" -o "$context/" tool)
  quietly "image-$addon" buildah bud --isolation chroot --network host -v /etc/ssl/certs:/etc/ssl/certs:ro \
    --label "dumbkv.dev/content=$content" -t "$image" -f "$folder/Dockerfile" "$context"
  rm -rf "$context"
}

build_addons() {
  local addon
  for addon in "$here"/addons/*/; do build_addon "$(basename "$addon")"; done
  build_cnpg
}

# addon ADDON NAME: one of them in a cluster, when its pods are up.
install_addon() {
  local addon=$1 cluster_name=$2 folder=$here/addons/$1
  need_cluster "$cluster_name"
  build_addon "$addon"
  if [ "$mode-$addon" = docker-network-policies ]; then return; fi
  load "$(addon_image "$addon")" "$cluster_name"
  if [ -x "$folder/definitions" ]; then
    "$folder/definitions" | quietly "definitions-$addon" in_cluster apply --server-side --force-conflicts -f -
    quietly "definitions-$addon" in_cluster wait --for=condition=Established --timeout 60s \
      -f <("$folder/definitions")
  fi
  quietly "apply-$addon" in_cluster apply --server-side --force-conflicts -f "$folder/manifest.yaml"
  step "waiting for $addon" "about 20 seconds" quietly "apply-$addon" \
    in_cluster -n "$addon" rollout status "$(in_cluster -n "$addon" get deployment,daemonset -o name | head -1)" --timeout 300s
}

# remove_addon ADDON NAME: takes it away again, so that the next test has the cluster for itself.
remove_addon() {
  local addon=$1 cluster_name=$2
  need_cluster "$cluster_name"
  quietly "remove-$addon" in_cluster delete --ignore-not-found --timeout 120s -f "$here/addons/$addon/manifest.yaml"
}
