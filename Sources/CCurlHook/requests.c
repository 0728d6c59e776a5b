// The body of a request, which libcurl reads from the caller's memory.
//
// Foundation would copy it once more, and start a timer and send its delegate a message for every piece.

#include "exchanges.h"

#include <string.h>

size_t cosplan_guarded_read(char *buffer, size_t size, size_t count, void *user) {
    struct handle *handle = user;
    // Without an exchange the request was given up.
    size_t length = curl_read_abort;
    // The caller may release the memory as soon as the exchange has ended, so the lock is held while copying.
    cosplan_exchanges_lock();
    struct exchange *exchange = handle->exchange;
    if (exchange) {
        uint64_t left = exchange->body_count - exchange->body_taken;
        length = left < size * count ? (size_t)left : size * count;
        if (length > 0) memcpy(buffer, exchange->body + exchange->body_taken, length);
        exchange->body_taken += length;
    }
    cosplan_exchanges_unlock();
    return length;
}
