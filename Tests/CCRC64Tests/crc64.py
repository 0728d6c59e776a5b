#!/usr/bin/env python3
"""CRC-64 a second way: bit by bit, as the catalogue of parametrised CRC algorithms defines it (reflected, init and xorout
all ones). Prints the vectors that the tests compare every kernel with; shares no code with cosplan.

    crc64.py > vectors.txt

One line a vector: COUNT ECMA NVME, for the bytes (131*i + (i >> 8) + 7) & 0xff with i from 0 to COUNT - 1.
"""
POLYNOMIALS = (0xC96C5795D7870F42, 0x9A6C9329AC4BC9B5)  # CRC-64/XZ and CRC-64/NVME, reflected

COUNTS = sorted(
    set(range(0, 34))
    | {step * k + extra for step in (64, 128, 256, 512, 1024) for k in (1, 2, 3, 9) for extra in (-1, 0, 1, 15, 17)}
    | {65535, 65536, 65537, 100_000}
)


def main():
    registers = [(1 << 64) - 1] * len(POLYNOMIALS)
    wanted = set(COUNTS)
    for count in range(COUNTS[-1] + 1):
        if count in wanted:
            print(count, *(f"{~register & (1 << 64) - 1:016x}" for register in registers))
        byte = (131 * count + (count >> 8) + 7) & 0xFF
        for place, polynomial in enumerate(POLYNOMIALS):
            register = registers[place] ^ byte
            for _ in range(8):
                register = register >> 1 ^ (polynomial if register & 1 else 0)
            registers[place] = register


main()
