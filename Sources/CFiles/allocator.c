// The C library's allocator and the address space.
#include "CFiles.h"

#include <malloc.h>

void cosplan_allocator_use_one_arena(void)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
#endif
}
