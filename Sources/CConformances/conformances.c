// The runtime looks through the records of all conformances for each pair of a type and a protocol that it is asked about,
// and parsing the arguments asks about a hundred pairs. The linker of the package's build (.packaging/linker) puts the
// records of what parsing has no use for into a section of its own. The runtime asks again about what it did not find
// before a section was added.

#include "CConformances.h"

#if defined(__ELF__)

// The linker defines the ends of a section whose name is an identifier; without that section they are 0.
extern const char first[] __asm__("__start_cosplan_later_conformances") __attribute__((weak, visibility("hidden")));
extern const char end[] __asm__("__stop_cosplan_later_conformances") __attribute__((weak, visibility("hidden")));

// The Swift runtime's, as its images call it themselves.
extern void swift_registerProtocolConformances(const void *first, const void *end);

void cosplan_register_conformances(void) {
  if (first != end) swift_registerProtocolConformances(first, end);
}

#else

void cosplan_register_conformances(void) {}

#endif
