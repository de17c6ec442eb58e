"""Publishes presences over a socket with nothing but Python's standard library, as an article would show it.

    publish.py BASE CLIENT_ID CLIENT_SECRET

reads one JSON object a line, sends each, and prints each answer as a line.
"""

import base64
import hashlib
import http.client
import json
import os
import socket
import struct
import sys
from urllib.parse import urlencode, urlsplit

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def sign_in(host, client, secret):
    connection = http.client.HTTPConnection(host, timeout=20)
    basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/oauth/token", urlencode({"grant_type": "client_credentials"}), headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return json.loads(body)["access_token"]


class WebSocket:
    """The client's half of RFC 6455, as far as text frames go."""

    def __init__(self, host, path, token):
        name, port = host.rsplit(":", 1)
        self.socket = socket.create_connection((name, int(port)), timeout=20)
        self.file = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        status = self.file.readline().decode()
        assert " 101 " in status, status
        headers = {}
        while (line := self.file.readline().decode().strip()):
            field, value = line.split(":", 1)
            headers[field.lower()] = value.strip()
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert headers["sec-websocket-accept"] == accept, headers

    def send(self, opcode, payload):
        length = len(payload)
        head = bytes([0x80 | opcode])
        if length < 126:
            head += bytes([0x80 | length])
        else:
            assert length < 65_536
            head += bytes([0x80 | 126]) + struct.pack(">H", length)
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)))

    def receive(self):
        """The next text, or None when the other side closed."""
        while True:
            first, second = self.file.read(2)
            assert first & 0x80, "an answer comes in one frame"
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self.file.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.file.read(8))
            payload = self.file.read(length)
            opcode = first & 0x0F
            if opcode == TEXT:
                return payload.decode()
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                return None


def main():
    base, client, secret = sys.argv[1:]
    host = urlsplit(base).netloc
    publisher = WebSocket(host, "/api/v2/users/presence", sign_in(host, client, secret))
    for line in sys.stdin:
        publisher.send(TEXT, line.strip().encode())
        print(publisher.receive(), flush=True)
    publisher.send(CLOSE, struct.pack(">H", 1000))
    assert publisher.receive() is None


main()
