#pragma once

#include <cstdint>
#include <vector>

namespace doorbuster {

// Processors that this process may use, ascending. At least one.
std::vector<int> available_processors();
// For `top -H` and debuggers; at most 15 bytes are kept.
void name_this_thread(const char* name);
// From now on this thread runs when nobody else wants the processor, and leaves it at once to whoever wakes
// (SCHED_IDLE; nice 19 alone goes on until its turn is over). Best effort, like the next.
bool make_this_thread_idle();
// From now on it pushes nobody off the processor when it wakes (SCHED_BATCH). Best effort.
bool make_this_thread_patient();
// Whoever waits for this processor runs first; at once when nobody does.
void let_others_run();
// False when the kernel refuses.
bool pin_this_thread(int processor);

}  // namespace doorbuster
