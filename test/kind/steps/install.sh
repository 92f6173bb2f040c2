# shellcheck shell=bash
# Installs the operator in a cluster, and restarts it only when its image is another one than before.

operator_namespace=dumbkv-system
# the Deployment remembers the id of the image that it was last started with
image_note=dumbkv.dev/installed-image

in_cluster() { kubectl --kubeconfig "$(kubeconfig_of "$cluster_name")" "$@"; }

install_operator() {
  local cluster_name=$1 images
  mapfile -t images < <(build_project_images)
  [ ${#images[@]} = 2 ] || exit 1
  load "${images[@]}" "$cluster_name"
  apply_operator "$("$container" image inspect -f '{{.Id}}' "${images[1]}")"
  step "waiting for the operator" "about 10 seconds" \
    quietly install in_cluster -n "$operator_namespace" rollout status deployment/dumbkv-operator --timeout 120s
}

apply_operator() {
  local id=$1 known deployment=(-n "$operator_namespace" deployment/dumbkv-operator)
  known=$(in_cluster get "${deployment[@]}" --ignore-not-found -o "jsonpath={.metadata.name} {.metadata.annotations['dumbkv\.dev/installed-image']}")
  say "kubectl apply -k config/default"
  quietly apply in_cluster apply -k "$project/config/default"
  quietly apply in_cluster wait --for=condition=Established crd/dumbkvs.dumbkv.dev --timeout 60s
  if [ -n "$known" ] && [ "$known" != "dumbkv-operator $id" ]; then
    say "the operator's image has changed: restarting it"
    quietly apply in_cluster rollout restart "${deployment[@]}"
  fi
  quietly apply in_cluster annotate --overwrite "${deployment[@]}" "$image_note=$id"
}
