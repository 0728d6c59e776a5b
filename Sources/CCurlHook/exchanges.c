// The registered exchanges, and the easy handles that carry them.

#include "exchanges.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

_Atomic uint64_t cosplan_count_guarded, cosplan_count_replayed, cosplan_count_refused_rewinds;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct exchange *exchanges;
static uint64_t last_number;

// A hash table by address: a process may have thousands of unrelated handles.
enum { bucket_count = 256 };
static struct handle *buckets[bucket_count];

void cosplan_exchanges_lock(void) {
    pthread_mutex_lock(&lock);
}

void cosplan_exchanges_unlock(void) {
    pthread_mutex_unlock(&lock);
}

static struct handle **bucket_of(void *easy) {
    // The lowest bits of addresses are the same.
    return &buckets[((uintptr_t)easy >> 6) % bucket_count];
}

struct handle *cosplan_handle_find(void *easy) {
    struct handle *handle = *bucket_of(easy);
    while (handle && handle->easy != easy) handle = handle->next;
    return handle;
}

struct handle *cosplan_handle_make(void *easy) {
    struct handle *handle = cosplan_handle_find(easy);
    if (handle) return handle;
    handle = calloc(1, sizeof *handle);
    if (!handle) return NULL;
    struct handle **bucket = bucket_of(easy);
    handle->easy = easy;
    handle->next = *bucket;
    *bucket = handle;
    return handle;
}

struct handle *cosplan_handle_take(void *easy) {
    struct handle **place = bucket_of(easy);
    while (*place && (*place)->easy != easy) place = &(*place)->next;
    struct handle *handle = *place;
    if (handle) *place = handle->next;
    return handle;
}

struct exchange *cosplan_exchange_of(void *easy) {
    struct handle *handle = cosplan_handle_find(easy);
    return handle ? handle->exchange : NULL;
}

struct exchange *cosplan_exchange_find(uint64_t number) {
    struct exchange *exchange = exchanges;
    while (exchange && exchange->number != number) exchange = exchange->next;
    return exchange;
}

uint64_t cosplan_curl_guard_begin(
    const void *body, uint64_t body_count, uint64_t reply_limit, const char *authorities) {
    if (cosplan_curl_guard_install() != cosplan_curl_guard_active) return 0;
    struct exchange *exchange = calloc(1, sizeof *exchange);
    char *copy = authorities ? strdup(authorities) : NULL;
    if (!exchange || (authorities && !copy)) {
        free(exchange);
        free(copy);
        return 0;
    }
    exchange->body = body;
    exchange->body_count = body_count;
    exchange->reply_limit = reply_limit;
    exchange->authorities = copy;
    cosplan_exchanges_lock();
    uint64_t number = ++last_number;
    exchange->number = number;
    exchange->next = exchanges;
    exchanges = exchange;
    cosplan_exchanges_unlock();
    return number;
}

cosplan_curl_guard_progress cosplan_curl_guard_progress_read(uint64_t number) {
    cosplan_curl_guard_progress progress = {0};
    cosplan_exchanges_lock();
    struct exchange *exchange = cosplan_exchange_find(number);
    if (exchange) {
        progress = cosplan_sockets_progress(exchange);
        progress.taken = exchange->body_taken;
        progress.reply = exchange->reply_body.count;
    }
    cosplan_exchanges_unlock();
    return progress;
}

cosplan_curl_guard_outcome cosplan_curl_guard_outcome_read(uint64_t number) {
    cosplan_curl_guard_outcome outcome = {0};
    cosplan_exchanges_lock();
    struct exchange *exchange = cosplan_exchange_find(number);
    if (exchange) outcome = exchange->outcome;
    cosplan_exchanges_unlock();
    return outcome;
}

cosplan_curl_guard_reply cosplan_curl_guard_reply_read(uint64_t number) {
    cosplan_curl_guard_reply reply = {0};
    cosplan_exchanges_lock();
    struct exchange *exchange = cosplan_exchange_find(number);
    // Before its end the reply may still move as it grows.
    if (exchange && exchange->outcome.is_over) {
        reply.status = exchange->status;
        reply.head = exchange->reply_head.start;
        reply.head_count = exchange->reply_head.count;
        reply.body = exchange->reply_body.start;
        reply.body_count = exchange->reply_body.count;
    }
    cosplan_exchanges_unlock();
    return reply;
}

void cosplan_curl_guard_end(uint64_t number) {
    cosplan_exchanges_lock();
    struct exchange **place = &exchanges;
    while (*place && (*place)->number != number) place = &(*place)->next;
    struct exchange *exchange = *place;
    if (exchange) {
        *place = exchange->next;
        for (size_t index = 0; index < bucket_count; index++) {
            for (struct handle *handle = buckets[index]; handle; handle = handle->next) {
                if (handle->exchange == exchange) handle->exchange = NULL;
            }
        }
    }
    cosplan_exchanges_unlock();
    if (!exchange) return;
    free(exchange->authorities);
    free(exchange->reply_head.start);
    free(exchange->reply_body.start);
    free(exchange);
}

cosplan_curl_guard_counts cosplan_curl_guard_counts_read(void) {
    cosplan_curl_guard_counts counts = {
        .guarded = atomic_load(&cosplan_count_guarded),
        .replayed = atomic_load(&cosplan_count_replayed),
        .refused_rewinds = atomic_load(&cosplan_count_refused_rewinds),
    };
    return counts;
}
