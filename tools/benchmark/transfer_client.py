# SPDX-License-Identifier: GPL-3.0-or-later
"""transfer_client.py ADDRESS PORT NAME SIZE SESSIONS QUERIES: each session asks for TXT NAME so often.

At most 8 sessions are open at a time, with at most 8 queries outstanding on each. Every answer is
checked: its ID, its size, no error, not truncated. Prints one line of key=value pairs; first_ms is the
median time to the first answer of a session that asks right after its handshake.
"""

import socket
import ssl
import statistics
import struct
import sys
import time

AT_ONCE = 8
WINDOW = 8


def message(name: str, ident: int) -> bytes:
    owner = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    head = struct.pack(">HHHHHH", ident, 0x0100, 1, 0, 0, 0)
    body = head + owner + b"\0" + struct.pack(">HH", 16, 1)
    return struct.pack(">H", len(body)) + body


def connect(context: ssl.SSLContext, target: tuple[str, int]) -> ssl.SSLSocket:
    plain = socket.create_connection(target, timeout=20)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname="dot.example.net")


def take_answer(stream, idents: set[int], size: int) -> bool:
    """Reads one answer and checks it; whether it came from the backend's resolver."""
    head = stream.read(2)
    answer = stream.read(struct.unpack(">H", head)[0]) if len(head) == 2 else b""
    if len(answer) < 12:
        raise SystemExit("the session was closed")
    ident, flags = struct.unpack(">HH", answer[:4])
    if flags & 0x820F != 0x8000:  # QR; neither TC nor an RCODE
        raise SystemExit(f"an answer with flags {flags:#06x}")
    if len(answer) != size:
        raise SystemExit(f"an answer of {len(answer)} octets, expected {size}")
    idents.remove(ident)  # a second answer to the same query would raise KeyError
    return b"backend" in answer


def main() -> None:
    address, port, name, size, sessions, queries = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["dot"])
    backend, first_times = 0, []
    begin = time.monotonic()
    for first in range(0, int(sessions), AT_ONCE):
        count = min(AT_ONCE, int(sessions) - first)
        socks = [connect(context, (address, int(port))) for _ in range(count)]
        streams = [sock.makefile("rb") for sock in socks]
        for done in range(0, int(queries), WINDOW):
            window = range(done, min(done + WINDOW, int(queries)))
            for sock in socks:
                sock.sendall(b"".join(message(name, ident) for ident in window))
            asked = time.monotonic()
            for stream in reversed(streams):  # the last one has just made its handshake
                idents = set(window)
                backend += sum(take_answer(stream, idents, int(size)) for _ in window)
                if done == 0 and stream is streams[-1]:
                    first_times.append(time.monotonic() - asked)
        for stream, sock in zip(streams, socks):
            stream.close()
            sock.close()
    first = statistics.median(first_times) * 1000
    print(f"seconds={time.monotonic() - begin:.6f} backend={backend} first_ms={first:.3f}")


main()
