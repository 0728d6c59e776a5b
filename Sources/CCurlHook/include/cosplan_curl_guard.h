// Guards the requests that an upload makes through URLSession on Linux (swift-corelibs-foundation).
//
// Foundation passes its requests to libcurl and mishandles some of libcurl's results: it traps on a reply
// that ends inside its head, busy-loops on a socket that is always writable, queues replies without a limit,
// and reports most failures as -1. For every line of a head and every piece of a body it copies the bytes and
// starts a timer, which wakes another thread. The guard intercepts the calls between the two: it hands libcurl the
// body of a request, keeps the reply, and tells Foundation only that the exchange has ended.
//
// To intercept them, it overwrites the pointers through which Foundation calls five functions of libcurl
// (imports.c). This needs no linker flags, so it works in every program that links the library.
//
// It affects only requests whose URL has the fragment of an exchange that was registered here. libcurl never
// sends fragments. All other requests of the process pass through unchanged.
//
// The files, in the order in which a request meets them:
//   imports.c    finds the pointers in the loaded objects and overwrites them, all or none
//   late.c       libcurl for static executables that load it with their first request
//   guard.c      decides whether the guard can be active, and installs it
//   exchanges.c  the exchanges that were begun, and the libcurl handles that carry them
//   options.c    what Foundation sets on a handle: where an exchange is recognised and the handle is changed
//   requests.c   the request's body
//   sockets.c    what libcurl waits for: cures the busy loop, and reads how far the bytes have come
//   replies.c    the reply's head and body: kept here within bounds; trailers, cut heads, and what failed
//
// Threads: every function may be called from any thread. Memory: one record per Foundation handle, freed with
// the handle, and one per exchange, freed by cosplan_curl_guard_end.

#ifndef COSPLAN_CURL_GUARD_H
#define COSPLAN_CURL_GUARD_H

#include <stdbool.h>
#include <stdint.h>

// Whether the guard is active in this process, and if not, why.
typedef enum {
    cosplan_curl_guard_active = 0,
    // Not Linux with 64-bit pointers.
    cosplan_curl_guard_unsupported_platform = 1,
    // libcurl is not loaded as a shared library: a fully static executable has no pointers to overwrite.
    cosplan_curl_guard_no_libcurl = 2,
    // libcurl is older than 7.62 or newer than 8.x.
    cosplan_curl_guard_unknown_libcurl = 3,
    // Foundation does not call libcurl in the way the guard expects.
    cosplan_curl_guard_unknown_foundation = 4,
    // The system refuses to make the pointers writable.
    cosplan_curl_guard_write_refused = 5,
} cosplan_curl_guard_state;

// Installs the guard, once per process, and returns whether it is active. Must be called before the first
// session whose requests are to be guarded is created: creating a session registers its socket callback.
cosplan_curl_guard_state cosplan_curl_guard_install(void);

// Why libcurl cannot be loaded, in an executable that loads it late; NULL if it can, or if it was loaded with the
// executable. Without it no session must be created.
const char *cosplan_curl_guard_missing_libcurl(void);

// The fragment of an exchange's URL: this prefix followed by the exchange's number in decimal.
#define COSPLAN_CURL_GUARD_FRAGMENT "cosplan-guard-"

// Registers an exchange: one request and its reply.
//
// body: the request's body, which must stay unchanged until the exchange is ended; NULL for none. Foundation
// must be given a body without bytes in its place. body_count: its length. Unit: bytes.
//
// reply_limit: the maximum length of a reply body that the caller reads. Unit: bytes. libcurl is stopped 64
// KiB beyond it, or at a head of more than 128 KiB. authorities: a PEM file of trusted certificates that
// replaces the system's; NULL for the system's. Returns the exchange's number; 0 if there is no memory or the
// guard is not active.
uint64_t cosplan_curl_guard_begin(
    const void *body, uint64_t body_count, uint64_t reply_limit, const char *authorities);

// The progress of an exchange. Those of the socket are its own counters: 0 while there is no connection, or if
// the system has no counters.
typedef struct {
    // The bytes of the request's body that libcurl has taken.
    uint64_t taken;
    // The bytes of the reply's body so far.
    uint64_t reply;
    // The connection is established.
    bool is_connected;
    // The bytes that the peer has acknowledged on this connection.
    uint64_t acknowledged;
    // The bytes received on this connection.
    uint64_t received;
    // The bytes accepted by the system for sending and not yet acknowledged by the peer.
    uint32_t queued;
} cosplan_curl_guard_progress;

cosplan_curl_guard_progress cosplan_curl_guard_progress_read(uint64_t exchange);

// The result of an exchange, as reported by libcurl.
typedef struct {
    // libcurl has ended it; false if it was cancelled before.
    bool is_over;
    // CURLcode. A reply that ended inside its head is 52 (CURLE_GOT_NOTHING), although libcurl reports
    // success.
    int32_t code;
    // The errno of a failed connection, CURLINFO_OS_ERRNO; 0 for none.
    int32_t system_error;
    // Why a certificate is not trusted, CURLINFO_SSL_VERIFYRESULT: an X509_V_ERR number; 0 for none.
    int32_t verify_result;
    // A proxy's reply to CONNECT, CURLINFO_HTTP_CONNECTCODE; 0 for none.
    int32_t connect_status;
    // The limit that the reply exceeded, that of the body or of the head; 0 for none. Unit: bytes.
    uint64_t exceeded_limit;
    // The bytes received on the last connection, below TLS.
    uint64_t received;
} cosplan_curl_guard_outcome;

cosplan_curl_guard_outcome cosplan_curl_guard_outcome_read(uint64_t exchange);

// The reply of an exchange, without heads of status 1xx and without trailers.
typedef struct {
    // The HTTP status; 0 if there is no reply.
    int32_t status;
    // The status line and the headers, each line with its end.
    const char *head;
    uint64_t head_count;
    const char *body;
    uint64_t body_count;
} cosplan_curl_guard_reply;

// The reply, in memory that lives until the exchange is ended; all 0 before libcurl has ended the exchange.
cosplan_curl_guard_reply cosplan_curl_guard_reply_read(uint64_t exchange);

// Removes an exchange. Every registered exchange must be ended once.
void cosplan_curl_guard_end(uint64_t exchange);

// Counts of what the guard has done in this process.
typedef struct {
    // Requests that were recognised and guarded.
    uint64_t guarded;
    // Changes of a socket's events that were made in two steps, so that Foundation stops polling for
    // writability.
    uint64_t replayed;
    // Rewinds of a request body that libcurl wanted, which Foundation cannot do.
    uint64_t refused_rewinds;
} cosplan_curl_guard_counts;

cosplan_curl_guard_counts cosplan_curl_guard_counts_read(void);

// Restricts malloc to one arena that reuses large blocks. For programs that upload; must be called before
// other threads start. libcurl, and Foundation where the guard is not active, copy every slice on varying
// threads. With one arena per thread, each would keep copies, and returning their pages to the system costs
// more than the copying.
void cosplan_curl_guard_settle_allocator(void);

#endif
