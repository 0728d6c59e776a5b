// Guards the requests that an upload makes through URLSession on Linux (swift-corelibs-foundation).
//
// Foundation hands its requests to libcurl, and some of what libcurl answers it takes badly: it traps on a
// reply that ends inside its head, keeps a busy loop on a socket that is always writable, queues replies
// without a bound, and reports most failures as -1. The guard stands between the two and changes what either
// is told.
//
// How it gets there: it overwrites the pointers through which Foundation calls five functions of libcurl
// (imports.c). That needs no linker flags, so it works for every program that links the library.
//
// What it touches: only requests whose URL carries the fragment of an exchange that was begun here. libcurl
// never sends fragments. The process's other requests pass through unchanged.
//
// The files, in the order in which a request meets them:
//   imports.c    finds the pointers in the loaded objects and overwrites them, all or none
//   guard.c      decides whether the guard can be active, and installs it
//   exchanges.c  the exchanges that were begun, and the libcurl handles that carry them
//   options.c    what Foundation sets on a handle: where an exchange is recognised and the handle is changed
//   sockets.c    what libcurl waits for: cures the busy loop, and reads how far the bytes have come
//   replies.c    the reply's head and body: bounds, trailers, cut heads, and what failed
//
// Threads: every function may be called from any thread. Memory: a record for each of Foundation's handles,
// freed with the handle, and one for each exchange, freed by cosplan_curl_guard_end.

#ifndef COSPLAN_CURL_GUARD_H
#define COSPLAN_CURL_GUARD_H

#include <stdbool.h>
#include <stdint.h>

// Whether the guard works in this process, and if not, why.
typedef enum {
    cosplan_curl_guard_active = 0,
    // Not Linux with 64-bit pointers.
    cosplan_curl_guard_unsupported_platform = 1,
    // libcurl is not loaded as a shared library: a fully static executable has no pointers to overwrite.
    cosplan_curl_guard_no_libcurl = 2,
    // libcurl is older than 7.62 or newer than 8.x.
    cosplan_curl_guard_unknown_libcurl = 3,
    // Foundation does not call libcurl the way the guard knows.
    cosplan_curl_guard_unknown_foundation = 4,
    // The system refuses to make the pointers writable.
    cosplan_curl_guard_write_refused = 5,
} cosplan_curl_guard_state;

// Installs the guard, once for the process, and tells whether it is active. To be called before the first
// session whose requests it shall guard: Foundation names its socket callback when a session is made.
cosplan_curl_guard_state cosplan_curl_guard_install(void);

// What an exchange's URL ends in after '#', followed by the exchange's number in decimal.
#define COSPLAN_CURL_GUARD_FRAGMENT "cosplan-guard-"

// Begins an exchange: one request and its reply.
//
// reply_limit: the longest body of a reply that the caller reads. Unit: bytes. libcurl is stopped 64 KiB
// beyond it, and at a head of more than 128 KiB. authorities: a PEM file with the certificates that are
// trusted in place of the system's; NULL for the system's. Result: the exchange's number; 0 where there is no
// memory or the guard is not active.
uint64_t cosplan_curl_guard_begin(uint64_t reply_limit, const char *authorities);

// How far an exchange's bytes have come on their way, by the socket's own counters. Everything is 0 while
// there is no connection, and also where the system does not count.
typedef struct {
    // The connection stands.
    bool is_connected;
    // What the other side has acknowledged on this connection. Unit: bytes.
    uint64_t acknowledged;
    // What arrived on this connection. Unit: bytes.
    uint64_t received;
    // What the system took to send and the other side has not acknowledged yet. Unit: bytes.
    uint32_t queued;
} cosplan_curl_guard_progress;

cosplan_curl_guard_progress cosplan_curl_guard_progress_read(uint64_t exchange);

// How an exchange ended, as libcurl sees it.
typedef struct {
    // libcurl ended it. Not so where it was cancelled before.
    bool is_over;
    // CURLcode. A reply that ended inside its head is 52 (CURLE_GOT_NOTHING), which libcurl calls a success.
    int32_t code;
    // errno of a failed connection, CURLINFO_OS_ERRNO; 0 for none.
    int32_t system_error;
    // Why a certificate is not trusted, CURLINFO_SSL_VERIFYRESULT: an X509_V_ERR number; 0 for none.
    int32_t verify_result;
    // What a proxy answered to CONNECT, CURLINFO_HTTP_CONNECTCODE; 0 for nothing.
    int32_t connect_status;
    // The limit that the reply went beyond: its own, or that of its head; 0 for none. Unit: bytes.
    uint64_t exceeded_limit;
    // What arrived on the last connection, below TLS. Unit: bytes.
    uint64_t received;
} cosplan_curl_guard_outcome;

cosplan_curl_guard_outcome cosplan_curl_guard_outcome_read(uint64_t exchange);

// Forgets an exchange. Every exchange that was begun must be ended once.
void cosplan_curl_guard_end(uint64_t exchange);

// What the guard has done in this process so far.
typedef struct {
    // Requests that were recognised and guarded.
    uint64_t guarded;
    // Changes of what a socket waits for that were made in two steps, so that Foundation stops polling for
    // writing.
    uint64_t replayed;
    // Bodies that libcurl wanted to send again from their beginning, which Foundation cannot do.
    uint64_t refused_rewinds;
} cosplan_curl_guard_counts;

cosplan_curl_guard_counts cosplan_curl_guard_counts_read(void);

// Gives the C library's allocator one arena, whose large pieces are used again. For programs that upload; to
// be called before other threads begin. Foundation and libcurl copy every slice, each on the thread that
// happens to be there: an arena for each thread would keep copies of its own, and giving their pages back
// costs more than the copies.
void cosplan_curl_guard_settle_allocator(void);

#endif
