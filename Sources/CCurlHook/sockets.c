// The events that libcurl waits for on its sockets, as passed to Foundation.
//
// Foundation only adds event sources to a socket. When libcurl no longer waits to write, because the body is
// sent or the connection established, the source for writing remains, on a socket that is always writable:
// one or two cores are busy until the reply arrives. The guard replaces such a change with a removal, which
// removes all sources, and a new registration. Source: swift-corelibs-foundation, MultiHandle.swift,
// register(socket:for:what:socketSourcePtr:).

#define _GNU_SOURCE
#include "exchanges.h"
#include "imports.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__linux__)
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

static _Atomic(curl_socket_callback *) foundation;

#if defined(__linux__)
// The states of a connection that the peer has accepted. Source: tcp_states.h of the kernel.
enum { tcp_established = 1, tcp_close_wait = 8 };

static void add_counters(int descriptor, cosplan_curl_guard_progress *progress) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
    bool is_made = info.tcpi_state == tcp_established || info.tcpi_state == tcp_close_wait;
    progress->is_connected = progress->is_connected || is_made;
    // Older kernels return a shorter structure.
    if (length >= offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
        progress->acknowledged += info.tcpi_bytes_acked;
        progress->received += info.tcpi_bytes_received;
    }
    int queued = 0;
    if (ioctl(descriptor, SIOCOUTQ, &queued) == 0 && queued > 0) progress->queued += (uint32_t)queued;
}
#else
static void add_counters(int descriptor, cosplan_curl_guard_progress *progress) {
    (void)descriptor;
    (void)progress;
}
#endif

cosplan_curl_guard_progress cosplan_sockets_progress(const struct exchange *exchange) {
    cosplan_curl_guard_progress progress = {0};
    for (size_t index = 0; index < sockets_limit; index++) {
        const struct watched_socket *watched = &exchange->sockets[index];
        if (watched->waits) add_counters(watched->descriptor, &progress);
    }
    return progress;
}

// Records what a socket waits for from now on; returns what it waited for before, 0 for nothing.
static int note(struct exchange *exchange, int descriptor, int what, bool is_new) {
    struct watched_socket *place = NULL;
    for (size_t index = 0; index < sockets_limit; index++) {
        struct watched_socket *watched = &exchange->sockets[index];
        if (watched->waits && watched->descriptor == descriptor) {
            place = watched;
            break;
        }
        if (!watched->waits && !place) place = watched;
    }
    if (!place) return 0;
    int before = is_new ? 0 : place->waits;
    // Reads the counters a last time: the connection is closed after this.
    if (what == curl_poll_remove) exchange->outcome.received = cosplan_sockets_progress(exchange).received;
    place->descriptor = descriptor;
    place->waits = what == curl_poll_remove ? 0 : what;
    return before;
}

static int on_socket(void *easy, int descriptor, int what, void *user, void *socket_user) {
    curl_socket_callback *callback = atomic_load(&foundation);
    cosplan_exchanges_lock();
    struct exchange *exchange = cosplan_exchange_of(easy);
    // Foundation has no data for a socket that is new to it.
    int before = exchange ? note(exchange, descriptor, what, !socket_user) : 0;
    cosplan_exchanges_unlock();
    if (what == curl_poll_in && (before == curl_poll_out || before == curl_poll_in_out) && socket_user) {
        atomic_fetch_add(&cosplan_count_replayed, 1);
        int result = callback(easy, descriptor, curl_poll_remove, user, socket_user);
        if (result != 0) return result;
        // Foundation has released its data for the socket and assigns new data.
        socket_user = NULL;
    }
    return callback(easy, descriptor, what, user, socket_user);
}

int cosplan_guarded_multi_setopt(void *multi, int option, ...) {
    va_list arguments;
    va_start(arguments, option);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (option == curl_multi_socket_function && argument && cosplan_imports_own(argument)) {
        curl_socket_callback *expected = NULL;
        curl_socket_callback *callback = (curl_socket_callback *)argument;
        // Foundation uses a single callback; a different one is left unchanged.
        if (atomic_compare_exchange_strong(&foundation, &expected, callback) || expected == callback) {
            argument = (void *)&on_socket;
        }
    }
    return cosplan_libcurl.multi_setopt(multi, option, argument);
}
