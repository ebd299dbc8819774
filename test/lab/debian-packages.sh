# shellcheck shell=sh
# Sourced by the lab's scripts: what they have in common when they need something of the machine.

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

lab_cache_dir() {
  printf '%s\n' "${VOODU_LAB_CACHE:-/var/cache/voodu-postgres-lab}"
}

# ensure_packages <package>... installs those that are not there yet.
ensure_packages() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  command -v apt-get >/dev/null || die "missing packages:$missing (no apt-get here: install them and run this again)"
  [ "$(id -u)" = 0 ] || die "missing packages:$missing (not root: install them and run this again)"

  mkdir -p "$(lab_cache_dir)"
  printf 'installing%s\n' "$missing" >&2
  deny_service_starts
  # shellcheck disable=SC2086 # a list of package names
  if ! { run_apt_get update && run_apt_get install -y --no-install-recommends $missing; } >"$(lab_cache_dir)/apt.log" 2>&1; then
    allow_service_starts
    tail -n 25 "$(lab_cache_dir)/apt.log" >&2
    die "apt-get could not install$missing"
  fi
  allow_service_starts
}

run_apt_get() {
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get -q \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold "$@" </dev/null
}

# Without systemd a package's init script would start its daemon with options that are not ours.
deny_service_starts() {
  denied_by_us=
  [ ! -d /run/systemd/system ] && [ ! -e /usr/sbin/policy-rc.d ] || return 0
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  denied_by_us=1
}

allow_service_starts() {
  [ -z "$denied_by_us" ] || rm -f /usr/sbin/policy-rc.d
}

# The mirror this machine installs its own packages from; it serves the other suites too.
debian_mirror() {
  found=$(find_debian_mirror)
  if [ -z "$found" ]; then # apt knows what a source is only after it has read its index
    run_apt_get update >&2
    found=$(find_debian_mirror)
  fi
  [ -n "$found" ] || die 'no Debian mirror is in the apt sources of this machine'
  printf '%s\n' "$found"
}

find_debian_mirror() {
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt expands its own fields
  apt-get indextargets --format '$(REPO_URI)|$(LABEL)|$(CODENAME)|$(COMPONENT)' 'Created-By: Packages' |
    awk -F'|' -v codename="$codename" '$2 == "Debian" && $3 == codename && $4 == "main" && !seen++ { print $1 }'
}
