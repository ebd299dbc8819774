#!/usr/bin/env bash
# Entrypoint of the lab's stand-in for the official postgres image. Written from the facts the plugin relies on, so that
# a pod behaves here as it does on the real image; test/e2e/lab-image.test.ts pins them one by one.
set -Eeo pipefail

main() {
  if [[ $1 == -* ]]; then
    set -- postgres "$@"
  fi
  # Only the server itself is prepared for and stepped down; any other command runs as whoever started the container.
  if [[ $1 == postgres ]] && ! asks_for_information "$@"; then
    read_settings
    prepare_directories
    if ((EUID == 0)); then
      exec "$(step_down_tool)" postgres "$0" "$@"
    fi
    if [[ -s $PGDATA/PG_VERSION ]]; then
      say 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
    else
      first_boot "$@"
    fi
  fi
  exec "$@"
}

asks_for_information() {
  local argument
  for argument; do
    case $argument in
      -\? | --help | --describe-config | -V | --version) return 0 ;;
    esac
  done
  return 1
}

# ---- settings --------------------------------------------------------------------------------------------------------

read_settings() {
  value_or_file POSTGRES_PASSWORD ''
  value_or_file POSTGRES_USER postgres
  value_or_file POSTGRES_DB "$POSTGRES_USER"
  value_or_file POSTGRES_INITDB_ARGS ''
}

# value_or_file NAME DEFAULT exports NAME from itself, from the file named by NAME_FILE, or from the default.
value_or_file() {
  local -n value=$1 file=$1_FILE
  if [[ $value && $file ]]; then
    fail "both $1 and $1_FILE are set: set one of them"
  fi
  if [[ $file ]]; then
    value=$(<"$file")
  fi
  value=${value:-$2}
  unset "$1_FILE"
  export "${1?}"
}

# ---- directories -----------------------------------------------------------------------------------------------------

prepare_directories() {
  local directory
  mkdir -p "$PGDATA" /var/run/postgresql
  chmod 0700 "$PGDATA" || true
  chmod 3775 /var/run/postgresql || true
  if [[ $POSTGRES_INITDB_WALDIR && ! -s $PGDATA/PG_VERSION ]]; then
    mkdir -p "$POSTGRES_INITDB_WALDIR"
    chmod 0700 "$POSTGRES_INITDB_WALDIR"
  fi
  ((EUID == 0)) || return 0
  for directory in "$PGDATA" /var/run/postgresql ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}; do
    [[ ! -e $directory ]] || find "$directory" ! -user postgres -exec chown postgres {} +
  done
}

step_down_tool() {
  command -v gosu || command -v su-exec || fail 'neither gosu nor su-exec is installed'
}

# ---- the very first boot ---------------------------------------------------------------------------------------------

first_boot() {
  require_password_or_trust
  refuse_data_of_another_layout
  run_initdb
  admit_network_clients "$@"

  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  start_private_server "$@"
  create_database
  run_init_files
  PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD

  say 'PostgreSQL init process complete; ready for start up.'
}

require_password_or_trust() {
  if [[ $POSTGRES_PASSWORD || $POSTGRES_HOST_AUTH_METHOD == trust ]]; then
    return
  fi
  fail 'the database is uninitialized and no superuser password is given: set POSTGRES_PASSWORD (or POSTGRES_HOST_AUTH_METHOD=trust)'
}

# Data from before 18, or a volume mounted where it used to be, means that this boot would start an empty cluster beside
# the operator's rows. Someone who says PGDATA themselves is taken at their word.
refuse_data_of_another_layout() {
  local directory found=()
  [[ $PGDATA == "/var/lib/postgresql/$PG_MAJOR/docker" ]] || return 0
  for directory in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
    [[ ! -s $directory/PG_VERSION ]] || found+=("$directory")
  done
  if ((${#found[@]} == 0 && PG_MAJOR >= 18)) && grep -q '^[^ ]* [^ ]* [^ ]* [^ ]* /var/lib/postgresql/data ' /proc/self/mountinfo; then
    found+=('/var/lib/postgresql/data (unused mount/volume)')
  fi
  ((${#found[@]} == 0)) || fail "in 18+ data lives in /var/lib/postgresql/<major>/docker, but there appears to be PostgreSQL data in: ${found[*]}"
}

run_initdb() {
  local wal_directory=()
  if [[ $POSTGRES_INITDB_WALDIR ]]; then
    # shellcheck disable=SC2034 # the eval below uses it
    wal_directory=(--waldir "$POSTGRES_INITDB_WALDIR")
  fi
  # POSTGRES_INITDB_ARGS is shell text, quotes and all.
  eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=/dev/fd/3 $POSTGRES_INITDB_ARGS"' "${wal_directory[@]}"' \
    3< <(printf '%s\n' "$POSTGRES_PASSWORD")
}

# initdb has written trust for the socket and loopback; this line is for everyone else.
admit_network_clients() {
  [[ $1 != postgres ]] || shift
  local method=$POSTGRES_HOST_AUTH_METHOD
  if [[ ! $method ]]; then
    method=$(postgres -C password_encryption "$@")
  fi
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

# The arguments of the real server, so that its configuration is in force, but nobody outside can connect.
start_private_server() {
  [[ $1 != postgres ]] || shift
  set -- "$@" -c listen_addresses='' -p "${PGPORT:-5432}"
  NOTIFY_SOCKET='' PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@")" -w start
}

create_database() {
  local exists
  exists=$(run_sql postgres --set wanted="$POSTGRES_DB" --tuples-only <<<"SELECT 1 FROM pg_database WHERE datname = :'wanted'")
  if [[ ! $exists ]]; then
    run_sql postgres --set wanted="$POSTGRES_DB" <<<'CREATE DATABASE :"wanted"'
  fi
}

run_init_files() {
  local init_file
  for init_file in /docker-entrypoint-initdb.d/*; do
    case $init_file in
      *.sh)
        if [[ -x $init_file ]]; then
          say "running $init_file"
          "$init_file"
        else
          say "sourcing $init_file"
          # shellcheck disable=SC1090 # an operator's file
          . "$init_file"
        fi
        ;;
      *.sql) say "running $init_file" && run_sql "$POSTGRES_DB" -f "$init_file" ;;
      *.sql.gz) say "running $init_file" && gunzip -c "$init_file" | run_sql "$POSTGRES_DB" ;;
      *.sql.xz) say "running $init_file" && xzcat "$init_file" | run_sql "$POSTGRES_DB" ;;
      *.sql.zst) say "running $init_file" && zstd -dc "$init_file" | run_sql "$POSTGRES_DB" ;;
      *) say "ignoring $init_file" ;;
    esac
  done
}

# run_sql DATABASE [psql option...] talks to the private server over its socket.
run_sql() {
  local database=$1
  shift
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc \
    --username "$POSTGRES_USER" --dbname "$database" "$@"
}

say() {
  printf '%s: %s\n' "$0" "$1"
}

fail() {
  printf '%s: error: %s\n' "$0" "$1" >&2
  exit 1
}

main "$@"
