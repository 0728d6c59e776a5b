// SHA_CTX is OpenSSL's only public access to SHA-1's running state. OpenSSL 3 deprecates its functions in
// favour of EVP, which hides the state.
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
