#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# clock_test.sh BUILD: a clock that is set while mooringd runs, by libfaketime, in front of a real
# Unbound and a real signed tree.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$(readlink -f "$0")")/harness.sh"

faketime=$(ls /usr/lib/*/faketime/libfaketime.so.1)
start_lab
port=$(free_port)
write_config "$work/mooring.toml" "$port" "$LAB_CERT" "$LAB_KEY"
log=$work/server.log

# set_clock OFFSET: the server's clock is so far from the real one.
set_clock() { echo "$1" >"$work/clock.new" && mv "$work/clock.new" "$work/clock"; }
logs() { wait_until grep -qE -- "$1" "$log"; }
# So many refreshes have gone well in all.
refreshed() {
  wait_until eval "kill -USR1 '$server_pid' && sleep 0.1 &&
    [ \$(grep 'group=keeper' '$log' | tail -n 1 | grep -oE ' refreshes=[0-9]+' | cut -d= -f2) -ge $1 ]"
}
proven() {
  prints 'chain [1-9]' "$build/tests/e2e/openssl_chain_client" 127.0.0.1 "$port" "$LAB_NAME" 1.3 0355
}
unproven() {
  prints 'no chain' "$build/tests/e2e/openssl_chain_client" 127.0.0.1 "$port" "$LAB_NAME" 1.3 0355
}
set_clock +0
ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" LD_PRELOAD=$faketime \
  FAKETIME_TIMESTAMP_FILE=$work/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
  "$mooringd" -c "$work/mooring.toml" >"$log" 2>&1 &
server_pid=$!
children+=("$server_pid")
check "mooringd starts" logs 'event=start '
check "a chain is sent" wait_until proven
check "two chains were built" refreshed 2

set_clock -3600
check "a clock set back is noticed" logs 'event=clock state=set_back by=3[56][0-9]+s'
check "and the chains are asked for anew" refreshed 4
check "they are still sent" proven

set_clock +100d
check "a clock set forward is noticed" logs 'event=clock state=set_forward by=86[0-9]+s'
check "past all signatures no chain is sent" wait_until unproven

set_clock +0
check "the step back is noticed too" logs 'event=clock state=set_back by=86[0-9]+s'
check "and the chains are back at once" wait_until proven
check "it ends well" ends_well server
