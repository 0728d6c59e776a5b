#define _GNU_SOURCE
#include "cosplan_curl_hook.h"

#include <stdatomic.h>
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static _Atomic int hook_state = cosplan_curl_hook_unused;
static _Atomic uint64_t replays;
static _Atomic uint64_t rewinds;

cosplan_curl_hook_state cosplan_curl_hook_state_read(void) {
    return (cosplan_curl_hook_state)atomic_load(&hook_state);
}

uint64_t cosplan_curl_hook_replays_read(void) {
    return atomic_load(&replays);
}

uint64_t cosplan_curl_hook_rewinds_read(void) {
    return atomic_load(&rewinds);
}

void cosplan_curl_settle_allocator(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

#if defined(__linux__) && defined(__LP64__)

#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

// From curl's public headers, whose numbers never change: option numbers carry the type of their argument.
enum {
    option_upload_buffer_size = 280,      // CURLOPT_UPLOAD_BUFFERSIZE, long
    option_seek_function = 20167,         // CURLOPT_SEEKFUNCTION
    multi_option_socket_function = 20001, // CURLMOPT_SOCKETFUNCTION
};
enum { poll_in = 1, poll_out = 2, poll_in_out = 3, poll_remove = 4 };
enum { seek_failed = 1 };               // CURL_SEEKFUNC_FAIL
enum { easy_unknown_option = 48, multi_unknown_option = 6 };
enum { upload_buffer_bytes = (1 << 20) + (256 << 10) };
enum { oldest_curl = 0x073e00, first_unknown_curl = 0x090000 };

typedef int socket_callback(void *easy, int socket, int what, void *user, void *socket_user);
typedef int seek_callback(void *user, int64_t offset, int origin);
typedef int setopt_function(void *handle, int option, ...);

// The beginning of curl_version_info_data, which is never reordered.
struct version_info {
    int age;
    const char *version;
    unsigned int version_number;
};
typedef struct version_info *version_info_function(int age);

static _Atomic(socket_callback *) foundation_socket_callback;

// What Foundation was last told to wait for, by descriptor. A descriptor belongs to one handle, and a handle to
// one thread at a time.
enum { descriptor_limit = 65536 };
static unsigned char last_poll[descriptor_limit];

static int on_socket(void *easy, int socket, int what, void *user, void *socket_user) {
    socket_callback *foundation = atomic_load(&foundation_socket_callback);
    if (socket < 0 || socket >= descriptor_limit) {
        return foundation(easy, socket, what, user, socket_user);
    }
    unsigned char last = last_poll[socket];
    last_poll[socket] = what == poll_remove ? 0 : (unsigned char)what;
    if (what == poll_in && (last == poll_out || last == poll_in_out) && socket_user) {
        atomic_fetch_add(&replays, 1);
        int result = foundation(easy, socket, poll_remove, user, socket_user);
        if (result != 0) return result;
        // Foundation let go of what it kept for the socket and assigns anew.
        socket_user = NULL;
    }
    return foundation(easy, socket, what, user, socket_user);
}

static int refuse_rewind(void *user, int64_t offset, int origin) {
    (void)user;
    (void)offset;
    (void)origin;
    atomic_fetch_add(&rewinds, 1);
    return seek_failed;
}

static void *next_symbol(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static int belongs_to_foundation(void *function) {
    Dl_info found, own;
    if (!dladdr(function, &found) || !found.dli_fname) return 0;
    if (strstr(found.dli_fname, "FoundationNetworking")) return 1;
    // Foundation linked into the executable itself.
    return dladdr((void *)&on_socket, &own) && found.dli_fbase == own.dli_fbase;
}

static int knows_curl(void) {
    version_info_function *version_info = (version_info_function *)next_symbol("curl_version_info");
    if (!version_info) return 0;
    struct version_info *info = version_info(0);
    return info && info->version_number >= oldest_curl && info->version_number < first_unknown_curl;
}

// Whether the hook acts on a callback; remembers why not. `last` holds the last one it acts on: asking the
// dynamic linker for every request would cost a hundredth of an upload.
static int acts_on(void *callback, _Atomic(void *) *last) {
    if (callback && callback == atomic_load(last)) return 1;
    const char *wish = getenv("COSPLAN_CURL_HOOK");
    int state = cosplan_curl_hook_active;
    if (wish && strcmp(wish, "0") == 0) {
        state = cosplan_curl_hook_off;
    } else if (!callback || !belongs_to_foundation(callback) || !knows_curl()) {
        state = cosplan_curl_hook_unknown;
    }
    atomic_store(&hook_state, state);
    if (state == cosplan_curl_hook_active) atomic_store(last, callback);
    return state == cosplan_curl_hook_active;
}

// Every argument of either function is a pointer, a long or a curl_off_t: 64 bits each, passed alike.

int curl_multi_setopt(void *multi, int option, ...) {
    static _Atomic(setopt_function *) next;
    static _Atomic(void *) last;
    setopt_function *setopt = atomic_load(&next);
    if (!setopt) {
        setopt = (setopt_function *)next_symbol("curl_multi_setopt");
        if (!setopt) return multi_unknown_option;
        atomic_store(&next, setopt);
    }
    va_list arguments;
    va_start(arguments, option);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (option == multi_option_socket_function && acts_on(argument, &last)) {
        socket_callback *expected = NULL;
        socket_callback *callback = (socket_callback *)argument;
        if (atomic_compare_exchange_strong(&foundation_socket_callback, &expected, callback)
            || expected == callback) {
            argument = (void *)&on_socket;
        }
    }
    return setopt(multi, option, argument);
}

int curl_easy_setopt(void *easy, int option, ...) {
    static _Atomic(setopt_function *) next;
    static _Atomic(void *) last;
    setopt_function *setopt = atomic_load(&next);
    if (!setopt) {
        setopt = (setopt_function *)next_symbol("curl_easy_setopt");
        if (!setopt) return easy_unknown_option;
        atomic_store(&next, setopt);
    }
    va_list arguments;
    va_start(arguments, option);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (option == option_seek_function && acts_on(argument, &last)) {
        argument = (void *)&refuse_rewind;
        setopt(easy, option_upload_buffer_size, (long)upload_buffer_bytes);
    }
    return setopt(easy, option, argument);
}

#endif
