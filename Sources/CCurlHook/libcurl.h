// The part of libcurl's binary interface that the guard uses, declared here so that building needs no libcurl
// headers. Source: curl/curl.h, curl/multi.h and curl/urlapi.h, whose numbers never change. Option numbers
// encode the type of their argument.

#ifndef COSPLAN_LIBCURL_H
#define COSPLAN_LIBCURL_H

#include <stddef.h>
#include <stdint.h>

enum curl_code {
    curl_ok = 0,
    curl_partial_file = 18, // CURLE_PARTIAL_FILE
    curl_got_nothing = 52,  // CURLE_GOT_NOTHING
};

enum curl_easy_option {
    curl_http_version = 84,           // long
    curl_http_content_decoding = 158, // long
    curl_suppress_connect_headers = 265, // long
    curl_upload_buffer_size = 280,    // long
    curl_write_data = 10001,
    curl_url = 10002,
    curl_read_data = 10009,
    curl_header_data = 10029,
    curl_ca_info = 10065,
    curl_ca_path = 10097,
    curl_accept_encoding = 10102,
    curl_proxy_ca_info = 10246,
    curl_proxy_ca_path = 10247,
    curl_write_function = 20011,
    curl_read_function = 20012,
    curl_header_function = 20079,
    curl_seek_function = 20167,
    curl_body_length = 30115, // CURLOPT_INFILESIZE_LARGE, curl_off_t
};
enum { curl_http_1_1 = 2, curl_seek_failed = 1, curl_read_abort = 0x10000000 };

enum curl_multi_option { curl_multi_socket_function = 20001 };
enum curl_poll { curl_poll_in = 1, curl_poll_out = 2, curl_poll_in_out = 3, curl_poll_remove = 4 };

enum curl_info {
    curl_info_verify_result = 0x20000d,  // CURLINFO_SSL_VERIFYRESULT, long
    curl_info_connect_status = 0x200016, // CURLINFO_HTTP_CONNECTCODE, long
    curl_info_system_error = 0x200019,   // CURLINFO_OS_ERRNO, long
    curl_info_proxy_verify_result = 0x20002f, // CURLINFO_PROXY_SSL_VERIFYRESULT, long
};

enum curl_url_part { curl_url_host = 5, curl_url_fragment = 9 };

// CURLMsg.
struct curl_message {
    int kind; // 1 is CURLMSG_DONE
    void *easy;
    union {
        void *other;
        int code;
    } data;
};
enum { curl_message_done = 1 };

// The first members of curl_version_info_data.
struct curl_version {
    int age;
    const char *text;
    unsigned int number;
};

typedef size_t curl_data_callback(char *data, size_t size, size_t count, void *user);
typedef int curl_seek_callback(void *user, int64_t offset, int origin);
typedef int curl_socket_callback(void *easy, int socket, int what, void *user, void *socket_user);

// libcurl's own functions, looked up in the loaded library instead of through Foundation's pointers, which
// the guard overwrites.
struct libcurl {
    int (*easy_setopt)(void *easy, int option, ...);
    int (*easy_getinfo)(void *easy, int info, ...);
    void (*easy_cleanup)(void *easy);
    int (*multi_setopt)(void *multi, int option, ...);
    struct curl_message *(*multi_info_read)(void *multi, int *left);
    int (*url_get)(const void *url, int part, char **text, unsigned int flags);
    void (*free)(void *text);
    struct curl_version *(*version_info)(int age);
};

// Set when the guard is installed, read-only afterwards.
extern struct libcurl cosplan_libcurl;

#endif
