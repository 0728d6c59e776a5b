"""Files to measure with: made in a folder that is removed whatever happens, and in or out of the page cache."""
import ctypes
import mmap
import os
import shutil
import signal
import subprocess
import sys
import tempfile

MIB = 1 << 20
WINDOW_BYTES = 256 * MIB


class Workspace:
    """A temporary folder with `data` and `out` in it, removed at the end, on an error and on a signal.

    Data is written `piece` bytes at a time: the page cache keeps a file in pieces of about that size, and programs that
    map files have more work with small ones.

    Signals that would end the process become SystemExit, so that the folder goes and children are ended.
    """

    def __init__(self, folder=None, piece=MIB):
        self.piece = piece
        self.folder = tempfile.mkdtemp(prefix="cosplan-benchmark-", dir=folder)
        self.data = os.path.join(self.folder, "data")
        self.out = os.path.join(self.folder, "out")

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        os.mkdir(self.data)
        os.mkdir(self.out)
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        shutil.rmtree(self.folder, ignore_errors=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)

    def output(self, name):
        """A path in `out`."""
        return os.path.join(self.out, name)

    def path(self, name):
        """The path of a file in `data`."""
        return os.path.join(self.data, name)

    def has_room(self, size, sparse=False):
        """Whether `size` bytes fit in the page cache and, unless sparse, on the disk with a quarter to spare."""
        free = available_memory() if sparse else min(available_memory(), shutil.disk_usage(self.data).free)
        return free > size * 5 // 4

    def clear(self):
        """Removes the data made so far."""
        shutil.rmtree(self.data)
        os.mkdir(self.data)

    def make(self, names, size):
        """Files of `size` random bytes each, on the disk and in the page cache.

        A process of its own makes them: what this one once held would count as its children's peak memory.
        """
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fill.py")
        words = [sys.executable, script, str(size), str(self.piece)]
        subprocess.run(words, cwd=self.data, input="\n".join(names), text=True, check=True)
        self.flush(names)

    def make_sparse(self, name, size):
        """A file of `size` zero bytes that takes no room on the disk."""
        with open(self.path(name), "wb") as file:
            file.truncate(size)

    def shrink(self, name, size):
        """Cuts a file to its first `size` bytes."""
        os.truncate(self.path(name), size)

    def append(self, name, size):
        """Adds `size` random bytes to a file."""
        with open(self.path(name), "ab") as file:
            file.write(os.urandom(size))
        self.flush([name])

    def change(self, name, offset):
        """Changes the byte at `offset` of a file."""
        with open(self.path(name), "rb+") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 1]))
        self.flush([name])

    def flush(self, names):
        """Waits until the files are on the disk, so that writing them back does not disturb a measurement."""
        if len(names) > 1000:
            return os.sync()
        for name in names:
            with open(self.path(name), "rb+") as file:
                os.fsync(file.fileno())

    def warm(self, names):
        """Reads the files once."""
        buffer = bytearray(MIB)
        for name in names:
            with open(self.path(name), "rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass

    def cool(self, names):
        """Takes the files out of this system's page cache; returns whether they are gone.

        Asks for these files alone; where that does not help (and it may be done), has all caches dropped.
        """
        for name in names:
            with open(self.path(name), "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if self.resident(names) < 0.01:
            return True
        try:
            with open("/proc/sys/vm/drop_caches", "w") as file:
                file.write("1\n")
        except OSError:
            return False
        return self.resident(names) < 0.01

    def resident(self, names):
        """How much of the files is in the page cache, from 0 to 1."""
        counts = [resident_pages(self.path(name)) for name in names]
        return sum(count for count, _ in counts) / max(1, sum(pages for _, pages in counts))


def resident_pages(path):
    """How many of a file's pages are in the page cache, and how many it has."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    size = os.path.getsize(path)
    count = total = 0
    with open(path, "rb") as file:
        for start in range(0, size, WINDOW_BYTES):
            length = min(WINDOW_BYTES, size - start)
            pages = -(-length // mmap.PAGESIZE)
            # A private copy is never written; ctypes gives the address of writable memory only.
            window = mmap.mmap(file.fileno(), length, access=mmap.ACCESS_COPY, offset=start)
            anchor = ctypes.c_char.from_buffer(window)
            vector = (ctypes.c_ubyte * pages)()
            status = libc.mincore(ctypes.addressof(anchor), length, vector)
            del anchor
            window.close()
            if status != 0:
                raise OSError(ctypes.get_errno(), "mincore", path)
            count += bytes(vector).count(1)
            total += pages
    return count, total


def available_memory():
    """Bytes the system can give without swapping."""
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0
