#pragma once
// The wiring of a running server, in the order in which things start and, backwards, stop.

#include <functional>
#include <memory>
#include <string>

#include "doorbuster/base/result.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// What the command line says over the file.
struct ServeOverrides {
  std::string config_file;
  std::string data_dir, listen, admin;  // empty: as the file has it
  int cores = -1;                       // -1: as the file has it
};

// Applies the overrides; the values were checked by the command line.
void apply_overrides(const ServeOverrides& overrides, ServerOptions& options);

// Runs until SIGTERM or SIGINT (drains, then returns well), or until the journal fails. Prints one line to
// standard output when it is ready. SIGHUP reloads the campaigns of the configuration file. Call once for
// each process: it owns the process's signals.
Status serve(const ServeOverrides& overrides);

}  // namespace doorbuster
