#pragma once
// Whether a machine is fit for a sale: what was found, what is wrong about it, and what to do. What is read
// and what is thought of it are apart, so that the second can be tested without a sick machine.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

enum class Verdict : std::uint8_t {
  ok,
  warning,  // works, and is slower or less safe than it could be
  failure,  // a promise cannot be kept, or the start will be refused
};
std::string_view verdict_name(Verdict verdict);  // "ok", "warning", "failure"

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string_view subject;  // one word for what was looked at: "descriptors"
  std::string found;
  std::string advice;  // empty when it is ok
};

// What could not be read is left empty and makes no finding worse than a warning.
struct MachineFacts {
  std::optional<std::uint64_t> descriptors_max;  // hard limit
  // --- the folder that the journal is in, or will be made in ---
  bool folder_exists = false;
  bool folder_writable = false;
  std::uint32_t folder_mode = 0;  // permission bits
  std::string file_system;        // "ext4"; empty: a kind that has no name here
  std::uint64_t free_bytes = 0;
  std::vector<std::int64_t> sync_ns;  // of single blocks; empty: none could be written
  // --- time ---
  std::optional<bool> clock_synchronised;
  std::string clock_source;  // "tsc"
  std::string time_zones;    // version of the database; empty: there is none
  // --- the configuration file ---
  bool has_secrets = false;
  std::uint32_t config_mode = 0;
  // --- the process and the kernel ---
  std::string allocator;
  std::uint32_t processors = 0;
  std::optional<std::uint64_t> somaxconn, syn_backlog, local_ports, overcommit, memory_bytes;
};

// In one order, one for each subject.
std::vector<Finding> examine(const MachineFacts& facts, const ServerOptions& options);

// `config_file` may be empty. Writes and removes one small file in the data folder to time its syncs.
MachineFacts gather_facts(const std::string& config_file, const ServerOptions& options);

std::string findings_text(std::span<const Finding> findings);
std::string findings_json(std::span<const Finding> findings);

}  // namespace doorbuster
