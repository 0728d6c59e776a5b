"""SeaweedFS, a store that speaks S3, on loopback."""
import json
import os
import shutil
import socket
import subprocess
import time

from .commands import CommandError

#: Its gRPC ports are so far above the others.
GRPC_DISTANCE = 10_000
PAIR = ("AKIDEXAMPLE", "EXAMPLE")


def free_port():
    """A port that is free, and the one that goes with it."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = first.getsockname()[1]
            # The system gives out ports from the upper half: that one becomes the gRPC port.
            if port - GRPC_DISTANCE < 1024 or port > 65535:
                continue
            try:
                with socket.create_server(("127.0.0.1", port - GRPC_DISTANCE)):
                    return port - GRPC_DISTANCE
            except OSError:
                continue


class Weed:
    """The server in a folder of its own, with an empty bucket `bench`; ended with the block, and the folder with it."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        os.mkdir(self.folder)
        config = os.path.join(self.folder, "s3.json")
        identity = {
            "name": "bench", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
            "credentials": [{"accessKey": PAIR[0], "secretKey": PAIR[1]}],
        }
        with open(config, "w") as file:
            json.dump({"identities": [identity]}, file)
        ports = {name: free_port() for name in ["master", "volume", "filer", "s3"]}
        words = ["weed", "server", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
                 f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=64",
                 "-master.volumeSizeLimitMB=1024"]
        words += [f"-{name}.port={port}" for name, port in ports.items()]
        with open(os.path.join(self.folder, "log"), "w") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait(ports["s3"])
            made = subprocess.run(
                ["weed", "shell", f"-master=127.0.0.1:{ports['master']}", f"-filer=127.0.0.1:{ports['filer']}"],
                input="s3.bucket.create -name bench\n", capture_output=True, text=True)
            if made.returncode != 0:
                raise CommandError(f"weed shell: {made.stderr[:500].strip()}")
        except BaseException:
            self.__exit__()
            raise
        self.url = f"http://127.0.0.1:{ports['s3']}"
        return self

    def wait(self, port):
        """Returns once it answers."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                    connection.sendall(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    if connection.recv(16).startswith(b"HTTP/1.1 "):
                        return
            except OSError:
                pass
            time.sleep(0.2)
        raise CommandError(f"weed server: no answer within a minute; see {self.folder}/log")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
