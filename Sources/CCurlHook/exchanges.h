#ifndef COSPLAN_EXCHANGES_H
#define COSPLAN_EXCHANGES_H

#include "cosplan_curl_guard.h"
#include "libcurl.h"

#include <stdatomic.h>

// How far a reply's head has come.
enum reply_head {
    // Nothing of it yet.
    head_awaited,
    // Inside a head with status 1xx, which only announces another one.
    head_informational,
    // Inside the head.
    head_begun,
    // Its blank line has come.
    head_complete,
};

// The most sockets of one exchange that are followed at once: libcurl tries two addresses side by side, and
// waits for a resolver on a third.
enum { sockets_limit = 4 };

struct watched_socket {
    int descriptor;
    // What Foundation was last told to wait for; 0 where this place is free.
    int waits;
};

// One request and its reply, from cosplan_curl_guard_begin to cosplan_curl_guard_end.
struct exchange {
    struct exchange *next;
    uint64_t number;
    uint64_t reply_limit;
    char *authorities;
    // Of the reply so far. Unit: bytes.
    uint64_t head_bytes, body_bytes;
    enum reply_head head;
    struct watched_socket sockets[sockets_limit];
    cosplan_curl_guard_outcome outcome;
};

// One of Foundation's easy handles, from the first callback that Foundation sets on it to its end.
struct handle {
    struct handle *next;
    void *easy;
    // Foundation's own callbacks.
    curl_data_callback *write, *header;
    void *write_data, *header_data;
    curl_seek_callback *seek;
    // Whether the guard's callbacks stand in their place.
    bool is_armed;
    // What it carries; NULL for nothing, and after the exchange's end.
    struct exchange *exchange;
};

// One lock for all records. It is never held while Foundation is called.
void cosplan_exchanges_lock(void);
void cosplan_exchanges_unlock(void);

// The following are called with the lock held.

// The record of an easy handle; NULL if there is none, or no memory to make one.
struct handle *cosplan_handle_find(void *easy);
struct handle *cosplan_handle_make(void *easy);
// The exchange that an easy handle carries; NULL for none.
struct exchange *cosplan_exchange_of(void *easy);
// The exchange with this number; NULL where there is none.
struct exchange *cosplan_exchange_find(uint64_t number);

// Takes an easy handle's record out; the caller frees it. NULL if there is none.
struct handle *cosplan_handle_take(void *easy);

// Reads the counters of the exchange's sockets (sockets.c).
cosplan_curl_guard_progress cosplan_sockets_progress(const struct exchange *exchange);

extern _Atomic uint64_t cosplan_count_guarded, cosplan_count_replayed, cosplan_count_refused_rewinds;

// What Foundation calls in place of libcurl.
int cosplan_guarded_easy_setopt(void *easy, int option, ...);
void cosplan_guarded_easy_cleanup(void *easy);
int cosplan_guarded_multi_setopt(void *multi, int option, ...);
struct curl_message *cosplan_guarded_multi_info_read(void *multi, int *left);
int cosplan_guarded_url_get(const void *url, int part, char **text, unsigned int flags);

// What libcurl calls in place of Foundation.
size_t cosplan_guarded_header(char *data, size_t size, size_t count, void *user);
size_t cosplan_guarded_write(char *data, size_t size, size_t count, void *user);

#endif
