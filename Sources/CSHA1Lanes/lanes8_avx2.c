// 8 lanes in AVX2's sixteen 256-bit registers. W is on the stack: a load is free beside three operations.

#include "CSHA1Lanes.h"

#if defined(__x86_64__)
#define LANES 8
#define LANES_TARGET __attribute__((target("avx2")))
// Keeps the compiler from computing W far ahead of its use, which would spill it twice.
#define LANES_ORDER(x) __asm__ volatile("" : "+x"(x))
#define LANES_HASH cosplan_sha1_lanes8_avx2_hash
#define LANES_HASH_PAIR cosplan_sha1_lanes8_avx2_hash_pair
#include "lanes.inc"
#endif
