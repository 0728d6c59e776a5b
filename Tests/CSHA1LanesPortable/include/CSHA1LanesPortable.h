/// The source of the 16-lane kernel, compiled for any processor, so that it can be tested without AVX-512.
///
/// The functions correspond to those in `CSHA1Lanes.h`.
#ifndef COSPLAN_CSHA1LANESPORTABLE_H
#define COSPLAN_CSHA1LANESPORTABLE_H

#include <stddef.h>
#include <stdint.h>

void cosplan_sha1_lanes16_portable_hash(uint32_t *state, const uint8_t *const *data, size_t blocks);
void cosplan_sha1_lanes16_portable_hash_pair(uint32_t *state, uint32_t *other, const uint8_t *const *data,
                                             size_t blocks);

#endif
