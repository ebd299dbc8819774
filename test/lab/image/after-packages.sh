#!/bin/sh
# mmdebstrap hook, after the packages are installed. $1 is the new root, LAB_MAJOR the PostgreSQL major.
set -eu
root=$1

chroot "$root" localedef -i en_US -c -f UTF-8 en_US.UTF-8

sample=/usr/share/postgresql/postgresql.conf.sample
sed -E "s/^#?listen_addresses[[:space:]]*=[[:space:]]*[^[:space:]]+/listen_addresses = '*'/" \
  "$root/usr/share/postgresql/$LAB_MAJOR/postgresql.conf.sample" >"$root$sample"
grep -q "^listen_addresses = '\*'" "$root$sample"
ln -sf ../postgresql.conf.sample "$root/usr/share/postgresql/$LAB_MAJOR/postgresql.conf.sample"

chroot "$root" install -d -o postgres -g postgres -m 1777 /var/lib/postgresql
chroot "$root" install -d -o postgres -g postgres -m 3777 /run/postgresql
if [ "$LAB_MAJOR" -le 17 ]; then
  chroot "$root" install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data
fi
mkdir "$root/docker-entrypoint-initdb.d"
ln -s /usr/sbin/gosu "$root/usr/local/bin/gosu"

# The image needs no mirror, and must not name the one of this machine.
rm -f "$root/etc/apt/sources.list"
