// System calls without a glibc wrapper, and flags whose macros Swift cannot import.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437  // the same on every architecture
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

// The kernel's struct open_how; older headers lack linux/openat2.h.
struct how {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};
#define RESOLVE_NO_MAGIC_LINKS 0x02
#define RESOLVE_BENEATH 0x08

const int cosplan_file_name_only = O_PATH;

int cosplan_file_open_beneath(int directory, const char *path, int flags) {
    struct how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGIC_LINKS,
    };
    // EAGAIN: a folder in the path was renamed meanwhile, so the kernel cannot tell whether `..` stayed
    // below.
    for (int attempt = 0;; attempt++) {
        long descriptor = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (descriptor >= 0) return (int)descriptor;
        if (errno != EINTR && (errno != EAGAIN || attempt >= 128)) return -errno;
    }
}

int cosplan_file_open_unnamed(int directory, const char *path, unsigned mode, bool linkable) {
    int flags = O_TMPFILE | O_RDWR | O_CLOEXEC | (linkable ? 0 : O_EXCL);
    for (;;) {
        int descriptor = openat(directory, path, flags, (mode_t)mode);
        if (descriptor >= 0) return descriptor;
        if (errno != EINTR) return -errno;
    }
}

bool cosplan_file_is_cached(int descriptor, int64_t offset) {
    uint8_t byte;
    struct iovec buffer = {.iov_base = &byte, .iov_len = 1};
    return preadv2(descriptor, &buffer, 1, offset, RWF_NOWAIT) >= 0;
}

int cosplan_file_populate(void *start, size_t length) {
    return madvise(start, length, MADV_POPULATE_READ) == 0 ? 0 : errno;
}

uint32_t cosplan_file_system(int descriptor) {
    struct statfs status;
    return fstatfs(descriptor, &status) == 0 ? (uint32_t)status.f_type : 0;
}

const char *cosplan_file_entry_name(const struct dirent *entry, size_t *length) {
    size_t start = offsetof(struct dirent, d_name);
    const char *name = (const char *)entry + start;
    *length = entry->d_reclen > start ? strnlen(name, entry->d_reclen - start) : 0;
    return name;
}
