// SHA-1 with the processor's SHA extension: one, two or four messages, each an independent stream of
// instructions, so that the streams hide each other's latency.
//
// Uses legacy SSE encodings throughout: the target excludes AVX, so the compiler does not mix it in. Code
// with wide vector registers must clear their upper halves before; clang does so at the end of every function
// of the lane kernels (vzeroupper).

#include "CSHA1Lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SHANI __attribute__((target("sha,sse4.1")))
#define UNROLL _Pragma("clang loop unroll(full)")

SHANI static inline __attribute__((always_inline)) __m128i four_rounds(__m128i abcd, __m128i e, int group) {
  switch (group / 5) {
    case 0: return _mm_sha1rnds4_epu32(abcd, e, 0);
    case 1: return _mm_sha1rnds4_epu32(abcd, e, 1);
    case 2: return _mm_sha1rnds4_epu32(abcd, e, 2);
    default: return _mm_sha1rnds4_epu32(abcd, e, 3);
  }
}

// Hashes `count` messages of `blocks` blocks each. Chains 0…count-1 are the messages' states in `state`; with
// `pair`, chains count…2·count-1 are those in `other`, over the same messages.
SHANI static inline __attribute__((always_inline)) void hash_streams(
    uint32_t *state, uint32_t *other, const uint8_t *const *messages, size_t blocks, const int count,
    const int pair) {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  const int chains = pair ? 2 * count : count;
  const uint8_t *data[4];
  // e[0] and e[1] alternate: one is the e of the current group of rounds, the other the a that the next group
  // needs.
  __m128i abcd[4], e[2][4];
  UNROLL for (int c = 0; c < chains; c++) {
    const uint32_t *from = c < count ? state + c : other + (c - count);
    abcd[c] = _mm_set_epi32((int)from[0], (int)from[count], (int)from[2 * count], (int)from[3 * count]);
    e[0][c] = _mm_set_epi32((int)from[4 * count], 0, 0, 0);
  }
  UNROLL for (int m = 0; m < count; m++) data[m] = messages[m];

  for (size_t block = 0; block < blocks; block++) {
    __m128i abcd_before[4], e_before[4], w[4][4];
    UNROLL for (int c = 0; c < chains; c++) abcd_before[c] = abcd[c], e_before[c] = e[0][c];
    UNROLL for (int g = 0; g < 20; g++) {
      UNROLL for (int m = 0; m < count; m++) {
        if (g < 4) {
          w[g][m] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(data[m] + 16 * g)), swap);
        }
        UNROLL for (int c = m; c < chains; c += count) {
          __m128i *now = &e[g % 2][c];
          *now = g == 0 ? _mm_add_epi32(*now, w[0][m]) : _mm_sha1nexte_epu32(*now, w[g % 4][m]);
          e[(g + 1) % 2][c] = abcd[c];
          abcd[c] = four_rounds(abcd[c], *now, g);
        }
        // The message schedule, four words ahead, with three groups in progress.
        if (g >= 3 && g <= 18) w[(g + 1) % 4][m] = _mm_sha1msg2_epu32(w[(g + 1) % 4][m], w[g % 4][m]);
        if (g >= 1 && g <= 16) w[(g + 3) % 4][m] = _mm_sha1msg1_epu32(w[(g + 3) % 4][m], w[g % 4][m]);
        if (g >= 2 && g <= 17) w[(g + 2) % 4][m] = _mm_xor_si128(w[(g + 2) % 4][m], w[g % 4][m]);
      }
    }
    UNROLL for (int c = 0; c < chains; c++) {
      e[0][c] = _mm_sha1nexte_epu32(e[0][c], e_before[c]);
      abcd[c] = _mm_add_epi32(abcd[c], abcd_before[c]);
    }
    UNROLL for (int m = 0; m < count; m++) data[m] += 64;
  }

  UNROLL for (int c = 0; c < chains; c++) {
    uint32_t *to = c < count ? state + c : other + (c - count);
    to[0] = (uint32_t)_mm_extract_epi32(abcd[c], 3);
    to[count] = (uint32_t)_mm_extract_epi32(abcd[c], 2);
    to[2 * count] = (uint32_t)_mm_extract_epi32(abcd[c], 1);
    to[3 * count] = (uint32_t)_mm_extract_epi32(abcd[c], 0);
    to[4 * count] = (uint32_t)_mm_extract_epi32(e[0][c], 3);
  }
}

SHANI void cosplan_sha1_streams1_shani_hash(uint32_t *state, const uint8_t *const *data, size_t blocks) {
  hash_streams(state, state, data, blocks, 1, 0);
}
SHANI void cosplan_sha1_streams2_shani_hash(uint32_t *state, const uint8_t *const *data, size_t blocks) {
  hash_streams(state, state, data, blocks, 2, 0);
}
SHANI void cosplan_sha1_streams4_shani_hash(uint32_t *state, const uint8_t *const *data, size_t blocks) {
  hash_streams(state, state, data, blocks, 4, 0);
}
SHANI void cosplan_sha1_streams1_shani_hash_pair(uint32_t *state, uint32_t *other,
                                                 const uint8_t *const *data, size_t blocks) {
  hash_streams(state, other, data, blocks, 1, 1);
}
SHANI void cosplan_sha1_streams2_shani_hash_pair(uint32_t *state, uint32_t *other,
                                                 const uint8_t *const *data, size_t blocks) {
  hash_streams(state, other, data, blocks, 2, 1);
}
#endif
