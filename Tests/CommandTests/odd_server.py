"""A server that answers as no service should. Usage: odd_server.py MODE [FOLDER]

Prints its port and serves until it is killed. It answers every request as an instant upload does, but:
plain           as it is
ipv6            on [::1]
cut             the connection closes inside the head
trailer         in chunks, with a trailer
endless         a body without an end
bomb            a body of 1.25 GiB of zeros, compressed to little more than 1 MiB
drip            a byte of a body without an end every 50 ms
silent          nothing
forbidding      as a proxy that forbids every connection
failing         as a proxy that reaches nobody
tls             with TLS and the certificate FOLDER/cert.pem, key FOLDER/key.pem
"""
import gzip
import os
import socket
import ssl
import sys
import threading
import time

BODY = b'{"code":0,"message":"SUCCESS","data":{"access_url":"http://h/x","vid":"1"}}'


def read_request(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return
        received += piece
    head, body = received.split(b"\r\n\r\n", 1)
    left = -len(body)
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            left += int(line.split(b":")[1])
    while left > 0:
        piece = connection.recv(65536)
        if not piece:
            return
        left -= len(piece)


def answer(connection, mode):
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    if mode in ("plain", "ipv6", "tls"):
        connection.sendall(whole)
    elif mode == "cut":
        connection.sendall(head[:30])
    elif mode == "trailer":
        chunk = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\nX-Sum: 1\r\n\r\n"
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    elif mode == "endless":
        connection.sendall(head + b"\r\n")
        while True:
            connection.sendall(b"x" * 65536)
    elif mode == "bomb":
        body = gzip.compress(bytes(1 << 24)) * 80
        connection.sendall(head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    elif mode == "drip":
        connection.sendall(head + b"\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.05)
    elif mode == "silent":
        connection.recv(1)
    elif mode == "forbidding":
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    elif mode == "failing":
        connection.sendall(b"HTTP/1.1 503 Unreachable\r\nContent-Length: 0\r\n\r\n")


def serve(connection, mode, context):
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        read_request(connection)
        answer(connection, mode)
    except (OSError, ssl.SSLError):
        pass
    finally:
        connection.close()


def main():
    mode = sys.argv[1]
    context = None
    if mode == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(sys.argv[2], "cert.pem"), os.path.join(sys.argv[2], "key.pem"))
    family, host = (socket.AF_INET6, "::1") if mode == "ipv6" else (socket.AF_INET, "127.0.0.1")
    listener = socket.socket(family)
    listener.bind((host, 0))
    listener.listen(64)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, mode, context), daemon=True).start()


main()
