# shellcheck shell=bash
# Puts images into a cluster, those that are not in it yet.

# load IMAGE... [NAME]: an image's name holds a slash or a colon, a cluster's name neither.
load() {
  local name=dumbkv image images=()
  for image in "$@"; do
    case $image in
      */* | *:*) images+=("$image") ;;
      *) name=$image ;;
    esac
  done
  [ ${#images[@]} -gt 0 ] || fail "load needs the name of an image, as 'docker images' or 'podman images' shows it"
  need_cluster "$name"
  for image in "${images[@]}"; do load_one "$image" "$name"; done
}

# The node keeps a note of what was loaded: containerd knows an image under another digest than podman does.
load_one() {
  local image=$1 node id note
  node=$(node_of "$2")
  id=$("$container" image inspect -f '{{.Id}}' "$image" 2> /dev/null) \
    || fail "there is no image $image here: 'test/kind/cluster images' builds the project's own"
  note=/var/lib/loaded-images/$(tr '/:' '__' <<< "$image")
  if [ "$("$container" exec "$node" sh -c "ctr -n k8s.io images ls -q | grep -qx '$image' && cat '$note'" 2> /dev/null)" = "$id" ]; then
    say "$image is in cluster $2 already"
    return
  fi
  step "loading $image into cluster $2" "about 10 seconds" load_archive "$image" "$2"
  "$container" exec "$node" sh -c "mkdir -p '${note%/*}' && echo '$id' > '$note'"
}

load_archive() {
  local archive=$cache/load-$$.tar
  quietly save "$container" save -o "$archive" "$1"
  quietly load kind load image-archive "$archive" --name "$2"
  rm -f "$archive"
}
