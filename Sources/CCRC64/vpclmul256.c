// 32 bytes at a time: VPCLMULQDQ on AVX registers.

#include "CCRC64.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING_UPDATE cosplan_crc64_vpclmul256_update
#define FOLDING_TARGET __attribute__((target("vpclmulqdq,avx2")))
#define FOLDING_VECTOR __m256i
#define FOLDING_BITS 1
#define FOLDING_LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define FOLDING_XOR(a, b) _mm256_xor_si256(a, b)
#define FOLDING_XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define FOLDING_MULTIPLY(a, b, which) _mm256_clmulepi64_epi128(a, b, which)
#define FOLDING_FACTORS(k) _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)constants->folds[k]))
#define FOLDING_FIRST(value) _mm256_set_epi64x(0, 0, 0, (long long)(value))
#define FOLDING_STORE(p, a) _mm256_storeu_si256((__m256i *)(p), a)
#include "folding.inc"
#endif
