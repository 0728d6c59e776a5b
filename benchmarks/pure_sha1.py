#!/usr/bin/env python3
"""Plans a file the way the vendor's Python SDK does: SHA-1 in pure Python, its running state after each slice.

    pure_sha1.py FILE SLICE_SIZE

Prints the `uploadparts` of the service as JSON. It does the work that SDK does for each block of 64 bytes: one
`struct.unpack` a word, one function call a rotation, one chain of comparisons a round.
"""
import json
import os
import struct
import sys


def rotated(word, count):
    return ((word << count) | (word >> (32 - count))) & 0xFFFFFFFF


def compressed(state, block):
    """The state after one more block (FIPS 180-4, 6.1.2)."""
    schedule = [struct.unpack(">I", block[i * 4:i * 4 + 4])[0] for i in range(16)]
    for i in range(16, 80):
        schedule.append(rotated(schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1))
    a, b, c, d, e = state
    for i in range(80):
        if i < 20:
            f, k = d ^ (b & (c ^ d)), 0x5A827999
        elif i < 40:
            f, k = b ^ c ^ d, 0x6ED9EBA1
        elif i < 60:
            f, k = (b & c) | (b & d) | (c & d), 0x8F1BBCDC
        else:
            f, k = b ^ c ^ d, 0xCA62C1D6
        a, b, c, d, e = (rotated(a, 5) + f + e + k + schedule[i]) & 0xFFFFFFFF, a, rotated(b, 30), c, d
    return tuple((x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d, e)))


def update(state, data):
    for start in range(0, len(data), 64):
        state = compressed(state, data[start:start + 64])
    return state


def main(path, slice_size):
    state = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    size = os.path.getsize(path)
    parts = []
    with open(path, "rb") as file:
        for offset in range(0, size, slice_size):
            data = file.read(slice_size)
            whole = len(data) & ~63
            state = update(state, data[:whole])
            parts.append({"offset": offset, "datalen": len(data), "datasha": struct.pack("<5I", *state).hex()})
    rest = data[whole:] + b"\x80"
    rest += bytes(-(len(rest) + 8) % 64) + struct.pack(">Q", size * 8)
    parts[-1]["datasha"] = struct.pack(">5I", *update(state, rest)).hex()
    print(json.dumps(parts, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
