// Checks which instructions the processor has and the operating system supports.

#include "CSHA1Lanes.h"

#if defined(__x86_64__)
#include <cpuid.h>

bool cosplan_sha1_avx2_is_available(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

bool cosplan_sha1_avx512_is_available(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw");
}

bool cosplan_sha1_shani_is_available(void) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  __builtin_cpu_init();
  // Leaf 7, EBX bit 29. The SSE registers it uses are always saved.
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}

bool cosplan_sha1_shani_prefers_streams(void) {
  __builtin_cpu_init();
  return cosplan_sha1_shani_is_available() && __builtin_cpu_is("amd");
}

#else

bool cosplan_sha1_avx2_is_available(void) { return false; }
bool cosplan_sha1_avx512_is_available(void) { return false; }
bool cosplan_sha1_shani_is_available(void) { return false; }
bool cosplan_sha1_shani_prefers_streams(void) { return false; }

#endif
