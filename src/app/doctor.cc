// What is thought of a machine. The reading is in machine_facts.cc.

#include "doorbuster/app/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/tick.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kDescriptorsBesides = 256 + kStreamSubscribersMax;  // as docs/operating.md asks for
constexpr std::uint64_t kBacklogWanted = 4096;  // what listen_on() asks the kernel for
constexpr std::uint64_t kLocalPortsWanted = 25'000;
constexpr std::int64_t kSyncSlowNs = 10 * kNsPerMillisecond;
constexpr std::int64_t kSyncTooQuickNs = 5 * kNsPerMicrosecond;  // no disk that keeps what it is given

class Examination {
 public:
  void ok(std::string_view subject, std::string found) {
    findings_.push_back({Verdict::ok, subject, std::move(found), {}});
  }
  void warn(std::string_view subject, std::string found, std::string advice) {
    findings_.push_back({Verdict::warning, subject, std::move(found), std::move(advice)});
  }
  void fail(std::string_view subject, std::string found, std::string advice) {
    findings_.push_back({Verdict::failure, subject, std::move(found), std::move(advice)});
  }
  std::vector<Finding> take() && { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

void examine_descriptors(const MachineFacts& facts, const ServerOptions& options, Examination& exam) {
  const std::uint64_t wanted = options.max_connections + kDescriptorsBesides;
  if (!facts.descriptors_max) {
    return exam.warn("descriptors", "the limit cannot be read", "see that it is " + std::to_string(wanted));
  }
  const std::string found = fmt::format("{} may be open, {} connections are configured",
                                        *facts.descriptors_max, options.max_connections);
  if (*facts.descriptors_max >= wanted) return exam.ok("descriptors", found);
  exam.warn("descriptors", found,
            fmt::format("raise LimitNOFILE (ulimit -n) to {}, or lower server.max_connections", wanted));
}

void examine_folder(const MachineFacts& facts, const ServerOptions& options, Examination& exam) {
  const std::string where = "data folder " + options.data_dir;
  if (!facts.folder_writable) {
    return exam.fail("permissions", where + " cannot be written",
                     "give it to the user that runs doorbuster, with mode 0700");
  }
  if (facts.folder_exists && (facts.folder_mode & 0077) != 0) {
    return exam.warn("permissions", fmt::format("{} has mode {:04o}", where, facts.folder_mode),
                     "chmod 0700: it has the names of buyers and the folder's secrets");
  }
  exam.ok("permissions", where + (facts.folder_exists ? " is its owner's only" : " can be made"));
}

void examine_config_file(const MachineFacts& facts, Examination& exam) {
  if (!facts.has_secrets) return;
  const std::string found = fmt::format("the configuration has secrets and mode {:04o}", facts.config_mode);
  if ((facts.config_mode & 0007) == 0) return exam.ok("secrets", found);
  exam.warn("secrets", found, "chmod 0640, and give the file's group to the server");
}

void examine_file_system(const MachineFacts& facts, Examination& exam) {
  static constexpr std::array<std::string_view, 5> kNetwork = {"nfs", "cifs", "smb2", "fuse", "9p"};
  const std::string& kind = facts.file_system;
  if (kind == "tmpfs" || kind == "ramfs") {
    return exam.fail("file_system", kind + " is memory: a restart of the machine loses every order",
                     "put server.data_dir on a disk");
  }
  if (std::find(kNetwork.begin(), kNetwork.end(), kind) != kNetwork.end()) {
    return exam.fail("file_system", kind + " may acknowledge what is not stored",
                     "put server.data_dir on a local disk with ext4 or XFS");
  }
  if (kind == "ext4" || kind == "xfs") return exam.ok("file_system", kind);
  exam.warn("file_system", kind.empty() ? "of a kind that is not known here" : kind,
            "ext4 and XFS are what doorbuster is tested on; see that this one honours fdatasync");
}

void examine_space(const MachineFacts& facts, const ServerOptions& options, Examination& exam) {
  const std::uint64_t segment = options.segment_bytes;
  const std::string found = fmt::format("{} MiB are free, a segment takes {} MiB", facts.free_bytes >> 20,
                                        std::max<std::uint64_t>(segment >> 20, 1));
  // The one that is written, and the spare one that is made meanwhile.
  if (facts.free_bytes < 2 * segment) {
    return exam.fail("space", found, "make room for two segments at least: without it the sale stops");
  }
  if (facts.free_bytes < 16 * segment) {
    return exam.warn("space", found, "about 200 bytes are written for each order; see that a sale fits");
  }
  exam.ok("space", found);
}

void examine_syncs(const MachineFacts& facts, Examination& exam) {
  if (facts.sync_ns.empty()) {
    return exam.warn("sync", "no block could be written and synced", "see permissions above");
  }
  std::vector<std::int64_t> sorted = facts.sync_ns;
  std::sort(sorted.begin(), sorted.end());
  const std::int64_t median = sorted[sorted.size() / 2];
  const std::string found =
      fmt::format("one block takes {} us in the middle and {} us at most of {} tries",
                  median / kNsPerMicrosecond, sorted.back() / kNsPerMicrosecond, sorted.size());
  if (median > kSyncSlowNs) {
    return exam.warn("sync", found,
                     "no acknowledgement is quicker than a sync: a disk with power-loss protection makes it "
                     "a hundred times quicker");
  }
  if (median < kSyncTooQuickNs) {
    return exam.warn("sync", found,
                     "no disk is so quick: see that the file system and what is below it honour fdatasync");
  }
  exam.ok("sync", found);
}

void examine_clock(const MachineFacts& facts, Examination& exam) {
  if (!facts.clock_synchronised.value_or(false)) {
    exam.warn("clock",
              facts.clock_synchronised ? "no time daemon keeps it right" : "its state cannot be read",
              "run a time daemon that slews, such as chrony: campaigns begin and end by this clock");
  } else {
    exam.ok("clock", "a time daemon keeps it right");
  }
  const std::string& source = facts.clock_source;
  if (source.empty() || source == "tsc" || source == "kvm-clock" || source == "arch_sys_counter") {
    exam.ok("clock_source", source.empty() ? "cannot be read" : source);
  } else {
    exam.warn("clock_source", source,
              "reading the time takes a system call with it; use tsc if it is stable");
  }
  if (facts.time_zones.empty()) {
    exam.fail("time_zones", "there is no time zone database", "install tzdata: schedules need it");
  } else {
    exam.ok("time_zones", "version " + facts.time_zones);
  }
}

void examine_at_least(std::string_view subject, std::optional<std::uint64_t> value, std::uint64_t wanted,
                      std::string_view setting, Examination& exam) {
  if (!value) return exam.ok(subject, std::string(setting) + " cannot be read");
  const std::string found = fmt::format("{} is {}", setting, *value);
  if (*value >= wanted) return exam.ok(subject, found);
  exam.warn(
      subject, found,
      fmt::format("sysctl -w {}={}: at the start of a sale connections come all at once", setting, wanted));
}

void examine_kernel(const MachineFacts& facts, Examination& exam) {
  examine_at_least("accept_queue", facts.somaxconn, kBacklogWanted, "net.core.somaxconn", exam);
  examine_at_least("syn_queue", facts.syn_backlog, kBacklogWanted, "net.ipv4.tcp_max_syn_backlog", exam);
  if (facts.local_ports && *facts.local_ports < kLocalPortsWanted) {
    exam.warn("local_ports", fmt::format("{} are in net.ipv4.ip_local_port_range", *facts.local_ports),
              "widen it (\"15000 65000\") where a proxy on this machine opens many connections");
  } else {
    exam.ok("local_ports", facts.local_ports ? std::to_string(*facts.local_ports) : "cannot be read");
  }
  if (facts.overcommit == 2) {
    exam.fail("memory", "vm.overcommit_memory is 2: tables that are reserved at their full size are refused",
              "sysctl -w vm.overcommit_memory=0");
  } else {
    exam.ok("memory", facts.memory_bytes ? fmt::format("{} MiB are available", *facts.memory_bytes >> 20)
                                         : "cannot be read");
  }
}

void examine_process(const MachineFacts& facts, const ServerOptions& options, Examination& exam) {
  if (facts.allocator.starts_with("mimalloc")) {
    exam.ok("allocator", facts.allocator);
  } else {
    exam.warn("allocator", facts.allocator,
              "mimalloc is not in force: see LD_PRELOAD, and how the program was built");
  }
  const std::string found = fmt::format("{} may be used", facts.processors);
  if (options.cores > facts.processors) {
    exam.warn("processors", fmt::format("{}, server.cores is {}", found, options.cores),
              "threads that share a processor wait for each other: set server.cores to 0");
  } else {
    exam.ok("processors", found);
  }
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::failure:
      return "failure";
  }
  return "unknown";
}

std::vector<Finding> examine(const MachineFacts& facts, const ServerOptions& options) {
  Examination exam;
  examine_descriptors(facts, options, exam);
  examine_folder(facts, options, exam);
  examine_config_file(facts, exam);
  examine_file_system(facts, exam);
  examine_space(facts, options, exam);
  examine_syncs(facts, exam);
  examine_clock(facts, exam);
  examine_kernel(facts, exam);
  examine_process(facts, options, exam);
  return std::move(exam).take();
}

std::string findings_text(std::span<const Finding> findings) {
  std::string text;
  std::size_t warnings = 0, failures = 0;
  for (const Finding& finding : findings) {
    warnings += finding.verdict == Verdict::warning ? 1 : 0;
    failures += finding.verdict == Verdict::failure ? 1 : 0;
    text += fmt::format("{:<8} {:<13} {}\n", verdict_name(finding.verdict), finding.subject, finding.found);
    if (!finding.advice.empty()) text += fmt::format("{:<8} {:<13} -> {}\n", "", "", finding.advice);
  }
  return text + fmt::format("{} failures, {} warnings\n", failures, warnings);
}

std::string findings_json(std::span<const Finding> findings) {
  JsonWriter json;
  json.begin_object();
  json.begin_array("findings");
  for (const Finding& finding : findings) {
    json.begin_object();
    json.member("verdict", verdict_name(finding.verdict));
    json.member("subject", finding.subject);
    json.member("found", finding.found);
    if (!finding.advice.empty()) json.member("advice", finding.advice);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take();
}

}  // namespace doorbuster
