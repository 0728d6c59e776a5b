// What Foundation sets on libcurl's handles. An exchange is recognised here by the fragment of its URL. Its
// handle is then armed: the guard's callbacks replace Foundation's, and some options are changed.

#define _GNU_SOURCE
#include "exchanges.h"
#include "imports.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Holds a slice of 1 MiB with its form, because every refill of libcurl's buffer costs a round trip through
// Foundation's threads. Source: benchmarks/uploading.py.
enum { upload_buffer_bytes = (1 << 20) + (256 << 10) };

// The exchange number in a fragment; 0 if there is none.
static uint64_t number_in(const char *fragment) {
    size_t length = strlen(COSPLAN_CURL_GUARD_FRAGMENT);
    if (strncmp(fragment, COSPLAN_CURL_GUARD_FRAGMENT, length) != 0) return 0;
    char *end = NULL;
    errno = 0;
    uint64_t number = strtoull(fragment + length, &end, 10);
    return errno == 0 && *end == 0 ? number : 0;
}

// When a reused connection turns out to be closed, libcurl rewinds the body to send it over a new one.
// Foundation reports success but does not rewind, and both sides hang. If the rewind fails, libcurl ends the
// request.
static int refuse_rewind(void *user, int64_t offset, int origin) {
    (void)user;
    (void)offset;
    (void)origin;
    atomic_fetch_add(&cosplan_count_refused_rewinds, 1);
    return curl_seek_failed;
}

static void arm(struct handle *handle, struct exchange *exchange) {
    void *easy = handle->easy;
    handle->is_armed = true;
    handle->exchange = exchange;
    exchange->body_taken = exchange->head_bytes = 0;
    exchange->reply_head.count = exchange->reply_body.count = 0;
    exchange->head = head_awaited;
    exchange->status = 0;
    cosplan_libcurl.easy_setopt(easy, curl_read_function, (void *)&cosplan_guarded_read);
    cosplan_libcurl.easy_setopt(easy, curl_read_data, handle);
    cosplan_libcurl.easy_setopt(easy, curl_body_length, (int64_t)exchange->body_count);
    cosplan_libcurl.easy_setopt(easy, curl_write_function, (void *)&cosplan_guarded_write);
    cosplan_libcurl.easy_setopt(easy, curl_write_data, handle);
    cosplan_libcurl.easy_setopt(easy, curl_header_function, (void *)&cosplan_guarded_header);
    cosplan_libcurl.easy_setopt(easy, curl_header_data, handle);
    cosplan_libcurl.easy_setopt(easy, curl_seek_function, (void *)&refuse_rewind);
    cosplan_libcurl.easy_setopt(easy, curl_upload_buffer_size, (long)upload_buffer_bytes);
    // The reply of a proxy is not one of the service.
    cosplan_libcurl.easy_setopt(easy, curl_suppress_connect_headers, 1L);
    cosplan_libcurl.easy_setopt(easy, curl_http_version, (long)curl_http_1_1);
    if (!exchange->authorities) return;
    cosplan_libcurl.easy_setopt(easy, curl_ca_info, exchange->authorities);
    cosplan_libcurl.easy_setopt(easy, curl_ca_path, (void *)NULL);
    cosplan_libcurl.easy_setopt(easy, curl_proxy_ca_info, exchange->authorities);
    cosplan_libcurl.easy_setopt(easy, curl_proxy_ca_path, (void *)NULL);
}

// Foundation reuses a handle for a redirect; for the guard the exchange is then over.
static void disarm(struct handle *handle) {
    void *easy = handle->easy;
    handle->is_armed = false;
    handle->exchange = NULL;
    cosplan_libcurl.easy_setopt(easy, curl_read_function, (void *)handle->read);
    cosplan_libcurl.easy_setopt(easy, curl_read_data, handle->read_data);
    cosplan_libcurl.easy_setopt(easy, curl_write_function, (void *)handle->write);
    cosplan_libcurl.easy_setopt(easy, curl_write_data, handle->write_data);
    cosplan_libcurl.easy_setopt(easy, curl_header_function, (void *)handle->header);
    cosplan_libcurl.easy_setopt(easy, curl_header_data, handle->header_data);
    cosplan_libcurl.easy_setopt(easy, curl_seek_function, (void *)handle->seek);
}

static void recognise(void *easy, const char *url) {
    const char *hash = url ? strrchr(url, '#') : NULL;
    uint64_t number = hash ? number_in(hash + 1) : 0;
    cosplan_exchanges_lock();
    struct handle *handle = cosplan_handle_find(easy);
    struct exchange *exchange = number ? cosplan_exchange_find(number) : NULL;
    // Foundation sets its callbacks before the URL. Without them the guard would have nothing to call.
    if (handle && exchange && handle->write && handle->header) {
        arm(handle, exchange);
        atomic_fetch_add(&cosplan_count_guarded, 1);
    } else if (handle && handle->is_armed) {
        disarm(handle);
    }
    cosplan_exchanges_unlock();
}

// Stores a callback of Foundation, or its argument. Returns whether it must be passed to libcurl as well.
static bool remember(void *easy, int option, void *argument) {
    cosplan_exchanges_lock();
    struct handle *handle = cosplan_handle_make(easy);
    if (handle) {
        switch (option) {
        case curl_read_function: handle->read = (curl_data_callback *)argument; break;
        case curl_read_data: handle->read_data = argument; break;
        case curl_write_function: handle->write = (curl_data_callback *)argument; break;
        case curl_write_data: handle->write_data = argument; break;
        case curl_header_function: handle->header = (curl_data_callback *)argument; break;
        case curl_header_data: handle->header_data = argument; break;
        case curl_seek_function: handle->seek = (curl_seek_callback *)argument; break;
        default: break;
        }
    }
    bool passes = !handle || !handle->is_armed;
    cosplan_exchanges_unlock();
    return passes;
}

// What of an armed handle's exchange decides about its options.
struct arming {
    bool is_armed, has_authorities;
    uint64_t body_count;
};

static struct arming arming_of(void *easy) {
    struct arming arming = {0};
    cosplan_exchanges_lock();
    struct handle *handle = cosplan_handle_find(easy);
    struct exchange *exchange = handle ? handle->exchange : NULL;
    arming.is_armed = handle && handle->is_armed;
    if (arming.is_armed && exchange) {
        arming.has_authorities = exchange->authorities;
        arming.body_count = exchange->body_count;
    }
    cosplan_exchanges_unlock();
    return arming;
}

// Every argument of these functions is a pointer, a long or a curl_off_t: 64 bits each, passed in the same
// way.

int cosplan_guarded_easy_setopt(void *easy, int option, ...) {
    va_list arguments;
    va_start(arguments, option);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    switch (option) {
    case curl_read_function:
    case curl_read_data:
    case curl_write_function:
    case curl_write_data:
    case curl_header_function:
    case curl_header_data:
    case curl_seek_function:
        if (!remember(easy, option, argument)) return curl_ok;
        break;
    case curl_url: {
        int code = cosplan_libcurl.easy_setopt(easy, option, argument);
        if (code == curl_ok) recognise(easy, argument);
        return code;
    }
    case curl_accept_encoding:
    case curl_http_content_decoding:
        // No compressed reply is requested or decoded: decoded it could be a thousand times as long.
        if (arming_of(easy).is_armed) argument = NULL;
        break;
    case curl_ca_info:
    case curl_ca_path:
        if (arming_of(easy).has_authorities) return curl_ok;
        break;
    case curl_body_length: {
        // Foundation was given a body without bytes.
        struct arming arming = arming_of(easy);
        if (arming.is_armed) argument = (void *)(uintptr_t)arming.body_count;
        break;
    }
    default: break;
    }
    return cosplan_libcurl.easy_setopt(easy, option, argument);
}

void cosplan_guarded_easy_cleanup(void *easy) {
    cosplan_exchanges_lock();
    struct handle *handle = cosplan_handle_take(easy);
    cosplan_exchanges_unlock();
    // libcurl may still call back during cleanup; another handle may reuse the address right afterwards.
    cosplan_libcurl.easy_cleanup(easy);
    free(handle);
}

// Foundation compares the host that libcurl parsed from a URL with its own. For an IPv6 address libcurl's has
// brackets and Foundation's has none, so the request would never be sent.
int cosplan_guarded_url_get(const void *url, int part, char **text, unsigned int flags) {
    int code = cosplan_libcurl.url_get(url, part, text, flags);
    if (code != 0 || part != curl_url_host || !text || !*text || **text != '[') return code;
    char *fragment = NULL;
    if (cosplan_libcurl.url_get(url, curl_url_fragment, &fragment, 0) != 0 || !fragment) return code;
    size_t length = strlen(*text);
    if (number_in(fragment) != 0 && length > 2 && (*text)[length - 1] == ']') {
        memmove(*text, *text + 1, length - 2);
        (*text)[length - 2] = 0;
    }
    cosplan_libcurl.free(fragment);
    return code;
}
