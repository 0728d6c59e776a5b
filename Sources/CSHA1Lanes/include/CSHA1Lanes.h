/// SHA-1's compression function (FIPS 180-4, 6.1.2) over several messages at once.
///
/// Every kernel takes arbitrary initial states, one pointer per message of any alignment, and one number of
/// 64-byte blocks for all messages. Nothing is padded, allocated or stored.
///
/// The layout of states is word by word: with n messages, word i of message m's state is at `state[n * i +
/// m]`, in native byte order, 5 * n words in all. Messages may overlap; states must not.
///
/// `hash` advances each message's state. `hash_pair` advances two states over each message, which share its
/// loads and its schedule: a file's running state, and the part's own digest.
///
/// A kernel may be called only if its `_is_available` returns true.
#ifndef COSPLAN_CSHA1LANES_H
#define COSPLAN_CSHA1LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether the processor has AVX2.
///
/// The result is constant for the life of the process, also for the functions below.
bool cosplan_sha1_avx2_is_available(void);
/// Whether the processor has AVX-512F, VL and BW.
bool cosplan_sha1_avx512_is_available(void);
/// Whether the processor has the SHA extension and SSE4.1.
bool cosplan_sha1_shani_is_available(void);
/// Whether interleaved SHA-extension streams are faster than AVX2 lanes: true for AMD's processors.
///
/// Source: benchmarks/results/measured-choices.md.
bool cosplan_sha1_shani_prefers_streams(void);

/// 8 messages, AVX2.
void cosplan_sha1_lanes8_avx2_hash(uint32_t *state, const uint8_t *const *data, size_t blocks);
void cosplan_sha1_lanes8_avx2_hash_pair(uint32_t *state, uint32_t *other, const uint8_t *const *data,
                                        size_t blocks);

/// 16 messages, AVX-512.
void cosplan_sha1_lanes16_avx512_hash(uint32_t *state, const uint8_t *const *data, size_t blocks);
void cosplan_sha1_lanes16_avx512_hash_pair(uint32_t *state, uint32_t *other, const uint8_t *const *data,
                                           size_t blocks);

/// 1, 2 and 4 messages, SHA extension.
void cosplan_sha1_streams1_shani_hash(uint32_t *state, const uint8_t *const *data, size_t blocks);
void cosplan_sha1_streams2_shani_hash(uint32_t *state, const uint8_t *const *data, size_t blocks);
void cosplan_sha1_streams4_shani_hash(uint32_t *state, const uint8_t *const *data, size_t blocks);
void cosplan_sha1_streams1_shani_hash_pair(uint32_t *state, uint32_t *other, const uint8_t *const *data,
                                           size_t blocks);
void cosplan_sha1_streams2_shani_hash_pair(uint32_t *state, uint32_t *other, const uint8_t *const *data,
                                           size_t blocks);

#ifdef __cplusplus
}
#endif
#endif
