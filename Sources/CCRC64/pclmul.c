// 16 bytes at a time: PCLMULQDQ on SSE registers.

#include "CCRC64.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING_UPDATE cosplan_crc64_pclmul_update
#define FOLDING_TARGET __attribute__((target("pclmul,sse4.1")))
#define FOLDING_VECTOR __m128i
#define FOLDING_BITS 0
#define FOLDING_LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define FOLDING_XOR(a, b) _mm_xor_si128(a, b)
#define FOLDING_XOR3(a, b, c) _mm_xor_si128(_mm_xor_si128(a, b), c)
#define FOLDING_MULTIPLY(a, b, which) _mm_clmulepi64_si128(a, b, which)
#define FOLDING_EVERY(a) (a)
#define FOLDING_FIRST(a) (a)
#define FOLDING_STORE(p, a) _mm_storeu_si128((__m128i *)(p), a)
#include "folding.inc"

#define PAIR_UPDATE cosplan_crc64_pclmul_update_pair
#define PAIR_LOAD(x, y, p) (x = FOLDING_LOAD(p), y = FOLDING_LOAD((p) + 16))
#define PAIR_STORE(p, x, y) (FOLDING_STORE(p, x), FOLDING_STORE((p) + 16, y))
#define PAIR_LOW(a, b) _mm_unpacklo_epi64(a, b)
#define PAIR_HIGH(a, b) _mm_unpackhi_epi64(a, b)
#include "pair.inc"
#endif
