# shellcheck shell=bash
# Builds the project's two images; each carries a hash of what it was made from, and is left alone while that holds.

build_project_images() {
  if [ "$mode" = offline ]; then
    require_npm_ci
    make_node_base
  fi
  build_project_image server package.json package-lock.json rolldown.config.ts .dockerignore Dockerfile.server server
  build_project_image operator package.json package-lock.json tsconfig.json tsconfig.build.json .dockerignore Dockerfile.operator \
    operator crds server/sealing/key-file.ts
}

version() { sed -n 's/^  "version": "\(.*\)",$/\1/p' "$project/package.json"; }

# build_project_image PROGRAM PATH...: the paths are what the image is made from.
build_project_image() {
  local program=$1 image content
  shift
  image=dumbkv.dev/dumbkv-$program:$(version)
  content=$(sources_of "$project" "$@")-$("$container" image inspect -f '{{.Id}}' "$base" | tr -d ':')
  if fresh "$image" "$content"; then
    say "$image is up to date"
  else
    alone step "building $image" "about half a minute" "build_with_$container" "$program" "$image" "$content"
  fi
  echo "$image"
}

build_with_docker() {
  quietly "image-$1" docker build --build-arg "BASE_IMAGE=$base" --build-arg "VERSION=$(version)" \
    --label "dumbkv.dev/content=$3" -t "$2" -f "$project/Dockerfile.$1" "$project"
}

build_with_podman() {
  quietly "image-$1" buildah bud --layers --isolation chroot --network host -v /etc/ssl/certs:/etc/ssl/certs:ro \
    --build-arg "BASE_IMAGE=$base" --build-arg "VERSION=$(version)" \
    --label "dumbkv.dev/content=$3" -t "$2" -f "$project/Dockerfile.$1" "$project"
}
