// libcurl, loaded by its first call instead of at the start of the process.
//
// For static executables, which hold Foundation's HTTP client whether a command uses it or not: libcurl and what
// it depends on are thirty libraries. If the build defines COSPLAN_LATE_CURL, the functions below stand in for
// libcurl's own, and the linker needs no libcurl. They are all that Foundation calls: with a Foundation that
// calls others the link fails.

#define _GNU_SOURCE
#include "late.h"

#if defined(COSPLAN_LATE_CURL)

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Result, name, parameters and arguments of every function. Source: curl/curl.h, curl/multi.h, curl/urlapi.h.
#define FUNCTIONS(F) \
    F(int, curl_global_init, (long flags), (flags)) \
    F(char *, curl_version, (void), ()) \
    F(void *, curl_version_info, (int age), (age)) \
    F(void *, curl_easy_init, (void), ()) \
    F(int, curl_easy_pause, (void *easy, int directions), (easy, directions)) \
    F(const char *, curl_easy_strerror, (int code), (code)) \
    F(void *, curl_multi_init, (void), ()) \
    F(int, curl_multi_cleanup, (void *multi), (multi)) \
    F(int, curl_multi_add_handle, (void *multi, void *easy), (multi, easy)) \
    F(int, curl_multi_remove_handle, (void *multi, void *easy), (multi, easy)) \
    F(int, curl_multi_assign, (void *multi, int socket, void *user), (multi, socket, user)) \
    F(int, curl_multi_socket_action, (void *multi, int socket, int events, int *running), \
      (multi, socket, events, running)) \
    F(void *, curl_multi_info_read, (void *multi, int *left), (multi, left)) \
    F(void *, curl_slist_append, (void *list, const char *text), (list, text)) \
    F(void *, curl_url, (void), ()) \
    F(int, curl_url_get, (const void *url, int part, char **text, unsigned int flags), (url, part, text, flags)) \
    F(int, curl_url_set, (void *url, int part, const char *text, unsigned int flags), (url, part, text, flags))

// Those without a result.
#define VOID_FUNCTIONS(F) \
    F(curl_easy_cleanup, (void *easy), (easy)) \
    F(curl_slist_free_all, (void *list), (list)) \
    F(curl_free, (void *text), (text))

// Those with one more argument of any type: a pointer, a long or a curl_off_t, all 64 bits.
#define VARIADIC_FUNCTIONS(F) F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_multi_setopt)

#define POINTER(result, name, parameters, arguments) result(*name) parameters;
#define VOID_POINTER(name, parameters, arguments) void(*name) parameters;
#define VARIADIC_POINTER(name) int (*name)(void *handle, int option, ...);

static struct {
    FUNCTIONS(POINTER)
    VOID_FUNCTIONS(VOID_POINTER)
    VARIADIC_FUNCTIONS(VARIADIC_POINTER)
} functions;

static const struct {
    const char *name;
    void **pointer;
} entries[] = {
#define ENTRY(result, name, parameters, arguments) {#name, (void **)&functions.name},
#define VOID_ENTRY(name, parameters, arguments) {#name, (void **)&functions.name},
#define VARIADIC_ENTRY(name) {#name, (void **)&functions.name},
    FUNCTIONS(ENTRY)
    VOID_FUNCTIONS(VOID_ENTRY)
    VARIADIC_FUNCTIONS(VARIADIC_ENTRY)
};

enum { entry_count = sizeof entries / sizeof *entries };

static void *library;
static const char *reason;

static void load(void) {
    void *found = dlopen("libcurl.so.4", RTLD_LAZY);
    if (!found) {
        const char *words = dlerror();
        // The words live until this thread's next call.
        char *copy = words ? strdup(words) : NULL;
        reason = copy ? copy : "libcurl.so.4: it cannot be loaded";
        return;
    }
    for (size_t index = 0; index < entry_count; index++) {
        *entries[index].pointer = dlsym(found, entries[index].name);
        if (!*entries[index].pointer) {
            reason = "libcurl.so.4: it lacks functions that Foundation calls";
            return;
        }
    }
    library = found;
}

static void load_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
}

void *cosplan_late_library(void) {
    load_once();
    return library;
}

const char *cosplan_late_reason(void) {
    load_once();
    return reason;
}

void **cosplan_late_pointer(const char *name) {
    for (size_t index = 0; index < entry_count; index++) {
        if (strcmp(entries[index].name, name) == 0) return entries[index].pointer;
    }
    return NULL;
}

// A program asks for the reason before it makes requests: cosplan_curl_guard_missing_libcurl.
static void require_library(void) {
    if (!cosplan_late_library()) abort();
}

// Hidden: libcurl's calls of its own functions must not come back here.
#define DEFINITION(result, name, parameters, arguments) \
    __attribute__((visibility("hidden"))) result name parameters { \
        require_library(); \
        return functions.name arguments; \
    }
#define VOID_DEFINITION(name, parameters, arguments) \
    __attribute__((visibility("hidden"))) void name parameters { \
        require_library(); \
        functions.name arguments; \
    }
#define VARIADIC_DEFINITION(name) \
    __attribute__((visibility("hidden"))) int name(void *handle, int option, ...) { \
        require_library(); \
        va_list arguments; \
        va_start(arguments, option); \
        void *argument = va_arg(arguments, void *); \
        va_end(arguments); \
        return functions.name(handle, option, argument); \
    }

FUNCTIONS(DEFINITION)
VOID_FUNCTIONS(VOID_DEFINITION)
VARIADIC_FUNCTIONS(VARIADIC_DEFINITION)

#endif
