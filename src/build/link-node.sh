#!/bin/sh
# After `npm ci`: node_modules/.bin/node is the pinned node. npm 10, which comes with Node 20 and 22, does not link it:
# two packages declare it, one of each architecture, and it gives the name to the one that was not installed.
set -eu
cd node_modules
for package in node-linux-*; do
  [ ! -x "$package/bin/node" ] || ln -sfn "../$package/bin/node" .bin/node
done
