#!/bin/sh
# The pinned node loads libatomic.so.1, which a bare Debian lacks: installs it as root, else says what to install.
# Comes before npm, which runs install scripts with the pinned node.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../lab/debian-packages.sh
. "$here/../lab/debian-packages.sh"

machine=$(uname -m)
for directory in "/usr/lib/$machine-linux-gnu" "/lib/$machine-linux-gnu" /usr/lib64 /lib64 /usr/lib /usr/local/lib; do
  [ ! -e "$directory/libatomic.so.1" ] || exit 0
done
[ "$(uname -s)" = Linux ] || exit 0
! "$here/../../node_modules/.bin/node" --version >/dev/null 2>&1 || exit 0

if ! command -v apt-get >/dev/null; then
  die "the pinned node needs libatomic.so.1, which this machine lacks: install it (Fedora's package is libatomic) and run this again"
fi
[ "$(id -u)" = 0 ] || die "the pinned node needs libatomic.so.1, which this machine lacks; run: sudo apt-get install libatomic1"
ensure_packages libatomic1
