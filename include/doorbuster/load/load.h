#pragma once
// `doorbuster load`: an open-loop load generator that judges the server that it drives.
//
// It plans every visitor before it sends the first request, keeps its own record of every request and what
// came of it, and at the end compares that record with what the server says. It shares no code with the
// server's engine: what it knows of the server is the HTTP contract.

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

namespace doorbuster::load {

enum class ProgressMode : std::uint8_t { automatic, plain, off };

struct LoadOptions {
  std::string target;          // http://HOST:PORT
  std::string admin;           // http://HOST:PORT; empty: stock is not judged
  std::string api_key;         // sent with every request; empty: none
  std::string scenario_file;   // empty: the plain scenario
  std::string campaign;        // wins over the scenario
  std::optional<double> rate;  // visitors per second; replaces the scenario's stages by one hold
  std::optional<double> duration_s;
  std::optional<std::uint32_t> connections;
  std::optional<std::uint32_t> pipeline;
  std::optional<std::uint64_t> seed;
  std::uint32_t threads = 1;
  bool audit = true;
  std::string json_file;          // the whole result
  std::string hgrm_file;          // response times, in milliseconds
  std::string record_file;        // acknowledged orders as JSON lines, written while the load runs
  std::string audit_record_file;  // no load: audits the server against such a file
  ProgressMode progress = ProgressMode::automatic;
  bool terminal = false;  // `err` is one: progress may redraw its lines
  bool color = false;
  std::string run_name;  // in buyers and keys, so that two runs never share one; empty: from the clock
};

// Runs load and audit, or the audit of a record. The last line on `out` is "verdict: PASS" or "verdict: FAIL
// reason"; progress and errors go to `err`. Returns the exit code: 0 pass; 1 a broken promise or a failure
// while running; 2 a scenario or an option that makes no sense. Blocks until done; stops by itself, also when
// the server is gone.
int run_load(const LoadOptions& options, std::ostream& out, std::ostream& err);

}  // namespace doorbuster::load
