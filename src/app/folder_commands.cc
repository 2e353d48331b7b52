// checkpoint, backup, restore: what is done with a whole data folder.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "doorbuster/app/commands.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/backup.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {
namespace {

int refuse(const Error& error) {
  std::cerr << "doorbuster: " << error.message << "\n";
  return exit_code_of(error.kind);
}

int make_checkpoint(const std::string& folder) {
  auto storage = open_posix_storage(folder, false);
  if (!storage) return refuse(storage.error());
  // Who gets the lock has the folder for itself; else a server is writing it.
  const bool running = !(*storage)->lock().has_value();
  const auto built =
      build_checkpoint(**storage, {.running = running, .writer = std::to_string(getpid()), .stop = {}});
  if (!built) return refuse(built.error());
  if (!*built) {
    std::printf("nothing to do: %s\n", running ? "no segment is complete since the last checkpoint"
                                               : "there is no record behind the last checkpoint");
    return kExitOk;
  }
  const BuiltCheckpoint& made = **built;
  for (const std::string& damaged : made.damaged) std::cerr << "unusable checkpoint: " << damaged << "\n";
  std::printf("%s\nthrough_sequence %" PRIu64 "\nlast_at %s\norders %" PRIu64 "\nbytes %" PRIu64
              "\nrecords_replayed %" PRIu64 "\nstate_hash %016" PRIx64 "\n",
              (*storage)->path(checkpoint_name(made.sequence)).c_str(), made.sequence,
              format_rfc3339(made.tick).c_str(), made.orders, made.bytes, made.records, made.state_hash);
  return kExitOk;
}

// A folder for a copy: new, or there and empty.
Result<std::unique_ptr<Storage>> open_target(const std::string& folder) {
  auto target = open_posix_storage(folder, true);
  if (!target) return target;
  auto names = (*target)->list();
  if (!names) return tl::unexpected(names.error());
  if (!names->empty()) {
    return fail(ErrorKind::usage, folder + " is not empty: a copy needs a new folder");
  }
  if (Status locked = (*target)->lock(); !locked) return tl::unexpected(locked.error());
  return target;
}

int report(const Result<CopiedFolder>& copied, const std::string& target) {
  if (!copied) return refuse(copied.error());
  std::printf("%s\nthrough_sequence %" PRIu64 "\nlast_at %s\ncheckpoint_sequence %" PRIu64 "\norders %" PRIu64
              "\nstate_hash %016" PRIx64 "\n",
              target.c_str(), copied->through, format_rfc3339(copied->last_tick).c_str(), copied->checkpoint,
              copied->orders, copied->state_hash);
  return kExitOk;
}

int backup(const std::string& source, const std::string& target) {
  auto from = open_posix_storage(source, false);
  if (!from) return refuse(from.error());
  auto to = open_target(target);
  if (!to) return refuse(to.error());
  return report(backup_folder(**from, **to), target);
}

int restore(const std::string& source, const std::string& target, const RestorePoint& point) {
  auto from = open_posix_storage(source, false);
  if (!from) return refuse(from.error());
  auto to = open_target(target);
  if (!to) return refuse(to.error());
  return report(restore_folder(**from, **to, point), target);
}

}  // namespace

void add_checkpoint_command(CLI::App& app, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "checkpoint", "Make a checkpoint from the journal, offline or beside a running server");
  command->footer(
      "Example:\n  doorbuster checkpoint data\nBeside a server it ends with the last complete segment.");
  command->add_option("DIR", *folder, "Data folder")->required();
  command->callback([folder, &exit_code] { exit_code = make_checkpoint(*folder); });
}

void add_backup_command(CLI::App& app, int& exit_code) {
  auto source = std::make_shared<std::string>();
  auto target = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("backup", "Copy a data folder while its server runs, and verify the copy");
  command->footer("Example:\n  doorbuster backup data /mnt/backup/data-2026-11-27");
  command->add_option("DIR", *source, "Data folder")->required();
  command->add_option("TARGET", *target, "Folder for the copy: new or empty")->required();
  command->callback([source, target, &exit_code] { exit_code = backup(*source, *target); });
}

void add_restore_command(CLI::App& app, int& exit_code) {
  struct Options {
    std::string source, target, time;
    std::uint64_t sequence = 0;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("restore", "Make a new data folder that ends at a record or an instant of another");
  command->footer(
      "Example:\n  doorbuster restore data restored --to-time 2026-11-27T08:15:00Z\n"
      "  doorbuster restore data restored --to-sequence 4711");
  command->add_option("SOURCE", options->source, "Data folder or backup")->required();
  command->add_option("TARGET", options->target, "The new folder: new or empty")->required();
  CLI::Option* sequence =
      command->add_option("--to-sequence", options->sequence, "The last record that it has")
          ->check(CLI::PositiveNumber);
  CLI::Option* time =
      command->add_option("--to-time", options->time, "RFC 3339: it ends before the first later record");
  sequence->excludes(time);
  command->callback([options, sequence, time, &exit_code] {
    RestorePoint point;
    if (sequence->count() != 0) point.sequence = options->sequence;
    if (time->count() != 0) point.time = parse_rfc3339(options->time);
    if (!point.sequence && !point.time) {
      exit_code =
          refuse({ErrorKind::usage, time->count() == 0 ? "say where it is to end: --to-sequence or --to-time"
                                                       : "--to-time is no RFC 3339 date and time"});
      return;
    }
    exit_code = restore(options->source, options->target, point);
  });
}

}  // namespace doorbuster
