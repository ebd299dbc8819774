#!/bin/sh
# mmdebstrap hook, before the packages of interest are installed. $1 is the new root.
set -eu
root=$1

# uid and gid 999 as in the official image; postgresql-common keeps a user that is already there.
echo 'postgres:x:999:999:PostgreSQL administrator:/var/lib/postgresql:/bin/bash' >>"$root/etc/passwd"
echo 'postgres:x:999:' >>"$root/etc/group"
echo 'postgres:!:19000::::::' >>"$root/etc/shadow"

mkdir -p "$root/etc/postgresql-common/createcluster.d"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.d/no-main-cluster.conf"
