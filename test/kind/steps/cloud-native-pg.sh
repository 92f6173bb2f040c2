# shellcheck shell=bash
# Installs the operator of CloudNativePG in a cluster, pulled or compiled from its Go module, with a Postgres that it may run.

cnpg_module=github.com/cloudnative-pg/cloudnative-pg
cnpg_image=ghcr.io/cloudnative-pg/cloudnative-pg:1.28.0
# its tag says the major version, as CloudNativePG wants it; Debian's package has this one
cnpg_postgres_image=ghcr.io/cloudnative-pg/postgresql:15
cnpg_namespace=cnpg-system

install_cnpg() {
  local cluster_name=$1
  build_cnpg
  load "$cnpg_image" "$cnpg_postgres_image" "$cluster_name"
  cnpg_manifest > "$cache/cloud-native-pg.yaml"
  say "kubectl apply of CloudNativePG"
  # its definitions are too large for the annotation of a client-side apply
  quietly apply-cnpg in_cluster apply --server-side --force-conflicts -f "$cache/cloud-native-pg.yaml"
  step "waiting for CloudNativePG" "about 20 seconds" \
    quietly install-cnpg in_cluster -n "$cnpg_namespace" rollout status deployment/cnpg-controller-manager --timeout 300s
}

# build_cnpg: the images, pulled or made.
build_cnpg() { if [ "$mode" = docker ]; then pull_cnpg; else make_cnpg_images; fi; }

# cnpg_folder: where Go keeps the module.
cnpg_folder() {
  require_go "CloudNativePG"
  (cd "$here/cloud-native-pg" && go mod download "$cnpg_module" && go list -m -f '{{.Dir}}' "$cnpg_module")
}

# cnpg_manifest: that of the release, with images that are there already, our Postgres, and processor time for a slow machine.
cnpg_manifest() {
  local folder
  folder=$(cnpg_folder)
  sed -e 's/imagePullPolicy: Always/imagePullPolicy: IfNotPresent/' -e '/^          limits:/,/memory/ s/cpu: 100m/cpu: "1"/' \
    "$folder/releases/cnpg-${cnpg_image##*:}.yaml"
  cat <<YAML
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: cnpg-controller-manager-config
  namespace: $cnpg_namespace
data:
  POSTGRES_IMAGE_NAME: $cnpg_postgres_image
YAML
}

pull_cnpg() {
  local image
  for image in "$cnpg_image" "$cnpg_postgres_image"; do
    docker image inspect "$image" > /dev/null 2>&1 || quietly image-cnpg docker pull "$image"
  done
}

make_cnpg_images() {
  local content root
  compile_cnpg
  content=$(cat "$cache/bin/cnpg-manager.sources")-$(sources_of "$here" images/cloud-native-pg.Dockerfile steps/cloud-native-pg.sh)
  if ! fresh "$cnpg_image" "$content"; then
    root=$(mktemp -d)
    mkdir -p "$root/files/operator" "$root/files/tmp"
    cp "$cache/bin/cnpg-manager" "$root/files/operator/manager_$(go env GOARCH)"
    ln -s "operator/manager_$(go env GOARCH)" "$root/files/manager"
    alone step "making the image of CloudNativePG" "about 10 seconds" make_image cloud-native-pg "$cnpg_image" "$content" "$root/files"
    rm -rf "$root"
  fi
  make_postgres
  content=$(sources_of "$here" images/postgres.Dockerfile images/cloud-native-pg-postgres.Dockerfile)
  fresh "$cnpg_postgres_image" "$content" \
    || alone step "making the Postgres of CloudNativePG" "about 10 seconds" make_image cloud-native-pg-postgres "$cnpg_postgres_image" "$content"
}

compile_cnpg() {
  local wanted
  wanted=$(sources_of "$here" cloud-native-pg)
  if [ "$(cat "$cache/bin/cnpg-manager.sources" 2> /dev/null)" = "$wanted" ] && [ -x "$cache/bin/cnpg-manager" ]; then return; fi
  require_go "CloudNativePG"
  require_disk "$cache"
  alone step "compiling CloudNativePG" "about 3 minutes the first time" go_build_cnpg
  echo "$wanted" > "$cache/bin/cnpg-manager.sources"
}

go_build_cnpg() {
  (cd "$here/cloud-native-pg" && CGO_ENABLED=0 quietly compile-cnpg \
    go build -trimpath -ldflags "-s -w" -o "$cache/bin/.cnpg-manager" "$cnpg_module/cmd/manager")
  mv "$cache/bin/.cnpg-manager" "$cache/bin/cnpg-manager"
}
