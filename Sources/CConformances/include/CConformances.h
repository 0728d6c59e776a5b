#ifndef COSPLAN_CCONFORMANCES_H
#define COSPLAN_CCONFORMANCES_H

#ifdef __cplusplus
extern "C" {
#endif

/// Lets the Swift runtime find the conformances that the package's build has put aside; call it once, as soon as the
/// arguments are parsed. Does nothing in any other build.
void cosplan_register_conformances(void);

#ifdef __cplusplus
}
#endif
#endif
