// Cures two faults of URLSession on Linux (swift-corelibs-foundation) from outside, where libcurl meets it.
//
// 1. It spins. MultiHandle.swift only ever adds dispatch sources to a socket. When libcurl no longer waits to
//    write (OUT or INOUT becomes IN: the body is sent, or the connection made) the write source stays, on a
//    socket that is always writable: one core or two burn until the reply has come. The hook turns such a change
//    into REMOVE, which tears the sources down, followed by IN.
// 2. It stalls. When a kept connection turns out to be closed, libcurl rewinds the body to send it over a new
//    one. Foundation says the rewind worked, but its body stays at the end, so both sides wait. The hook says that
//    the rewind failed: the request ends with an error at once and the caller makes it again.
//
// The two functions of libcurl that tell it its callbacks are defined here in the executable, before libcurl
// in the dynamic linker's order, and pass everything on. While they do, uploads also get a buffer that holds
// a slice of 1 MiB with its form, in place of 64 KiB: every time it is filled costs a turn through Foundation's threads.
//
// It acts only on callbacks that belong to Foundation and on a libcurl between 7.62 and 8.x; on anything else,
// and with COSPLAN_CURL_HOOK=0 in the environment, calls go through untouched.
// One thread: whatever thread calls libcurl. State: two functions of Foundation, and one byte a descriptor.

#ifndef COSPLAN_CURL_HOOK_H
#define COSPLAN_CURL_HOOK_H

#include <stdint.h>

// What the hook does.
typedef enum {
    // Nothing passed through it yet, or this is not Linux.
    cosplan_curl_hook_unused = 0,
    // COSPLAN_CURL_HOOK=0.
    cosplan_curl_hook_off = 1,
    // libcurl or the caller is not what it knows.
    cosplan_curl_hook_unknown = 2,
    // It acts.
    cosplan_curl_hook_active = 3,
} cosplan_curl_hook_state;

// What the hook does now. Threads: any.
cosplan_curl_hook_state cosplan_curl_hook_state_read(void);

// How many changes of a socket it replayed. Unit: changes. Threads: any.
uint64_t cosplan_curl_hook_replays_read(void);

// How many rewinds it refused. Unit: rewinds. Threads: any.
uint64_t cosplan_curl_hook_rewinds_read(void);

// Gives the C library's allocator one arena, whose large pieces are used again; for uploads, before other threads begin.
// Foundation and libcurl copy every slice, each on the thread that happens to be there: an arena for each thread would
// keep copies of its own, and giving their pages back costs more than the copies. 2 GiB on two cores: 4 slices of 1 MiB
// under way took 72 MB and take 61, 16 of 3 MiB 165 to 205 and 136, both as fast; one arena that gives its pages back is
// a third slower. Threads: one.
void cosplan_curl_settle_allocator(void);

#endif
