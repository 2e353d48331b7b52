#pragma once
// Programs as a test runs them: started by fork and exec, waited for by what they say or by their end, ended
// by the process id that was started. Everything has a deadline and throws std::runtime_error when it passes,
// with what the program had to say. Start programs from the thread that the test runs on: they die with it.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/sanitizers.h"

namespace doorbuster {

// Sanitizers make everything slower: counts go down and patience up.
#if defined(DOORBUSTER_SANITIZED)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
constexpr int scaled(int count, int sanitized_count) {
  return kSanitized ? sanitized_count : count;
}

// How long anything may take before the test gives up on it. Far longer than it ever takes.
inline constexpr std::chrono::milliseconds kPatience{kSanitized ? 60'000 : 20'000};

// The server that this build has made; the environment variable DOORBUSTER_BINARY names another one.
std::string doorbuster_binary();

// How a process ended.
struct ProcessEnd {
  int exit_code = -1;  // -1: killed
  int signal = 0;      // 0: exited
};

// One child. Killed and reaped in the destructor if it still runs.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> arguments;  // the first is the program, looked up in PATH
    std::string stdout_file;             // empty: a pipe, read by read_line()
    std::string stderr_file;
    std::uint64_t descriptors_max = 0;  // RLIMIT_NOFILE, soft and hard; 0: as here
  };
  explicit ChildProcess(const Options& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running() const { return !ended_; }
  void signal(int number) const;
  // One line of standard output, without its end; false: standard output ended first.
  bool read_line(std::string& line);
  // Waits for the end.
  ProcessEnd wait();
  // True: it has ended within the time, and wait() will say how.
  bool ends_within(std::chrono::milliseconds time) const;

 private:
  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  int stdout_ = -1;
  std::string read_ahead_;
  bool ended_ = false;
  ProcessEnd end_;
};

struct ProgramResult {
  ProcessEnd end;
  int exit_code = -1;
  std::string out, err;
};
// Runs a program to its end.
ProgramResult run_program(const std::vector<std::string>& arguments);
// `doorbuster` with these arguments.
ProgramResult run_doorbuster(std::vector<std::string> arguments);

struct ServeOptions {
  std::string config, data;
  int cores = -1;                     // -1: as the file has it
  std::vector<std::string> tracer;    // in front of the command line, for example strace
  std::uint64_t descriptors_max = 0;  // see ChildProcess
};

// `doorbuster serve` on two free ports.
class ServerProcess {
 public:
  // Returns when the server is ready; throws, with the log, when it ended before. `log_file` receives its
  // standard error.
  ServerProcess(const ServeOptions& options, std::string log_file);

  // Empty when the server ended before it was ready: `end` then says how. For tests that expect that.
  static bool start(std::unique_ptr<ServerProcess>& server, const ServeOptions& options,
                    const std::string& log_file, ProcessEnd& end);

  std::uint16_t port() const { return port_; }
  std::uint16_t admin_port() const { return admin_port_; }
  pid_t pid() const { return child_->pid(); }
  std::string log() const;
  ChildProcess& child() { return *child_; }

  void signal(int number) const { child_->signal(number); }
  ProcessEnd wait() { return child_->wait(); }
  // SIGTERM, and how that ended.
  ProcessEnd stop();
  // SIGKILL.
  void kill();

 private:
  ServerProcess() = default;
  bool launch(const ServeOptions& options, std::string log_file);

  std::unique_ptr<ChildProcess> child_;
  std::string log_file_;
  std::uint16_t port_ = 0, admin_port_ = 0;
};

// The thread of a process with this name; 0: there is none.
pid_t find_thread(pid_t process, const std::string& name);

}  // namespace doorbuster
