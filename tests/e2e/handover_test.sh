#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# handover_test.sh BUILD: a front that gives each new session to one of two backends, which answer the
# client directly. Client, front and backends are network namespaces on one bridge, each server with a
# real Unbound of its own, whose answers say which one it is. Needs root; skipped without it.
# shellcheck source=tests/e2e/harness.sh
[ "$(id -u)" = 0 ] || exit 77
. "$(dirname "$(readlink -f "$0")")/harness.sh"

helper=$build/server/handover/program/mooring-handover
hosts=(bridge client front back1 back2)
space() { echo "mooring-$$-$1"; }
on() { ip netns exec "$(space "$1")" "${@:2}"; }
away() { for host in "${hosts[@]}"; do ip netns del "$(space "$host")" 2>/dev/null; done; }
trap 'away; clean_up' EXIT

for host in "${hosts[@]}"; do
  ip netns add "$(space "$host")" || exit 77
  on "$host" ip link set lo up
done
on bridge ip link add br0 type bridge && on bridge ip link set br0 up
number=1
for host in client front back1 back2; do
  number=$((number + 1))
  on bridge ip link add "$host" type veth peer name eth0 netns "$(space "$host")"
  on bridge ip link set "$host" master br0 up
  on "$host" ip link set eth0 up
  on "$host" ip addr add "198.51.100.$number/24" dev eth0
done
on front ip addr add 198.51.100.53/24 dev eth0
for host in back1 back2; do
  on "$host" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce'
  on "$host" ip addr add 198.51.100.53/32 dev lo
done

# certificate NAME: one with its key, and its pin, as an operator makes them.
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
}
pin() { "$mooring" tlsa create "$work/$1.crt" --name "$1.example" | grep -oiE '3 1 1 [0-9a-f]{64}' | head -n 1 | cut -d ' ' -f 4; }
for name in dot front back1 back2 stranger; do certificate "$name"; done

# start_unbound HOST: answers TXT who.test with the host's name.
start_unbound() {
  cat >"$work/unbound-$1.conf" <<END
server:
    interface: 127.0.0.1@5353
    do-daemonize: no
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    directory: "$work"
    module-config: "iterator"
    incoming-num-tcp: 50
    local-zone: "test." static
    local-data: 'who.test. TXT "$1"'
END
  (exec ip netns exec "$(space "$1")" unbound -c "$work/unbound-$1.conf" >"$work/unbound-$1.log" 2>&1) &
  children+=($!)
}
# write_host NAME LISTEN: what all three have in common; the rest comes on standard input.
write_host() {
  cat >"$work/$1.toml" <<END
[server]
listen = ["$2:853"]
workers = 2
[[identity]]
name = "dot.example.net"
certificate = "dot.crt"
key = "dot.key"
ports = []
[upstream]
servers = ["127.0.0.1:5353"]
[log]
level = "debug"
END
  cat >>"$work/$1.toml"
}
backend() {
  write_host "$1" 127.0.0.1 <<END
[handover]
certificate = "$1.crt"
key = "$1.key"
interface = "eth0"
helper = "$helper"
listen = ["$2:8530"]
take_from = ["front"]
[[handover.peer]]
name = "front"
pin = "$(pin front)"
END
}
backend back1 198.51.100.4
backend back2 198.51.100.5
write_host front 198.51.100.53 <<END
[handover]
certificate = "front.crt"
key = "front.key"
interface = "eth0"
helper = "$helper"
backends = ["back1", "back2"]
[[handover.peer]]
name = "back1"
pin = "$(pin back1)"
address = "198.51.100.4:8530"
[[handover.peer]]
name = "back2"
pin = "$(pin back2)"
address = "198.51.100.5:8530"
weight = 3
END
# The same host as one that gives what it is told to.
sed 's/^backends = .*/listen = ["198.51.100.3:8530"]/' "$work/front.toml" >"$work/mover.toml"
cat >>"$work/mover.toml" <<END
[[handover.peer]]
name = "absent"
pin = "$(pin stranger)"
address = "198.51.100.4:8531"
[[handover.peer]]
name = "self"
pin = "$(pin front)"
address = "198.51.100.3:8530"
[control]
socket = "$work/mover.sock"
END

declare -A pids
start_host() {
  (exec ip netns exec "$(space "$1")" "$mooringd" -c "$work/$1.toml" >>"$work/$1.log" 2>&1) &
  pids[$1]=$!
  children+=($!)
}
logs() { wait_until grep -qE -- "$2" "$work/$1.log"; }

cat >"$work/client.py" <<'END'
"""client.py SESSIONS QUERIES PAUSE: asks who.test, each session so often; prints who has answered."""
import collections, socket, ssl, struct, sys, time
sessions, queries, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.set_alpn_protocols(["dot"])
who = collections.Counter()
def read(sock, size):
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise SystemExit("the session was closed")
        data += part
    return data
open_ones = []
for number in range(sessions):
    plain = socket.create_connection(("198.51.100.53", 853), timeout=10)
    open_ones.append(context.wrap_socket(plain, server_hostname="dot.example.net"))
for query in range(queries):
    for number, sock in enumerate(open_ones):
        ident = (number * 7 + query) & 0xffff
        message = struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0) + b"\3who\4test\0" + struct.pack(">HH", 16, 1)
        sock.sendall(struct.pack(">H", len(message)) + message)
    for number, sock in enumerate(open_ones):
        answer = read(sock, struct.unpack(">H", read(sock, 2))[0])
        if struct.unpack(">H", answer[:2])[0] != ((number * 7 + query) & 0xffff):
            raise SystemExit("another answer")
        who[next(name for name in ("front", "back1", "back2") if name.encode() in answer)] += 1
    time.sleep(pause)
for sock in open_ones:
    sock.unwrap()
print(" ".join(f"{name}={who[name]}" for name in sorted(who)))
END
ask() { on client python3 "$work/client.py" "$@"; }

for host in front back1 back2; do start_unbound "$host"; done
for host in back1 back2; do start_host "$host"; done
check "the backends start" eval 'logs back1 "event=start " && logs back2 "event=start "'
start_host front
check "the front starts" logs front 'event=start '
check "it has a link to each of them" eval 'logs front "peer=back1 link=up" && logs front "peer=back2 link=up"'
check "a session is answered by a backend" prints '^back[12]=3$' ask 1 3 0
check "forty are shared by weight" prints '^back1=20 back2=60$' ask 40 2 0
check "no session was answered twice or reset" fails grep -q 'session=stays' "$work/front.log"

# A session that goes on while things happen: prints who has answered when it has asked everything.
begin_long() {
  (exec ip netns exec "$(space client)" python3 "$work/client.py" 1 100 0.03 >"$work/long.out" 2>&1) &
  long=$!
  children+=("$long")
  sleep 0.5
}
long_ends_as() {
  wait "$long"
  cat "$work/long.out"
  grep -qE "$1" "$work/long.out"
}
sent_by_front() { on front cat /proc/net/dev | sed -n 's/^ *eth0: *//p' | awk '{print $9}'; }

check "another 300 questions" prints '^back[12]=300$' ask 1 300 0
begin_long
cpu=$(awk '{print $14 + $15}' "/proc/${pids[front]}/stat")
wait "$long"
check "a session that was given away costs the front no time" \
  [ "$(awk '{print $14 + $15}' "/proc/${pids[front]}/stat")" -le $((cpu + 1)) ]

# From one port, each connection reset by the client: the rule of the one before must be gone.
cat >"$work/port.py" <<'END'
import socket, ssl, struct, time
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
for turn in range(3):
    plain = socket.create_connection(("198.51.100.53", 853), timeout=5, source_address=("198.51.100.2", 40853))
    sock = context.wrap_socket(plain)
    message = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + b"\3who\4test\0" + struct.pack(">HH", 16, 1)
    sock.sendall(struct.pack(">H", len(message)) + message)
    print("answered" if b"back" in sock.recv(4096) else "by the front")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    time.sleep(0.5)
END
check "a port that a client uses again is the front's again" \
  prints '^answered$' on client python3 "$work/port.py"
check "three times" [ "$(grep -c '^answered$' "$work/prints.out")" = 3 ]

kill -9 "${pids[back1]}"
check "a backend that dies is noticed" logs front 'peer=back1 link=down'
check "and all sessions go to the other one" prints '^back2=40$' ask 20 2 0
start_host back1
check "one that comes back is used again" wait_until prints 'back1=' ask 8 1 0

begin_long
kill -TERM "${pids[front]}"
wait "${pids[front]}"
check "the front ends well" [ $? = 0 ]
check "its sessions go on without it" long_ends_as '^back[12]=100$'

ctl_move() { timeout 60 "$mooring" ctl --socket "$work/mover.sock" move "$@"; }
refuses() { ! ctl_move "${@:2}" >"$work/refuses.out" 2>&1 && grep -qF -- "$1" "$work/refuses.out"; }
# Forty sessions that ask a hundred times; their connections come first.
begin_many() {
  (exec ip netns exec "$(space client)" python3 "$work/client.py" 40 100 0.03 >"$work/long.out" 2>&1) &
  long=$!
  children+=("$long")
  sleep 1.5
}
(exec ip netns exec "$(space front)" "$mooringd" -c "$work/mover.toml" >>"$work/mover.log" 2>&1) &
mover=$!
children+=("$mover")
check "a host without backends has links to all with an address" \
  eval 'logs mover "peer=back1 link=up" && logs mover "peer=back2 link=up"'
check "a session stays where it is" prints '^front=20$' ask 10 2 0
check "a move to an unknown host is refused" refuses 'no [[handover.peer]] "back7"' --to back7
check "as is one to a host without a link" refuses 'there is no link to "absent"' --to absent
check "or to itself" refuses '"self" is this host' --to self
check "and one of what is no prefix" refuses '"all" is no address' --to back1 --client all
begin_many
check "only the clients that are meant are moved" \
  prints '"moved": *0' ctl_move --to back1 --client 192.0.2.0/24 --json
check "a move empties the host in mid-conversation" prints '^moved: 40 sessions in ' ctl_move --to back1
check "every session answers afterwards, each query once" long_ends_as '^back1=[0-9]{3,4} front=[0-9]{2,4}$'
begin_many
check "to an address as well" \
  prints '^moved: 40 sessions in ' ctl_move --to 198.51.100.5:8530 --client 198.51.100.2/32
check "they all answer there" long_ends_as '^back2=[0-9]{3,4} front=[0-9]{2,4}$'
check "a move of nothing is done at once" prints '^moved: 0 sessions in ' ctl_move --to back1 --all
kill -TERM "$mover"
wait "$mover"
sed -i 's/front\.\(crt\|key\)/stranger.\1/' "$work/front.toml"
start_host front
check "a front with another key is refused" logs front 'peer=back2 link=down reason="alert unknown_ca received"'
check "and by name of what was wrong" logs back2 'link=refused reason="its key is not that of a peer"'
check "it answers its clients itself" prints '^front=20$' ask 10 2 0
for host in back1 back2; do kill -TERM "${pids[$host]}"; done
