"""What people could use instead of cosplan to digest files."""
import os
import re
import shutil
import sys

from . import machine
from .commands import Command
from .files import MIB

GIB = 1 << 30
BASELINE = "openssl dgst -sha1"
IN_MEMORY = "openssl speed, in memory"
HASHLIB = """\
import hashlib, sys
buffer = memoryview(bytearray(1 << 20))
for path in sys.argv[1:]:
    digest = hashlib.sha1()
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
    print(digest.hexdigest(), path)
"""


class Others:
    """The programs that are there, and a line for each that is not."""

    #: Program, its command, the Debian package that has it, how it tells its version.
    KNOWN = {
        "sha1sum": (["sha1sum"], "coreutils", ["sha1sum", "--version"]),
        "openssl": (["openssl", "dgst", "-sha1"], "openssl", ["openssl", "version"]),
        "rhash": (["rhash", "--sha1"], "rhash", ["rhash", "--version"]),
        "hashdeep": (["hashdeep", "-c", "sha1"], "hashdeep", ["hashdeep", "-V"]),
        "b3sum": (["b3sum"], "b3sum", ["b3sum", "--version"]),
    }
    #: Left out above this many bytes, to keep the run short: by then their speed no longer changes.
    MOST_BYTES = {"sha1sum": 2 * GIB, "rhash": 2 * GIB, "hashdeep": GIB // 2}

    def __init__(self):
        # Asked of another process: importing ssl here would add to every child's peak memory.
        said = machine.first_line([sys.executable, "-c", "import ssl; print(ssl.OPENSSL_VERSION)"])
        self.versions = {"hashlib": f"Python {sys.version.split()[0]}, {said}"}
        self.missing = []
        for name, (_, package, version) in self.KNOWN.items():
            if shutil.which(name):
                self.versions[name] = machine.first_line(version)
            else:
                self.missing.append(f"{name}: not installed; Debian's package {package} has it")

    def over(self, names):
        """Their commands over a list of files."""
        rows = []
        for name, (argv, _, _) in self.KNOWN.items():
            if name in self.versions:
                digests = None if name == "b3sum" else "sha1"
                rows.append(Command(" ".join(argv), argv + names, self.MOST_BYTES.get(name), digests))
        argv = [sys.executable, "-c", HASHLIB] + names
        return rows + [Command("Python hashlib", argv, 2 * GIB, "sha1")]

    def starting(self):
        """Programs that upload, asked for their version: what they take to start."""
        rows = []
        for name, word in {"rclone": "version", "aws": "--version", "s5cmd": "version"}.items():
            if shutil.which(name):
                self.versions[name] = machine.first_line([name, word])
                rows.append(Command(f"{name} {word}", [name, word]))
        return rows

    def openssl_spread(self, listing, count):
        """OpenSSL over a list with as many processes as processors: what the shell gives on all cores."""
        jobs = len(os.sched_getaffinity(0))
        if "openssl" not in self.versions or not shutil.which("xargs") or jobs == 1 or count == 1:
            return []
        each = -(-count // jobs)
        argv = ["xargs", "-a", listing, "-P", str(jobs), "-n", str(each), "openssl", "dgst", "-sha1"]
        # Two processes may tear each other's lines, so their digests are not compared.
        return [Command(f"xargs -P{jobs} {BASELINE}", argv)]

    def openssl_in_memory(self):
        """One stream of OpenSSL over 1 MiB in memory, for about a second."""
        if "openssl" not in self.versions:
            return []
        argv = ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", str(MIB), "-evp", "sha1"]
        return [Command(IN_MEMORY, argv, rate=printed_rate)]


def printed_rate(output):
    """Bytes a second, from the last column of what `openssl speed -mr` prints."""
    with open(output) as file:
        return float(re.search(r"^\+F:.*:([0-9.]+)\s*$", file.read(), re.M).group(1))
