"""A server that reads requests and answers as the upload expects, and checks nothing.

Started as a program of its own, so that what it costs is not counted with what is measured:

    python3 sink.py DELAY_MS

prints its port and serves 127.0.0.1 until its standard input ends. Data requests are answered DELAY_MS after
they have arrived whole.
"""
import collections
import json
import os
import selectors
import socket
import subprocess
import sys
import time

BUFFER_BYTES = 1 << 20
BEGINNING_BYTES = 4096
#: The operation's name is the first field's value: it ends before this place of the body.
NAMED_BYTES = 512
DATA = b"upload_slice_data"
OPERATIONS = {
    b"upload_slice_init": {"session": "sink"},
    DATA: {"session": "sink"},
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


class Connection:
    """One client's connection."""

    def __init__(self, accepted):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setblocking(False)
        self.socket = accepted
        self.start()

    def start(self):
        """Waits for a request's beginning."""
        self.head = self.beginning = b""
        #: How much of the body is still to come; None until the head is there.
        self.left = None

    def receive(self, view):
        """Takes what has arrived. Whether a request is whole; None at the connection's end."""
        try:
            if self.needs_text:
                count = self.socket.recv_into(
                    view, BEGINNING_BYTES if self.left is None else min(self.left, BUFFER_BYTES))
                self.read(bytes(view[:count]))
            else:
                # The kernel drops it: copying what arrives is another machine's work.
                count = self.socket.recv_into(view, min(self.left, BUFFER_BYTES), socket.MSG_TRUNC)
                self.left -= count
        except BlockingIOError:
            return False
        except ConnectionError:
            return None
        return self.left == 0 if count else None

    @property
    def needs_text(self):
        """Whether the operation's name may still be to come."""
        return self.left is None or len(self.beginning) < NAMED_BYTES

    def read(self, text):
        """Takes bytes of the head, and of the body's first fields."""
        if self.left is None:
            head, end, text = (self.head + text).partition(b"\r\n\r\n")
            self.head = head + end
            if not end:
                return
            self.left = length(head.lower())
        self.beginning += text
        self.left -= len(text)

    def answer(self, operation):
        """Answers the request and waits for the next."""
        self.start()
        try:
            self.socket.sendall(reply("200 OK", OPERATIONS.get(operation, {})))
        except OSError:
            pass  # The client is gone; the next look at the connection tells.


class Server:
    """All connections, served by one thread: threads would wait for the interpreter, and the client for them."""

    def __init__(self, delay):
        self.delay = delay
        self.view = memoryview(bytearray(BUFFER_BYTES))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.listener, selectors.EVENT_READ)
        self.ready.register(sys.stdin, selectors.EVENT_READ)
        #: Answers that wait for their time: when, and whose; in the order of the first.
        self.waiting = collections.deque()

    def run(self):
        """Serves until standard input ends."""
        print(self.listener.getsockname()[1], flush=True)
        while True:
            pause = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for key, _ in self.ready.select(pause):
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is self.listener:
                    connection = Connection(self.listener.accept()[0])
                    self.ready.register(connection.socket, selectors.EVENT_READ, connection)
                else:
                    self.serve(key.data)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                self.waiting.popleft()[1].answer(DATA)

    def serve(self, connection):
        """Goes on with a connection on which something has arrived."""
        is_whole = connection.receive(self.view)
        if is_whole is None:
            self.ready.unregister(connection.socket)
            connection.socket.close()
        elif is_whole:
            operation = next((name for name in OPERATIONS if name in connection.beginning[:NAMED_BYTES]), None)
            if operation == DATA and self.delay:
                self.waiting.append((time.monotonic() + self.delay, connection))
            else:
                connection.answer(operation)


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
    Server(int(sys.argv[1]) / 1000).run()
