#pragma once
// What a machine does not allow is not tested there, and said aloud: a program in which something was skipped
// and nothing failed ends with kSkipped, which ctest shows as "Skipped".

#include <string>

namespace doorbuster {

inline constexpr int kSkipped = 77;  // SKIP_RETURN_CODE in tests/faults/CMakeLists.txt

// Prints "SKIP: why". The test case returns after it.
void skip(const std::string& why);

// How often something is repeated: `usual` times, or `soak` times with DOORBUSTER_SOAK in the environment.
int soaked(int usual, int soak);

}  // namespace doorbuster
