#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A resolver that closes each TCP connection after so many answers: closing_resolver.py UPSTREAM COUNT

Listens on a free TCP port of 127.0.0.1, prints its number, and forwards to port UPSTREAM, one query after the
other. What else has come on the connection by then stays unanswered.
"""
import socket
import struct
import sys
import threading


def read(stream, size):
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_message(stream):
    return read(stream, struct.unpack("!H", read(stream, 2))[0])


def forward(query, port):
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        upstream.sendall(struct.pack("!H", len(query)) + query)
        return read_message(upstream)


def serve(client, port, count):
    with client:
        try:
            for _ in range(count):
                answer = forward(read_message(client), port)
                client.sendall(struct.pack("!H", len(answer)) + answer)
            client.shutdown(socket.SHUT_WR)
            # Closed with octets unread, the connection would be reset and the answer lost.
            client.settimeout(1)
            while client.recv(4096):
                pass
        except (EOFError, OSError):
            pass


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client = listener.accept()[0]
            threading.Thread(target=serve, args=(client, port, count), daemon=True).start()


if __name__ == "__main__":
    main()
