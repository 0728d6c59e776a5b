#ifndef COSPLAN_VERSION_H
#define COSPLAN_VERSION_H

/// The commit that a package was built from, as the package's build said; empty where nobody said it.
const char *_Nonnull cosplan_version_commit(void);

#endif
