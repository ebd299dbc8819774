#!/bin/bash
# root.sh <major> <suite>: a root filesystem with that PostgreSQL major from that Debian suite, as a tar on stdout.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../debian-packages.sh
. "$here/../debian-packages.sh"
export LAB_MAJOR=$1
suite=$2

# busybox is for the stand-in of Alpine alone (uid70.Dockerfile).
packages=gosu,locales,xz-utils,zstd,procps,less,busybox,postgresql-common,postgresql-$LAB_MAJOR

mirror=$(debian_mirror)

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
