#!/bin/bash
# machine.sh [--full]: the README's commands in a clone of HEAD on a machine that has git, make, curl and Node 20, and
# nothing else: a new Debian root with its own processes and mounts. Installs the plugin from its source as a controller
# would, runs `make expand`, then the tiers of `make test` that need no docker; with --full all of `make test`, with a
# docker engine of its own (none may run here meanwhile).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../lab/debian-packages.sh
. "$here/../lab/debian-packages.sh"

suite=bookworm
root_budget_seconds=600
quick_budget_seconds=1200
full_budget_seconds=5400
clone=/root/voodu-postgres
plugin=/opt/voodu/plugins/postgres
a_block='{"kind":"postgres","scope":"clowk-lp","name":"db","spec":{"image":"postgres:17","replicas":3}}'

main() {
  local test=(make test TIERS='unit golden contract postgres') budget=$quick_budget_seconds
  case ${1:-} in
    '') ;;
    --full)
      ! timeout 15 docker version >/dev/null 2>&1 || die "a docker engine runs here, and --full starts its own beside it: stop that one first"
      test=(make test) budget=$full_budget_seconds
      ;;
    *) die "takes --full or nothing, not '$1'" ;;
  esac
  [[ $(id -u) == 0 ]] || die "only root can make a new root directory"
  ensure_packages mmdebstrap debian-archive-keyring util-linux

  mkdir -p "$(lab_cache_dir)"
  root=$(mktemp -d "$(lab_cache_dir)/fresh.XXXXXX")
  # Its mounts are in a namespace of their own, which is gone by now.
  trap 'rm -rf --one-file-system "$root"' EXIT
  trap 'exit 1' HUP INT TERM
  step "a root of $suite with git, make, curl and Node 20"
  make_root
  bring_node 20
  bring_certificates
  git clone --quiet "$repository" "$root$clone"
  [[ ! $(git -C "$repository" status --porcelain) ]] || step 'changes that are not committed are not part of this'

  step 'the install hook, from source'
  git clone --quiet "$repository" "$root$plugin"
  rm -rf "$root$plugin/.git"
  inside 600 sh -c "cd $plugin && HOME=$plugin TMPDIR=$plugin VOODU_POSTGRES_INSTALL=source ./install postgres"
  inside 60 sh -c "echo '$a_block' | env -i $plugin/bin/voodu-postgres expand" >"$root/reply"
  grep -q '^{"status":"ok",.*"kind":"statefulset"' "$root/reply" || die "the installed plugin answered $(head -c 500 "$root/reply")"

  step 'make expand'
  inside 600 make expand >"$root/expanded"
  head -n 3 "$root/expanded"
  grep -q '^statefulset clowk-lp/db$' "$root/expanded" || die "make expand printed no statefulset (above)"
  step "${test[*]}"
  inside "$budget" "${test[@]}"
}

step() { printf '\n== fresh machine: %s\n' "$1"; }

make_root() {
  local log mirror proxy
  log=$(lab_cache_dir)/fresh-root.log mirror=$(debian_mirror) proxy=
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  if ! timeout "$root_budget_seconds" mmdebstrap --quiet --mode=root --variant=minbase --format=directory \
    --include=git,make,curl,ca-certificates --dpkgopt=force-unsafe-io \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    ${proxy:+--aptopt="Acquire::http::Proxy \"$proxy\""} \
    "$suite" "$root" "deb $mirror $suite main" >"$log" 2>&1 </dev/null; then
    tail -n 25 "$log" >&2
    die "the root could not be made (log above, whole in $log)"
  fi
  chmod 755 "$root"
  cp /etc/hosts "$root/etc/hosts"
  [[ ! -e /etc/resolv.conf ]] || cp -L /etc/resolv.conf "$root/etc/resolv.conf"
}

# bring_node <major>: from the npm registry, in the places the official archive has them.
bring_node() {
  local major=$1 platform stage=$root/stage
  case $(uname -m) in
    aarch64 | arm64) platform=linux-arm64 ;;
    *) platform=linux-x64 ;;
  esac
  mkdir -p "$stage" "$root/usr/local/lib/node_modules"
  (cd "$stage" && npm install --silent --ignore-scripts --no-audit --no-fund "node-$platform@$major" npm@10)
  mv "$stage/node_modules/node-$platform/bin/node" "$root/usr/local/bin/node"
  mv "$stage/node_modules/npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  rm -rf "$stage"
}

# A machine behind an inspecting proxy names its own authorities in variables; so shall the new one.
bring_certificates() {
  local name file
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  while read -r name; do
    file=${!name}
    [[ ! -f $file ]] || install -D -m 644 "$file" "$root$file"
  done < <(certificate_variables)
}

certificate_variables() { compgen -e | grep -E 'CERT|CA_?(BUNDLE|INFO|FILE)' || true; }
network_variables() { compgen -e | grep -iE '^(https?|no|all)_proxy$|^npm_config_registry$' || true; }

# inside <seconds> <command...>: in the clone, as the first process of a machine of its own.
inside() {
  local budget=$1 name variables=()
  shift
  while read -r name; do
    variables+=("$name=${!name}")
  done < <(certificate_variables && network_variables)
  timeout --kill-after=10 "$budget" unshare --mount --pid --fork --kill-child --propagation private \
    sh -c "$enter" enter "$root" "$clone" \
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CI=true "${variables[@]}" "$@" </dev/null
}

# shellcheck disable=SC2016 # for the shell in the new namespaces
enter='
set -eu
root=$1 clone=$2
shift 2
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p before
# docker changes roots in the same way, and cannot from a mere chroot.
pivot_root . before
cd "$clone"
umount -l /before
"$@"
'

main "$@"
