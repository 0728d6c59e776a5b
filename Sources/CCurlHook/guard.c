// Decides whether the guard can be active in this process, and installs it.

#define _GNU_SOURCE
#include "exchanges.h"
#include "imports.h"
#include "late.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

struct libcurl cosplan_libcurl;

#if defined(__linux__) && defined(__LP64__)

#include <dlfcn.h>
#include <pthread.h>

// 7.62 introduced CURLOPT_UPLOAD_BUFFERSIZE and the URL functions; the changes of 9.0 are unknown.
enum { oldest_curl = 0x073e00, first_unknown_curl = 0x090000 };

static cosplan_curl_guard_state state;

static void *open_libcurl(void) {
#if defined(COSPLAN_LATE_CURL)
    return cosplan_late_library();
#else
    // RTLD_NOLOAD: it is already loaded, because Foundation needs it.
    return dlopen("libcurl.so.4", RTLD_LAZY | RTLD_NOLOAD);
#endif
}

static bool find_libcurl(void) {
    void *library = open_libcurl();
    if (!library) return false;
    struct libcurl *found = &cosplan_libcurl;
    // POSIX allows storing a function pointer from dlsym this way.
    *(void **)&found->easy_setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&found->easy_getinfo = dlsym(library, "curl_easy_getinfo");
    *(void **)&found->easy_cleanup = dlsym(library, "curl_easy_cleanup");
    *(void **)&found->multi_setopt = dlsym(library, "curl_multi_setopt");
    *(void **)&found->multi_info_read = dlsym(library, "curl_multi_info_read");
    *(void **)&found->url_get = dlsym(library, "curl_url_get");
    *(void **)&found->free = dlsym(library, "curl_free");
    *(void **)&found->version_info = dlsym(library, "curl_version_info");
    // The URL functions are missing if libcurl is too old, which is reported separately.
    return found->easy_setopt && found->easy_getinfo && found->easy_cleanup && found->multi_setopt
        && found->multi_info_read && found->free && found->version_info;
}

static bool is_known_version(void) {
    struct curl_version *version = cosplan_libcurl.version_info(0);
    return version && cosplan_libcurl.url_get && version->number >= oldest_curl
        && version->number < first_unknown_curl;
}

static cosplan_curl_guard_state install(void) {
    if (!find_libcurl()) return cosplan_curl_guard_no_libcurl;
    if (!is_known_version()) return cosplan_curl_guard_unknown_libcurl;
    const struct import imports[] = {
        {"curl_easy_setopt", (void *)&cosplan_guarded_easy_setopt},
        {"curl_easy_cleanup", (void *)&cosplan_guarded_easy_cleanup},
        {"curl_multi_setopt", (void *)&cosplan_guarded_multi_setopt},
        {"curl_multi_info_read", (void *)&cosplan_guarded_multi_info_read},
        {"curl_url_get", (void *)&cosplan_guarded_url_get},
    };
    switch (cosplan_imports_replace(imports, sizeof imports / sizeof *imports)) {
    case imports_replaced: return cosplan_curl_guard_active;
    case imports_missing: return cosplan_curl_guard_unknown_foundation;
    case imports_not_writable: return cosplan_curl_guard_write_refused;
    }
    return cosplan_curl_guard_unknown_foundation;
}

static void install_once(void) {
    state = install();
}

cosplan_curl_guard_state cosplan_curl_guard_install(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_once);
    return state;
}

#else

cosplan_curl_guard_state cosplan_curl_guard_install(void) {
    return cosplan_curl_guard_unsupported_platform;
}

#endif

const char *cosplan_curl_guard_missing_libcurl(void) {
#if defined(COSPLAN_LATE_CURL)
    return cosplan_late_reason();
#else
    return NULL;
#endif
}

void cosplan_curl_guard_settle_allocator(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}
