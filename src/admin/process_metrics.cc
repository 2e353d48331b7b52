#include "admin/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace doorbuster {
namespace {

std::uint64_t open_descriptors() {
  std::uint64_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count < 3 ? 0 : count - 3;  // ".", ".." and the folder itself
}

}  // namespace

void add_process(Exposition& out, const ServerState& state) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  out.one("process_cpu_seconds_total", "counter", "User and system time of the process.",
          seconds(usage.ru_utime) + seconds(usage.ru_stime));
  std::uint64_t virtual_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  out.one("process_virtual_memory_bytes", "gauge", "Address space; tables reserve it for their bounds.",
          virtual_pages * page);
  out.one("process_resident_memory_bytes", "gauge", "Memory in use.", resident_pages * page);
  out.one("process_open_fds", "gauge", "Open file descriptors.", open_descriptors());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  out.one("process_max_fds", "gauge", "File descriptors that the process may open.",
          static_cast<std::uint64_t>(limit.rlim_cur));
  out.one("process_start_time_seconds", "gauge", "Start of the process, Unix time.",
          static_cast<double>(state.started_at.ns) / 1e9);
}

}  // namespace doorbuster
