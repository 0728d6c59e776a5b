// Eight bytes at a time by eight tables ("slicing by eight"); on every processor.

#include "CCRC64.h"

uint64_t cosplan_crc64_table_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                    size_t count) {
  uint64_t(*const table)[256] = (uint64_t(*)[256])constants->table;
  uint64_t value = ~crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t next = 0;
    for (int place = 0; place < 8; place++) next |= (uint64_t)bytes[place] << (8 * place);
    value ^= next;
    value = table[7][value & 0xff] ^ table[6][value >> 8 & 0xff] ^ table[5][value >> 16 & 0xff] ^
            table[4][value >> 24 & 0xff] ^ table[3][value >> 32 & 0xff] ^ table[2][value >> 40 & 0xff] ^
            table[1][value >> 48 & 0xff] ^ table[0][value >> 56];
  }
  for (; count > 0; bytes++, count--) value = value >> 8 ^ table[0][(value ^ *bytes) & 0xff];
  return ~value;
}

cosplan_crc64_pair cosplan_crc64_table_update_pair(const cosplan_crc64_pair_constants *constants,
                                                   cosplan_crc64_pair crcs, const uint8_t *bytes, size_t count) {
  return (cosplan_crc64_pair){cosplan_crc64_table_update(constants->first, crcs.first, bytes, count),
                              cosplan_crc64_table_update(constants->second, crcs.second, bytes, count)};
}
