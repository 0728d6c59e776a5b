#ifndef COSPLAN_LATE_H
#define COSPLAN_LATE_H

#include <stddef.h>

#if defined(COSPLAN_LATE_CURL)

// libcurl, loaded by the first call of this function; NULL if it or one of its functions is missing.
void *cosplan_late_library(void);

// Why it is missing; NULL if it is not.
const char *cosplan_late_reason(void);

// The pointer through which Foundation's calls of a function go, to be overwritten once libcurl is loaded; NULL
// for an unknown name.
void **cosplan_late_pointer(const char *name);

#else

static inline void **cosplan_late_pointer(const char *name) {
    (void)name;
    return NULL;
}

#endif

#endif
