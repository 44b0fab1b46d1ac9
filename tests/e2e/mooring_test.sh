#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mooring_test.sh BUILD: the program mooring against mooringd, impostors and a real resolver.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$(readlink -f "$0")")/harness.sh"

start_lab

# serve NAME CERTIFICATE KEY: mooringd as NAME on a port of its own, $port. What it is asked is
# counted in its log when it stops, so nothing is asked to find out that it is there.
serve() {
  port=$(free_port)
  write_config "$work/$1.toml" "$port" "$2" "$3"
  "$mooringd" -c "$work/$1.toml" >"$work/$1.log" 2>&1 &
  server_pid=$!
  children+=("$server_pid")
  wait_until "$mooring" chain show "127.0.0.1:$port" --name "$LAB_NAME" --anchor "$LAB_ANCHOR"
}
json() { python3 -c "import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not ($1))" "$2"; }
# holds EXPRESSION COMMAND...: the JSON that the command prints, d, makes the expression true.
holds() {
  local expression=$1
  shift
  "$@" --json >"$work/json.out" || return 1
  cat "$work/json.out"
  json "$expression" "$work/json.out"
}
# refused STATUS PATTERN COMMAND...: that exit status, one line on standard error that matches, and
# nothing on standard output.
refused() {
  local status=$1 pattern=$2 got
  shift 2
  "$@" >"$work/refused.out" 2>"$work/refused.err"
  got=$?
  echo "exit status $got"
  cat "$work/refused.out" "$work/refused.err"
  [ $got -eq "$status" ] && [ ! -s "$work/refused.out" ] &&
    [ "$(wc -l <"$work/refused.err")" -eq 1 ] && grep -qE "^mooring: $pattern" "$work/refused.err"
}
exits() {
  local status=$1 got
  shift
  "$@"
  got=$?
  [ $got -eq "$status" ]
}
# asked_nothing NAME PID: the server stops and has seen no query.
asked_nothing() {
  kill "$2"
  wait "$2"
  grep 'group=queries' "$work/$1.log" | tail -1
  grep -qE 'group=queries queries=0 ' "$work/$1.log"
}

check "mooringd starts in front of Unbound" serve good "$LAB_CERT" "$LAB_KEY"
good=$port
query() { "$mooring" query "@127.0.0.1:$good" "$@"; }
proven() { query --name "$LAB_NAME" --anchor "$LAB_ANCHOR" "$@"; }

# --- query, when all is well --------------------------------------------------------------------

check "query authenticates by DANE and prints the answer" \
  prints '^www\.lab\.example\..*A.*192\.0\.2\.80$' proven "$LAB_QUERY_NAME" A
check "query says how the server was authenticated" \
  prints "authenticated: $LAB_NAME:853 by DANE: TLSA 3 1 1 [0-9a-f]{64} matches CN=$LAB_NAME" \
  proven "$LAB_QUERY_NAME"
check "query says what the chain proves and until when" \
  prints 'CHAIN: secure until 20[0-9TZ:-]+ .*zones \. > example\. > lab\.example\.;' \
  proven "$LAB_QUERY_NAME"
for version in 1.2 1.3; do
  check "query speaks TLS $version" \
    holds "d['tls']['version'] == 'TLS $version' and d['authentication']['method'] == 'dane'" \
    proven "--tls$version" "$LAB_QUERY_NAME"
done
check "query's JSON has session, chain and answer" \
  holds "d['tls']['alpn'] == 'dot' and d['chain']['verdict'] == 'secure' and
         d['answers'][0]['answer'][0]['data'] == '192.0.2.80'" proven "$LAB_QUERY_NAME"
check "query gets four answers on one session, each to its question" \
  holds "[m['question'][0]['name'] for m in d['answers']] ==
         ['h0001.lab.example.', 'h0002.lab.example.', 'missing.lab.example.', 'lab.example.'] and
         [m['status'] for m in d['answers']] == ['NOERROR', 'NOERROR', 'NXDOMAIN', 'NOERROR']" \
  proven h0001.lab.example h0002.lab.example AAAA missing.lab.example lab.example SOA
check "query asks for DNSSEC records" prints 'RRSIG.*A 13 3' proven "$LAB_QUERY_NAME" --dnssec
check "query gets the resolver's AD flag" prints 'flags: qr rd ra ad;' proven "$LAB_QUERY_NAME"
check "query finds the second identity by its name" \
  prints "authenticated: $LAB_NAME2:853 by DANE" \
  query --name "$LAB_NAME2" --anchor "$LAB_ANCHOR" "$LAB_QUERY_NAME"
check "query authenticates by a CA" prints "authenticated: $LAB_NAME by PKIX" \
  query --name "$LAB_NAME" --ca "$LAB_CERT" "$LAB_QUERY_NAME"
check "query by CA falls back where the chain is missing" prints 'authenticated: .* by PKIX' \
  query --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --ca "$LAB_CERT" --chain-port 443 "$LAB_QUERY_NAME"
check "query without a name says that nobody was authenticated" \
  prints 'SERVER IS: not authenticated' query "$LAB_QUERY_NAME"
check "query prints what dig prints" \
  prints '^;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: [0-9]+$' query missing.lab.example
check "query's JSON says so too" \
  holds "d['authentication'] == dict(method='none', authenticated=False,
         text=d['authentication']['text']) and d['chain'] is None" query "$LAB_QUERY_NAME"

short() { [ "$("$mooring" query "@127.0.0.1@$good" "$LAB_QUERY_NAME" +short "$@")" = 192.0.2.80 ]; }
check "query prints the data alone" short
check "query takes dig's options in any order" \
  short -t A +tcp +tls +noall -c IN --name "$LAB_NAME" --anchor "$LAB_ANCHOR"
check "query takes the server's port apart" \
  prints '^www\.lab\.example\..*A.*192\.0\.2\.80$' "$mooring" query A "$LAB_QUERY_NAME" @127.0.0.1 -p "$good"
check "query asks for the name of an address" \
  holds "d['answers'][0]['question'][0] ==
         dict(name='80.2.0.192.in-addr.arpa.', type='PTR', **{'class': 'IN'})" query -x 192.0.2.80
check "query refuses a word that it does not know" refused 2 '"\+trace" is not known here' \
  query "$LAB_QUERY_NAME" +trace

# --- connecting -----------------------------------------------------------------------------------

# A listener that is full on ::1, in front of the server on 127.0.0.1: what is sent to it is dropped.
cat >"$work/full.py" <<'END'
import signal, socket, sys
listener = socket.socket(socket.AF_INET6)
listener.bind(("::1", int(sys.argv[1])))
listener.listen(0)
waiting = [socket.socket(socket.AF_INET6) for _ in range(8)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
open(sys.argv[2], "w").close()
signal.pause()
END
python3 "$work/full.py" "$good" "$work/full" 2>"$work/full.err" &
children+=($!)
# Where there is no IPv6 the listener ends, and the query has an easy life.
wait_until test -e "$work/full" -o -s "$work/full.err"
printf '%s dot.example\n' ::1 127.0.0.1 >"$work/hosts"
# shellcheck disable=SC2016
with_hosts() { unshare -rm sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$work/hosts" "$@"; }
if with_hosts true 2>/dev/null; then
  check "an address that swallows everything does not use up the time" \
    prints 'SERVER: 127\.0\.0\.1:.*\(TLS\)' \
    with_hosts "$mooring" query "@dot.example:$good" "$LAB_QUERY_NAME" --no-auth --timeout 60
  check "only the family that was asked for is connected to" \
    refused 2 'no connection to dot\.example:.*: (Connection timed out|.*refused|.* reachable)' \
    with_hosts "$mooring" query "@dot.example:$good" "$LAB_QUERY_NAME" --no-auth --timeout 1 -6
fi
check "an address of another family is a mistake" refused 2 '127\.0\.0\.1: ' query "$LAB_QUERY_NAME" -6

# A name server that never answers, in namespaces of their own.
cat >"$work/mute.py" <<'END'
import socket, subprocess, sys
mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mute.bind(("127.0.0.1", 53))
sys.exit(subprocess.run(sys.argv[1:]).returncode)
END
echo "nameserver 127.0.0.1" >"$work/resolv.conf"
# shellcheck disable=SC2016
without_names() {
  unshare -rmn sh -c 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && exec "$@"' \
    "$work/resolv.conf" python3 "$work/mute.py" "$@"
}
if without_names true 2>/dev/null; then
  for command in "query @dot.example." "chain show dot.example." "chain build dot.example --resolver dot.example."; do
    # shellcheck disable=SC2086
    check "$command: a name's look-up has a deadline" \
      refused 2 'dot\.example\.?: the look-up of the name.s address timed out' \
      without_names timeout 60 "$mooring" $command --timeout 0.5
  done
fi

# --- query by a certificate authority: GnuTLS, in kdig, judges the same certificates --------------

pki=$work/pki
mkdir "$pki"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Root \
  -addext basicConstraints=critical,CA:TRUE -keyout "$pki/root.key" -out "$pki/root.pem" 2>/dev/null
# issue NAME DIGEST [EXTENSION...]: a certificate whose subject is always CN=$LAB_NAME.
issue() {
  printf '%s\n' "${@:3}" >"$pki/$1.ext"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$LAB_NAME" \
    -keyout "$pki/$1.key" -out "$pki/$1.csr" 2>/dev/null &&
    openssl x509 -req -in "$pki/$1.csr" -CA "$pki/root.pem" -CAkey "$pki/root.key" -CAcreateserial \
      -days 30 "-$2" -extfile "$pki/$1.ext" -out "$pki/$1.pem" 2>/dev/null
}
by_ca() { "$mooring" query "@127.0.0.1:$port" "$LAB_QUERY_NAME" --name "$LAB_NAME" --ca "$pki/root.pem"; }
kdig_by_ca() {
  prints 'status: NOERROR' kdig +tls-ca="$pki/root.pem" +tls-hostname="$LAB_NAME" +timeout=5 +retry=0 \
    -p "$port" @127.0.0.1 "$LAB_QUERY_NAME" A
}
while read -r name digest verdict extension; do
  issue "$name" "$digest" basicConstraints=CA:FALSE "$extension"
  check "mooringd serves the certificate \"$name\"" serve "$name" "$pki/$name.pem" "$pki/$name.key"
  if [ "$verdict" = good ]; then
    check "query takes the certificate \"$name\"" by_ca
    check "kdig takes it too" kdig_by_ca
  else
    check "query refuses the certificate \"$name\"" refused 1 'not authenticated by PKIX: ' by_ca
    # GnuTLS still takes the name from the subject when there is none elsewhere; RFC 8310, 8.1 does not.
    [ "$name" = subject ] || check "kdig refuses it too" fails kdig_by_ca
  fi
done <<END
plain sha256 good subjectAltName=DNS:$LAB_NAME
wildcard sha256 good subjectAltName=DNS:*.${LAB_NAME#*.}
part sha256 bad subjectAltName=DNS:${LAB_NAME:0:1}*.${LAB_NAME#*.}
other sha256 bad subjectAltName=DNS:other.${LAB_NAME#*.}
subject sha256 bad
sha1 sha1 bad subjectAltName=DNS:$LAB_NAME
END
: >"$pki/empty.pem"
check "a file without an authority is a mistake" refused 2 '.*empty\.pem: no certificate, in PEM or DER: it is empty' \
  query --name "$LAB_NAME" --ca "$pki/empty.pem" "$LAB_QUERY_NAME"

# --- query, when it must not ask ----------------------------------------------------------------

check "an impostor with another key starts" serve impostor "$LAB_IMPOSTOR_CERT" "$LAB_IMPOSTOR_KEY"
impostor=$port impostor_pid=$server_pid
check "a server that will be refused starts" serve strict "$LAB_CERT" "$LAB_KEY"
strict=$port strict_pid=$server_pid
plain_port=$(free_port)
openssl s_server -accept "127.0.0.1:$plain_port" -cert "$LAB_CERT" -key "$LAB_KEY" -alpn dot -www \
  >"$work/s_server.log" 2>&1 &
children+=($!)
wait_until openssl s_client -connect "127.0.0.1:$plain_port" </dev/null
other_anchor=$work/other.ds
echo '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D' >"$other_anchor"

at() { "$mooring" query "@127.0.0.1:$1" "$LAB_QUERY_NAME" "${@:2}"; }
for version in 1.2 1.3; do
  check "an impostor is refused with TLS $version" refused 1 'not authenticated: .*match.*it presented CN=' \
    at "$impostor" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" "--tls$version"
  check "a server without a chain is refused with TLS $version" \
    refused 1 "not authenticated: the server sent no dnssec_chain extension for $LAB_NAME:853" \
    at "$plain_port" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" "--tls$version"
done
check "a program is told so too" \
  prints '"authenticated": false' at "$impostor" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --json
check "and what the impostor's chain proves" \
  prints '"verdict": "secure"' at "$impostor" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --json
check "an impostor is refused by its chain even when a CA vouches for it" \
  refused 1 'not authenticated: ' \
  at "$impostor" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --ca "$LAB_IMPOSTOR_CERT"
check "a chain from another root is refused" \
  refused 1 'not authenticated: the chain .* is bogus: .*trust anchor' \
  at "$strict" --name "$LAB_NAME" --anchor "$other_anchor"
check "another server's name is refused" refused 1 'not authenticated: the server sent no dnssec_chain' \
  at "$strict" --name other.lab.example --anchor "$LAB_ANCHOR"
check "an expired chain is refused" refused 1 'not authenticated: .*expired' \
  at "$strict" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --at 2030-01-01
check "a chain from the future is refused" refused 1 'not authenticated: .*bogus' \
  at "$strict" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --at 2001-01-01T00:00:00Z
check "a port without a chain is refused" refused 1 'not authenticated: .*no dnssec_chain extension' \
  at "$strict" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" --chain-port 443
check "a certificate of another CA is refused" refused 1 'not authenticated by PKIX' \
  at "$strict" --name "$LAB_NAME" --ca "$LAB_IMPOSTOR_CERT"
check "a name alone is reason enough to refuse" refused 1 'not authenticated' \
  at "$strict" --name "$LAB_NAME"
check "an anchor without a name is a mistake" refused 2 '--name is needed' \
  at "$strict" --anchor "$LAB_ANCHOR"
check "an unreadable anchor is a mistake" refused 2 '/nonexistent: ' \
  at "$strict" --name "$LAB_NAME" --anchor /nonexistent
check "nobody there is said" refused 2 'no connection to 127\.0\.0\.1:1: ' at 1
check "a server that is refused is asked nothing" asked_nothing strict "$strict_pid"
check "an impostor is asked nothing" asked_nothing impostor "$impostor_pid"

# --- chain --------------------------------------------------------------------------------------

show() { "$mooring" chain show "127.0.0.1:$good" --name "$LAB_NAME" --anchor "$LAB_ANCHOR" "$@"; }
build_chain() { "$mooring" chain build "$1" --resolver "$LAB_RESOLVER" --anchor "$LAB_ANCHOR" "${@:2}"; }

check "chain show draws the match with the certificate" prints "matches CN=$LAB_NAME" show --tree
check "chain show's JSON knows the match" \
  holds "d['verdict'] == 'secure' and d['certificate']['matches'] is True and
         d['certificate']['spki_sha256'] == d['tlsa'][0]['data']" show
check "chain show finds that the resolver says the same" \
  holds "d['resolver']['same_tlsa'] and d['resolver']['same_verdict']" show --resolver "$LAB_RESOLVER"
check "chain show without a chain does not judge" \
  refused 2 '.* sent no dnssec_chain extension' "$mooring" chain show "127.0.0.1:$plain_port" --name "$LAB_NAME"
keep_and_verify() {
  show --out "$work/kept" --tree && "$mooring" chain verify "$work/kept" "$LAB_NAME" --anchor "$LAB_ANCHOR" \
    --require secure
}
check "chain verify agrees with what chain show kept" keep_and_verify
check "chain verify refuses it for another port" \
  exits 1 "$mooring" chain verify "$work/kept" "$LAB_NAME:443" --anchor "$LAB_ANCHOR"

# The lab lists a name for every case; a secure chain may go over an alias or come from a wildcard.
while read -r case name; do
  case $case in
    nodata | nxdomain) verdict=denial ;;
    insecure) verdict=insecure ;;
    *) verdict=secure ;;
  esac
  check "chain build finds $name $verdict ($case)" \
    holds "d['verdict'] == '$verdict' and bool(d['tlsa']) == ('$verdict' == 'secure')" \
    build_chain "$name" --require "$verdict"
done <"$LAB_NAMES"
for count in 1 2 3; do
  python3 "$root/tests/e2e/closing_resolver.py" "${LAB_RESOLVER##*:}" $count >"$work/closing.$count" &
  children+=($!)
  wait_until test -s "$work/closing.$count"
  check "chain build gets on with a resolver that closes after $count answers" \
    prints 'IN TLSA 3 1 1' "$mooring" chain build "$LAB_NAME" --anchor "$LAB_ANCHOR" \
    --resolver "127.0.0.1:$(cat "$work/closing.$count")"
done
check "chain build needs a resolver that is there" \
  refused 2 'no connection to' "$mooring" chain build "$LAB_NAME" --resolver 127.0.0.1:1
check "chain build tells a wrong anchor" exits 1 \
  "$mooring" chain build "$LAB_NAME" --resolver "$LAB_RESOLVER" --anchor "$other_anchor"

# --- tlsa ---------------------------------------------------------------------------------------

tlsa_check() { "$mooring" tlsa check "$LAB_NAME" --resolver "$LAB_RESOLVER" --anchor "$LAB_ANCHOR" "$@"; }
check "tlsa check finds the certificate's record" prints 'authenticated by these records' \
  tlsa_check --cert "$LAB_CERT"
check "tlsa check finds the server's record" holds "d['matches'] and d['zone_ttl'] == 300" \
  tlsa_check --server "127.0.0.1:$good"
check "tlsa check says when none matches" exits 1 tlsa_check --cert "$LAB_IMPOSTOR_CERT"
check "tlsa check says when nothing is published" \
  exits 1 "$mooring" tlsa check "$LAB_DENIED_NAME" --resolver "$LAB_RESOLVER" --anchor "$LAB_ANCHOR"
rollover() { "$mooring" tlsa rollover "$1" "$2" --name "$LAB_NAME" --resolver "$LAB_RESOLVER" --anchor "$LAB_ANCHOR" "${@:3}"; }
check "tlsa rollover counts two TTLs of the zone" \
  holds "d['ttl'] == 300 and len(d['publish']) == 2 and d['published_at'] == '2026-12-01T00:00:00Z' and
         d['new_key_from'] == '2026-12-01T00:10:00Z'" \
  rollover "$LAB_CERT" "$LAB_IMPOSTOR_CERT" --since 2026-12-01T00:00:00Z
check "tlsa rollover sees when the same key stays" holds "d['same_key']" rollover "$LAB_CERT" "$LAB_CERT"
check "tlsa rollover sees when the old key is not published" \
  refused 1 'none of the records published' rollover "$LAB_IMPOSTOR_CERT" "$LAB_CERT"
created() { "$mooring" tlsa create "$LAB_CERT" --name "$LAB_NAME" --json; }
published_is_created() {
  created >"$work/created" && tlsa_check --json >"$work/published" &&
    python3 -c 'import json, sys
a, b = (json.load(open(f))["tlsa"][0]["text"] for f in sys.argv[1:]); sys.exit(a != b)' \
      "$work/created" "$work/published"
}
check "tlsa create makes the record that is published" published_is_created
