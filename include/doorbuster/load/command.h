#pragma once
// The command line of `doorbuster load`.

namespace CLI {
class App;
}

namespace doorbuster::load {

// Registers the subcommand `load` with its options at `app`. When it was chosen, `exit_code` is what the
// process returns. `exit_code` must live until the command line was parsed.
void add_load_command(CLI::App& app, int& exit_code);

}  // namespace doorbuster::load
