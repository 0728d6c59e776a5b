"""A server that reads requests and answers as the upload expects, and checks nothing.

Started as a program of its own, so that what it costs is not counted with what is measured:

    python3 sink.py DELAY_MS

prints its port and serves 127.0.0.1 until its standard input ends. Data requests are answered DELAY_MS after
they have arrived whole.
"""
import json
import os
import socket
import subprocess
import sys
import threading
import time

BUFFER_BYTES = 1 << 20
OPERATIONS = {
    b"upload_slice_init": {"session": "sink"},
    b"upload_slice_data": {"session": "sink"},
    b"upload_slice_finish": {"access_url": "http://sink/"},
}


def reply(status, data):
    """A whole HTTP reply."""
    body = json.dumps({"code": 0, "message": "SUCCESS", "request_id": "sink", "data": data}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def length(head):
    """The body's length, from a request's head in lower case."""
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def serve(connection, delay):
    """Answers the requests of one connection until it closes."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(BUFFER_BYTES)
    view, held = memoryview(buffer), b""
    with connection:
        while True:
            while b"\r\n\r\n" not in held:
                count = connection.recv_into(view)
                if count == 0:
                    return
                held += bytes(view[:count])
            head, _, beginning = held.partition(b"\r\n\r\n")
            left = length(head.lower()) - len(beginning)
            while left > 0:
                count = connection.recv_into(view, min(left, BUFFER_BYTES))
                if count == 0:
                    return
                if len(beginning) < 512:
                    beginning += bytes(view[:min(count, 512)])
                left -= count
            held = b""
            operation = next((name for name in OPERATIONS if name in beginning[:512]), None)
            if operation == b"upload_slice_data" and delay:
                time.sleep(delay / 1000)
            connection.sendall(reply("200 OK", OPERATIONS.get(operation, {})))


def main(delay):
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, delay), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


class Sink:
    """The server in a process of its own, ended with the block."""

    def __init__(self, delay):
        self.delay = delay

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), str(self.delay)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
