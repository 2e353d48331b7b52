#pragma once

namespace doorbuster {

// Asks the memory for the cache line, to be written soon. The empty statement is an effect: g++ 12 takes a
// function that does nothing but ask for one without any, and leaves out the calls of it.
inline void prefetch_line(const void* at) {
  __builtin_prefetch(at, 1);
  asm volatile("");
}

}  // namespace doorbuster
