#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# interop_test.sh BUILD: other people's clients, each the real program, against mooringd.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$(readlink -f "$0")")/harness.sh"

start_lab
port=$(free_port)
write_config "$work/mooring.toml" "$port" "$LAB_CERT" "$LAB_KEY"
check "mooringd starts in front of Unbound" start_server mooringd "$port" "$work/mooring.toml"
spki_pin=$(openssl x509 -in "$LAB_CERT" -noout -pubkey | openssl pkey -pubin -outform DER |
  openssl dgst -sha256 -binary | base64)

# --- kdig, GnuTLS -------------------------------------------------------------------------------

ask() { kdig "+retry=0" "+timeout=5" -p "$port" @127.0.0.1 "$@"; }
ask_three() { ask +tls +keepopen h0001.lab.example A h0002.lab.example A h0003.lab.example A; }
three_answers() { [ "$(ask_three | grep -c 'status: NOERROR')" -eq 3 ]; }

check "kdig +tls gets an answer" prints '192\.0\.2\.80' ask +tls www.lab.example A
check "kdig authenticates the name against the certificate" \
  prints 'status: NOERROR' ask "+tls-ca=$LAB_CERT" "+tls-hostname=$LAB_NAME" www.lab.example AAAA
check "kdig authenticates by the key's pin" \
  prints 'status: NOERROR' ask "+tls-pin=$spki_pin" www.lab.example TXT
check "kdig gets NXDOMAIN as it is" prints 'status: NXDOMAIN' ask +tls missing.lab.example A
check "kdig gets DNSSEC records" prints 'RRSIG' ask +tls +dnssec www.lab.example A
check "kdig gets the resolver's AD flag" prints 'Flags:.* ad;' ask +tls +adflag www.lab.example A
check "kdig asks three questions on one connection" three_answers

# --- dnsperf, OpenSSL ---------------------------------------------------------------------------

load() { dnsperf -m dot -s 127.0.0.1 -p "$port" -d "$LAB_QUERIES" -t 10 "$@"; }

check "dnsperf loses nothing on one connection with 100 in flight" \
  prints 'Queries completed: *1000 \(100\.00%\)' load -n 1 -c 1 -q 100
check "dnsperf gets NOERROR throughout on 20 connections" \
  prints 'Response codes: *NOERROR 5000 \(100\.00%\)' load -n 5 -c 20 -q 200

# --- openssl s_client ---------------------------------------------------------------------------

# The handshake only: standard input ends at once.
s_client() {
  openssl s_client -connect "127.0.0.1:$port" -servername "$LAB_NAME" -CAfile "$LAB_CERT" \
    -verify_return_error "$@" </dev/null
}
# A TLS 1.3 ticket comes after the handshake, so the connection has to stay until it is there.
resumes() {
  rm -f "$work/session"
  wait_until test -s "$work/session" | openssl s_client -connect "127.0.0.1:$port" -servername "$LAB_NAME" "$@" \
    -sess_out "$work/session" >"$work/first.out" 2>&1
  [ -s "$work/session" ] || return 1
  openssl s_client -connect "127.0.0.1:$port" -servername "$LAB_NAME" "$@" \
    -sess_in "$work/session" </dev/null 2>&1 | grep -E '^(Reused|New), '
}

for version in 1_2 1_3; do
  name="s_client with TLS ${version/_/.}"
  check "$name authenticates the server" prints 'Verify return code: 0' s_client "-tls$version"
  check "$name speaks that version" prints "Protocol *: TLSv${version/_/.}|New, TLSv${version/_/.}" \
    s_client "-tls$version"
  check "$name chooses ALPN dot" \
    prints 'ALPN protocol: dot' s_client "-tls$version" -alpn http/1.1,dot
  check "$name without a common ALPN protocol is refused with alert 120" \
    prints 'SSL alert number 120' s_client "-tls$version" -alpn http/1.1
  check "$name resumes a session" prints '^Reused, ' resumes "-tls$version"
  for group in X25519 P-256 P-384; do
    check "$name uses group $group" \
      prints 'Verify return code: 0' s_client "-tls$version" -groups "$group"
  done
done
# What OpenSSL has since 3.5, and since 3.2.
if openssl list -kem-algorithms | grep X25519MLKEM768 >/dev/null; then
  check "s_client with TLS 1.3 uses group X25519MLKEM768" \
    prints 'Negotiated TLS1.3 group: X25519MLKEM768' s_client -tls1_3 -groups X25519MLKEM768
  check "s_client with TLS 1.2 that lists group X25519MLKEM768 first gets another one" \
    prints 'Verify return code: 0' s_client -tls1_2 -groups X25519MLKEM768:X25519
fi
if openssl s_client -help 2>&1 | grep enable_server_rpk >/dev/null; then
  for version in 1_2 1_3; do
    check "s_client with TLS ${version/_/.} that would take a raw public key gets the certificate" \
      prints 'Verify return code: 0' s_client "-tls$version" -enable_server_rpk
  done
fi
for suite in ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305; do
  check "TLS 1.2 has $suite" prints "Cipher *: $suite" s_client -tls1_2 -cipher "$suite"
done
for suite in AES128-GCM-SHA256 ECDHE-ECDSA-AES128-SHA DHE-RSA-AES128-GCM-SHA256; do
  check "TLS 1.2 refuses $suite" \
    prints 'alert handshake failure' s_client -tls1_2 -cipher "$suite:@SECLEVEL=0"
done
check "TLS 1.1 is refused" \
  prints 'alert protocol version' s_client -tls1_1 -cipher 'ALL:@SECLEVEL=0'
check "a name that is another identity's gets that identity's certificate" \
  prints "subject=CN ?= ?$LAB_NAME2" s_client -servername "$LAB_NAME2" -CAfile "$LAB_CERT2"

# --- Erlang -------------------------------------------------------------------------------------

# erlang OPTION...: the handshake alone. It aborts where RFC 8446, D.4 is not kept to.
erlang() {
  local option options="{verify,verify_none},{server_name_indication,\"$LAB_NAME\"}"
  for option in "$@"; do options+=",$option"; done
  erl -noshell -eval "ssl:start(),
    case ssl:connect(\"127.0.0.1\", $port, [$options], 10000) of
      {ok, S} -> io:format(\"~p~n\", [ssl:connection_information(S, [protocol])]);
      Other -> io:format(\"~p~n\", [Other])
    end, init:stop()."
}
if command -v erl >/dev/null; then
  check "an Erlang client connects" prints "protocol,'tlsv1.3'" erlang
  check "an Erlang client connects after a HelloRetryRequest" prints "protocol,'tlsv1.3'" \
    erlang "{versions,['tlsv1.3']}" '{supported_groups,[secp521r1,secp384r1]}'
  check "an Erlang client connects with TLS 1.2" prints "protocol,'tlsv1.2'" \
    erlang "{versions,['tlsv1.2']}"
fi

# --- Go -----------------------------------------------------------------------------------------

# Each connection with the ticket of the one before, so that whatever a ticket counts goes past 255.
if command -v go >/dev/null; then
  check "the Go client is built" env GOCACHE="$work/go-cache" GOTOOLCHAIN=local CGO_ENABLED=0 \
    go build -o "$work/go_client" "$(dirname "$(readlink -f "$0")")/go_client.go"
  for version in 1.2 1.3; do
    check "a Go client with TLS $version resumes 300 times in a row" prints '^301 answered, 300 resumed' \
      "$work/go_client" "127.0.0.1:$port" "$LAB_NAME" "$version" 301
  done
fi

# --- OpenSSL with an extension 59 of its own ----------------------------------------------------

# chain_client SNI VERSION BODY [FILE]
chain_client() { "$build/tests/e2e/openssl_chain_client" 127.0.0.1 "$port" "$@"; }
chain_file() { "$mooring" chain show "127.0.0.1:$port" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --out "$1"; }
same_chain() {
  chain_client "$LAB_NAME" 1.2 0355 "$work/chain12" && chain_client "$LAB_NAME" 1.3 0355 "$work/chain13" &&
    chain_file "$work/chain" && cmp "$work/chain12" "$work/chain13" && cmp "$work/chain" "$work/chain13"
}
verdict() { "$mooring" chain verify "$work/$1" "$LAB_NAME" --anchor "$LAB_ANCHOR"; }

for version in 1.2 1.3; do
  name="an OpenSSL client with TLS $version"
  check "$name receives the chain" prints '^chain [1-9]' chain_client "$LAB_NAME" $version 0355
  check "$name is refused with an empty extension" \
    prints '^refused: .*decode error' chain_client "$LAB_NAME" $version ''
  check "$name is refused with an extension of one octet" \
    prints '^refused: .*decode error' chain_client "$LAB_NAME" $version 03
  check "$name is refused with an extension of three octets" \
    prints '^refused: .*decode error' chain_client "$LAB_NAME" $version 035500
  check "$name gets no chain for a port that is not configured" \
    prints '^no chain' chain_client "$LAB_NAME" $version 01bb
  check "$name gets no chain without SNI" prints '^no chain' chain_client '' $version 0355
  check "$name gets no chain for a name that is nobody's" \
    prints '^(no chain|refused: .*unrecognized name)' chain_client nobody.example $version 0355
  check "$name gets the chain of the name it asked for" \
    prints '^chain [1-9]' chain_client "$LAB_NAME2" $version 0355
done
check "the chain is the same octets in both versions" same_chain
check "the chain that OpenSSL received proves the TLSA records" prints '[Ss]ecure' verdict chain12

# --- Unbound as a client ------------------------------------------------------------------------

start_forwarder "$port" "trust-anchor-file: \"$LAB_ANCHOR\""
wait_until through_unbound www.lab.example A
check "Unbound forwards over TLS and validates what comes back" \
  prints 'Flags:.* ad;' through_unbound +adflag www.lab.example A
forwarded_load() { dnsperf -s 127.0.0.1 -p "$forwarder_port" -d "$LAB_QUERIES" -n 1 -q 50 -t 10; }
check "Unbound forwards a thousand questions and loses none" \
  prints 'Queries completed: *1000 \(100\.00%\)' forwarded_load

# --- getdns_server_mon, which monitors DoT servers ----------------------------------------------

slow_port_file=$work/slow.port
"$root/tests/e2e/slow_authority.py" >"$slow_port_file" &
children+=($!)
wait_until test -s "$slow_port_file"
control() { unbound-control -c "$work/lab/unbound.conf" "$@" >/dev/null; }
# Its test for answers out of order asks for names that are answered late, below getdnsapi.net.
control insecure_add getdnsapi.net
control local_zone getdnsapi.net transparent
control local_data getdnsapi.net AAAA 2001:db8::1
control stub_add +i delay.getdnsapi.net "127.0.0.1@$(cat "$slow_port_file")"
# Unbound sends again what takes longer than it knows a server to take: let it learn.
for attempt in 1 2 3; do
  kdig +timeout=5 -p "${LAB_RESOLVER#*:}" @127.0.0.1 "400.$attempt.delay.getdnsapi.net" AAAA >/dev/null
done

monitor() {
  getdns_server_mon -M -v -v -T -S -K "pin-sha256=\"$spki_pin\"" "@127.0.0.1#$port~$LAB_NAME" "$@"
}
# Now and then it says "Query did not complete" of any server whose answers it then lists, Unbound's own
# DoT included; what it says when it does complete counts.
out_of_order() {
  local attempt
  for attempt in 1 2 3 4; do
    prints 'did not complete' monitor OOOR || break
  done
  echo "attempt $attempt"
  grep 'SERVER OK' "$work/prints.out"
}
check "getdns_server_mon: lookup" prints 'SERVER OK' monitor lookup www.lab.example A
check "getdns_server_mon: tls-auth" prints 'SERVER OK' monitor tls-auth www.lab.example A
check "getdns_server_mon: tls-cert-valid" prints 'SERVER OK' monitor tls-cert-valid 14,7 www.lab.example A
check "getdns_server_mon: OOOR" out_of_order
check "getdns_server_mon: rtt" prints 'SERVER OK' monitor rtt 2000,4000 www.lab.example A
# Debian 12's build of it says of itself that it cannot do this test.
check "getdns_server_mon: tls-1.3" prints 'SERVER OK|Your version of OpenSSL does not support' monitor tls-1.3
check "getdns negotiates TLS 1.3 all the same" prints 'tls=TLSv1\.3' monitor lookup www.lab.example A

check "mooringd ends with status 0 after all this" ends_well mooringd
