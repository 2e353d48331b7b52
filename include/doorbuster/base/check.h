#pragma once
// Checks for our own mistakes. Never for what a client, a file or a disk can do: those are results.

#include <cstdio>
#include <cstdlib>

namespace doorbuster {

[[noreturn]] inline void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "doorbuster: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace doorbuster

// On in every build: an engine that sells on after a broken invariant sells what is not there.
#define DOORBUSTER_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::doorbuster::check_failed(#expression, __FILE__, __LINE__))
