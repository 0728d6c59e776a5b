#!/usr/bin/env python3
"""Plans a file a second way: hashlib for digests, libcrypto's SHA_CTX through ctypes for running states.

    second_opinion.py FILE PART_SIZE state|part

Prints one JSON object, {"sha": …, "uploadparts": [{"offset", "datalen", "datasha", "sha1"}]}, and shares no code with cosplan.
"""
import ctypes
import ctypes.util
import hashlib
import json
import struct
import sys


class SHAContext(ctypes.Structure):
    """OpenSSL's SHA_CTX (openssl/sha.h): the five state words come first."""

    _fields_ = [("h", ctypes.c_uint32 * 5), ("rest", ctypes.c_uint32 * 19)]


def main(path, part_size, kind):
    crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    running = SHAContext()
    crypto.SHA1_Init(ctypes.byref(running))
    whole = hashlib.sha1()
    parts, offset = [], 0
    with open(path, "rb") as file:
        while data := file.read(part_size):
            crypto.SHA1_Update(ctypes.byref(running), data, ctypes.c_size_t(len(data)))
            whole.update(data)
            digest = hashlib.sha1(data).hexdigest()
            state = struct.pack("<5I", *running.h).hex()
            parts.append({"offset": offset, "datalen": len(data), "datasha": state, "sha1": digest})
            offset += len(data)
    for part in parts if kind == "part" else []:
        part["datasha"] = part["sha1"]
    if parts and kind == "state":
        parts[-1]["datasha"] = whole.hexdigest()
    print(json.dumps({"sha": whole.hexdigest(), "uploadparts": parts}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
