#ifndef COSPLAN_IMPORTS_H
#define COSPLAN_IMPORTS_H

#include <stddef.h>

// A function that an object imports, and its replacement.
struct import {
    const char *name;
    void *replacement;
};

enum imports_result { imports_replaced, imports_missing, imports_not_writable };

// Overwrites the pointers through which Foundation calls these functions: all of them, or none.
enum imports_result cosplan_imports_replace(const struct import *imports, size_t count);

// Whether an address lies in the object whose pointers were overwritten.
int cosplan_imports_own(void *address);

#endif
