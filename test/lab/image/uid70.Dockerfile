# The same root with the ids of the Alpine images, and the step-down tool under the name it has there in older ones.
ARG ROOT
FROM ${ROOT}
RUN groupmod --gid 70 postgres \
 && usermod --uid 70 postgres \
 && find / -xdev \( -user 999 -o -group 999 \) -exec chown --no-dereference 70:70 {} + \
 && chmod 1777 /var/lib/postgresql /var/lib/postgresql/data \
 && chmod 3777 /run/postgresql \
 && rm /usr/local/bin/gosu \
 && mv /usr/sbin/gosu /usr/local/bin/su-exec
