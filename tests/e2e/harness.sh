# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is used by the scripts that source it
#
# Sourced by the end-to-end tests, which get the build directory as their first argument: a private
# DNS tree, servers in front of it, and checks that are counted one by one. Everything is on loopback
# and in one temporary directory, and is gone when the script ends.
set -uo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

build=$(readlink -f "$1")
root=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..
mooring=$build/tools/mooring
mooringd=$build/server/mooringd
work=$(mktemp -d /tmp/mooring-e2e.XXXXXX)
failures=0
children=()

# The processes started by this script, and nothing else, are ended. Logs are shown when a check failed.
clean_up() {
  local status=$? pid
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null; done
  for pid in "${children[@]}"; do wait "$pid" 2>/dev/null; done
  [ ! -d "$work/lab" ] || "$root/tools/lab" down "$work/lab" >/dev/null
  if [ $failures -gt 0 ]; then tail -n 40 "$work"/*.log "$work"/lab/*.log 2>/dev/null; fi
  rm -rf "$work"
  [ $failures -eq 0 ] || status=1
  exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# check WHAT COMMAND...: the command must succeed; what it printed is shown when it does not.
check() {
  local what=$1
  shift
  if "$@" >"$work/check.out" 2>&1; then
    echo "ok - $what"
  else
    echo "not ok - $what"
    sed 's/^/    /' "$work/check.out"
    failures=$((failures + 1))
  fi
}

# The command's output, both streams, must match the extended regular expression.
prints() {
  local pattern=$1
  shift
  "$@" >"$work/prints.out" 2>&1
  cat "$work/prints.out"
  grep -qE -- "$pattern" "$work/prints.out"
}
fails() { ! "$@"; }

wait_until() {
  local tries=100
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.1
  done
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_lab() {
  "$root/tools/lab" up "$work/lab" >"$work/lab-up.log" 2>&1 || {
    cat "$work/lab-up.log"
    echo "not ok - the lab starts"
    exit 1
  }
  # shellcheck disable=SC1091
  . "$work/lab/env"
}

# write_config FILE PORT CERTIFICATE KEY: a configuration for LAB_NAME in front of the lab.
write_config() {
  cat >"$1" <<END
[server]
listen = ["127.0.0.1:$2"]
[[identity]]
name = "$LAB_NAME"
certificate = "$3"
key = "$4"
ports = [853]
[[identity]]
name = "$LAB_NAME2"
certificate = "$LAB_CERT2"
key = "$LAB_KEY2"
ports = [853]
[chain]
trust_anchor = "$LAB_ANCHOR"
[upstream]
servers = ["$LAB_RESOLVER"]
END
}

# start_server NAME PORT CONFIG: returns when it answers; its log is NAME.log, its pid in $server_pid.
start_server() {
  "$mooringd" -c "$3" >"$work/$1.log" 2>&1 &
  server_pid=$!
  children+=("$server_pid")
  wait_until kdig +tls +timeout=2 +retry=0 -p "$2" @127.0.0.1 "$LAB_QUERY_NAME" A
}

# SIGTERM to the server started last: it must end by itself, with status 0 and no sanitizer's complaint
# in the log NAME.log.
ends_well() {
  kill -TERM "$server_pid"
  wait "$server_pid"
  local status=$?
  echo "exit status $status"
  [ $status -eq 0 ] && ! grep -E 'Sanitizer|runtime error' "$work/$1.log"
}

# start_forwarder PORT SETTING: an Unbound that forwards everything to mooringd at PORT over TLS, at
# $forwarder_port; SETTING is one more line of its server clause.
start_forwarder() {
  local program=$work/lab/unbound.program # the lab's copy of the program: see tools/lab
  [ -x "$program" ] || program=unbound
  forwarder_port=$(free_port)
  cat >"$work/forwarder.conf" <<END
server:
  interface: 127.0.0.1@$forwarder_port
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: "$work/forwarder.pid"
  logfile: "$work/forwarder.log"
  use-syslog: no
  do-not-query-localhost: no
  tls-cert-bundle: "$LAB_CERT"
  $2
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@$1#$LAB_NAME
  forward-tls-upstream: yes
remote-control:
  control-enable: no
END
  "$program" -d -c "$work/forwarder.conf" 2>>"$work/forwarder.log" &
  children+=($!)
}
through_unbound() { kdig "+retry=0" "+timeout=5" -p "$forwarder_port" @127.0.0.1 "$@"; }
