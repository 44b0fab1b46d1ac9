#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# chain_life_test.sh BUILD: what mooringd does with its chains over restarts and reloads, in front of
# a real Unbound and a real signed tree.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$(readlink -f "$0")")/harness.sh"

start_lab
port=$(free_port)
config=$work/mooring.toml
cp "$LAB_CERT" "$work/current.crt"
cp "$LAB_KEY" "$work/current.key"

# set_up RESOLVER [LINE]: a configuration with a state directory; LINE goes into [chain].
set_up() {
  cat >"$config" <<END
[server]
listen = ["127.0.0.1:$port"]
workers = 1
[[identity]]
name = "$LAB_NAME"
certificate = "current.crt"
key = "current.key"
[chain]
trust_anchor = "$LAB_ANCHOR"
state_directory = "state"
support_lifetime = "1h"
startup_wait = "1s"
${2:-}
[upstream]
servers = ["$1"]
END
}
# start NAME: mooringd, which logs to NAME.log; returns when it serves.
start() {
  log=$work/$1.log
  "$mooringd" -c "$config" >"$log" 2>&1 &
  server_pid=$!
  children+=("$server_pid")
  wait_until grep -q 'event=start ' "$log"
}
stop() {
  kill "$server_pid"
  wait "$server_pid"
}
# The counters' line of the keeper, as it is now.
keeper_counts() {
  wait_until eval "kill -USR1 '$server_pid' && sleep 0.1 && grep 'group=keeper' '$log' | tail -n 1 | grep -E '$1'"
}
logs() { wait_until grep -qE -- "$1" "$log"; }
proven() { prints 'chain [1-9]' "$build/tests/e2e/openssl_chain_client" 127.0.0.1 "$port" "$LAB_NAME" 1.3 0355; }
unproven() { prints 'no chain' "$build/tests/e2e/openssl_chain_client" 127.0.0.1 "$port" "$LAB_NAME" 1.3 0355; }
serves() {
  openssl s_client -connect "127.0.0.1:$port" -servername "$LAB_NAME" </dev/null 2>/dev/null |
    openssl x509 -outform DER | cmp - <(openssl x509 -in "$1" -outform DER)
}
reload() {
  local before
  before=$(grep -c 'event=reload' "$log")
  kill -HUP "$server_pid"
  wait_until eval "[ \$(grep -c 'event=reload' '$log') -gt $before ]"
}

set_up "$LAB_RESOLVER"
check "mooringd starts" start first
check "the chain is there from the first handshake on" proven
check "it ends well" stop

set_up 127.0.0.1:9
check "it starts without a resolver" start second
check "a stored chain is served although the resolver is down" proven
check "the log says so" logs 'state=restored'
check "and why the resolver does not answer" \
  logs "state=refresh_failed .*the resolver cannot be reached: 127.0.0.1:9 connection refused"
check "the counters say that its refresh fails" keeper_counts 'served=1 .*failing=1'
check "it ends well again" stop

echo nonsense >"$work/state/chains.state"
check "it starts with a damaged state file" start third
check "the damaged file is reported" logs 'event=state result=set_aside'
check "and set aside" test -e "$work/state/chains.state.damaged"
check "without a chain the extension is left out" unproven
stop

set_up "$LAB_RESOLVER"
check "it starts with the resolver back" start fourth
check "the chain is built anew" proven
cp "$LAB_IMPOSTOR_CERT" "$work/current.crt"
cp "$LAB_IMPOSTOR_KEY" "$work/current.key"
check "a reload with an unpublished certificate is done" reload
check "the log says what is missing" \
  logs 'event=certificate .*state=held .*no TLSA record of .* matches the new certificate'
check "and so do the counters" keeper_counts 'served=1 .*mismatched=0 .*certificates_held=1'
check "the old certificate stays in use" serves "$LAB_CERT"
check "it ends well with a certificate held back" stop

check "it starts again" start fifth
check "a restart holds the new certificate back too" \
  logs 'event=certificate .*state=held .*no TLSA record of .* matches the new certificate'
check "the old one is still in use" serves "$LAB_CERT"
check "its chain is sent" proven
check "its key is kept for its owner alone" [ "$(stat -c %a "$work/state/certificates.state")" = 600 ]
check "-t judges what is configured" "$mooringd" -t -c "$config"
check "it ends well again after that" stop

head -c 100 "$work/state/certificates.state" >"$work/cut" && cp "$work/cut" "$work/state/certificates.state"
check "it starts with a damaged copy of the certificate" start sixth
check "the damaged copy is reported" logs 'event=state result=set_aside .*certificates.state'
check "the configured certificate is in use then" serves "$LAB_IMPOSTOR_CERT"
check "and the log says that no TLSA record matches it" logs 'state=mismatch'
stop
cp "$LAB_CERT" "$work/current.crt"
cp "$LAB_KEY" "$work/current.key"
check "it starts with the certificate that is published" start seventh
check "which is in use at once: the other one served nobody" serves "$LAB_CERT"
cp "$LAB_IMPOSTOR_CERT" "$work/current.crt"
cp "$LAB_IMPOSTOR_KEY" "$work/current.key"
check "another reload with the unpublished one is done" reload
check "which waits again" serves "$LAB_CERT"
set_up "$LAB_RESOLVER" 'wait_for_tlsa = false'
check "a reload with wait_for_tlsa off is done" reload
check "the new certificate is in use" wait_until serves "$LAB_IMPOSTOR_CERT"
check "the log says that no TLSA record matches" logs 'state=mismatch'
check "and so do the counters" keeper_counts 'mismatched=1 .*mismatches=1 .*certificates_held=0'
check "it ends well at last" stop
check "no key is left in the state directory" fails test -e "$work/state/certificates.state"

cp "$LAB_CERT" "$work/current.crt"
cp "$LAB_KEY" "$work/current.key"
set_up "$LAB_RESOLVER" 'keep_certificate = false'
check "it starts with keep_certificate off" start eighth
stop
check "the key was not copied" fails test -e "$work/state/certificates.state"
cp "$LAB_IMPOSTOR_CERT" "$work/current.crt"
cp "$LAB_IMPOSTOR_KEY" "$work/current.key"
check "it starts with another certificate" start ninth
check "which is in use at once" serves "$LAB_IMPOSTOR_CERT"
check "and the log says that no TLSA record matches it" logs 'state=mismatch'
check "it ends well, all done" stop
