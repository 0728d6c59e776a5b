// The constants of a polynomial, and arithmetic modulo it. Bit 63 - i is the coefficient of x^i.

#include "CCRC64.h"

static uint64_t times_x(uint64_t polynomial, uint64_t a) { return a >> 1 ^ (polynomial & (0 - (a & 1))); }

static uint64_t multiply(uint64_t polynomial, uint64_t a, uint64_t b) {
  uint64_t product = 0;
  for (int degree = 0; degree < 64; degree++) {
    product ^= b & (0 - (a >> (63 - degree) & 1));
    b = times_x(polynomial, b);
  }
  return product;
}

void cosplan_crc64_constants_fill(cosplan_crc64_constants *constants, uint64_t polynomial) {
  constants->polynomial = polynomial;
  for (unsigned byte = 0; byte < 256; byte++) {
    uint64_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = times_x(polynomial, value);
    constants->table[0][byte] = value;
  }
  for (int k = 1; k < 8; k++) {
    for (unsigned byte = 0; byte < 256; byte++) {
      uint64_t before = constants->table[k - 1][byte];
      constants->table[k][byte] = before >> 8 ^ constants->table[0][before & 0xff];
    }
  }
  constants->powers[0] = (uint64_t)1 << (63 - 8);
  for (int k = 1; k < 64; k++) {
    constants->powers[k] = multiply(polynomial, constants->powers[k - 1], constants->powers[k - 1]);
  }
  // The product of two reflected 64-bit factors is x times too large as a reflected 128-bit value, so each
  // factor has one x less.
  uint64_t power = (uint64_t)1 << 63;
  unsigned degree = 0;
  for (int k = 0; k < 6; k++) {
    unsigned distance = 128u << k;
    for (; degree < distance - 1; degree++) power = times_x(polynomial, power);
    constants->folds[k][1] = power;
    uint64_t further = power;
    for (unsigned extra = 0; extra < 64; extra++) further = times_x(polynomial, further);
    constants->folds[k][0] = further;
  }
}

uint64_t cosplan_crc64_combine(const cosplan_crc64_constants *constants, uint64_t first, uint64_t second,
                               uint64_t second_count) {
  for (int k = 0; second_count > 0; k++, second_count >>= 1) {
    if (second_count & 1) first = multiply(constants->polynomial, first, constants->powers[k]);
  }
  return first ^ second;
}
