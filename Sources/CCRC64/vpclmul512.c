// 64 bytes at a time: VPCLMULQDQ on AVX-512 registers.

#include "CCRC64.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING_UPDATE cosplan_crc64_vpclmul512_update
#define FOLDING_TARGET __attribute__((target("vpclmulqdq,avx512f")))
#define FOLDING_VECTOR __m512i
#define FOLDING_BITS 2
#define FOLDING_LOAD(p) _mm512_loadu_si512(p)
#define FOLDING_XOR(a, b) _mm512_xor_si512(a, b)
// 0x96 is the truth table of three-way xor.
#define FOLDING_XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define FOLDING_MULTIPLY(a, b, which) _mm512_clmulepi64_epi128(a, b, which)
#define FOLDING_FACTORS(k) _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)constants->folds[k]))
#define FOLDING_FIRST(value) _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, (long long)(value))
#define FOLDING_STORE(p, a) _mm512_storeu_si512(p, a)
#include "folding.inc"
#endif
