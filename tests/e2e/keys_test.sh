#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# keys_test.sh BUILD: what mooringd says of certificates and keys, as the openssl program makes them.
# shellcheck source=tests/e2e/harness.sh
. "$(dirname "$(readlink -f "$0")")/harness.sh"

cd "$work" || exit 1
umask 077
name=dot.example

# self_signed BASE: BASE.crt for BASE.key.
self_signed() {
  openssl req -new -x509 -key "$1.key" -out "$1.crt" -days 30 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" 2>/dev/null
}
# key BASE ALGORITHM [OPTION]: BASE.key, and BASE.crt with it.
key() {
  openssl genpkey -algorithm "$2" ${3:+-pkeyopt "$3"} -out "$1.key" 2>/dev/null && self_signed "$1"
}
# authority NAME [ISSUER], server BASE ISSUER [EXTENSION]
issue() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -keyout "$1.key" \
    -out "$1.csr" 2>/dev/null && echo "$4" >"$1.ext" &&
    openssl x509 -req -in "$1.csr" -CA "$3.crt" -CAkey "$3.key" -CAcreateserial -days 30 \
      -extfile "$1.ext" -out "$1.crt" 2>/dev/null
}

for curve in P-256 P-384 P-521 secp256k1; do key $curve EC ec_paramgen_curve:$curve; done
for algorithm in ED25519 ED448; do key $algorithm $algorithm; done
for bits in 1024 2048 4096 5120; do key rsa$bits RSA rsa_keygen_bits:$bits; done
openssl pkcs8 -topk8 -in P-256.key -out pkcs8.key -passout pass:x
openssl rsa -in rsa2048.key -traditional -aes256 -passout pass:x -out traditional.key 2>/dev/null
openssl ec -in P-256.key -aes256 -passout pass:x -out traditional-ec.key 2>/dev/null
openssl rsa -in rsa2048.key -traditional -out plain-traditional.key 2>/dev/null
openssl ecparam -name prime256v1 -genkey -out parameters.key && self_signed parameters
openssl pkey -in P-256.key -outform DER -out der.key
openssl x509 -in P-256.crt -outform DER -out der.crt
openssl pkcs8 -topk8 -in P-256.key -outform DER -out pkcs8-der.key -passout pass:x
openssl pkcs12 -export -in P-256.crt -inkey P-256.key -passout pass:x -out p12
openssl pkey -in P-256.key -pubout -out public.key
openssl req -new -key P-256.key -subj "/CN=$name" -out request.crt
: >empty
cat P-256.crt P-256.key >both
cat P-256.key P-256.crt >both-reversed
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout Root.key -out Root.crt -subj /CN=Root \
  -days 30 -addext basicConstraints=critical,CA:TRUE 2>/dev/null
issue Middle Middle Root basicConstraints=critical,CA:TRUE
issue leaf $name Middle "subjectAltName=DNS:$name"
issue other other.example Root subjectAltName=DNS:other.example
cat leaf.crt Middle.crt >chain.crt
cat Middle.crt leaf.crt >reversed.crt
cat other.crt Root.crt >other-chain.crt
{
  cat P-256.crt
  sed '3s/./!/' Root.crt
} >damaged.crt

configure() {
  cat >keys.toml <<END
[server]
listen = ["127.0.0.1:0"]
workers = 1
[[identity]]
name = "$name"
certificate = "$1"
key = "$2"
ports = []
[upstream]
servers = ["127.0.0.1:1"]
END
}
# judged STATUS PATTERN CERTIFICATE KEY: what -t exits with, and a single line with what it found.
judged() {
  local got
  configure "$3" "$4"
  "$mooringd" -t -c keys.toml >judged.out 2>judged.err
  got=$?
  echo "exit status $got"
  cat judged.out judged.err
  [ $got -eq "$1" ] || return 1
  if [ "$2" = nothing ]; then [ ! -s judged.err ]; else
    [ "$(wc -l <judged.err)" -eq 1 ] && grep -qE "^[^ ]*keys\.toml:[67]:[0-9]+: $2" judged.err
  fi
}

while read -r status certificate key pattern; do
  check "$certificate with $key: $pattern" judged "$status" "$pattern" "$certificate" "$key"
done <<'END'
0 P-256.crt P-256.key nothing
0 P-384.crt P-384.key nothing
0 ED25519.crt ED25519.key nothing
0 rsa2048.crt rsa2048.key nothing
0 rsa4096.crt rsa4096.key nothing
0 rsa2048.crt plain-traditional.key nothing
0 parameters.crt parameters.key nothing
0 both both nothing
0 both-reversed both-reversed nothing
0 chain.crt leaf.key nothing
1 P-521.crt P-521.key ".*P-521.crt" has a key on the curve P-521; P-256, .* are taken$
1 secp256k1.crt secp256k1.key ".*secp256k1.crt" has a key on the curve secp256k1;
1 ED448.crt ED448.key ".*ED448.crt" has an Ed448 key;
1 rsa5120.crt rsa5120.key ".*rsa5120.crt" has an RSA key of 5120 bits;
1 P-256.crt pkcs8.key ".*pkcs8.key" holds an encrypted private key: .*passphrase
1 rsa2048.crt traditional.key ".*traditional.key" holds an encrypted private key: .*passphrase
1 P-256.crt traditional-ec.key ".*traditional-ec.key" holds an encrypted private key: .*passphrase
1 P-256.crt pkcs8-der.key ".*pkcs8-der.key" holds an encrypted private key in DER
1 P-256.crt der.key ".*der.key" holds a private key in DER, PEM is wanted
1 der.crt P-256.key ".*der.crt" holds a certificate in DER, PEM is wanted
1 p12 P-256.key ".*p12" is a PKCS #12 file, PEM is wanted
1 P-256.crt p12 ".*p12" is a PKCS #12 file, PEM is wanted
1 P-256.crt empty ".*empty" is empty$
1 empty P-256.key ".*empty" is empty$
1 P-256.key P-256.crt ".*P-256.key" holds a private key, no certificate: are certificate and key swapped\?$
1 P-256.crt P-384.crt ".*P-384.crt" holds a certificate, no private key: are certificate and key swapped\?$
1 P-256.crt public.key ".*public.key" holds a public key, no private key$
1 request.crt P-256.key ".*request.crt" holds a certificate request, no certificate$
1 reversed.crt leaf.key ".*reversed.crt" does not begin with the server's own certificate: certificate 2 is
1 P-256.crt P-384.key ".*P-384.key" is not the key of the certificate$
1 damaged.crt P-256.key ".*damaged.crt" block 2 of its PEM is damaged$
0 rsa1024.crt rsa1024.key warning: ".*rsa1024.crt": clients .*: its RSA key has 1024 bits, fewer than 2048$
0 leaf.crt leaf.key warning: ".*leaf.crt": clients .*: the certificate of its issuer is not in the file
0 other-chain.crt other.key warning: ".*other-chain.crt": clients .*: it is not for dot.example$
0 other.crt other.key warning: ".*other.crt": clients .*: it is not for dot.example; the certificate of its issuer
END

chmod 644 P-384.key
check "a key that anybody can read is a warning" \
  judged 0 'warning: ".*P-384.key" can be read by every user' P-384.crt P-384.key
chmod 640 P-384.key
check "a key for a group is none" judged 0 nothing P-384.crt P-384.key

# --- at the start and at a reload -----------------------------------------------------------------

warned() { grep -cE " warning event=identity .*$1" server.log; }
configure other-chain.crt other.key
"$mooringd" -c keys.toml >server.log 2>&1 &
server_pid=$!
children+=("$server_pid")
check "mooringd starts with a certificate for another name" wait_until grep -q 'event=start ' server.log
check "and says so once" [ "$(warned 'is not for dot.example')" = 1 ]
configure leaf.crt leaf.key
kill -HUP "$server_pid"
check "a reload takes a certificate without its issuer's" wait_until grep -q 'event=reload result=done' server.log
check "and says so once" [ "$(warned 'of its issuer is not in the file')" = 1 ]
configure chain.crt P-256.key
kill -HUP "$server_pid"
check "a reload refuses a key that does not fit" \
  wait_until grep -qE 'event=reload result=refused .*is not the key of the certificate' server.log
check "mooringd ends well" ends_well server

# --- the tool -------------------------------------------------------------------------------------

# refuses PATTERN FILE: tlsa create ends with status 2 and one line.
refuses() {
  "$mooring" tlsa create "$2" >refuses.out 2>refuses.err
  [ $? -eq 2 ] && [ ! -s refuses.out ] && [ "$(wc -l <refuses.err)" -eq 1 ] && cat refuses.err &&
    grep -qE "^mooring: $1" refuses.err
}
while read -r file pattern; do
  check "tlsa create with $file: $pattern" refuses "$pattern" "$file"
done <<'END'
empty empty: neither a certificate nor a public key: it is empty$
P-256.key P-256.key: neither a certificate nor a public key: it holds a private key$
pkcs8.key pkcs8.key: neither a certificate nor a public key: it holds an encrypted private key$
der.key der.key: neither a certificate nor a public key: it holds a private key in DER
p12 p12: neither a certificate nor a public key: it is a PKCS #12 file
request.crt request.crt: neither a certificate nor a public key: it holds a certificate request$
reversed.crt reversed.crt does not begin with the server's own certificate: certificate 2 seems to be it$
damaged.crt damaged.crt: certificate 2 cannot be read$
END
check "tlsa create takes DER" prints '^3 1 1 ' "$mooring" tlsa create der.crt
check "tlsa create takes a public key" prints '^3 1 1 ' "$mooring" tlsa create public.key
