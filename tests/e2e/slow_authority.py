#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authoritative server that takes its time: slow_authority.py

Listens on a free UDP port of 127.0.0.1 and prints its number. Every question gets one AAAA record, after
as many milliseconds as the first label says ("400.x.example": 400), at once when it is no number.
"""
import socket
import threading


def delay_of(message):
    """Seconds to wait, from the first label of the question."""
    label = message[13:13 + message[12]]
    return min(int(label), 60000) / 1000 if label.isdigit() else 0.0


def answer_to(message):
    """The question repeated, authoritative, with a record of TTL 0 (RFC 1035, 4.1)."""
    end = 12
    while message[end]:
        end += 1 + message[end]
    question = message[12:end + 5]
    header = message[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00"
    record = b"\xc0\x0c\x00\x1c\x00\x01\x00\x00\x00\x00\x00\x10" + socket.inet_pton(socket.AF_INET6, "2001:db8::5")
    return header + question + record


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        message, peer = listener.recvfrom(65535)
        if len(message) > 16:
            threading.Timer(delay_of(message), listener.sendto, (answer_to(message), peer)).start()


if __name__ == "__main__":
    main()
