"""Makes files of random bytes in the current folder; files.py starts it.

    python3 fill.py SIZE PIECE < NAMES

Each piece comes from a random place in 16 MiB of the system's generator: taking all of it from there would last longer
than the measurement.
"""
import os
import random
import sys

POOL_BYTES = 16 << 20


def main(size, piece):
    """Files of `size` bytes, written `piece` bytes at a time."""
    pool = memoryview(os.urandom(POOL_BYTES))
    for name in sys.stdin.read().splitlines():
        with open(name, "wb", buffering=0) as file:
            left = size
            while left > 0:
                count = min(left, piece)
                place = random.randrange(POOL_BYTES - count)
                left -= file.write(pool[place:place + count])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
