// The SIGBUS guard. It has global state, because a signal handler has no other way to find the mappings.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CFiles.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(ATOMIC_POINTER_LOCK_FREE == 2, "a signal handler may not wait for a lock");

// One watched window. The thread that sets `taken` owns the other fields until it clears it. `generation` is
// odd while fields change, so that the handler never combines one window's start with another's length. A
// window in which a thread faults is not changing: its owner must not remove it while somebody reads it.
struct window {
    atomic_bool taken;
    atomic_uint generation;
    _Atomic uintptr_t start;
    _Atomic size_t length;
    atomic_bool faulted;
};

static struct window windows[COSPLAN_GUARD_WINDOWS];
static atomic_uint next_window;  // where the search for a free one begins
static struct sigaction previous;
static uintptr_t page_size;
static int install_error;
static pthread_once_t install_once = PTHREAD_ONCE_INIT;

// The watched window that contains `address`; sets `end` to its end.
static struct window *window_at(uintptr_t address, uintptr_t *end) {
    for (int index = 0; index < COSPLAN_GUARD_WINDOWS; index++) {
        struct window *window = &windows[index];
        unsigned before = atomic_load(&window->generation);
        uintptr_t start = atomic_load(&window->start);
        size_t length = atomic_load(&window->length);
        if (before % 2 != 0 || before != atomic_load(&window->generation)) continue;
        if (address < start || address - start >= length) continue;
        *end = start + length;
        return window;
    }
    return NULL;
}

static void pass_on(int signal, siginfo_t *info, void *context) {
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
        return;
    }
    bool sent = info->si_code <= 0;  // by kill() or raise(), not by a fault
    if (previous.sa_handler == SIG_IGN && sent) return;
    if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
        return;
    }
    // After the handler returns the fault occurs again and ends the process, as it would without the guard.
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGBUS, &standard, NULL);
    if (sent) raise(signal);
}

static void on_bus_error(int signal, siginfo_t *info, void *context) {
    int saved_errno = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t end = 0;
    struct window *window = info->si_code == BUS_ADRERR ? window_at(address, &end) : NULL;
    if (window != NULL) {
        uintptr_t page = address & ~(page_size - 1);
        // Marked before the zeros can be read. Uses the system call, because a sanitizer's mmap() may lock or
        // allocate.
        atomic_store(&window->faulted, true);
        long mapped = syscall(SYS_mmap, page, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0L);
        if (mapped == -1) window = NULL;
    }
    if (window == NULL) pass_on(signal, info, context);
    errno = saved_errno;
}

static void install(void) {
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    // Reads the previous handler first: another thread may fault as soon as the new one is set.
    if (sigaction(SIGBUS, NULL, &previous) != 0) {
        install_error = errno;
        return;
    }
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, NULL) != 0) install_error = errno;
}

int cosplan_guard_install(void) {
    int error = pthread_once(&install_once, install);
    return error != 0 ? error : install_error;
}

int cosplan_guard_add(const void *start, size_t length) {
    unsigned first = atomic_fetch_add(&next_window, 1);
    for (unsigned step = 0; step < COSPLAN_GUARD_WINDOWS; step++) {
        unsigned number = (first + step) % COSPLAN_GUARD_WINDOWS;
        struct window *window = &windows[number];
        bool free = false;
        if (!atomic_compare_exchange_strong(&window->taken, &free, true)) continue;
        atomic_fetch_add(&window->generation, 1);
        atomic_store(&window->start, (uintptr_t)start);
        atomic_store(&window->length, length);
        atomic_store(&window->faulted, false);
        atomic_fetch_add(&window->generation, 1);
        return (int)number;
    }
    return -1;
}

bool cosplan_guard_faulted(int number) { return atomic_load(&windows[number].faulted); }

bool cosplan_guard_remove(int number) {
    struct window *window = &windows[number];
    bool faulted = atomic_load(&window->faulted);
    atomic_fetch_add(&window->generation, 1);
    atomic_store(&window->start, 0);
    atomic_store(&window->length, 0);
    atomic_fetch_add(&window->generation, 1);
    atomic_store(&window->taken, false);
    return faulted;
}
