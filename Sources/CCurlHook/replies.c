// The reply, as libcurl delivers it, and the result of the exchange.
//
// - Foundation starts a timer for every line of a head and every piece of a body, wakes another thread for it,
//   and queues the pieces for its delegate without a limit. The guard keeps the reply, up to a limit, and passes
//   none of it on.
// - Heads of status 1xx and trailers (header lines after the body) do not belong to the reply.
// - libcurl reports success if a connection closes inside the head: for the guard there is no reply.
// - Foundation traps on a success without a reply: it is told of every exchange that there was none, and the
//   caller reads the guard's reply.

#include "exchanges.h"

#include <stdlib.h>
#include <string.h>

// libcurl passes pieces of up to 16 KiB, so a body within its limit is never cut.
enum { allowance_bytes = 64 << 10 };
// 1xx heads and trailers count as well. libcurl's own limit is 300 KiB, from 8.3 on.
enum { head_limit_bytes = 128 << 10 };

// The status in the first line of a head; 0 if there is none.
static int status_in(const char *line, size_t length) {
    const char *space = memchr(line, ' ', length);
    if (!space || length - (size_t)(space - line) < 4) return 0;
    int status = 0;
    for (int index = 1; index <= 3; index++) {
        if (space[index] < '0' || space[index] > '9') return 0;
        status = status * 10 + space[index] - '0';
    }
    return status;
}

// Tracks the head; returns whether the line belongs to the reply.
static bool takes_line(struct exchange *exchange, const char *line, size_t length) {
    bool is_blank = length > 0 && line[0] == '\n';
    is_blank = is_blank || (length > 1 && line[0] == '\r' && line[1] == '\n');
    switch (exchange->head) {
    case head_awaited: {
        int status = status_in(line, length);
        // 101 ends HTTP on this connection: nothing else follows.
        bool is_informational = status >= 100 && status < 200 && status != 101;
        exchange->head = is_informational ? head_informational : head_begun;
        return !is_informational;
    }
    case head_informational:
        if (is_blank) exchange->head = head_awaited;
        return false;
    case head_begun:
        if (is_blank) exchange->head = head_complete;
        return true;
    case head_complete:
        return false;
    }
    return true;
}

// Appends to bytes that grow; false if there is no memory.
static bool append(struct bytes *bytes, const char *data, size_t length) {
    size_t needed = bytes->count + length;
    if (needed > bytes->capacity) {
        size_t capacity = needed < 512 ? 512 : needed * 2;
        char *longer = realloc(bytes->start, capacity);
        if (!longer) return false;
        bytes->start = longer;
        bytes->capacity = capacity;
    }
    memcpy(bytes->start + bytes->count, data, length);
    bytes->count = needed;
    return true;
}

size_t cosplan_guarded_header(char *data, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    size_t length = size * count;
    bool is_within = true;
    cosplan_exchanges_lock();
    struct exchange *exchange = handle->exchange;
    if (exchange) {
        exchange->head_bytes += length;
        is_within = exchange->head_bytes <= head_limit_bytes;
        if (!is_within) exchange->outcome.exceeded_limit = head_limit_bytes;
        bool is_first = exchange->head == head_awaited;
        if (is_within && takes_line(exchange, data, length)) {
            is_within = append(&exchange->reply_head, data, length);
            if (is_first) exchange->status = status_in(data, length);
        }
    }
    curl_data_callback *header = handle->header;
    void *header_data = handle->header_data;
    cosplan_exchanges_unlock();
    if (!is_within) return 0;
    return exchange ? length : header(data, size, count, header_data);
}

size_t cosplan_guarded_write(char *data, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    bool is_within = true;
    cosplan_exchanges_lock();
    struct exchange *exchange = handle->exchange;
    if (exchange) {
        is_within = exchange->reply_body.count + size * count <= exchange->reply_limit + allowance_bytes;
        if (!is_within) exchange->outcome.exceeded_limit = exchange->reply_limit;
        is_within = is_within && append(&exchange->reply_body, data, size * count);
    }
    curl_data_callback *write = handle->write;
    void *write_data = handle->write_data;
    cosplan_exchanges_unlock();
    if (!is_within) return 0;
    return exchange ? size * count : write(data, size, count, write_data);
}

static int32_t information(void *easy, int info) {
    long value = 0;
    return cosplan_libcurl.easy_getinfo(easy, info, &value) == curl_ok ? (int32_t)value : 0;
}

struct curl_message *cosplan_guarded_multi_info_read(void *multi, int *left) {
    struct curl_message *message = cosplan_libcurl.multi_info_read(multi, left);
    if (!message || message->kind != curl_message_done) return message;
    cosplan_exchanges_lock();
    struct handle *handle = cosplan_handle_find(message->easy);
    bool is_armed = handle && handle->is_armed;
    struct exchange *exchange = is_armed ? handle->exchange : NULL;
    if (exchange) {
        bool ended_early = message->data.code == curl_ok || message->data.code == curl_partial_file;
        bool is_cut = ended_early && exchange->head != head_complete;
        cosplan_curl_guard_outcome *outcome = &exchange->outcome;
        outcome->is_over = true;
        outcome->code = is_cut ? curl_got_nothing : message->data.code;
        outcome->system_error = information(message->easy, curl_info_system_error);
        outcome->connect_status = information(message->easy, curl_info_connect_status);
        outcome->verify_result = information(message->easy, curl_info_verify_result);
        if (outcome->verify_result == 0) {
            outcome->verify_result = information(message->easy, curl_info_proxy_verify_result);
        }
    }
    cosplan_exchanges_unlock();
    // Foundation has seen no reply, and would trap.
    if (is_armed) message->data.code = curl_got_nothing;
    return message;
}
