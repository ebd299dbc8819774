#!/bin/sh
# What the unit, contract and postgres tiers need of the machine: shellcheck, download tools and the server's own binaries. Installs what is missing.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lab/debian-packages.sh
. "$here/../lab/debian-packages.sh"

sh "$here/libatomic.sh"
command -v shellcheck >/dev/null || ensure_packages shellcheck
for tool in curl wget; do
  command -v "$tool" >/dev/null || ensure_packages "$tool"
done
command -v xz >/dev/null || ensure_packages xz-utils
set -- /usr/lib/postgresql/*/bin/initdb
[ -x "$1" ] || ensure_packages postgresql
set -- /usr/lib/postgresql/*/bin/initdb
[ -x "$1" ] || die "the package postgresql is installed and there is no /usr/lib/postgresql/*/bin/initdb"
echo "shellcheck $(shellcheck --version | sed -n 's/^version: //p'), $("${1%/*}/postgres" --version)"
