# The same root with what a script meets in the Alpine images: their ids, busybox's tools before all others, and the
# step-down tool under the name it has in older ones. (No musl, and no applet that Debian's busybox is built without.)
ARG ROOT
FROM ${ROOT}
RUN groupmod --gid 70 postgres \
 && usermod --uid 70 postgres \
 && find / -xdev \( -user 999 -o -group 999 \) -exec chown --no-dereference 70:70 {} + \
 && chmod 1777 /var/lib/postgresql /var/lib/postgresql/data \
 && chmod 3777 /run/postgresql \
 && rm /usr/local/bin/gosu \
 && mv /usr/sbin/gosu /usr/local/bin/su-exec \
 && busybox --install -s /usr/local/sbin \
 && cd /usr/local/sbin \
 && rm -f dpkg dpkg-deb init su login passwd
