#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sleep_test.sh BUILD: other people's clients, each the real program, whose sessions fall asleep between two questions.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$(readlink -f "$0")")/harness.sh"

start_lab
port=$(free_port)
write_config "$work/mooring.toml" "$port" "$LAB_CERT" "$LAB_KEY"
printf '[limits]\nsleep_after = "100ms"\n' >>"$work/mooring.toml"
check "mooringd starts in front of Unbound" start_server mooringd "$port" "$work/mooring.toml"

# counter NAME: its value now.
counter() {
  local before
  before=$(grep -c 'group=keeper' "$work/mooringd.log")
  kill -USR1 "$server_pid"
  until [ "$(grep -c 'group=keeper' "$work/mooringd.log")" -gt "$before" ]; do sleep 0.02; done
  grep -o " $1=[0-9]*" "$work/mooringd.log" | tail -n 1 | cut -d= -f2
}
counts() { [ "$(counter "$1")" -ge "$2" ]; }

# --- openssl s_client ---------------------------------------------------------------------------

# The root's SOA with an ID of its own.
question() { printf '\0\021\0%b\001\0\0\001\0\0\0\0\0\0\0\0\006\0\001' "\\$1"; }
# Questions, each asked when the session has slept after the one before, and the end when all are answered.
ask_sleepily() {
  local slept queries id
  queries=$(counter queries)
  for id in 1 2 3; do
    slept=$(counter slept)
    question "$id"
    queries=$((queries + 1))
    wait_until counts queries "$queries"
    wait_until counts slept $((slept + 1))
  done
}
s_client_sleeps() {
  local woken
  woken=$(counter woken)
  ask_sleepily | openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$port" -servername "$LAB_NAME" \
    -CAfile "$LAB_CERT" "$@" >"$work/answers" 2>"$work/s_client.err"
  # An answer's header: the ID (twice an octet), then QR, RD and RA.
  echo "woken: $(($(counter woken) - woken)), answers: $(tr '\0' '\n' <"$work/answers" | grep -caP '^[\x01-\x03]\x81')"
}
for version in 1_2 1_3; do
  check "s_client with TLS ${version/_/.} is answered after each sleep" \
    prints 'woken: [3-9], answers: 3' s_client_sleeps "-tls$version"
done

# --- Go -----------------------------------------------------------------------------------------

# Two questions on each connection, with a sleep between them; each connection with a ticket from before its sleep.
if command -v go >/dev/null; then
  check "the Go client is built" env GOCACHE="$work/go-cache" GOTOOLCHAIN=local CGO_ENABLED=0 \
    go build -o "$work/go_client" "$(dirname "$(readlink -f "$0")")/go_client.go"
  for version in 1.2 1.3; do
    woken=$(counter woken)
    check "a Go client with TLS $version asks before and after sleep, and resumes" \
      prints '^4 answered, 3 resumed' \
      "$work/go_client" "127.0.0.1:$port" "$LAB_NAME" "$version" 4 1s
    check "its sessions have slept in between" counts woken $((woken + 4))
  done
fi

# --- Unbound ------------------------------------------------------------------------------------

start_forwarder "$port" 'module-config: "iterator"'
wait_until through_unbound h0001.lab.example A
asleep_again() { [ "$(counter slept)" -gt "$(counter woken)" ]; }
unbound_sleeps() {
  local name accepted
  accepted=$(counter accepted)
  for name in h0002 h0003 h0004; do
    wait_until asleep_again
    through_unbound "$name.lab.example" A
  done
  echo "connections: $(($(counter accepted) - accepted))"
}
check "Unbound's connection is the same after each sleep" prints 'connections: 0' unbound_sleeps
check "and all is answered" prints 'status: NOERROR' through_unbound h0005.lab.example A

check "mooringd ends with those asleep" ends_well mooringd
