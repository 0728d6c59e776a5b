// The parts of a reply that libcurl passes to Foundation, and its result.
//
// - Foundation queues every piece of a reply for its delegate without a limit: the guard counts bytes and
//   stops libcurl.
// - Foundation treats each blank line as the end of the head. It therefore takes a 1xx head for the reply
//   until the actual one arrives, and a trailer (a header line after the body) makes it lose the reply: the
//   guard drops both.
// - libcurl reports success if a connection closes inside the head, and Foundation traps because there is no
//   reply: the guard reports the error for a connection closed before the head.

#include "exchanges.h"

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

// Tracks the head; returns whether Foundation should see the line.
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

// A status line without a reason and without the space before it, which is common but which Foundation does
// not parse.
enum { bare_line_limit = 32 };

static size_t complete_bare_line(const char *line, size_t length, char *completed) {
    if (length >= bare_line_limit - 1 || status_in(line, length) == 0) return 0;
    const char *space = memchr(line, ' ', length);
    const char *end = space + 4;
    if (end == line + length || (*end != '\r' && *end != '\n')) return 0;
    size_t before = (size_t)(end - line);
    memcpy(completed, line, before);
    completed[before] = ' ';
    memcpy(completed + before + 1, end, length - before);
    return length + 1;
}

size_t cosplan_guarded_header(char *data, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    size_t length = size * count;
    bool is_first = false, is_within = true, is_taken = true;
    cosplan_exchanges_lock();
    struct exchange *exchange = handle->exchange;
    if (exchange) {
        exchange->head_bytes += length;
        is_within = exchange->head_bytes <= head_limit_bytes;
        if (!is_within) exchange->outcome.exceeded_limit = head_limit_bytes;
        is_first = exchange->head == head_awaited;
        is_taken = is_within && takes_line(exchange, data, length);
    }
    curl_data_callback *header = handle->header;
    void *header_data = handle->header_data;
    cosplan_exchanges_unlock();
    if (!is_within) return 0;
    if (!is_taken) return length;
    char completed[bare_line_limit];
    size_t longer = is_first ? complete_bare_line(data, length, completed) : 0;
    if (longer == 0) return header(data, size, count, header_data);
    return header(completed, 1, longer, header_data) == longer ? length : 0;
}

size_t cosplan_guarded_write(char *data, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    bool is_within = true;
    cosplan_exchanges_lock();
    struct exchange *exchange = handle->exchange;
    if (exchange) {
        exchange->body_bytes += size * count;
        is_within = exchange->body_bytes <= exchange->reply_limit + allowance_bytes;
        if (!is_within) exchange->outcome.exceeded_limit = exchange->reply_limit;
    }
    curl_data_callback *write = handle->write;
    void *write_data = handle->write_data;
    cosplan_exchanges_unlock();
    return is_within ? write(data, size, count, write_data) : 0;
}

static int32_t information(void *easy, int info) {
    long value = 0;
    return cosplan_libcurl.easy_getinfo(easy, info, &value) == curl_ok ? (int32_t)value : 0;
}

struct curl_message *cosplan_guarded_multi_info_read(void *multi, int *left) {
    struct curl_message *message = cosplan_libcurl.multi_info_read(multi, left);
    if (!message || message->kind != curl_message_done) return message;
    cosplan_exchanges_lock();
    struct exchange *exchange = cosplan_exchange_of(message->easy);
    if (exchange) {
        bool ended_early = message->data.code == curl_ok || message->data.code == curl_partial_file;
        if (ended_early && exchange->head != head_complete) message->data.code = curl_got_nothing;
        cosplan_curl_guard_outcome *outcome = &exchange->outcome;
        outcome->is_over = true;
        outcome->code = message->data.code;
        outcome->system_error = information(message->easy, curl_info_system_error);
        outcome->connect_status = information(message->easy, curl_info_connect_status);
        outcome->verify_result = information(message->easy, curl_info_verify_result);
        if (outcome->verify_result == 0) {
            outcome->verify_result = information(message->easy, curl_info_proxy_verify_result);
        }
    }
    cosplan_exchanges_unlock();
    return message;
}
