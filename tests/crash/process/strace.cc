#include "crash/process/strace.h"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "support/catch.h"
#include "support/temp_folder.h"

namespace doorbuster {
namespace {

std::vector<std::string> quiet_strace(const std::string& injection, const std::string& trace_file) {
  const std::string call = injection.substr(0, injection.find(':'));
  return {"strace",      "-o", trace_file,           "-e", "trace=" + call, "-e",
          "signal=none", "-e", "inject=" + injection};
}

}  // namespace

bool can_trace() {
  const ProgramResult probe =
      run_program({"strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=fsync", "true"});
  if (probe.exit_code == 0) return true;
  WARN("strace cannot trace here (not installed, or ptrace is not permitted): nothing is injected\n"
       << probe.err);
  return false;
}

std::vector<std::string> trace_from_start(const std::string& injection, const std::string& trace_file) {
  std::vector<std::string> arguments = quiet_strace(injection, trace_file);
  // Without --seccomp-bpf: strace 6.1 then misses the first calls of the main thread.
  arguments.insert(arguments.begin() + 1, {"-D", "-f"});
  return arguments;
}

std::unique_ptr<ChildProcess> trace_thread(pid_t process, const std::string& thread,
                                           const std::string& injection, const std::string& folder) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  pid_t id = 0;
  while ((id = find_thread(process, thread)) == 0) {  // a thread names itself, a little after its start
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the server has no thread " + thread);
    std::this_thread::yield();
  }
  const std::string said = folder + "/strace.err";
  std::filesystem::remove(said);
  std::vector<std::string> arguments = quiet_strace(injection, folder + "/trace");
  arguments.emplace_back("-p");
  arguments.push_back(std::to_string(id));
  auto tracer = std::make_unique<ChildProcess>(ChildProcess::Options{.arguments = arguments,
                                                                     .stdout_file = folder + "/strace.out",
                                                                     .stderr_file = said,
                                                                     .descriptors_max = 0});
  while (read_file(said).find(" attached") == std::string::npos) {
    if (tracer->ends_within(std::chrono::milliseconds(1)) || std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("strace did not attach: " + read_file(said));
    }
  }
  return tracer;
}

}  // namespace doorbuster
