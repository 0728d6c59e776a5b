// What PlanFiles needs from the system and cannot say in Swift: openat2, a SIGBUS handler, and argv.
#ifndef COSPLAN_CFILES_H
#define COSPLAN_CFILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// open(2)'s O_PATH: a descriptor that names a file and does not open it.
extern const int cosplan_file_name_only;

/// Opens `path` (NUL-terminated) below the folder open at `directory`, following links that stay below it.
///
/// `flags`: those of open(2); O_CLOEXEC is added. Nothing is created.
/// Returns the descriptor, or minus errno: EXDEV when the path leaves the folder, ENOSYS (EPERM under some
/// sandboxes) where the kernel has no openat2.
int cosplan_file_open_beneath(int directory, const char *path, int flags);

/// Opens an unnamed file for reading and writing in the folder open at `directory` (AT_FDCWD and `path` work too).
///
/// `mode`: permission bits before the umask. `linkable`: whether it may be given a name later.
/// Returns the descriptor, or minus errno (EOPNOTSUPP, EISDIR or ENOENT where the file system cannot).
int cosplan_file_open_unnamed(int directory, const char *path, unsigned mode, bool linkable);

/// Whether the file's byte at `offset` could be read at once, without waiting for the disk.
///
/// False also where the file system or the kernel cannot say.
bool cosplan_file_is_cached(int descriptor, int64_t offset);

/// Asks the kernel to read `length` bytes of a mapping in. Returns 0, or errno. Never raises a signal.
int cosplan_file_populate(void *start, size_t length);

/// The name of a folder's entry as readdir(3) gives it; its length goes to `length`.
///
/// Reads no byte after the entry: it may be shorter than struct dirent, or its name longer than that has room for.
const char *cosplan_file_entry_name(const struct dirent *entry, size_t *length);

/// The magic number (statfs(2), f_type) of the file system that `descriptor` lies on; 0 where the kernel does not say.
uint32_t cosplan_file_system(int descriptor);

/// How many windows the guard can watch at once.
enum { COSPLAN_GUARD_WINDOWS = 1024 };

/// Sets the process's SIGBUS handler, once; later calls do nothing. Returns 0, or errno.
///
/// A mapped page that is not there any more (the file was cut, the disk failed) raises SIGBUS. The handler maps
/// zero pages from that page to the end of its window and marks the window. A SIGBUS that is not about a watched
/// window goes to the handler that was there before.
int cosplan_guard_install(void);

/// Watches the `length` bytes mapped from `start`, a page's first byte. Any thread, no lock, no allocation.
///
/// Returns the window's number, or -1 when COSPLAN_GUARD_WINDOWS are watched already.
int cosplan_guard_add(const void *start, size_t length);

/// Whether a page of window `number` was missing when it was touched.
bool cosplan_guard_faulted(int number);

/// Stops watching window `number`, before it is unmapped. Returns what cosplan_guard_faulted did.
bool cosplan_guard_remove(int number);

/// How many arguments the process was started with, the program's name among them; 0 for an empty vector.
int cosplan_argument_count(void);

/// The argument at `index`, NUL-terminated, valid as long as the process; NULL outside 0..<count.
const char *cosplan_argument(int index);

#endif
