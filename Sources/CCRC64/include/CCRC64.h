/// CRC-64 of the reflected kind whose register begins and ends inverted, for any polynomial: CRC-64/XZ (ECMA-182) and
/// CRC-64/NVME among them.
///
/// Every `_update` takes the value of the bytes before (0 for none) and gives the value with `count` more bytes, which may
/// lie anywhere. All give the same values. Nothing is allocated or kept: the constants of a polynomial are the caller's.
///
/// A function may be called only if its `_is_available` says so.
#ifndef COSPLAN_CCRC64_H
#define COSPLAN_CCRC64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What is computed once for a polynomial. Polynomials are written reflected: bit 63 is the coefficient of x^0.
typedef struct {
  /// The polynomial without its x^64.
  uint64_t polynomial;
  /// What a byte becomes k bytes further on, at [k][byte].
  uint64_t table[8][256];
  /// x^(8 * 2^k) modulo the polynomial, at [k].
  uint64_t powers[64];
  /// What carries 16 bytes over 16 * 2^k bytes: the factors of their first and of their second half, at [k].
  uint64_t folds[6][2];
} cosplan_crc64_constants;

/// Fills the constants of `polynomial`.
void cosplan_crc64_constants_fill(cosplan_crc64_constants *constants, uint64_t polynomial);

/// The value of A followed by B, from the value of A, that of B, and how many bytes B has. In at most 64 multiplications.
uint64_t cosplan_crc64_combine(const cosplan_crc64_constants *constants, uint64_t first, uint64_t second,
                               uint64_t second_count);

/// By tables, eight bytes at a time; on every processor.
uint64_t cosplan_crc64_table_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                    size_t count);

/// Whether the processor has PCLMULQDQ. One answer for the life of the process, here and below.
bool cosplan_crc64_pclmul_is_available(void);
/// By carry-less multiplication of 16 bytes at a time.
uint64_t cosplan_crc64_pclmul_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                     size_t count);

/// Whether the processor has VPCLMULQDQ and AVX2.
bool cosplan_crc64_vpclmul256_is_available(void);
/// By carry-less multiplication of 32 bytes at a time.
uint64_t cosplan_crc64_vpclmul256_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                         size_t count);

/// Whether the processor has VPCLMULQDQ and AVX-512F.
bool cosplan_crc64_vpclmul512_is_available(void);
/// By carry-less multiplication of 64 bytes at a time.
uint64_t cosplan_crc64_vpclmul512_update(const cosplan_crc64_constants *constants, uint64_t crc, const uint8_t *bytes,
                                         size_t count);

#ifdef __cplusplus
}
#endif
#endif
