#pragma once
// Where the events of a sale are delivered, as a configuration says it: docs/integration.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "doorbuster/base/limits.h"

namespace doorbuster {

// Events as lines of files in a folder.
struct FileSinkOptions {
  std::string folder;
  std::uint64_t rotate_bytes = 64U << 20;  // a file that has as much is ended, and another begun
  std::uint32_t files_max = 0;             // the oldest beyond these are removed; 0: none is
  friend bool operator==(const FileSinkOptions&, const FileSinkOptions&) = default;
};

// A POST for each event, by the Standard Webhooks rules (https://www.standardwebhooks.com).
struct WebhookSinkOptions {
  std::string url;                   // http:// or https://
  std::vector<std::string> secrets;  // "whsec_..."; each signs, so one can be exchanged for another
  bool allow_private_addresses = false;
  std::uint32_t timeout_ms = 15'000;
  friend bool operator==(const WebhookSinkOptions&, const WebhookSinkOptions&) = default;
};

// The order of record in a PostgreSQL database.
struct PostgresSinkOptions {
  std::string connection;             // a libpq connection string or URI
  std::string schema = "doorbuster";  // made by the program
  friend bool operator==(const PostgresSinkOptions&, const PostgresSinkOptions&) = default;
};

// Messages in a JetStream stream of NATS.
struct NatsSinkOptions {
  std::string url;                     // nats://HOST:PORT
  std::string stream = "DOORBUSTER";   // made by the program where there is none
  std::string subject = "doorbuster";  // of an event: SUBJECT.<type without "doorbuster.">
  friend bool operator==(const NatsSinkOptions&, const NatsSinkOptions&) = default;
};

using SinkOptions = std::variant<FileSinkOptions, WebhookSinkOptions, PostgresSinkOptions, NatsSinkOptions>;

struct SinkConfiguration {
  std::string id;
  std::string tenant = {};  // only its events; empty: everybody's
  SinkOptions options;
  friend bool operator==(const SinkConfiguration&, const SinkConfiguration&) = default;
};

// "file", "webhook", "postgres", "nats": the word of the configuration.
std::string_view sink_kind_name(const SinkOptions& options);

}  // namespace doorbuster
