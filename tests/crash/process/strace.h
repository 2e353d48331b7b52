#pragma once
// Faults in the real system calls of a server, by strace's injection.

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "support/server_process.h"

namespace doorbuster {

// False: strace is missing or may not trace here; a message says so, and the test has nothing to do.
bool can_trace();

// The system calls by which a data folder changes.
inline constexpr const char* kWriteCalls[] = {"pwrite64", "fdatasync", "fsync",
                                              "renameat", "ftruncate", "unlinkat"};

// In front of a server's command line: it runs under strace from its first instruction, as our own child.
// `injection`: SYSCALL:signal=SIGKILL:when=N and the like. strace counts for each thread by itself.
std::vector<std::string> trace_from_start(const std::string& injection, const std::string& trace_file);

// Attaches to one thread of a running server. Returns when strace has it; gone with the object.
std::unique_ptr<ChildProcess> trace_thread(pid_t process, const std::string& thread,
                                           const std::string& injection, const std::string& folder);

}  // namespace doorbuster
