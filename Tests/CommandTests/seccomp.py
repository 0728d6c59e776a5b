"""Runs a program in a sandbox that answers EPERM (or another errno) to some system calls, as old container runtimes do.

usage: seccomp.py [-e ERRNO] CALL,CALL,... PROGRAM ARGUMENT...

Needs no privileges: the filter comes with no_new_privs. Exits with 125 where it cannot be installed.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {"statx": 332, "memfd_create": 319, "clone3": 435, "openat2": 437, "faccessat2": 439},
    "aarch64": {"statx": 291, "memfd_create": 279, "clone3": 435, "openat2": 437, "faccessat2": 439},
}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def instruction(code, jump_true, jump_false, value):
    return struct.pack("HBBI", code, jump_true, jump_false, value)


def program(numbers, code):
    lines = [instruction(LOAD_NUMBER, 0, 0, 0)]
    for number in numbers:
        lines += [instruction(JUMP_IF_EQUAL, 0, 1, number), instruction(RETURN, 0, 0, ERRNO | code)]
    return lines + [instruction(RETURN, 0, 0, ALLOW)]


def main(arguments):
    code = errno.EPERM
    if arguments[0] == "-e":
        code = getattr(errno, arguments[1])
        arguments = arguments[2:]
    known = NUMBERS.get(platform.machine())
    if known is None:
        sys.exit(125)
    lines = program([known[call] for call in arguments[0].split(",")], code)
    text = ctypes.create_string_buffer(b"".join(lines))

    class Filter(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("lines", ctypes.c_void_p)]

    chain = Filter(len(lines), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        sys.exit(125)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(chain), 0, 0) != 0:
        sys.exit(125)
    os.execvp(arguments[1], arguments[1:])


main(sys.argv[1:])
