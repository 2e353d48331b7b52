#pragma once

#include <cstdint>
#include <vector>

namespace doorbuster {

// Processors that this process may use, ascending. At least one.
std::vector<int> available_processors();
// For `top -H` and debuggers; at most 15 bytes are kept.
void name_this_thread(const char* name);
// Best effort: false when the kernel refuses.
bool pin_this_thread(int processor);

}  // namespace doorbuster
