// System interfaces that Swift cannot use directly: openat2, a SIGBUS handler, and argv.
#ifndef COSPLAN_CFILES_H
#define COSPLAN_CFILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// open(2)'s O_PATH: a descriptor that refers to a file without opening it.
extern const int cosplan_file_name_only;

/// Opens `path` (NUL-terminated) below the folder open at `directory`.
///
/// Follows links that stay below it.
///
/// `flags`: those of open(2); O_CLOEXEC is added. Never creates a file. Returns the descriptor, or -errno:
/// EXDEV if the path leaves the folder, ENOSYS (EPERM under some sandboxes) if the kernel lacks openat2.
int cosplan_file_open_beneath(int directory, const char *path, int flags);

/// Opens an unnamed file for reading and writing in the folder open at `directory` (or AT_FDCWD) and `path`.
///
/// `mode`: permission bits before the umask. `linkable`: whether it may be linked to a name later. Returns
/// the descriptor, or -errno (EOPNOTSUPP, EISDIR or ENOENT if the file system does not support it).
int cosplan_file_open_unnamed(int directory, const char *path, unsigned mode, bool linkable);

/// Whether the file's byte at `offset` can be read without waiting for the disk.
///
/// Also false if the file system or the kernel cannot tell.
bool cosplan_file_is_cached(int descriptor, int64_t offset);

/// Asks the kernel to read `length` bytes of a mapping into memory.
///
/// Returns 0, or errno. Never raises a signal.
int cosplan_file_populate(void *start, size_t length);

/// The name of a folder's entry from readdir(3); sets `length` to its length.
///
/// Reads no byte after the entry, which may be shorter than struct dirent, or have a longer name than that
/// declares.
const char *cosplan_file_entry_name(const struct dirent *entry, size_t *length);

/// The magic number (statfs(2), f_type) of the file system of `descriptor`; 0 if statfs fails.
uint32_t cosplan_file_system(int descriptor);

/// The maximum number of windows watched at once.
enum { COSPLAN_GUARD_WINDOWS = 1024 };

/// Sets the process's SIGBUS handler, once; later calls do nothing.
///
/// Returns 0, or errno.
///
/// A missing page of a mapping (the file was truncated, the disk failed) raises SIGBUS. The handler maps zero
/// pages from that page to the end of its window and marks the window. A SIGBUS outside all watched windows
/// is passed to the previous handler.
int cosplan_guard_install(void);

/// Watches the `length` bytes mapped at `start`, which is page-aligned.
///
/// Callable from any thread; takes no lock and allocates nothing.
///
/// Returns the window's number, or -1 if COSPLAN_GUARD_WINDOWS are watched already.
int cosplan_guard_add(const void *start, size_t length);

/// Whether a missing page of window `number` was touched.
bool cosplan_guard_faulted(int number);

/// Stops watching window `number`; call it before unmapping.
///
/// Returns the result of cosplan_guard_faulted.
bool cosplan_guard_remove(int number);

/// The number of arguments, including the program's name; 0 for an empty vector.
int cosplan_argument_count(void);

/// The argument at `index`, NUL-terminated, valid for the life of the process; NULL outside 0..<count.
const char *cosplan_argument(int index);

/// Makes malloc use a single arena. Each further one reserves tens of megabytes of address space. Call it before other
/// threads start.
void cosplan_allocator_use_one_arena(void);

#endif
