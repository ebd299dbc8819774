#!/bin/bash
# root.sh <major> <suite>: a root filesystem with that PostgreSQL major from that Debian suite, as a tar on stdout.
# shellcheck disable=SC2016 # apt expands its own fields, and a hook its own $1
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LAB_MAJOR=$1
suite=$2

packages=gosu,locales,xz-utils,zstd,procps,less,postgresql-common,postgresql-$LAB_MAJOR

# The mirror this machine installs its own packages from serves the other suites too.
find_mirror() {
  apt-get indextargets --format '$(REPO_URI)|$(LABEL)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' |
    awk -F'|' -v codename="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
      '$2 == "Debian" && $3 == codename && $4 == "main" && !seen++ { print $1 }'
}
mirror=$(find_mirror)
if [ -z "$mirror" ]; then # apt knows what a source is only after it has read its index
  apt-get -q update </dev/null >&2
  mirror=$(find_mirror)
fi
[ -n "$mirror" ] || { echo 'root.sh: no Debian mirror in the apt sources of this machine' >&2 && exit 1; }

options=(
  # A mirror frozen in time serves a testing suite whose index has expired.
  --aptopt='Acquire::Check-Valid-Until "false"'
  --aptopt='Acquire::Retries "3"'
  --aptopt='APT::Install-Recommends "false"'
  --dpkgopt=force-unsafe-io
  --dpkgopt=force-confold
  --dpkgopt='path-exclude=/usr/share/doc/*'
  --dpkgopt='path-exclude=/usr/share/info/*'
  --dpkgopt='path-exclude=/usr/share/man/*'
  --dpkgopt='path-exclude=/usr/share/locale/*/*'
)
proxy=
eval "$(apt-config shell proxy Acquire::http::Proxy)"
[ -z "$proxy" ] || options+=(--aptopt="Acquire::http::Proxy \"$proxy\"")

exec mmdebstrap --quiet --mode=root --variant=minbase --format=tar --include="$packages" "${options[@]}" \
  --skip=cleanup/run \
  --essential-hook="$here/before-packages.sh" \
  --customize-hook="$here/after-packages.sh" \
  "$suite" - "deb $mirror $suite main" </dev/null
