#include "cosplan_version.h"

// Package.swift defines it from the environment of the package's build.
#ifndef COSPLAN_COMMIT
#define COSPLAN_COMMIT ""
#endif

const char *cosplan_version_commit(void) { return COSPLAN_COMMIT; }
