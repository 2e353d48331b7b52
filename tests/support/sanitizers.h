#pragma once
// Whether this is a build with AddressSanitizer or ThreadSanitizer: g++ defines a macro, clang has a feature.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DOORBUSTER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DOORBUSTER_SANITIZED 1
#endif
#endif
