// 16 lanes in AVX-512's thirty-two 512-bit registers, which hold W and the states. Each round function is one
// ternary operation, each rotation one instruction.

#include "CSHA1Lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES 16
// Instruction scheduling for Zen 4.
#define LANES_TARGET __attribute__((target("avx512f,avx512vl,avx512bw,tune=znver4")))
// Keeps the compiler from computing W far ahead of its use, which would spill it.
#define LANES_ORDER(x) __asm__ volatile("" : "+v"(x))
// 0xe8 is the truth table of the majority of three.
#define LANES_MAJORITY(b, c, d)                                                                     \
  ((words)_mm512_ternarylogic_epi32((__m512i)(b), (__m512i)(c), (__m512i)(d), 0xe8))
#define LANES_HASH cosplan_sha1_lanes16_avx512_hash
#define LANES_HASH_PAIR cosplan_sha1_lanes16_avx512_hash_pair
#include "lanes.inc"
#endif
