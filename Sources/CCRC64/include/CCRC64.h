/// Reflected CRC-64 with inverted initial and final register, for any polynomial, such as CRC-64/XZ
/// (ECMA-182) and CRC-64/NVME.
///
/// Every `_update` takes the CRC of the preceding bytes (0 for none) and returns the CRC including `count`
/// more bytes, of any alignment. All of them return the same values. Nothing is allocated or stored: the
/// caller owns the constants of a polynomial.
///
/// A function may be called only if its `_is_available` returns true.
#ifndef COSPLAN_CCRC64_H
#define COSPLAN_CCRC64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The constants of a polynomial.
///
/// Polynomials are reflected: bit 63 is the coefficient of x^0.
typedef struct {
  /// The polynomial without x^64.
  uint64_t polynomial;
  /// At [k][byte]: the contribution of a byte followed by k zero bytes.
  uint64_t table[8][256];
  /// x^(8 * 2^k) modulo the polynomial, at [k].
  uint64_t powers[64];
  /// At [k]: the factors that advance the first and the second half of 16 bytes by 16 * 2^k bytes.
  uint64_t folds[6][2];
} cosplan_crc64_constants;

/// Fills the constants of `polynomial`.
void cosplan_crc64_constants_fill(cosplan_crc64_constants *constants, uint64_t polynomial);

/// The CRC of A followed by B, from the CRCs of A and B and the length of B.
///
/// Takes at most 64 multiplications.
uint64_t cosplan_crc64_combine(const cosplan_crc64_constants *constants, uint64_t first, uint64_t second,
                               uint64_t second_count);

/// Uses tables, eight bytes at a time; available on every processor.
uint64_t cosplan_crc64_table_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                    size_t count);

/// Whether the processor has PCLMULQDQ.
///
/// The result is constant for the life of the process, also for the functions below.
bool cosplan_crc64_pclmul_is_available(void);
/// Uses carry-less multiplication, 16 bytes at a time.
uint64_t cosplan_crc64_pclmul_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                     size_t count);

/// Whether the processor has VPCLMULQDQ and AVX2.
bool cosplan_crc64_vpclmul256_is_available(void);
/// Uses carry-less multiplication, 32 bytes at a time.
uint64_t cosplan_crc64_vpclmul256_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                         size_t count);

/// Whether the processor has VPCLMULQDQ and AVX-512F.
bool cosplan_crc64_vpclmul512_is_available(void);
/// Uses carry-less multiplication, 64 bytes at a time.
uint64_t cosplan_crc64_vpclmul512_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                         size_t count);

#ifdef __cplusplus
}
#endif
#endif
