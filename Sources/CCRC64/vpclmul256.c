// 32 bytes at a time: VPCLMULQDQ on AVX registers.

#include "CCRC64.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING_UPDATE cosplan_crc64_vpclmul256_update
#define FOLDING_TARGET __attribute__((target("vpclmulqdq,avx2,pclmul")))
#define FOLDING_VECTOR __m256i
#define FOLDING_BITS 1
#define FOLDING_LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define FOLDING_XOR(a, b) _mm256_xor_si256(a, b)
#define FOLDING_XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define FOLDING_MULTIPLY(a, b, which) _mm256_clmulepi64_epi128(a, b, which)
#define FOLDING_EVERY(a) _mm256_broadcastsi128_si256(a)
#define FOLDING_FIRST(a) _mm256_inserti128_si256(_mm256_setzero_si256(), a, 0)
#define FOLDING_STORE(p, a) _mm256_storeu_si256((__m256i *)(p), a)
#include "folding.inc"

#define PAIR_UPDATE cosplan_crc64_vpclmul256_update_pair
#define PAIR_SWITCH(x, y, a, b) \
  (x = _mm256_permute2x128_si256(a, b, 0x20), y = _mm256_permute2x128_si256(a, b, 0x31))
#define PAIR_LOAD(x, y, p) PAIR_SWITCH(x, y, FOLDING_LOAD(p), FOLDING_LOAD((p) + 32))
#define PAIR_STORE(p, x, y)                                         \
  (FOLDING_STORE(p, _mm256_permute2x128_si256(x, y, 0x20)),         \
   FOLDING_STORE((p) + 32, _mm256_permute2x128_si256(x, y, 0x31)))
#define PAIR_LOW(a, b) _mm256_unpacklo_epi64(a, b)
#define PAIR_HIGH(a, b) _mm256_unpackhi_epi64(a, b)
#include "pair.inc"
#endif
