// Checks which instructions the processor has and the operating system supports.

#include "CCRC64.h"

#if defined(__x86_64__)

bool cosplan_crc64_pclmul_is_available(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

bool cosplan_crc64_vpclmul256_is_available(void) {
  return cosplan_crc64_pclmul_is_available() && __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx2");
}

bool cosplan_crc64_vpclmul512_is_available(void) {
  return cosplan_crc64_pclmul_is_available() && __builtin_cpu_supports("vpclmulqdq") &&
         __builtin_cpu_supports("avx512f");
}

#else

bool cosplan_crc64_pclmul_is_available(void) { return false; }
bool cosplan_crc64_vpclmul256_is_available(void) { return false; }
bool cosplan_crc64_vpclmul512_is_available(void) { return false; }

#endif
