"""A server that reads requests and answers as an upload expects, over the JSON API or S3, and checks nothing.

Started as a program of its own, so that what it costs is not counted with what is measured:

    cd benchmarks && python3 -m harness.sink DELAY_MS data|all [CERTIFICATE]

prints its port and serves 127.0.0.1 until its standard input ends. Data requests, or all, are answered DELAY_MS
after they have arrived whole. With a certificate and its key, in one PEM file, it speaks TLS.
"""
import collections
import json
import os
import selectors
import socket
import subprocess
import sys
import time

from . import s3

BUFFER_BYTES = 1 << 20
BEGINNING_BYTES = 4096
#: The operation's name is the first field's value: it ends before this place of the body.
NAMED_BYTES = 512
#: How many TLS records of up to 16 KiB are taken from a connection before the others have their turn.
RECORDS_A_TURN = 64
DATA = b"upload_slice_data"
OPERATIONS = {
    b"upload_slice_init": {"session": "sink"},
    DATA: {"session": "sink"},
    b"upload_slice_finish": {"access_url": "http://sink/"},
    # The value of a field, so that the name of another operation is not taken for it.
    b"\r\n\r\nupload\r\n": {"access_url": "http://sink/"},
}
JSON_PATH = b" /files/v2/"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


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

    def __init__(self, accepted, store):
        self.store = store
        self.socket = accepted
        self.start()

    def start(self):
        """Waits for a request's beginning."""
        self.head = self.beginning = b""
        #: How much of the body is still to come; None until the head is there.
        self.left = None
        #: How long the body is.
        self.length = 0

    def receive(self, view):
        """Takes what has arrived. Whether a request is whole; None at the connection's end."""
        try:
            if self.needs_text:
                count = self.socket.recv_into(
                    view, BEGINNING_BYTES if self.left is None else min(self.left, BUFFER_BYTES))
                self.read(bytes(view[:count]))
            else:
                count = self.drop(view)
                self.left -= count
        except BlockingIOError:
            return False
        except ConnectionError:
            return None
        return self.left == 0 if count else None

    def drop(self, view):
        """Takes bytes of the body that nobody reads."""
        # The kernel drops them: copying what arrives is another machine's work.
        return self.socket.recv_into(view, min(self.left, BUFFER_BYTES), socket.MSG_TRUNC)

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
            self.left = self.length = length(head.lower())
            if b"expect: 100-continue" in head.lower():
                self.socket.sendall(CONTINUE)
        self.beginning += text
        self.left -= len(text)

    def request(self):
        """The operation of the request that has arrived, and its answer."""
        if JSON_PATH not in self.head.split(b"\r\n", 1)[0]:
            return None, self.store.answer(self.head, self.length)
        operation = next((name for name in OPERATIONS if name in self.beginning[:NAMED_BYTES]), None)
        return operation, reply("200 OK", OPERATIONS.get(operation, {}))

    def answer(self, text):
        """Answers the request and waits for the next."""
        self.start()
        try:
            self.socket.sendall(text)
        except OSError:
            pass  # The client is gone; the next look at the connection tells.


class EncryptedConnection(Connection):
    """One client's connection over TLS; its first bytes are the handshake's."""

    def receive(self, view):
        """As without TLS, for some records, and for those that are decrypted: they do not show on the socket."""
        turn = 0
        while turn < RECORDS_A_TURN or self.socket.pending():
            turn += 1
            try:
                is_whole = super().receive(view)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except ssl.SSLError:
                return None
            if is_whole is not False:
                return is_whole
        return False

    def drop(self, view):
        """TLS has to decrypt what nobody reads."""
        return self.socket.recv_into(view, min(self.left, BUFFER_BYTES))


class Server:
    """All connections, served by one thread: threads would wait for the interpreter, and the client for them."""

    def __init__(self, delay, delays_all, certificate=None):
        self.delay = delay
        self.delays_all = delays_all
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self.store = s3.Store()
        self.view = memoryview(bytearray(BUFFER_BYTES))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.listener, selectors.EVENT_READ)
        self.ready.register(sys.stdin, selectors.EVENT_READ)
        #: Answers that wait for their time: when, whose, and what; in the order of the first.
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
                    connection = self.accept()
                    self.ready.register(connection.socket, selectors.EVENT_READ, connection)
                else:
                    self.serve(key.data)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, connection, text = self.waiting.popleft()
                connection.answer(text)

    def accept(self):
        """The next client's connection."""
        accepted = self.listener.accept()[0]
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accepted.setblocking(False)
        if not self.tls:
            return Connection(accepted, self.store)
        encrypted = self.tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        return EncryptedConnection(encrypted, self.store)

    def serve(self, connection):
        """Goes on with a connection on which something has arrived."""
        is_whole = connection.receive(self.view)
        if is_whole is None:
            self.ready.unregister(connection.socket)
            connection.socket.close()
        elif is_whole:
            operation, text = connection.request()
            if self.delay and (self.delays_all or operation == DATA):
                self.waiting.append((time.monotonic() + self.delay, connection, text))
            else:
                connection.answer(text)


class Sink:
    """The server in a process of its own, ended with the block.

    `certificate` is a PEM file with the certificate of 127.0.0.1 and its key, for TLS.
    """

    def __init__(self, delay, delays="data", certificate=None):
        self.delay = delay
        self.delays = delays
        self.certificate = certificate

    def __enter__(self):
        words = [sys.executable, "-m", "harness.sink", str(self.delay), self.delays]
        words += [self.certificate] if self.certificate else []
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        scheme = "https" if self.certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{int(self.process.stdout.readline())}"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    # Not above: with it this module's other users would have a larger peak memory, and their children with them.
    import ssl
    Server(int(sys.argv[1]) / 1000, sys.argv[2] == "all", *sys.argv[3:]).run()
