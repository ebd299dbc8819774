#!/bin/bash
# images.sh [major...]: builds stand-ins for the official images (no registry can be reached from here), tagged exactly
# postgres:<major>. Default: 17 15 18. With 17 comes postgres:17-uid70, the ids and step-down tool of an Alpine image.
# An image is built again only when the files it is made from have changed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=debian-packages.sh
. "$here/debian-packages.sh"

image=$here/image
cache=$(lab_cache_dir)
root_repository=voodu-postgres-lab/root
build_budget_seconds=600

main() {
  local major
  [[ $# -gt 0 ]] || set -- 17 15 18
  for major; do
    suite_of "$major" >/dev/null
  done
  docker version >/dev/null 2>&1 || die "no docker engine answers: run $here/engine.sh first"
  mkdir -p "$cache"
  exec 9>"$cache/images.lock"
  flock -w 1800 9 || die "another run of this script has held $cache/images.lock for 1800 s"

  for major; do
    build_image "postgres:$major" "$major" "$root_repository:$major" build_root
    if [[ $major == 17 ]]; then
      build_image postgres:17-uid70 17 "$root_repository:17-uid70" build_uid70_root
    fi
  done
}

# The Debian suite that carries a major.
suite_of() {
  case $1 in
    15) echo bookworm ;;
    17) echo trixie ;;
    18) echo forky ;;
    *) die "no Debian suite is known for PostgreSQL major '$1' (known: 15, 17, 18)" ;;
  esac
}

# build_image <tag> <major> <root tag> <function that builds the root>
build_image() {
  local tag=$1 major=$2 root=$3 build_root_image=$4 started=$SECONDS inputs old data volume
  inputs=$(digest_of "$major" root.sh before-packages.sh after-packages.sh uid70.Dockerfile Dockerfile docker-entrypoint.sh)
  old=$(image_id "$tag")
  if [[ $old && $(label_of "$tag") == "$inputs" ]]; then
    echo "$tag: up to date"
    return
  fi
  if [[ $old && ! $(label_of "$tag") ]]; then
    echo "$tag: not built by this script, left alone (docker rmi $tag to have it replaced)"
    return
  fi

  "$build_root_image" "$major" "$root"
  volume=/var/lib/postgresql data=/var/lib/postgresql/$major/docker
  ((major >= 18)) || volume=/var/lib/postgresql/data data=/var/lib/postgresql/data
  build Dockerfile "$tag" --build-arg ROOT="$root" --build-arg INPUTS="$inputs" --build-arg MAJOR="$major" \
    --build-arg DATA_DIRECTORY="$data" --build-arg DATA_VOLUME="$volume"
  forget "$old"
  echo "$tag: built in $((SECONDS - started)) s, $(docker image inspect --format '{{.Size}}' "$tag" | awk '{ printf "%d MB", $1 / 1e6 }')"
}

build_root() {
  local major=$1 root=$2 inputs old
  inputs=$(digest_of "$major" root.sh before-packages.sh after-packages.sh)
  old=$(image_id "$root")
  [[ ! $old || $(label_of "$root") != "$inputs" ]] || return 0
  ensure_packages mmdebstrap debian-archive-keyring
  if ! timeout "$build_budget_seconds" "$image/root.sh" "$major" "$(suite_of "$major")" 2>"$cache/root-$major.log" 9>&- |
    docker import --change "LABEL voodu.lab.inputs=$inputs" - "$root" >/dev/null; then
    tail -n 30 "$cache/root-$major.log" >&2
    docker rmi "$root" >/dev/null 2>&1 || true
    die "the root of postgres:$major could not be made (log above, whole in $cache/root-$major.log)"
  fi
  forget "$old"
}

build_uid70_root() {
  build_root "$1" "$root_repository:$1"
  build uid70.Dockerfile "$2" --build-arg ROOT="$root_repository:$1"
}

# build <Dockerfile> <tag> [option...]; the classic builder, because a bare client has no buildx.
build() {
  local dockerfile=$1 tag=$2 log=$cache/build.log
  shift 2
  if ! DOCKER_BUILDKIT=0 timeout "$build_budget_seconds" docker build --force-rm --network none \
    -f "$image/$dockerfile" -t "$tag" "$@" "$image" >"$log" 2>&1 </dev/null 9>&-; then
    tail -n 30 "$log" >&2
    die "docker build of $tag failed (log above, whole in $log)"
  fi
}

digest_of() {
  (cd "$image" && { echo "$1 $(suite_of "$1") $(dpkg --print-architecture)" && cat "${@:2}"; }) | sha256sum | cut -d' ' -f1
}

image_id() {
  docker image inspect --format '{{.Id}}' "$1" 2>/dev/null || true
}

label_of() {
  docker image inspect --format '{{index .Config.Labels "voodu.lab.inputs"}}' "$1"
}

# Containers may still run from it; then it stays until they are gone.
forget() {
  [[ ! $1 ]] || docker rmi "$1" >/dev/null 2>&1 || true
}

main "$@"
