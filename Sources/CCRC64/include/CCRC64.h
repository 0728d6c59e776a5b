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

/// The constants of two polynomials whose CRCs are computed in one pass.
///
/// Factors of 128 bits are two of 64, that of the higher coefficients first.
typedef struct {
  /// The constants of each; they must outlive these.
  const cosplan_crc64_constants *first, *second;
  /// At [k]: the factors that advance the first and the second half of 32 bytes by 32 * 2^k bytes, and the sums of the
  /// halves of each.
  uint64_t folds[5][3][2];
  /// The factors that turn each CRC's register into one modulo the product, 0 modulo the other polynomial.
  uint64_t starts[2][2];
} cosplan_crc64_pair_constants;

/// Two CRCs of the same bytes.
typedef struct {
  uint64_t first, second;
} cosplan_crc64_pair;

/// Fills the constants of `polynomial`.
void cosplan_crc64_constants_fill(cosplan_crc64_constants *constants, uint64_t polynomial);

/// Fills the constants of the polynomials of `first` and `second`; the second must be irreducible, and no factor of the
/// first.
void cosplan_crc64_pair_constants_fill(cosplan_crc64_pair_constants *constants, const cosplan_crc64_constants *first,
                                       const cosplan_crc64_constants *second);

/// The CRC of A followed by B, from the CRCs of A and B and the length of B.
///
/// Takes at most 64 multiplications.
uint64_t cosplan_crc64_combine(const cosplan_crc64_constants *constants, uint64_t first, uint64_t second,
                               uint64_t second_count);

/// Uses tables, eight bytes at a time; available on every processor.
uint64_t cosplan_crc64_table_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                    size_t count);
/// The same for two CRCs, one after the other.
cosplan_crc64_pair cosplan_crc64_table_update_pair(const cosplan_crc64_pair_constants *constants,
                                                   cosplan_crc64_pair crcs, const uint8_t *bytes, size_t count);

/// Whether the processor has PCLMULQDQ.
///
/// The result is constant for the life of the process, also for the functions below.
bool cosplan_crc64_pclmul_is_available(void);
/// Uses carry-less multiplication, 16 bytes at a time.
uint64_t cosplan_crc64_pclmul_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                     size_t count);
/// The same for two CRCs in one pass, which takes less time than one for each.
cosplan_crc64_pair cosplan_crc64_pclmul_update_pair(const cosplan_crc64_pair_constants *constants,
                                                    cosplan_crc64_pair crcs, const uint8_t *bytes, size_t count);

/// Whether the processor has VPCLMULQDQ and AVX2.
bool cosplan_crc64_vpclmul256_is_available(void);
/// Uses carry-less multiplication, 32 bytes at a time.
uint64_t cosplan_crc64_vpclmul256_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                         size_t count);
/// The same for two CRCs in one pass, which takes less time than one for each.
cosplan_crc64_pair cosplan_crc64_vpclmul256_update_pair(const cosplan_crc64_pair_constants *constants,
                                                        cosplan_crc64_pair crcs, const uint8_t *bytes, size_t count);

/// Whether the processor has VPCLMULQDQ and AVX-512F.
bool cosplan_crc64_vpclmul512_is_available(void);
/// Uses carry-less multiplication, 64 bytes at a time.
uint64_t cosplan_crc64_vpclmul512_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                         size_t count);
/// The same for two CRCs in one pass, which takes less time than one for each.
cosplan_crc64_pair cosplan_crc64_vpclmul512_update_pair(const cosplan_crc64_pair_constants *constants,
                                                        cosplan_crc64_pair crcs, const uint8_t *bytes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
