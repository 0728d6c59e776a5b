#ifndef COSPLAN_EXCHANGES_H
#define COSPLAN_EXCHANGES_H

#include "cosplan_curl_guard.h"
#include "libcurl.h"

#include <stdatomic.h>

// The state of a reply's head.
enum reply_head {
    // Not begun.
    head_awaited,
    // Inside a head with status 1xx, which precedes the actual head.
    head_informational,
    // Inside the head.
    head_begun,
    // The blank line has arrived.
    head_complete,
};

// The maximum number of sockets tracked per exchange: libcurl tries two addresses concurrently and waits for
// a resolver on a third.
enum { sockets_limit = 4 };

// Bytes that grow as they arrive.
struct bytes {
    char *start;
    size_t count, capacity;
};

struct watched_socket {
    int descriptor;
    // The event that Foundation was last told to wait for; 0 for a free slot.
    int waits;
};

// One request and its reply, from cosplan_curl_guard_begin to cosplan_curl_guard_end.
struct exchange {
    struct exchange *next;
    uint64_t number;
    uint64_t reply_limit;
    char *authorities;
    // The request's body, in the caller's memory, and how much of it libcurl has taken. Unit: bytes.
    const char *body;
    uint64_t body_count, body_taken;
    // The length of all heads and trailers so far. Unit: bytes.
    uint64_t head_bytes;
    enum reply_head head;
    // The reply so far.
    int status;
    struct bytes reply_head, reply_body;
    struct watched_socket sockets[sockets_limit];
    cosplan_curl_guard_outcome outcome;
};

// One of Foundation's easy handles, from its first callback setting to its cleanup.
struct handle {
    struct handle *next;
    void *easy;
    // Foundation's own callbacks.
    curl_data_callback *read, *write, *header;
    void *read_data, *write_data, *header_data;
    curl_seek_callback *seek;
    // Whether the guard's callbacks are set instead.
    bool is_armed;
    // The exchange it carries; NULL for none, or after the end of the exchange.
    struct exchange *exchange;
};

// One lock for all records. Never held during a call to Foundation.
void cosplan_exchanges_lock(void);
void cosplan_exchanges_unlock(void);

// The following functions must be called with the lock held.

// The record of an easy handle; NULL if there is none. `make` creates it if needed; NULL if there is no
// memory.
struct handle *cosplan_handle_find(void *easy);
struct handle *cosplan_handle_make(void *easy);
// The exchange that an easy handle carries; NULL for none.
struct exchange *cosplan_exchange_of(void *easy);
// The exchange with this number; NULL if there is none.
struct exchange *cosplan_exchange_find(uint64_t number);

// Removes the record of an easy handle, for the caller to free; NULL if there is none.
struct handle *cosplan_handle_take(void *easy);

// Reads the counters of the exchange's sockets (sockets.c).
cosplan_curl_guard_progress cosplan_sockets_progress(const struct exchange *exchange);

extern _Atomic uint64_t cosplan_count_guarded, cosplan_count_replayed, cosplan_count_refused_rewinds;

// Called by Foundation instead of libcurl.
int cosplan_guarded_easy_setopt(void *easy, int option, ...);
void cosplan_guarded_easy_cleanup(void *easy);
int cosplan_guarded_multi_setopt(void *multi, int option, ...);
struct curl_message *cosplan_guarded_multi_info_read(void *multi, int *left);
int cosplan_guarded_url_get(const void *url, int part, char **text, unsigned int flags);

// Called by libcurl instead of Foundation.
size_t cosplan_guarded_read(char *buffer, size_t size, size_t count, void *user);
size_t cosplan_guarded_header(char *data, size_t size, size_t count, void *user);
size_t cosplan_guarded_write(char *data, size_t size, size_t count, void *user);

#endif
