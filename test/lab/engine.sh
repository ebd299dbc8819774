#!/bin/sh
# Makes sure a docker engine answers on this machine: installs Debian's one and starts it if none does.
# Running it again is harmless. The last line on stdout says which nofile limit containers really get.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=debian-packages.sh
. "$here/debian-packages.sh"

cache=$(lab_cache_dir)
log=$cache/dockerd.log
start_budget_seconds=60

# What the controller asks for every pod (`--ulimit nofile=65536:65536`).
controller_nofile=65536
clamping_runtime=voodu-lab-clamped

main() {
  if answers; then
    report "already running"
    return
  fi
  case ${DOCKER_HOST:-} in
    '' | unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
    *) die "nothing answers at DOCKER_HOST=$DOCKER_HOST, and only the default socket can be served from here (unset DOCKER_HOST)" ;;
  esac
  [ "$(id -u)" = 0 ] || die "no docker engine answers and only root can start one"

  mkdir -p "$cache"
  exec 9>"$cache/engine.lock"
  flock -w 300 9 || die "another run of this script has held $cache/engine.lock for 300 s"
  if answers; then # the other run has started it
    report "already running"
    return
  fi

  ensure_packages docker.io iptables util-linux perl-base
  if answers; then # systemd has started it
    report "started by its package"
    return
  fi
  start_engine
  report "started, log in $log"
}

answers() {
  command -v docker >/dev/null && timeout 15 docker version --format '{{.Server.Version}}' >/dev/null 2>&1 </dev/null
}

start_engine() {
  forget_dead_engine
  mount_cgroups
  raise_nofile
  set --
  [ -d /run/systemd/system ] || set -- "$@" --exec-opt native.cgroupdriver=cgroupfs
  if nofile_is_short; then
    install -m 755 "$here/engine/runc-clamped" "$cache/runc-clamped"
    set -- "$@" --add-runtime "$clamping_runtime=$cache/runc-clamped" --default-runtime "$clamping_runtime"
  fi
  setsid nohup dockerd "$@" >"$log" 2>&1 </dev/null 9>&- &
  wait_for_engine $!
}

wait_for_engine() {
  waited=0
  while ! answers; do
    if ! kill -0 "$1" 2>/dev/null; then
      show_log
      die "dockerd exited before its socket answered (log above, whole in $log)"
    fi
    if [ "$waited" -ge "$start_budget_seconds" ]; then
      show_log
      die "dockerd (pid $1) runs but its socket did not answer within ${start_budget_seconds} s (log above, whole in $log)"
    fi
    sleep 1
    waited=$((waited + 1))
  done
}

show_log() {
  printf '%s\n' "--- from $log" >&2
  grep -E '^panic|level=(fatal|error)|^failed' "$log" | tail -n 5 >&2
  printf '%s\n' "--- its last lines" >&2
  tail -n 20 "$log" >&2
}

# After a machine restart the pid in a left-over pidfile may belong to anyone; dockerd then refuses to start.
forget_dead_engine() {
  pidfile=/var/run/docker.pid
  [ -s "$pidfile" ] || return 0
  if [ "$(cat "/proc/$(cat "$pidfile")/comm" 2>/dev/null)" = dockerd ]; then
    die "dockerd (pid $(cat "$pidfile")) runs but does not answer: stop it and run this again"
  fi
  rm -f "$pidfile"
}

# Without an init system nobody may have mounted them, and dockerd panics.
mount_cgroups() {
  if ! mountpoint -q /sys/fs/cgroup; then
    ensure_packages cgroupfs-mount
    cgroupfs-mount
  fi
}

# Only a machine that leaves root CAP_SYS_RESOURCE allows this.
raise_nofile() {
  # shellcheck disable=SC3045 # dash has -H, -S and -n
  ulimit -n 1048576 2>/dev/null || ulimit -n "$controller_nofile" 2>/dev/null || ulimit -S -n "$(hard_nofile)"
}

hard_nofile() {
  # shellcheck disable=SC3045
  ulimit -H -n
}

nofile_is_short() {
  limit=$(hard_nofile)
  [ "$limit" != unlimited ] && [ "$limit" -lt "$controller_nofile" ]
}

report() {
  version=$(docker version --format '{{.Server.Version}}')
  printf 'docker engine %s: %s\n' "$version" "$1"
  if [ "$(docker info --format '{{.DefaultRuntime}}')" = "$clamping_runtime" ]; then
    printf 'nofile: %s (a container that asks for more gets this much)\n' "$(hard_nofile)"
  elif nofile_is_short; then
    printf 'nofile: unknown (started elsewhere; if it refuses %s, pass --ulimit nofile=%s:%s)\n' \
      "$controller_nofile" "$(hard_nofile)" "$(hard_nofile)"
  else
    printf 'nofile: %s\n' "$(hard_nofile)"
  fi
}

main
