#!/usr/bin/env python3
"""The talk that tools/record-capture.sh records: `serve` answers, `talk` asks.

Standard library only.  Everything is seeded, so two recordings differ in timing and in what the kernels
choose (ports, sequence numbers), not in content.
"""

import random
import socket
import socketserver
import struct
import sys
import threading
import time

SERVER = "192.0.2.2"
DNS_PORT, ECHO_PORT, BULK_PORT, DISCARD_PORT = 53, 7, 5001, 9
HOSTS = {"printer.example.test": "192.0.2.20", "files.example.test": "192.0.2.21", "mail.example.test": "192.0.2.22"}
BULK_DOWN, BULK_UP = 400_000, 250_000


def content(size, seed):
    return random.Random(seed).randbytes(size)


def question_of(message):
    """The name in the first question, and where the question ends."""
    labels, at = [], 12
    while message[at] != 0:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("ascii"))
        at += 1 + message[at]
    return ".".join(labels), at + 5


class Resolver(socketserver.BaseRequestHandler):
    """Answers A questions about HOSTS, and NXDOMAIN about all others."""

    def handle(self):
        message, reply_to = self.request
        name, end = question_of(message)
        address = HOSTS.get(name)
        flags = 0x8580 if address else 0x8583
        answer = struct.pack("!HHHHHH", struct.unpack("!H", message[:2])[0], flags, 1, 1 if address else 0, 0, 0)
        answer += message[12:end]
        if address:
            answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 300, 4) + socket.inet_aton(address)
        reply_to.sendto(answer, self.client_address)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := self.request.recv(4096):
            self.request.sendall(data)


class Bulk(socketserver.BaseRequestHandler):
    """Sends BULK_DOWN bytes, then takes what comes until the end."""

    def handle(self):
        self.request.sendall(content(BULK_DOWN, 1))
        while self.request.recv(65536):
            pass


class Discard(socketserver.BaseRequestHandler):
    def handle(self):
        pass


def serve():
    socketserver.TCPServer.allow_reuse_address = True
    servers = [
        socketserver.UDPServer((SERVER, DNS_PORT), Resolver),
        socketserver.UDPServer((SERVER, DISCARD_PORT), Discard),
        socketserver.TCPServer((SERVER, ECHO_PORT), Echo),
        socketserver.TCPServer((SERVER, BULK_PORT), Bulk),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def ask(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split("."))
    message = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(message, (SERVER, DNS_PORT))
        return sock.recv(512)


def resolve():
    for number, name in enumerate([*HOSTS, "nobody.example.test", *HOSTS], 0x1000):
        ask(name, number)


def interact():
    """Short lines with pauses, as somebody types."""
    with socket.create_connection((SERVER, ECHO_PORT)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(40):
            line = f"line {number}: {'abcdefghij' * (number % 7)}\n".encode("ascii")
            sock.sendall(line)
            got = b""
            while len(got) < len(line):
                got += sock.recv(4096)
            time.sleep(0.005)


def transfer():
    with socket.create_connection((SERVER, BULK_PORT)) as sock:
        left = BULK_DOWN
        while left > 0:
            left -= len(sock.recv(65536))
        sock.sendall(content(BULK_UP, 2))


def talk():
    resolve()
    interact()
    transfer()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for size in (1, 18, 512, 1471, 1472, 3000):  # the last one in fragments
            sock.sendto(content(size, size), (SERVER, DISCARD_PORT))


if __name__ == "__main__":
    {"serve": serve, "talk": talk}[sys.argv[1]]()
