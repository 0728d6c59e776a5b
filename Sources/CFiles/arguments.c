// The process's arguments. Swift's CommandLine reads them from /proc/self/cmdline on Linux, and has none if
// /proc is not mounted.
#include "CFiles.h"

static int argument_count;
static char *const *arguments;

// glibc passes argc and argv to every constructor, in executables and in shared libraries.
__attribute__((constructor)) static void keep_arguments(int argc, char **argv)
{
    argument_count = argc;
    arguments = argv;
}

int cosplan_argument_count(void)
{
    return argument_count;
}

const char *cosplan_argument(int index)
{
    return index >= 0 && index < argument_count ? arguments[index] : NULL;
}
