// The constants of polynomials, and arithmetic modulo them. Bit 63 - i is the coefficient of x^i.

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

/// A polynomial of degree less than 128: bit 63 - i of `high` is the coefficient of x^i, that of `low` of x^(64 + i).
typedef struct {
  uint64_t low, high;
} wide;

/// a * x^degree modulo x^128 + modulus.
static wide times_power(wide modulus, wide a, unsigned degree) {
  for (; degree > 0; degree--) {
    uint64_t reduced = 0 - (a.low & 1);
    a = (wide){(a.low >> 1 | a.high << 63) ^ (modulus.low & reduced), a.high >> 1 ^ (modulus.high & reduced)};
  }
  return a;
}

/// The product of two polynomials of degree less than 64, not reduced.
static wide product(uint64_t a, uint64_t b) {
  wide sum = {0, 0};
  for (int degree = 63; degree >= 0; degree--) {
    sum = times_power((wide){0, 0}, sum, 1);
    sum.high ^= b & (0 - (a >> (63 - degree) & 1));
  }
  return sum;
}

/// The product of a polynomial x^64 + a and b of degree less than 64.
static wide product_with_monic(uint64_t a, uint64_t b) {
  wide whole = product(a, b);
  whole.low ^= b;
  return whole;
}

void cosplan_crc64_pair_constants_fill(cosplan_crc64_pair_constants *constants, const cosplan_crc64_constants *first,
                                       const cosplan_crc64_constants *second) {
  constants->first = first;
  constants->second = second;
  wide modulus = product_with_monic(first->polynomial, second->polynomial);
  modulus.low ^= first->polynomial;
  // As for one polynomial, each factor has one x less.
  wide power = {0, (uint64_t)1 << 63};
  unsigned degree = 0;
  for (int k = 0; k < 5; k++) {
    unsigned distance = 256u << k;
    power = times_power(modulus, power, distance - 1 - degree);
    degree = distance - 1;
    wide further = times_power(modulus, power, 128);
    uint64_t(*fold)[2] = constants->folds[k];
    fold[0][0] = further.low;
    fold[0][1] = further.high;
    fold[1][0] = power.low;
    fold[1][1] = power.high;
    fold[2][0] = further.low ^ further.high;
    fold[2][1] = power.low ^ power.high;
  }
  // The first polynomial's inverse modulo the second, where it equals the difference: that to the power of 2^64 - 2.
  uint64_t inverse = (uint64_t)1 << 63, square = first->polynomial ^ second->polynomial;
  for (int k = 1; k < 64; k++) {
    square = multiply(second->polynomial, square, square);
    inverse = multiply(second->polynomial, inverse, square);
  }
  // 0 modulo the first polynomial and 1 modulo the second; and the reverse.
  wide starts[2];
  starts[1] = product_with_monic(first->polynomial, inverse);
  starts[0] = (wide){starts[1].low, starts[1].high ^ (uint64_t)1 << 63};
  for (int which = 0; which < 2; which++) {
    wide start = times_power(modulus, starts[which], 191);
    constants->starts[which][0] = start.low;
    constants->starts[which][1] = start.high;
  }
}
