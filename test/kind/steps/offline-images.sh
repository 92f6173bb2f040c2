# shellcheck shell=bash
# Makes the images that a registry would give: Debian, the kind node with its control plane, and Node 24.

# fresh IMAGE CONTENT: whether the image is there and was made from this content.
fresh() {
  [ "$("$container" image inspect -f '{{ index .Config.Labels "dumbkv.dev/content" }}' "$1" 2> /dev/null)" = "$2" ]
}

# make_image DOCKERFILE TAG CONTENT FILE...: one image from a context of just these files.
make_image() {
  local name=$1 tag=$2 content=$3 context
  shift 3
  context=$(mktemp -d)
  [ $# -eq 0 ] || cp -r "$@" "$context/"
  # chroot isolation needs no privilege; the certificates let apt and npm inside verify what they fetch
  quietly "image-$name" buildah bud --isolation chroot --network host -v /etc/ssl/certs:/etc/ssl/certs:ro \
    --label "dumbkv.dev/content=$content" -t "$tag" -f "$here/images/$name.Dockerfile" "$context"
  rm -rf "$context"
}

# node_sources: a hash of what the kind node is made from.
node_sources() { sources_of "$here" go.mod go.sum cmd images ! -name dumbkv-node.Dockerfile ! -name '*postgres.Dockerfile' ! -name 'cloud-native-pg*'; }

build_node_image() {
  if [ "$mode" = docker ]; then
    say "nothing to build: docker pulls kind's own node image"
    return
  fi
  local content
  content=$kubernetes-$(node_sources)
  if fresh "$node_image" "$content"; then return; fi
  require_go "the kind node"
  require_disk "$cache"
  require_disk /var/lib
  compile_kubernetes
  alone step "compiling CoreDNS and the volume provisioner" "about a minute the first time" compile_addons
  make_debian
  alone step "building the node image $node_image" "about 1 minute" make_node "$content"
}

compile_addons() {
  go_build coredns -ldflags "-s -w" -- ./cmd/coredns
  go_build local-path-provisioner -ldflags "-s -w" -- github.com/rancher/local-path-provisioner
}

make_debian() {
  podman image exists localhost/debian:bookworm && return
  alone step "making the Debian base image" "about half a minute" bootstrap_debian
}

bootstrap_debian() {
  local root
  root=$(mktemp -d)
  quietly debootstrap debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  # the package sources of this machine, which may be a mirror
  cp --dereference /etc/apt/sources.list.d/*debian* "$root/etc/apt/sources.list.d/" 2> /dev/null || true
  cp --dereference /usr/share/keyrings/debian-archive-keyring.gpg "$root/usr/share/keyrings/" 2> /dev/null || true
  tar -C "$root" -cf "$cache/rootfs.tar" .
  rm -rf "$root"
  make_image base localhost/debian:bookworm bookworm "$cache/rootfs.tar"
  rm "$cache/rootfs.tar"
}

make_node() {
  local content=$1 names=() files kind_files
  make_image pause localhost/pause:offline "$content" "$(command -v catatonit)"
  make_image kube localhost/kube:offline "$content" "$cache/bin/kube"
  make_image coredns localhost/coredns:offline "$content" "$cache/bin/coredns"
  make_image local-path-provisioner localhost/local-path-provisioner:offline "$content" "$cache/bin/local-path-provisioner"
  tag_as_kubeadm_asks
  podman save -q -m -o "$cache/images.tar" localhost/local-path-provisioner:offline "${names[@]}"

  files=$(mktemp -d)
  kind_files=$(cd "$here" && go list -m -f '{{.Dir}}' sigs.k8s.io/kind)/images/base/files
  mkdir -p "$files/files" "$files/kind-files"
  cp -r --no-preserve=mode "$kind_files/." "$files/kind-files/"
  cp -r "$here/images/node-files/." "$files/files/"
  echo "$kubernetes" > "$files/files/kind/version"
  make_image node "$node_image" "$content" "$files/files" "$files/kind-files" "$cache/bin/kube" "$cache/images.tar"
  rm -rf "$files" "$cache/images.tar"
}

# tag_as_kubeadm_asks gives our images the names that kubeadm and containerd look for, and collects them in names.
tag_as_kubeadm_asks() {
  local name
  while read -r name; do
    case $name in
      */pause:*) podman tag localhost/pause:offline "$name" ;;
      */coredns:*) podman tag localhost/coredns:offline "$name" ;;
      *) podman tag localhost/kube:offline "$name" ;;
    esac
    names+=("$name")
  done < <("$cache/bin/kube" kubeadm config images list --kubernetes-version "$kubernetes" 2> /dev/null; echo registry.k8s.io/pause:3.10)
}

# make_node_base: Debian with the Node 24 of node_modules and this machine's npm, in place of the official Node image.
make_node_base() {
  local node=$project/node_modules/node/bin/node npm content
  npm=$(npm root -g 2> /dev/null)/npm
  [ -f "$npm/package.json" ] || fail "npm is missing: install Node with npm from https://nodejs.org"
  content=$("$node" --version)-npm$("$node" -p "require('$npm/package.json').version")-$(sources_of "$here" images/dumbkv-node.Dockerfile)
  if fresh "$offline_base" "$content"; then return; fi
  make_debian
  alone step "making the Node base image" "about 10 seconds" make_image dumbkv-node "$offline_base" "$content" "$node" "$npm"
}

# the name under which a user would find it; Debian's package has this version
postgres_image=docker.io/library/postgres:15-bookworm

# load_postgres NAME: the image of Postgres, pulled or made from Debian's package, in a cluster.
load_postgres() {
  if [ "$mode" = docker ]; then
    docker image inspect "$postgres_image" > /dev/null 2>&1 || quietly image-postgres docker pull "$postgres_image"
  else
    make_postgres
  fi
  load "$postgres_image" "$1"
}

make_postgres() {
  local content
  content=$(sources_of "$here" images/postgres.Dockerfile)
  make_debian
  fresh "$postgres_image" "$content" \
    || alone step "making the image of Postgres" "about half a minute" make_image postgres "$postgres_image" "$content"
}
