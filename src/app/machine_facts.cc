// What the doctor knows of the machine, read from the kernel. Nothing here judges.

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "doorbuster/app/doctor.h"
#include "doorbuster/app/version.h"
#include "doorbuster/catalog/schedule.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/thread.h"

namespace doorbuster {
namespace {

constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kSyncs = 64;

std::string first_word(const std::string& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

std::optional<std::uint64_t> number_in(const std::string& file) {
  const std::string word = first_word(file);
  if (word.empty() || word.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::strtoull(word.c_str(), nullptr, 10);
}

std::optional<std::uint64_t> local_ports() {
  std::ifstream in("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint64_t first = 0, last = 0;
  if (!(in >> first >> last) || last < first) return std::nullopt;
  return last - first + 1;
}

std::optional<std::uint64_t> available_memory() {
  std::ifstream in("/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  for (std::string rest; in >> name >> kibibytes; std::getline(in, rest)) {
    if (name == "MemAvailable:") return kibibytes << 10;
  }
  return std::nullopt;
}

// statfs(2) tells kinds by number. Those that matter to a journal.
std::string file_system_name(const std::string& folder) {
  static constexpr std::array<std::pair<std::uint32_t, const char*>, 11> kNames = {
      {{EXT4_SUPER_MAGIC, "ext4"},
       {XFS_SUPER_MAGIC, "xfs"},
       {BTRFS_SUPER_MAGIC, "btrfs"},
       {OVERLAYFS_SUPER_MAGIC, "overlay"},
       {TMPFS_MAGIC, "tmpfs"},
       {RAMFS_MAGIC, "ramfs"},
       {NFS_SUPER_MAGIC, "nfs"},
       {CIFS_SUPER_MAGIC, "cifs"},
       {SMB2_SUPER_MAGIC, "smb2"},
       {FUSE_SUPER_MAGIC, "fuse"},
       {V9FS_MAGIC, "9p"}}};
  struct statfs facts {};
  if (::statfs(folder.c_str(), &facts) != 0) return "";
  const auto kind = static_cast<std::uint32_t>(facts.f_type);
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [kind](const auto& name) { return name.first == kind; });
  return found == kNames.end() ? "" : found->second;
}

// The folder itself, or the one that it would be made in.
std::string nearest_folder(const std::string& folder) {
  std::error_code ec;
  std::filesystem::path at = std::filesystem::absolute(folder, ec);
  while (!at.empty() && !std::filesystem::is_directory(at, ec) && at != at.root_path()) at = at.parent_path();
  return at.string();
}

std::vector<std::int64_t> time_syncs(const std::string& folder) {
  std::string name = folder + "/.doctor-XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return {};
  ::unlink(name.c_str());
  const SystemClock clock;
  const std::vector<char> block(kBlockBytes);
  std::vector<std::int64_t> took_ns;
  // The blocks are there before, as a segment's are: a sync of data alone is timed.
  bool good = ::posix_fallocate(file, 0, static_cast<off_t>(kSyncs * kBlockBytes)) == 0 && ::fsync(file) == 0;
  for (std::size_t i = 0; good && i < kSyncs; ++i) {
    const std::int64_t from_ns = clock.monotonic_ns();
    good = ::pwrite(file, block.data(), block.size(), static_cast<off_t>(i * kBlockBytes)) ==
               static_cast<ssize_t>(block.size()) &&
           ::fdatasync(file) == 0;
    if (good) took_ns.push_back(clock.monotonic_ns() - from_ns);
  }
  ::close(file);
  return took_ns;
}

void read_folder(const std::string& folder, MachineFacts& facts) {
  const std::string at = nearest_folder(folder);
  std::error_code ec;
  facts.folder_exists = std::filesystem::is_directory(folder, ec);
  facts.folder_writable = ::access(at.c_str(), W_OK | X_OK) == 0;
  struct stat entry {};
  if (facts.folder_exists && ::stat(folder.c_str(), &entry) == 0) facts.folder_mode = entry.st_mode & 07777;
  facts.file_system = file_system_name(at);
  struct statvfs space {};
  if (::statvfs(at.c_str(), &space) == 0) facts.free_bytes = space.f_bavail * space.f_frsize;
  if (facts.folder_writable) facts.sync_ns = time_syncs(at);
}

std::optional<bool> clock_synchronised() {
  timex state{};
  const int told = ::adjtimex(&state);
  if (told < 0) return std::nullopt;
  return told != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace

MachineFacts gather_facts(const std::string& config_file, const ServerOptions& options) {
  MachineFacts facts;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptors_max = limit.rlim_max;
  read_folder(options.data_dir, facts);
  facts.clock_synchronised = clock_synchronised();
  facts.clock_source = first_word("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  facts.time_zones = zone_database_version();
  facts.has_secrets = !options.audience_tokens.secrets.empty();
  struct stat entry {};
  if (!config_file.empty() && ::stat(config_file.c_str(), &entry) == 0) {
    facts.config_mode = entry.st_mode & 07777;
  }
  facts.allocator = allocator_in_force();
  facts.processors = static_cast<std::uint32_t>(available_processors().size());
  facts.somaxconn = number_in("/proc/sys/net/core/somaxconn");
  facts.syn_backlog = number_in("/proc/sys/net/ipv4/tcp_max_syn_backlog");
  facts.local_ports = local_ports();
  facts.overcommit = number_in("/proc/sys/vm/overcommit_memory");
  facts.memory_bytes = available_memory();
  return facts;
}

}  // namespace doorbuster
