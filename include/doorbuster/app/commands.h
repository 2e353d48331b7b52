#pragma once
// The subcommands but `load`, which its own room brings. Each adds itself to the command line, runs when it
// is chosen, and leaves the process's exit code: 0 success, 1 runtime failure, 2 usage, 78 configuration or
// data folder refused.

#include "doorbuster/base/result.h"

namespace CLI {
class App;
}

namespace doorbuster {

inline constexpr int kExitOk = 0;
inline constexpr int kExitRuntime = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitConfiguration = 78;  // EX_CONFIG of sysexits.h

int exit_code_of(ErrorKind kind);

void add_serve_command(CLI::App& app, int& exit_code);
void add_check_command(CLI::App& app, int& exit_code);
void add_print_config_command(CLI::App& app, int& exit_code);
void add_doctor_command(CLI::App& app, int& exit_code);
void add_key_command(CLI::App& app, int& exit_code);
void add_token_command(CLI::App& app, int& exit_code);
void add_journal_command(CLI::App& app, int& exit_code);
void add_checkpoint_command(CLI::App& app, int& exit_code);
void add_backup_command(CLI::App& app, int& exit_code);
void add_restore_command(CLI::App& app, int& exit_code);
void add_version_command(CLI::App& app, int& exit_code);

}  // namespace doorbuster
