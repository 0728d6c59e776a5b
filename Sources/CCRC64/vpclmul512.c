// 64 bytes at a time: VPCLMULQDQ on AVX-512 registers.

#include "CCRC64.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING_UPDATE cosplan_crc64_vpclmul512_update
#define FOLDING_TARGET __attribute__((target("vpclmulqdq,avx512f,pclmul")))
#define FOLDING_VECTOR __m512i
#define FOLDING_BITS 2
#define FOLDING_LOAD(p) _mm512_loadu_si512(p)
#define FOLDING_XOR(a, b) _mm512_xor_si512(a, b)
// 0x96 is the truth table of three-way xor.
#define FOLDING_XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define FOLDING_MULTIPLY(a, b, which) _mm512_clmulepi64_epi128(a, b, which)
#define FOLDING_EVERY(a) _mm512_broadcast_i32x4(a)
#define FOLDING_FIRST(a) _mm512_inserti32x4(_mm512_setzero_si512(), a, 0)
#define FOLDING_STORE(p, a) _mm512_storeu_si512(p, a)
#include "folding.inc"

#define PAIR_UPDATE cosplan_crc64_vpclmul512_update_pair
#define PAIR_LOAD(x, y, p)                                                     \
  (x = _mm512_shuffle_i32x4(FOLDING_LOAD(p), FOLDING_LOAD((p) + 64), 0x88),     \
   y = _mm512_shuffle_i32x4(FOLDING_LOAD(p), FOLDING_LOAD((p) + 64), 0xdd))
#define PAIR_STORE(p, x, y)                                                                     \
  (FOLDING_STORE(p, _mm512_permutex2var_epi64(x, PAIR_PLACES(0), y)),                            \
   FOLDING_STORE((p) + 64, _mm512_permutex2var_epi64(x, PAIR_PLACES(4), y)))
#define PAIR_PLACES(first) \
  _mm512_set_epi64(first + 11, first + 10, first + 3, first + 2, first + 9, first + 8, first + 1, first)
#define PAIR_LOW(a, b) _mm512_unpacklo_epi64(a, b)
#define PAIR_HIGH(a, b) _mm512_unpackhi_epi64(a, b)
#include "pair.inc"
#endif
